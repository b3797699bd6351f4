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

from web.core import came_from, signed_in
from workflow.errors import NotFound, Refused
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


def _to_sign_in(back: str | None) -> ResponseReturnValue:
    if request.headers.get("HX-Request") == "true":
        # A fragment: the whole page must go to sign in, not its part, and come back as a page.
        return Response(status=401, headers={"HX-Redirect": url_for("account.sign_in")})
    return redirect(url_for("account.sign_in", next=back))


def init_app(app: Flask) -> None:
    """Check before every request."""

    @app.before_request
    def check_access() -> ResponseReturnValue | None:
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
            back = came_from() if request.method == "GET" else None
            return _to_sign_in(back)
        inside = _DEPENDS_ON_SHEET | _DEPENDS_ON_PERSON
        asked = Permission.READ if wanted.permission in inside else wanted.permission
        refusal = check(found.actor, asked)
        if refusal is None:
            return None
        if refusal.code == "change_password_first":
            return redirect(url_for("account.password"))
        raise Refused(refusal.code, **refusal.values)
