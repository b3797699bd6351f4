"""保留: whoever has a sheet may stop the clock, and lift the hold again.

While a sheet is on hold nobody acts on it and no timer fires. Lifting the hold moves the last day
and what is still to come of the ladder by as many business days as the sheet was held; a last day
that somebody set meanwhile (an extension, a changed date) moves by the days since then. One that
a closed day moved is not set anew: it gets back all the days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from workflow import authority
from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.calendar.era import japanese_date
from workflow.clock import OFFICE_ZONE, office_day
from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Definition
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Fault, Refused
from workflow.policy import Actor
from workflow.services import closed_days, loading, recording
from workflow.services.actions import LONGEST_REASON, Receipt, moved_on
from workflow.services.loading import LoadedEvaluation
from workflow.text import one_paragraph

_HOLD = sa.text("""
UPDATE stage_entry SET held_at = :now, held_by = :person,
    first_opened_at = coalesce(first_opened_at, :now),
    first_opened_by = coalesce(first_opened_by, :person)
WHERE id = :entry
""")
_LIFT = sa.text("""
UPDATE stage_entry SET held_at = NULL, held_by = NULL, due_on = :due_on, due_at = :due_at,
    wanted_on = CASE WHEN due_on IS DISTINCT FROM :due_on THEN :due_on ELSE wanted_on END
WHERE id = :entry
""")
_ENTRY = sa.text("SELECT due_on, due_at, dated_at FROM stage_entry WHERE id = :entry")
_TIMERS = sa.text("""
SELECT id, due_at FROM timer WHERE stage_entry_id = :entry AND settled_at IS NULL
""")
_SHIFT = sa.text("UPDATE timer SET due_at = :due_at WHERE id = :id")


def hold(
    ctx: Context, *, evaluation_id: int, expected_version: int, request_key: str, reason: str
) -> Receipt:
    """Stop the clock of the present stage, with a reason that everybody can read.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on``.
        Refused: it is not one's turn, ``on_hold``, or ``no_hold_here``.
        BadInput: no reason.
    """
    loaded, repeated = _loaded(ctx, evaluation_id, request_key)
    if repeated is not None:
        return repeated
    holder = _may(ctx, loaded, expected_version, authority.to_hold)
    reason = one_paragraph(reason, longest=LONGEST_REASON, field="reason")
    if not reason:
        raise BadInput("invalid_form", (Fault("reason", "reason_required", {}),))

    ctx.execute(_HOLD, {"entry": loaded.entry_id, "person": ctx.actor.person_id, "now": ctx.now})
    return _record(ctx, loaded, "hold", holder, reason, request_key)


def lift(ctx: Context, *, evaluation_id: int, expected_version: int, request_key: str) -> Receipt:
    """Let the clock run on: by whoever has the sheet, also where somebody else stopped it.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on``.
        Refused: it is not one's turn, or ``not_on_hold``.
        BadInput: ``calendar_not_covered``.
    """
    loaded, repeated = _loaded(ctx, evaluation_id, request_key)
    if repeated is not None:
        return repeated
    holder = _may(ctx, loaded, expected_version, authority.to_lift)
    held = loaded.facts.hold
    assert held is not None  # noqa: S101 - ``to_lift`` refuses where nothing is held

    calendar = closed_days.load(ctx)
    entry = ctx.execute(_ENTRY, {"entry": loaded.entry_id}).one()
    since = max(held.since, entry.dated_at or held.since)
    try:
        days = calendar.business_days_between(office_day(since), ctx.today)
        due_at = _later(calendar, entry.due_at, days)
        timers = [
            {"id": timer.id, "due_at": _later(calendar, timer.due_at, days)}
            for timer in ctx.execute(_TIMERS, {"entry": loaded.entry_id})
        ]
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error
    due_on = office_day(due_at) if due_at else None

    ctx.execute(_LIFT, {"entry": loaded.entry_id, "due_at": due_at, "due_on": due_on})
    if timers and days:
        ctx.execute(_SHIFT, timers)
    words = ""
    if due_on is not None and due_on != entry.due_on:
        words = f"{japanese_date(entry.due_on)} → {japanese_date(due_on)}"
    return _record(ctx, loaded, "lift_hold", holder, words, request_key)


def _loaded(
    ctx: Context, evaluation_id: int, request_key: str
) -> tuple[LoadedEvaluation, Receipt | None]:
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is None:
        return loaded, None
    ctx.permit(None)
    return loaded, Receipt(evaluation_id, loaded.answered_by, repeated=True)


def _may(
    ctx: Context,
    loaded: LoadedEvaluation,
    expected_version: int,
    asked: Callable[[Actor, Definition, EvaluationFacts], Holder | Refusal],
) -> Holder:
    ctx.asked = True
    if expected_version != loaded.version:
        raise moved_on(ctx, loaded)
    holder = asked(ctx.actor, loaded.definition, loaded.facts)
    if isinstance(holder, Refusal):
        raise Refused(holder.code, **holder.values)
    return holder


def _later(calendar: BusinessCalendar, moment: datetime | None, days: int) -> datetime | None:
    """The same time of day, *days* business days later."""
    if moment is None or not days:
        return moment
    local = moment.astimezone(OFFICE_ZONE)
    return datetime.combine(
        calendar.add_business_days(local.date(), days), local.timetz()
    ).astimezone(moment.tzinfo)


def _record(
    ctx: Context,
    loaded: LoadedEvaluation,
    action: str,
    holder: Holder,
    reason: str,
    request_key: str,
) -> Receipt:
    event_id, _ = recording.append(
        ctx,
        [loaded.id],
        action=action,
        to_state=loaded.facts.state,
        holder=holder,
        reason=reason,
        request_key=request_key,
        basis=holder.basis,
    )
    return Receipt(loaded.id, event_id)
