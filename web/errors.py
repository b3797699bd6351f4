"""Domain errors and HTTP errors as pages: what happened, what to do, the request's number."""

from __future__ import annotations

import structlog
from flask import Flask, Response, json, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from web import request_size
from web.core import asked_for_json, request_id, who
from web.language import locale
from web.login import forget_for_this_request
from workflow.errors import BadInput, Conflict, HyokaError, NotFound, Refused
from workflow.messages import say, say_error

log = structlog.get_logger(__name__)

_CODES = {404: "no_such_page", 405: "method_not_allowed"}

#: Seconds after which a client may try again when the database is away.
RETRY_AFTER = 30


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


def page(status: int, code: str, text: str, evaluation_id: int | None = None) -> Response:
    """The error page; JSON for those who asked for JSON."""
    if asked_for_json():
        said = {"code": code, "message": text, "request": request_id()}
        body = json.dumps(said, ensure_ascii=False)
        return Response(body, status, content_type="application/json; charset=utf-8")
    values = {"status": status, "code": code, "text": text, "evaluation_id": evaluation_id}
    try:
        body = render_template("errors/error.html", request_id=request_id(), **values)
    except Exception:
        if status < 500:
            raise
        # What broke the page may break its frame as well; the reader still gets an answer.
        log.exception("error_page_failed", code=code)
        return _plain(status, code)
    return Response(body, status)


def _plain(status: int, code: str) -> Response:
    """An answer that needs neither a frame nor an address of our own."""
    said = f"{say(code)} / {say(code, locale='en')} ({request_id()})\n"
    return Response(said, status, content_type="text/plain; charset=utf-8")


def init_app(app: Flask) -> None:
    """Translate errors, once, here."""

    @app.errorhandler(HyokaError)
    def domain_error(error: HyokaError) -> ResponseReturnValue:
        status = status_of(error)
        if status == 500:
            log.error("broken_rule", code=error.code)
        elif status == 403:
            log.info("refused", code=error.code, **who())
        return page(
            status, error.code, say_error(error, locale=locale()), error.values.get("evaluation")
        )

    @app.errorhandler(SecurityError)
    def foreign_host(error: SecurityError) -> ResponseReturnValue:
        # A Host that is not ours: no page is drawn, because no address could be made for it.
        log.warning("foreign_host", description=error.description)
        return _plain(400, "bad_request")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        code = _CODES.get(status, "bad_request" if status < 500 else "unexpected")
        code, values = request_size.what_is_too_large() if status == 413 else (code, {})
        response = page(status, code, say(code, values, locale=locale()))
        allowed = error.get_response().headers.get("Allow")
        if allowed:
            response.headers["Allow"] = allowed
        return response

    @app.errorhandler(DataError)
    def unreadable(error: DataError) -> ResponseReturnValue:
        # A NUL in a text, an id beyond bigint: what PostgreSQL itself cannot take in.
        log.warning("unreadable_value", error=str(error.orig))
        return page(400, "bad_request", say("bad_request", locale=locale()))

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_error(error: OperationalError | PoolTimeout) -> ResponseReturnValue:
        log.error("database_away", error=str(error))
        forget_for_this_request()
        response = page(503, "database_away", say("database_away", locale=locale()))
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        log.exception("unexpected", error=type(error).__name__)
        return page(500, "unexpected", say("unexpected", locale=locale()))
