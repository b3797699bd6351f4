"""不在の登録: one's own absences (an administrator: anybody's), looked at before they count."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import absence_words, forms
from web.absence_forms import (
    PLACES,
    TypedAbsence,
    absence_of,
    proposed,
    together,
    typed_absence,
)
from web.access import access
from web.core import actor, command, is_given_back, query, safe_path
from web.language import gettext as _
from web.language import locale
from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.messages import say
from workflow.policy import Permission
from workflow.queries import absence_forecast, absence_notices, substitutes
from workflow.queries import absences as queries
from workflow.services import absences

blueprint = Blueprint("absences", __name__)
log = structlog.get_logger(__name__)


@blueprint.get("/absences")
@access(Permission.REGISTER_ABSENCE)
def index() -> ResponseReturnValue:
    """My absences, and for whom I stand in."""
    with query() as ctx:
        mine = queries.of_person(ctx, ctx.actor.person_id or 0)
        standing_in = queries.standing_in(ctx)
    return render_template(
        "absences/index.html",
        absences=[line for line in mine if line.standing != queries.Standing.OVER],
        over=[line for line in mine if line.standing == queries.Standing.OVER],
        standing_in=standing_in,
        words=absence_words,
    )


@blueprint.get("/absences/new")
@access(Permission.REGISTER_ABSENCE)
def new() -> ResponseReturnValue:
    """The form, with the substitutes proposed."""
    return _form(None, ())


@blueprint.post("/absences/check")
@access(Permission.REGISTER_ABSENCE)
def check() -> ResponseReturnValue:
    """What would become of the sheets that wait now; or the form with all that is wrong."""
    with query() as ctx:
        person_id = _person_id()
        name = queries.name_of(ctx, person_id)
        steps = substitutes.steps_for(ctx, person_id)
        typed = typed_absence(request.form, steps)
        form, unread = absence_of(typed, request.form, ctx.today)
        faults = together(unread, absences.check(ctx, person_id=person_id, form=form))
        if not (faults or "change" in request.form or is_given_back()):
            able = {c.assignment_id: c for c in substitutes.possible_substitutes(ctx, person_id)}
            return render_template(
                "absences/check.html",
                name=name,
                person_id=person_id,
                is_own=person_id == actor().person_id,
                form=form,
                typed=typed,
                begun=form.first_day <= ctx.today,
                named=[
                    (step, [able[a] for a in form.substitutes[step] if a in able]) for step in steps
                ],
                opened=queries.opened(ctx, person_id, form),
                forecast=absence_forecast.forecast(ctx, person_id, form),
                expected=absence_forecast.loads(ctx, person_id, form),
                notices=absence_notices.notices(ctx, person_id, form),
                words=absence_words,
            )
    return _form(typed, faults)


@blueprint.post("/absences")
@access(Permission.REGISTER_ABSENCE)
def register() -> ResponseReturnValue:
    """Register it; what changed since the check is refused with the form."""
    person_id = _person_id()
    with query() as ctx:
        queries.name_of(ctx, person_id)
        typed = typed_absence(request.form, substitutes.steps_for(ctx, person_id))
        form, unread = absence_of(typed, request.form, ctx.today)
    if unread:
        return _form(typed, unread)
    try:
        with command() as ctx:
            absences.register(ctx, person_id=person_id, form=form)
    except BadInput as error:
        return _form(typed, error.faults)
    log.info("absence_registered", person=person_id, by=actor().person_id)
    days = absence_words.period(form.first_day, form.last_day)
    flash(_("不在を登録しました（%(days)s）。", days=days), "success")
    return redirect(_list_of(person_id), 303)


@blueprint.post("/absences/<int:absence_id>/end")
@access(Permission.REGISTER_ABSENCE)
def end(absence_id: int) -> ResponseReturnValue:
    """戻りました: end it, or call it off; pressed twice it says so."""
    try:
        with command() as ctx:
            absences.end(ctx, absence_id=absence_id)
    except BadInput as error:
        flash(say(error.code, locale=locale()), "info")
    else:
        log.info("absence_ended", absence=absence_id, by=actor().person_id)
        returned = "returned" in request.form
        flash(
            _("不在を終了しました。") if returned else _("不在の登録を取り消しました。"), "success"
        )
    return redirect(safe_path(request.form.get("next"), url_for("absences.index")), 303)


def _person_id() -> int:
    """Whose absence: the reader's own unless an administrator says whose."""
    return request.values.get("person", type=int) or actor().person_id or 0


def _list_of(person_id: int) -> str:
    own = person_id == actor().person_id
    return url_for("absences.index" if own else "administration.absences")


def _form(typed: TypedAbsence | None, faults: Sequence[Fault]) -> ResponseReturnValue:
    person_id = _person_id()
    with query() as ctx:
        values = _form_values(ctx, person_id, typed)
    errors = forms.sentences(faults)
    html = render_template(
        "absences/form.html",
        person_id=person_id,
        is_own=person_id == actor().person_id,
        errors=errors,
        summary=forms.named(errors, _labels()),
        back=_list_of(person_id),
        words=absence_words,
        kinds=[(key, words()) for key, words in absence_words.ABSENCE_KINDS.items()],
        places=range(PLACES),
        **values,
    )
    return (html, 422) if faults else html


def _labels() -> dict[str, str]:
    """The fields whose faults do not say by themselves what they mean."""
    return {
        "first_day": _("不在の始まる日"),
        "last_day": _("不在の終わる日"),
        "kind": _("理由"),
    }


def _form_values(ctx: Context, person_id: int, typed: TypedAbsence | None) -> dict[str, object]:
    name = queries.name_of(ctx, person_id)
    steps = substitutes.steps_for(ctx, person_id)
    able = substitutes.possible_substitutes(ctx, person_id) if steps else ()
    return {
        "name": name,
        "steps": steps,
        "options": [(one.assignment_id, absence_words.substitute(one)) for one in able],
        "typed": typed or proposed(steps, able, ctx.today),
    }
