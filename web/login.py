"""Flask-Login over session rows: the signed cookie holds an opaque token and when it was last seen.

The row decides (it can be ended at any time); the idle time is told by the cookie, because a GET
writes nothing.
"""

from __future__ import annotations

import structlog
from flask import Flask, g, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, login_user

from web import unsent
from web.core import application, reading, whose
from workflow.clock import machine_now
from workflow.services import accounts
from workflow.services.accounts import SignedIn

log = structlog.get_logger(__name__)

#: Seconds between two refreshes of the cookie's time.
REFRESH = 60


class SessionUser(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps: its id is the session's token, not the person's."""

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        """The token that goes into the signed cookie."""
        return self.token


def load(token: str) -> SessionUser | None:
    """The user of a request, or None when the session is over."""
    app = application()
    now = int(machine_now().timestamp())
    seen = session.get("seen")
    with reading() as ctx:
        signed_in = accounts.session(ctx, token)
    if signed_in is None:
        return None
    if not isinstance(seen, int) or now - seen > app.settings.session_idle_minutes * 60:
        # Told once: the browser's next request is nobody's.
        session.pop("_user_id", None)
        log.info("session_idle", **whose(signed_in))
        return None
    if now - seen > REFRESH:
        session["seen"] = now
    return SessionUser(token, signed_in)


def begin(token: str) -> None:
    """Start the session of *token* in this browser, with nothing left of an earlier one."""
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale
    session.permanent = True
    session["seen"] = int(machine_now().timestamp())
    user = load(token)
    if user is not None:
        unsent.mark_forms(user.signed_in.actor.person_id)
        login_user(user)


def forget_for_this_request() -> None:
    """Treat the reader as nobody: on error pages of a request that cannot reach the database."""
    g._login_user = AnonymousUserMixin()


def init_app(app: Flask) -> None:
    """Tie Flask-Login to our rows."""
    manager = LoginManager()
    # Sessions are rows; binding them to the address would break behind proxies.
    manager.session_protection = None
    manager.user_loader(load)
    # Templates read `frame`; public pages must not look at the session at all.
    manager.init_app(app, add_context_processor=False)
