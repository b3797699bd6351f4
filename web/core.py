"""How views reach the core: the application, who asks, and the two kinds of transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from workflow.application import Application, Context
from workflow.errors import BadInput, Fault
from workflow.policy import Actor
from workflow.services.accounts import SignedIn


def application() -> Application:
    """The composed core of this process."""
    return cast(Application, current_app.extensions["hyoka"])


def signed_in() -> SignedIn | None:
    """Who holds the session of this request."""
    return getattr(current_user, "signed_in", None)


def session_token() -> str:
    """The token of this request's session, for services that end or keep sessions.

    Raises:
        RuntimeError: nobody is signed in.
    """
    if signed_in() is None:
        raise RuntimeError("this page has no signed-in reader")
    return cast(str, current_user.get_id())


def actor() -> Actor:
    """Who asks, in the chosen post.

    Raises:
        RuntimeError: on a page that nobody need sign in for; such a page has no actor.
    """
    found = signed_in()
    if found is None:
        raise RuntimeError("this page has no signed-in reader")
    return found.actor


@contextmanager
def query() -> Iterator[Context]:
    """A read-only view for the reader of this request."""
    found = signed_in()
    with reading() as ctx:
        yield ctx if found is None else replace(ctx, actor=found.actor)


@contextmanager
def reading() -> Iterator[Context]:
    """A read-only view for nobody in particular.

    A page that only reads is one transaction from its session to its frame: the same moment for all
    of it, and no going to and fro for each part. It ends where something is changed.
    """
    if request.method not in ("GET", "HEAD"):
        with application().query() as ctx:
            yield ctx
        return
    if "reading" not in g:
        opened = ExitStack()
        g.reading = (opened, opened.enter_context(application().query()))
    try:
        yield g.reading[1]
    except BaseException:
        # What failed may have spoilt the transaction; the page about it reads anew.
        end_reading()
        raise


def end_reading(_error: BaseException | None = None) -> None:
    """Give the request's read-only view back, if it has one."""
    held = g.pop("reading", None)
    if held is not None:
        # The server may be gone: there is nothing that would have to be taken back, and what is
        # said of it here must not hide the error that the reader is told about.
        with suppress(SQLAlchemyError):
            held[0].close()


@contextmanager
def command() -> Iterator[Context]:
    """The one transaction of a request that changes something; what is read later is read anew.

    Raises:
        GivenBack: the form is only to come back.
    """
    hold_back()
    end_reading()
    with application().command(actor()) as ctx:
        yield ctx


def who() -> dict[str, object]:
    """Whose request this is, for the log: numbers and the address, no name and no secret."""
    return whose(signed_in())


def whose(found: SignedIn | None) -> dict[str, object]:
    """The same for a session that is not, or no more, the one of this request."""
    return {
        "person": found.actor.person_id if found else None,
        "session": found.session_id if found else None,
        "address": request.remote_addr,
    }


class GivenBack(BadInput):
    """A form is only to come back as it was typed: whatever it asks for is not done."""

    def __init__(self) -> None:
        super().__init__("not_done_yet", (Fault("", "not_done_yet", {}),))


def is_given_back() -> bool:
    """Whether the form of this request is only to come back (``web.given_back``)."""
    return bool(g.get("given_back", False))


def hold_back() -> None:
    """Go no further where a form is only to come back. Every command begins with this.

    A view that only looks ahead (a page of checking) calls it where it would go on.

    Raises:
        GivenBack: views answer it as any other fault: with their form, as it was typed.
    """
    if is_given_back():
        raise GivenBack()


def asked_for_json() -> bool:
    """Whether a script asks, which can do nothing with a page."""
    accepted = request.headers.get("Accept", "")
    return accepted.startswith("application/json") or request.path.endswith(".json")


def request_id() -> str:
    """The number that a reader can tell an administrator; also in every log line."""
    return cast(str, g.request_id)


def safe_path(target: str | None, default: str) -> str:
    """*target* if it is a path on this very site, else *default* (no open redirect)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 0x20 or character == "\\" for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def came_from() -> str:
    """The path of this request with its query, to come back to."""
    return request.full_path if request.query_string else request.path


def init_app(app: Flask) -> None:
    """End what a request still reads when it ends."""
    app.teardown_request(end_reading)
