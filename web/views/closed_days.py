"""開庁日: the closed days of the office, and what another one would move before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words, forms
from web.access import access
from web.core import actor, command, is_given_back, query
from web.language import gettext as _
from web.language import locale
from web.typed_dates import read_day, typed_parts
from web.views.administration import tabs
from web.words import calendar_year as year_in_words
from web.words import day as day_in_words
from workflow.application import Context
from workflow.errors import BadInput, Conflict, Fault
from workflow.messages import say
from workflow.policy import Permission
from workflow.queries import cycle_calendar, date_forecast
from workflow.services import closed_days, date_changes, date_plan
from workflow.services.date_confirmation import confirm, fingerprint
from workflow.services.date_plan import DatePlan
from workflow.text import one_paragraph

blueprint = Blueprint("closed_days", __name__, url_prefix="/administration/closed-days")
log = structlog.get_logger(__name__)

#: Origin of a closed day → its name.
ORIGINS: Mapping[str, Callable[[], str]] = {
    "national": lambda: _("国民の祝日"),
    "year_end": lambda: _("年末年始"),
    "city": lambda: _("市の休日"),
}


@dataclass(frozen=True)
class Change:
    """One day to close (with its name) or to open again."""

    day: date
    name: str
    opens: bool


@blueprint.get("")
@access(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """The closed days year by year, until when they are kept, and the form to add one."""
    return _list()


@blueprint.post("/check")
@access(Permission.ADMINISTER)
def check() -> ResponseReturnValue:
    """What closing or opening the day would move; or the form with all that is wrong."""
    if "change" in request.form or is_given_back():
        return _list(request.form)
    return _check()


def _check(said: str = "") -> ResponseReturnValue:
    try:
        change = _change()
        with query() as ctx:
            change, planned = _plan(ctx, change)
            foreseen = date_forecast.forecast(ctx, planned)
    except BadInput as error:
        return _list(request.form, error)
    html = render_template(
        "administration/closed_day.html",
        change=change,
        foreseen=foreseen,
        fingerprint=fingerprint(planned),
        typed=typed_parts(request.form, "day"),
        words=deadline_words,
        said=said,
    )
    return (html, 409) if said else html


@blueprint.post("")
@access(Permission.ADMINISTER)
def save() -> ResponseReturnValue:
    """Save what was looked at; when things moved since, show what it comes to now."""
    try:
        change = _change()
        with command() as ctx:
            planned = _carry_out(ctx, change)
            confirm(planned, request.form.get("seen", ""))
    except Conflict as error:
        return _check(say(error.code, locale=locale()))
    except BadInput as error:
        return _list(request.form, error)
    moved = sum(len(one.entries) for one in planned.moved)
    log.info("calendar_changed", day=str(change.day), opens=change.opens, by=actor().person_id)
    day = day_in_words(change.day)
    said = (
        _("%(day)sを開庁日にしました。期限が動いたシートは%(n)s件です。", day=day, n=moved)
        if change.opens
        else _("%(day)sを閉庁日にしました。期限が動いたシートは%(n)s件です。", day=day, n=moved)
    )
    flash(said, "success")
    return redirect(url_for("closed_days.index"), 303)


@blueprint.post("/year")
@access(Permission.ADMINISTER)
def add_year() -> ResponseReturnValue:
    """Add the year after the last one that is kept."""
    with command() as ctx:
        year = closed_days.extend(ctx)
    log.info("calendar_extended", year=year, by=actor().person_id)
    flash(
        _(
            "%(year)sを加えました。国の発表と違うときは、下の一覧で直してください。",
            year=year_in_words(year),
        ),
        "success",
    )
    return redirect(url_for("closed_days.index"), 303)


def _change() -> Change:
    """What the form asks for.

    Raises:
        BadInput: a day that cannot be read, a name that is missing or too long: all at once.
    """
    opens = "opens" in request.form
    faults: list[Fault] = []
    day, name = date.min, ""
    try:
        day = read_day(request.form, "day")
    except BadInput as error:
        faults.extend(error.faults)
    if not opens:
        try:
            name = one_paragraph(
                request.form.get("name", ""), longest=date_changes.LONGEST_NAME, field="name"
            )
        except BadInput as error:
            faults.extend(error.faults)
        else:
            if not name:
                faults.append(Fault("name", "required", {}))
    if faults:
        raise BadInput("invalid_form", tuple(faults))
    return Change(day, name, opens)


def _plan(ctx: Context, change: Change) -> tuple[Change, DatePlan]:
    """What the change comes to; a day to be opened again gets the name that it has.

    Raises:
        NotFound: ``no_such_closed_day``.
        BadInput: ``calendar_not_covered``.
    """
    calendar = closed_days.load(ctx)
    if change.opens:
        opened = date_plan.with_open(calendar, change.day)
        named = replace(change, name=calendar.closed_days[change.day])
        return named, date_plan.plan(ctx, opened)
    closed = date_plan.with_closed(calendar, change.day, change.name)
    return change, date_plan.plan(ctx, closed)


def _carry_out(ctx: Context, change: Change) -> DatePlan:
    if change.opens:
        return date_changes.open_day(ctx, day=change.day)
    return date_changes.close_day(ctx, day=change.day, name=change.name)


def _list(
    form: Mapping[str, str] | None = None, error: BadInput | None = None
) -> ResponseReturnValue:
    with query() as ctx:
        calendar = cycle_calendar.closed_days(ctx)
        today = ctx.today
    errors = forms.sentences_of(error, "day")
    form = form or {}
    years = [(year, list(days)) for year, days in groupby(calendar.days, lambda one: one.day.year)]
    html = render_template(
        "administration/closed_days.html",
        tabs=tabs("calendar"),
        calendar=calendar,
        years=years,
        today=today,
        origins=ORIGINS,
        day=typed_parts(form, "day"),
        name=form.get("name", ""),
        errors=errors,
        summary=forms.named(errors, {"day": _("閉庁日にする日"), "name": _("名前")}),
    )
    return (html, 422) if errors else html
