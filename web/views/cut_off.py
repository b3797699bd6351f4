"""締切時刻の変更: until when the last days of a running cycle last, seen before it is saved."""

from __future__ import annotations

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words
from web.access import access
from web.core import actor, command, is_given_back, query
from web.frame import cycle_label
from web.language import gettext as _
from web.language import locale
from web.typed_dates import read_time
from web.views import deadline_dates
from web.views.deadline_area import blueprint
from workflow.errors import BadInput, Conflict, Fault
from workflow.messages import say
from workflow.policy import Permission
from workflow.queries import cut_off_forecast
from workflow.services import cut_off, cut_off_plan
from workflow.services.date_confirmation import confirm, fingerprint

log = structlog.get_logger(__name__)

_FIELD = "cut_off"


@blueprint.post("/deadlines/cut-off/check")
@access(Permission.OPEN_CYCLE)
def check_cut_off() -> ResponseReturnValue:
    """What the typed time would do; or the form with what is wrong."""
    if "change" in request.form or is_given_back():
        return deadline_dates.form(request.form)
    return _check()


def _check(said: str = "") -> ResponseReturnValue:
    try:
        with query() as ctx:
            cycle, _stages = deadline_dates.open_cycle(ctx)
            wanted = read_time(request.form, _FIELD)
            planned = cut_off_plan.plan(ctx, cycle_id=cycle.id, cut_off=wanted)
            foreseen = cut_off_forecast.forecast(ctx, planned)
    except BadInput as error:
        return deadline_dates.form(request.form, _at_the_field(error))
    html = render_template(
        "deadlines/check_cut_off.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        foreseen=foreseen,
        fingerprint=fingerprint(planned),
        words=deadline_words,
        said=said,
    )
    return (html, 409) if said else html


@blueprint.post("/deadlines/cut-off")
@access(Permission.OPEN_CYCLE)
def save_cut_off() -> ResponseReturnValue:
    """Save the time that was looked at; when things moved since, show what it comes to now."""
    try:
        with query() as ctx:
            cycle, _stages = deadline_dates.open_cycle(ctx)
        wanted = read_time(request.form, _FIELD)
        with command() as ctx:
            planned = cut_off.change(ctx, cycle_id=cycle.id, cut_off=wanted)
            confirm(planned, request.form.get("seen", ""))
    except Conflict as error:
        return _check(say(error.code, locale=locale()))
    except BadInput as error:
        return deadline_dates.form(request.form, _at_the_field(error))
    log.info("cut_off_changed", cycle=cycle.id, cut_off=f"{wanted:%H:%M}", by=actor().person_id)
    flash(
        _(
            "締切時刻を%(time)sに変更しました。締切が動いたシートは%(n)s件です。",
            time=f"{wanted:%H:%M}",
            n=len(planned.stays),
        ),
        "success",
    )
    return redirect(url_for("deadlines.dates", cycle=cycle.id), 303)


def _at_the_field(error: BadInput) -> BadInput:
    """That nothing would change is said at the one field that is there."""
    if error.code != "nothing_changed":
        return error
    return BadInput("invalid_form", (Fault(_FIELD, error.code, error.values),))
