"""Security headers on every answer, static files and errors included."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from wsgiref.headers import Headers

import structlog
from flask import Flask, Response, g, request

from workflow.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: Addresses whose end is a secret: logs keep their beginning alone.
_SECRET_PATH = re.compile(r"^(/calendar/|/password/|/unsent/).*")


def always(settings: Settings) -> dict[str, str]:
    """The headers of every answer of an installation."""
    if not (settings.secure_cookies and settings.hsts_seconds):
        return ALWAYS
    # Of this host alone: what else the city has below its name is not ours to decide about.
    return {**ALWAYS, "Strict-Transport-Security": f"max-age={settings.hsts_seconds}"}


def for_static_files(settings: Settings) -> Callable[[Headers, str, str], None]:
    """What sets the same headers on files."""

    def set_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in always(settings).items():
            headers[name] = value

    return set_headers


def init_app(app: Flask, settings: Settings) -> None:
    """Number every request, and set the headers on its answer."""
    wanted = always(settings)

    @app.before_request
    def number() -> None:
        g.request_id = secrets.token_hex(6)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            request=g.request_id, path=_SECRET_PATH.sub(r"\1…", request.path)
        )

    # Before the check of access, which may end the request.
    app.before_request_funcs[None].insert(0, app.before_request_funcs[None].pop())

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in wanted.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", _cache(response))
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response


def _cache(response: Response) -> str:
    """Only public pages may be kept, and only for the language that was asked for."""
    if (request.endpoint or "").startswith("public.") and response.status_code < 400:
        response.vary.add("Accept-Language")
        return "public, max-age=60"
    return "no-store"
