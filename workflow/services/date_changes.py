"""Changing dates while a cycle runs: a stage's wanted day, or a closed day of the office.

What a change comes to is ``services.date_plan``; here it is carried out. Where a last day stays
and only its ladder moves, the sheets that wait move along, without an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.era import japanese_date
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.services import closed_days, cycle_dates, date_plan, deadlines, recording
from workflow.services.date_plan import DatePlan
from workflow.text import one_paragraph

_LOCK_CYCLES = sa.text(
    "SELECT 1 FROM evaluation_cycle WHERE closed_at IS NULL ORDER BY id FOR UPDATE"
)
_LOCK_EVALUATIONS = sa.text("""
SELECT 1 FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE c.closed_at IS NULL AND e.closed_at IS NULL
ORDER BY e.id FOR UPDATE OF e
""")
_CLOSE_DAY = sa.text("""
INSERT INTO closed_day (day, name, origin) VALUES (:day, :name, 'city')
ON CONFLICT (day) DO UPDATE SET name = excluded.name RETURNING (xmax = 0) AS is_new
""")
_OPEN_DAY = sa.text("DELETE FROM closed_day WHERE day = :day RETURNING name")
_STAGES = sa.text("SELECT stage FROM cycle_deadline WHERE cycle_id = :cycle")

#: A closed day's name stands in a table and in reasons.
LONGEST_NAME = 60


def close_day(ctx: Context, *, day: date, name: str) -> DatePlan:
    """Close the office on a day, and move what is due then.

    Raises:
        Refused: ``administrators_only``.
        BadInput: no name, or a day outside of the calendar.
    """
    lock_running(ctx)
    calendar = closed_days.load(ctx)

    ctx.require(Permission.ADMINISTER)

    name = one_paragraph(name, longest=LONGEST_NAME, field="name")
    if not name:
        raise BadInput("invalid_form", (Fault("name", "required", {}),))
    planned = date_plan.plan(ctx, date_plan.with_closed(calendar, day, name))

    ctx.execute(_CLOSE_DAY, {"day": day, "name": name})
    _apply(ctx, planned, f"{japanese_date(day)}が閉庁日（{name}）になったため")
    return planned


def open_day(ctx: Context, *, day: date) -> DatePlan:
    """Take a closed day out of the calendar, and move what is due.

    Raises:
        Refused: ``administrators_only``.
        NotFound: ``no_such_closed_day``.
    """
    lock_running(ctx)
    calendar = closed_days.load(ctx)

    ctx.require(Permission.ADMINISTER)

    planned = date_plan.plan(ctx, date_plan.with_open(calendar, day))

    ctx.execute(_OPEN_DAY, {"day": day})
    _apply(ctx, planned, f"{japanese_date(day)}が開庁日になったため")
    return planned


def change_date(ctx: Context, *, cycle_id: int, wanted: Mapping[str, date]) -> DatePlan:
    """Set other last days for stages of a cycle.

    Raises:
        Refused: ``publishers_only``.
        BadInput: ``unknown_stage``, ``dates_out_of_order`` or ``calendar_not_covered``.
    """
    lock_running(ctx)
    calendar = closed_days.load(ctx)
    known = {row.stage for row in ctx.execute(_STAGES, {"cycle": cycle_id})}

    ctx.require(Permission.OPEN_CYCLE)

    faults = tuple(
        Fault(f"deadlines.{stage}", "unknown_stage", {"stage": stage})
        for stage in wanted
        if stage not in known
    )
    if faults:
        raise BadInput("invalid_form", faults)
    planned = date_plan.plan(
        ctx, calendar, wanted={(cycle_id, stage): day for stage, day in wanted.items()}
    )

    _apply(ctx, planned, "期限が変更されたため")
    return planned


def lock_running(ctx: Context) -> None:
    """Cycles first, as publications and imports do, then the sheets: no stay ends meanwhile."""
    ctx.execute(_LOCK_CYCLES)
    ctx.execute(_LOCK_EVALUATIONS)


def _apply(ctx: Context, planned: DatePlan, because: str) -> None:
    """Write the dates and, for each sheet that moves, the new plan and an event that says why."""
    for cycle in planned.cycles:
        cycle_dates.replace_all(ctx, cycle.cycle_id, cycle.dates)
    for same in planned.kept:
        deadlines.shift_ladder(ctx, same.entries, same.laid)
    for one in planned.moved:
        if not one.entries:
            continue
        for laid, entries in one.ladders():
            deadlines.replan(ctx, entries, laid, own=one.own, decided=planned.decided)
        recording.append(
            ctx,
            one.evaluations,
            action="move_deadline",
            to_state=one.stage,
            holder=None,
            reason=f"{because}: {japanese_date(one.before)} → {japanese_date(one.after)}",
        )
