"""Gives a form back as it was typed, from its own view, with nothing done.

Two ways lead here: a press whose token belongs to an earlier session of the same person, and the
address that ``web.unsent`` keeps a form under while its writer signs in. Both play the press again
with hands tied: ``web.core.command`` refuses, and the view answers that as it answers any fault,
with its form as it was typed, its hidden fields and a fresh token. So a form of next year comes
back too, without a line of its own.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import structlog
from flask import Flask, Response, current_app, g, request, session
from flask.ctx import RequestContext
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from web import access, errors, unsent
from web.core import asked_for_json, end_reading, is_given_back, signed_in, who
from web.language import locale
from workflow.messages import say
from workflow.services.unsent_forms import UnsentForm

log = structlog.get_logger(__name__)


def _come_back(status: int) -> Response:
    """The answer of this request's view with hands tied."""
    g.given_back = True
    try:
        answer = access.answer_instead()
        if answer is None:
            answer = current_app.dispatch_request()
    except Exception as error:
        answer = current_app.handle_user_exception(error)
    response = current_app.make_response(answer)
    if response.status_code in (200, 422):
        response.status_code = status
    return response


def come_back(form: UnsentForm) -> Response:
    """The page of a kept form, as if it had been sent now."""
    end_reading()
    address = urlsplit(form.address)
    body = urlencode(form.fields).encode()
    environ = {
        key: value for key, value in request.environ.items() if not key.startswith("werkzeug.")
    } | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": unquote(address.path).encode().decode("latin-1"),
        "QUERY_STRING": address.query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    # The same session, so that a token or a message that the view puts into it is kept.
    held = session._get_current_object()  # type: ignore[attr-defined]
    again = RequestContext(app, environ, session=held)
    g.had_files = form.had_files
    with again:
        return _come_back(200)


def _stale_token() -> Response:
    """A token that is not of this session: back to whoever typed, and to nobody else."""
    endpoint = request.endpoint or ""
    wanted = access.of_endpoint(current_app, endpoint)
    refused = errors.page(400, "csrf", say("csrf", locale=locale()))
    if endpoint == "account.sign_in_now":
        return _come_back(400)
    if wanted is None or wanted.permission is None or asked_for_json():
        return refused
    writer, found = unsent.written_by(), signed_in()
    if writer is None:
        return refused
    if found is None:
        return current_app.make_response(access.to_sign_in())
    if found.actor.person_id == writer:
        g.had_files = unsent.has_files()
        return _come_back(400)
    address = unsent.keep()
    if address is None:
        return refused
    values = {"address": address}
    return errors.page(
        400, "written_by_another", say("written_by_another", values, locale=locale())
    )


def init_app(app: Flask) -> None:
    """Answer stale tokens, and let pages say that their form only came back."""

    @app.errorhandler(CSRFError)
    def csrf_error(error: CSRFError) -> ResponseReturnValue:
        log.info("csrf", description=error.description, **who())
        return _stale_token()

    @app.context_processor
    def hand_over() -> dict[str, Any]:
        return {
            "given_back": is_given_back(),
            "had_files": g.get("had_files", False),
            "typed_texts": unsent.texts,
        }
