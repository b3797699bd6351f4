"""The cookie by which a browser is known in which somebody signed in before.

It is signed, kept from scripts, and worth nothing by itself: the row behind it, a person's and a
device's, gives an allowance of wrong passwords (``workflow.services.guessing``).
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer

from web.core import application

#: As long as the row is kept without being used.
DAYS = 180


def _cookie() -> str:
    return "__Host-hyoka-device" if application().settings.secure_cookies else "hyoka-device"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="device")


def known() -> str | None:
    """The token of this browser; None when it has none that we signed."""
    try:
        token = _signer().loads(request.cookies.get(_cookie(), ""))
    except BadSignature:
        return None
    return token if isinstance(token, str) else None


def known_or_new() -> str:
    """The token of this browser, or one that it gets with the answer once :func:`keep` says so."""
    return known() or secrets.token_urlsafe(32)


def keep(token: str) -> None:
    """Let the browser keep *token*: somebody has signed in."""
    g.device_to_keep = token


class SessionsAndDevices(SecureCookieSessionInterface):
    """Writes the device's cookie behind the session's."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write both."""
        super().save_session(app, session, response)
        token = g.pop("device_to_keep", None)
        if token is not None:
            response.set_cookie(
                _cookie(),
                str(_signer().dumps(token)),
                max_age=DAYS * 24 * 3600,
                path="/",
                secure=application().settings.secure_cookies,
                httponly=True,
                samesite="Lax",
            )


def init_app(app: Flask) -> None:
    """Let sessions be saved with the device."""
    app.session_interface = SessionsAndDevices()
