"""Who may call which view: metadata on the view itself, checked before every request.

A view without it answers 403 (fail closed). What the service behind it asks the policy is asked
again there, under the lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web import errors, unsent
from web.core import asked_for_json, came_from, signed_in
from web.language import locale
from workflow.errors import NotFound, Refused
from workflow.messages import say
from workflow.policy import Permission, check

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

#: Permissions that depend on the sheet; here it is enough to be signed in.
_DEPENDS_ON_SHEET = frozenset(
    {
        Permission.ACT_ON_SHEET,
        Permission.EDIT_SHEET,
        Permission.EDIT_PROJECT_FIGURES,
        Permission.REDRAFT,
    }
)
#: Permissions that depend on whose absence, question or reading it is.
_DEPENDS_ON_PERSON = frozenset(
    {
        Permission.ANSWER_CONSULTATION,
        Permission.REGISTER_ABSENCE,
        Permission.REVIEW_AFTERWARDS,
    }
)


@dataclass(frozen=True)
class Access:
    """What a view asks for; no permission: everybody, without signing in."""

    permission: Permission | None


def access(permission: Permission) -> Callable[[View], View]:
    """Only for people whom the policy gives *permission*."""

    def mark(view: View) -> View:
        view.access = Access(permission)  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """For everybody, without signing in."""
    view.access = Access(None)  # type: ignore[attr-defined]
    return view


def of_endpoint(app: Flask, endpoint: str) -> Access | None:
    """The metadata of a view; None where it was forgotten."""
    return getattr(app.view_functions[endpoint], "access", None)


def to_sign_in() -> ResponseReturnValue:
    """The door, which leads back to the page, or to the form as it was typed."""
    if asked_for_json():
        return errors.page(401, "sign_in_first", say("sign_in_first", locale=locale()))
    if request.headers.get("HX-Request") == "true":
        # A fragment: the whole page must go to sign in, not its part, and come back as a page.
        return Response(status=401, headers={"HX-Redirect": url_for("account.sign_in")})
    back = came_from() if request.method == "GET" else unsent.keep()
    return redirect(url_for("account.sign_in", next=back))


def answer_instead() -> ResponseReturnValue | None:
    """What the reader gets instead of the view; None where they may have it.

    Raises:
        NotFound: no such page.
        Refused: the policy's reason; ``no_access_rule``.
    """
    if request.endpoint is None:
        # Werkzeug found no route or no method: its own exception tells which.
        if request.routing_exception is not None:
            raise request.routing_exception
        raise NotFound("no_such_page")
    if request.endpoint == "static":
        return None
    wanted = of_endpoint(current_app, request.endpoint)
    if wanted is None:
        raise Refused("no_access_rule")
    if wanted.permission is None:
        return None
    found = signed_in()
    if found is None:
        return to_sign_in()
    inside = _DEPENDS_ON_SHEET | _DEPENDS_ON_PERSON
    asked = Permission.READ if wanted.permission in inside else wanted.permission
    refusal = check(found.actor, asked)
    if refusal is None:
        return None
    if refusal.code == "change_password_first":
        back = None if request.method == "GET" else unsent.keep()
        return redirect(url_for("account.password", next=back))
    raise Refused(refusal.code, **refusal.values)


def init_app(app: Flask) -> None:
    """Check before every request."""
    app.before_request(answer_instead)
