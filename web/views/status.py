"""The administrators' page on whether the installation works; asks the database alone."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words, queue_words, status_words
from web.access import access
from web.core import command, query
from web.language import gettext as _
from web.views.administration import tabs
from workflow import versions
from workflow.policy import Permission
from workflow.queries import health
from workflow.services import timers

blueprint = Blueprint("status", __name__, url_prefix="/administration/status")


@blueprint.get("/")
@access(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """Every aspect with its level and what to do; versions; how many are signed in."""
    with query() as ctx:
        found = health.status(ctx)
    return render_template(
        "administration/status.html",
        tabs=tabs("status"),
        status=found,
        lines=status_words.lines(found),
        overall=status_words.overall(found),
        queues=queue_words.queues(found),
        dead_count=found.backlog.dead_timers,
        dead_timers=[
            {**asdict(timer), "told": deadline_words.notice_kind(timer.kind)}
            for timer in found.dead_timers
        ],
        running=[
            ("hyoka", found.vital.release),
            ("Python", versions.python()),
            ("PostgreSQL", found.server),
            ("Redis", queue_words.redis_version(found) or "－"),
            (_("データベースの構成"), found.vital.schema or "－"),
            *queue_words.workers(found),
            (_("いまログインしている端末"), _("%(n)s件", n=found.sessions)),
        ],
    )


@blueprint.post("/timers/again")
@access(Permission.ADMINISTER)
def try_again() -> ResponseReturnValue:
    """もう一度: every timer that was given up falls due again."""
    with command() as ctx:
        again = timers.retry_dead(ctx)
    if again:
        flash(_("%(n)s件をもう一度行います。次の定期処理で始まります。", n=again), "success")
    else:
        flash(_("もう一度行うものはありませんでした。"), "info")
    return redirect(url_for("status.index"), 303)
