"""メールの受け取り: what one does without, where the office allows it; and what it allows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words
from web.access import access
from web.core import GivenBack, actor, command, query
from web.language import gettext as _
from web.views import mails
from workflow.policy import Permission
from workflow.queries.mail_choices import mail_choices
from workflow.services import mail_choices as choosing

blueprint = Blueprint("mail_choices", __name__)
log = structlog.get_logger(__name__)


@blueprint.get("/account/mails")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """What may be declined, and what is."""
    return _page()


def _page(ticked: Collection[str] | None = None) -> str:
    """The boxes as they are stored, or as they were *ticked*."""
    with query() as ctx:
        choices = mail_choices(ctx)
    if ticked is not None:
        choices = tuple(replace(one, declined=one.kind not in ticked) for one in choices)
    return render_template("account/mails.html", choices=choices, words=deadline_words)


@blueprint.post("/account/mails")
@access(Permission.READ)
def save() -> ResponseReturnValue:
    """Boxes that are ticked are received; of those shown, the others are declined."""
    received = set(request.form.getlist("received"))
    try:
        with command() as ctx:
            choosing.decline(ctx, set(request.form.getlist("shown")) - received)
    except GivenBack:
        return _page(received)
    log.info("mails_declined", person=actor().person_id)
    flash(_("メールの受け取りを保存しました。"), "success")
    return redirect(url_for("mail_choices.index"), 303)


@blueprint.post("/administration/mails/declinable")
@access(Permission.ADMINISTER)
def allow() -> ResponseReturnValue:
    """What the office lets people do without."""
    allowed = set(request.form.getlist("declinable"))
    try:
        with command() as ctx:
            choosing.allow(ctx, allowed)
    except GivenBack:
        return mails.page(allowed)
    log.info("declinable_mails_changed", person=actor().person_id)
    flash(_("職員が選べるメールを保存しました。"), "success")
    return redirect(url_for("mails.index"), 303)
