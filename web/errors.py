"""Domain errors and HTTP errors as pages: what happened, what to do, the request's number."""

from __future__ import annotations

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from web.core import request_id
from web.language import locale
from workflow.errors import BadInput, Conflict, HyokaError, NotFound, Refused
from workflow.messages import say, say_error

log = structlog.get_logger(__name__)

_CODES = {400: "bad_request", 404: "no_such_page", 405: "method_not_allowed", 413: "too_large"}


def status_of(error: HyokaError) -> int:
    """The HTTP status of a domain error."""
    match error:
        case Refused():
            return 403
        case NotFound():
            return 404
        case Conflict():
            return 409
        case BadInput():
            return 422
    return 500


def page(status: int, code: str, text: str, evaluation_id: int | None = None) -> tuple[str, int]:
    """The error page."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return _json(status, code, text)
    body = render_template(
        "errors/error.html",
        status=status,
        code=code,
        text=text,
        request_id=request_id(),
        evaluation_id=evaluation_id,
    )
    return body, status


def _json(status: int, code: str, text: str) -> tuple[str, int]:
    from flask import json

    return json.dumps({"code": code, "message": text}, ensure_ascii=False), status


def init_app(app: Flask) -> None:
    """Translate errors, once, here."""

    @app.errorhandler(HyokaError)
    def domain_error(error: HyokaError) -> ResponseReturnValue:
        status = status_of(error)
        if status == 500:
            log.error("broken_rule", code=error.code)
        elif status == 403:
            log.info("refused", code=error.code)
        return page(
            status, error.code, say_error(error, locale=locale()), error.values.get("evaluation")
        )

    @app.errorhandler(CSRFError)
    def csrf_error(error: CSRFError) -> ResponseReturnValue:
        log.info("csrf", description=error.description)
        return page(400, "csrf", say("csrf", locale=locale()))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        code = _CODES.get(status, "unexpected")
        return page(status, code, say(code, locale=locale()))

    @app.errorhandler(OperationalError)
    def database_error(error: OperationalError) -> ResponseReturnValue:
        log.error("database_away", error=str(error.orig))
        return page(503, "database_away", say("database_away", locale=locale()))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        log.exception("unexpected", error=type(error).__name__)
        return page(500, "unexpected", say("unexpected", locale=locale()))
