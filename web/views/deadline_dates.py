"""期限の変更: the last days of a cycle, and what another date would do before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words, forms
from web.access import access
from web.core import actor, command, is_given_back, query
from web.frame import chosen_cycle, cycle_label
from web.language import gettext as _
from web.language import locale
from web.typed_dates import parts_of, read_day, typed_parts
from web.views.deadline_area import blueprint
from web.words import stage_label
from workflow.application import Context
from workflow.errors import BadInput, Conflict, Fault, NotFound
from workflow.messages import say
from workflow.policy import Permission, check
from workflow.queries import cut_off_forecast, cycle_calendar, date_forecast, sheets
from workflow.queries.cycle_calendar import StageDate
from workflow.queries.sheets import CycleChoice
from workflow.services import closed_days, date_changes, date_plan
from workflow.services.date_confirmation import confirm, fingerprint
from workflow.services.date_plan import DatePlan

log = structlog.get_logger(__name__)

_FIELD = "deadlines."


@blueprint.get("/deadlines/dates")
@access(Permission.FOLLOW_UP)
def dates() -> ResponseReturnValue:
    """Each stage's wanted and actual last day; for publishers with the form to change them."""
    return form()


@blueprint.post("/deadlines/dates/check")
@access(Permission.OPEN_CYCLE)
def check_dates() -> ResponseReturnValue:
    """What the typed dates would move; or the form with all that is wrong."""
    if "change" in request.form or is_given_back():
        return form(request.form)
    return _check()


def _check(said: str = "") -> ResponseReturnValue:
    try:
        with query() as ctx:
            cycle, stages = open_cycle(ctx)
            wanted = _wanted(stages)
            planned = _plan(ctx, cycle, wanted)
            foreseen = date_forecast.forecast(ctx, planned)
    except BadInput as error:
        return form(request.form, error)
    html = render_template(
        "deadlines/check_dates.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        changed=[(one, wanted[one.stage.key]) for one in stages if one.stage.key in wanted],
        foreseen=foreseen,
        fingerprint=fingerprint(planned),
        typed=_typed(request.form, stages),
        words=deadline_words,
        said=said,
    )
    return (html, 409) if said else html


@blueprint.post("/deadlines/dates")
@access(Permission.OPEN_CYCLE)
def save_dates() -> ResponseReturnValue:
    """Save the dates that were looked at; when things moved since, show what they come to now."""
    try:
        with query() as ctx:
            cycle, stages = open_cycle(ctx)
            wanted = _wanted(stages)
        with command() as ctx:
            planned = date_changes.change_date(ctx, cycle_id=cycle.id, wanted=wanted)
            confirm(planned, request.form.get("seen", ""))
    except Conflict as error:
        return _check(say(error.code, locale=locale()))
    except BadInput as error:
        return form(request.form, error)
    moved = sum(len(one.entries) for one in planned.moved)
    log.info("dates_changed", cycle=cycle.id, stages=sorted(wanted), by=actor().person_id)
    flash(
        _(
            "期限を変更しました（%(stages)s）。期限が動いたシートは%(n)s件です。",
            stages="・".join(stage_label(s.stage) for s in stages if s.stage.key in wanted),
            n=moved,
        ),
        "success",
    )
    return redirect(url_for("deadlines.dates", cycle=cycle.id), 303)


def open_cycle(ctx: Context) -> tuple[CycleChoice, tuple[StageDate, ...]]:
    """The chosen cycle with its dates.

    Raises:
        NotFound: ``no_such_cycle``.
        BadInput: ``cycle_is_over``.
    """
    cycle = chosen_cycle(sheets.cycles(ctx))
    if cycle is None:
        raise NotFound("no_such_cycle")
    if cycle.closed:
        raise BadInput("cycle_is_over")
    return cycle, cycle_calendar.stage_dates(ctx, cycle)


def _wanted(stages: Sequence[StageDate]) -> dict[str, date]:
    """Stage → typed day, where it differs from what stands there.

    Raises:
        BadInput: every day that cannot be read; ``nothing_changed``.
    """
    found: dict[str, date] = {}
    faults: list[Fault] = []
    for one in stages:
        try:
            day = read_day(request.form, _FIELD + one.stage.key)
        except BadInput as error:
            faults.extend(error.faults)
        else:
            if day != one.wanted_on:
                found[one.stage.key] = day
    if faults:
        raise BadInput("invalid_form", tuple(faults))
    if not found:
        raise BadInput("nothing_changed")
    return found


def _plan(ctx: Context, cycle: CycleChoice, wanted: Mapping[str, date]) -> DatePlan:
    days = {(cycle.id, stage): day for stage, day in wanted.items()}
    return date_plan.plan(ctx, closed_days.load(ctx), wanted=days)


def _typed(
    form: Mapping[str, str] | None, stages: Sequence[StageDate]
) -> dict[str, dict[str, str]]:
    """Stage → date parts as typed; as they stand where nothing was."""
    return {
        s.stage.key: typed_parts(form, _FIELD + s.stage.key)
        if form is not None and f"{_FIELD}{s.stage.key}-year" in form
        else parts_of(s.wanted_on)
        for s in stages
    }


def form(
    typed: Mapping[str, str] | None = None, error: BadInput | None = None
) -> ResponseReturnValue:
    """The page of dates: as it is, or as it came back with what was *typed* into one of its forms.

    Both forms stand on it, the dates and the cut-off; what was not typed is as it holds.
    """
    with query() as ctx:
        cycle = chosen_cycle(sheets.cycles(ctx))
        if cycle is None:
            return render_template("progress/empty.html")
        stages = cycle_calendar.stage_dates(ctx, cycle)
        cut_off = f"{cut_off_forecast.present(ctx, cycle.id):%H:%M}"
        today = ctx.today
    errors = forms.sentences_of(error, "")
    labels = {_FIELD + one.stage.key: stage_label(one.stage) for one in stages}
    labels["cut_off"] = _("締切時刻")
    html = render_template(
        "deadlines/dates.html",
        tabs=deadline_words.tabs("dates"),
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        stages=stages,
        today=today,
        typed=_typed(typed, stages),
        cut_off=cut_off,
        typed_cut_off=(typed or {}).get("cut_off", cut_off),
        may_change=not cycle.closed and check(actor(), Permission.OPEN_CYCLE) is None,
        errors=errors,
        summary=forms.named(errors, labels),
        words=deadline_words,
    )
    return (html, 422) if errors else html
