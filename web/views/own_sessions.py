"""ログイン中の端末: where one is signed in, and the button that ends it there."""

from __future__ import annotations

import structlog
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from web import device_words
from web.access import access
from web.core import command, query, session_token, signed_in, who
from web.language import gettext as _
from workflow.policy import Permission
from workflow.queries.own_sessions import own_sessions
from workflow.services import accounts

blueprint = Blueprint("own_sessions", __name__, url_prefix="/account/sessions")
log = structlog.get_logger(__name__)


@blueprint.get("")
@access(Permission.CHANGE_OWN_ACCOUNT)
def index() -> ResponseReturnValue:
    """When, from where, on which device; this one is said to be this one."""
    with query() as ctx:
        sessions = own_sessions(ctx)
    found = signed_in()
    return render_template(
        "account/sessions.html",
        sessions=sessions,
        this=found.session_id if found else None,
        device=device_words.device,
    )


@blueprint.post("/<int:session_id>/end")
@access(Permission.CHANGE_OWN_ACCOUNT)
def end(session_id: int) -> ResponseReturnValue:
    """End one of one's own: that browser must sign in again."""
    with command() as ctx:
        accounts.end_own_session(ctx, session_id=session_id)
    log.info("session_ended", ended=session_id, **who())
    flash(_("その端末でのログインを終わらせました。"), "success")
    return redirect(url_for("own_sessions.index"), 303)


@blueprint.post("/end-others")
@access(Permission.CHANGE_OWN_ACCOUNT)
def end_others() -> ResponseReturnValue:
    """End all but this one."""
    with command() as ctx:
        count = accounts.end_other_sessions(ctx, token=session_token())
    log.info("other_sessions_ended", count=count, **who())
    flash(_("ほかの端末でのログインを終わらせました。"), "success")
    return redirect(url_for("own_sessions.index"), 303)
