"""Changing dates while a cycle runs: a stage's wanted day, or a closed day of the office.

One plan serves both: what each stage's date was and comes to, and how many open sheets it moves.
``plan`` writes nothing, so it also answers "what if"; ``apply`` carries out what the plan says.
A sheet with a date of its own (an extension, a hold) keeps it, and moves only off a closed day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import pairwise

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.calendar.era import japanese_date
from workflow.definition.model import Definition
from workflow.errors import BadInput, Fault, NotFound
from workflow.policy import Permission
from workflow.services import closed_days, cycle_dates, deadlines, loading, recording
from workflow.services.cycle_dates import LaidDate
from workflow.text import one_paragraph

_CYCLES = sa.text("""
SELECT c.id, c.definition_hash, c.cut_off FROM evaluation_cycle c
WHERE c.closed_at IS NULL ORDER BY c.id
""")
_LOCK_CYCLES = sa.text(
    "SELECT 1 FROM evaluation_cycle WHERE closed_at IS NULL ORDER BY id FOR UPDATE"
)
_DATES = sa.text("SELECT stage, wanted_on, due_on FROM cycle_deadline WHERE cycle_id = :cycle")
_ENTRIES = sa.text("""
SELECT s.id, s.evaluation_id, s.stage, s.due_on FROM stage_entry s
JOIN evaluation e ON e.id = s.evaluation_id
WHERE e.cycle_id = :cycle AND s.left_at IS NULL AND s.due_on IS NOT NULL
ORDER BY s.evaluation_id
""")
_LOCK_EVALUATIONS = sa.text("""
SELECT 1 FROM evaluation e WHERE e.cycle_id = :cycle AND e.closed_at IS NULL
ORDER BY e.id FOR UPDATE
""")
_CLOSE_DAY = sa.text("""
INSERT INTO closed_day (day, name, origin) VALUES (:day, :name, 'city')
ON CONFLICT (day) DO UPDATE SET name = excluded.name RETURNING (xmax = 0) AS is_new
""")
_OPEN_DAY = sa.text("DELETE FROM closed_day WHERE day = :day RETURNING name")

#: A closed day's name stands in a table and in reasons.
LONGEST_NAME = 60


@dataclass(frozen=True)
class MovedDate:
    """A stage of a cycle, or sheets with a date of their own, whose last day changes.

    Attributes:
        entries: ids of the open stays that move.
        evaluations: ids of their sheets, in the same order.
        own: these sheets have a date of their own.
    """

    cycle_id: int
    stage: str
    label: str
    before: date
    after: date
    why: str
    entries: tuple[int, ...]
    evaluations: tuple[int, ...]
    own: bool


@dataclass(frozen=True)
class _CyclePlan:
    cycle_id: int
    definition: Definition
    cut_off: time
    dates: Mapping[str, LaidDate]


@dataclass(frozen=True)
class DatePlan:
    """What a change comes to.

    Attributes:
        moved: what changes, in the order of cycles and stages; empty when nothing does.
    """

    calendar: BusinessCalendar
    cycles: tuple[_CyclePlan, ...]
    moved: tuple[MovedDate, ...]


def with_closed(calendar: BusinessCalendar, day: date, name: str) -> BusinessCalendar:
    """The calendar with one more closed day. Raises BadInput (``calendar_not_covered``)."""
    if not calendar.covers_from <= day <= calendar.covers_until:
        raise BadInput("calendar_not_covered", day=day)
    return replace(calendar, closed_days={**calendar.closed_days, day: name})


def with_open(calendar: BusinessCalendar, day: date) -> BusinessCalendar:
    """The calendar without a closed day. Raises NotFound (``no_such_closed_day``)."""
    if day not in calendar.closed_days:
        raise NotFound("no_such_closed_day")
    days = {closed: name for closed, name in calendar.closed_days.items() if closed != day}
    return replace(calendar, closed_days=days)


def plan(
    ctx: Context,
    calendar: BusinessCalendar,
    *,
    wanted: Mapping[tuple[int, str], date] | None = None,
) -> DatePlan:
    """What the dates of all running cycles come to on *calendar*; writes nothing.

    Args:
        wanted: (cycle id, stage key) → another wanted last day.

    Raises:
        BadInput: ``calendar_not_covered`` or ``dates_out_of_order``.
    """
    cycles: list[_CyclePlan] = []
    moved: list[MovedDate] = []
    for row in ctx.execute(_CYCLES).all():
        definition = loading.definition(ctx, row.definition_hash)
        old = {r.stage: r for r in ctx.execute(_DATES, {"cycle": row.id})}
        days = {stage: (wanted or {}).get((row.id, stage), r.wanted_on) for stage, r in old.items()}
        _check_order(definition, days)
        dates = deadlines.laid(ctx, definition, days, calendar, row.cut_off)
        cycles.append(_CyclePlan(row.id, definition, row.cut_off, dates))
        moved += _moved(ctx, cycles[-1], {stage: r.due_on for stage, r in old.items()}, calendar)
    return DatePlan(calendar, tuple(cycles), tuple(moved))


def _check_order(definition: Definition, days: Mapping[str, date]) -> None:
    order = [stage.key for stage in definition.stages if stage.key in days]
    for before, after in pairwise(order):
        if days[after] < days[before]:
            fault = Fault(f"deadlines.{after}", "dates_out_of_order", {"day": days[before]})
            raise BadInput("invalid_form", (fault,))


def _moved(
    ctx: Context, cycle: _CyclePlan, old: Mapping[str, date], calendar: BusinessCalendar
) -> list[MovedDate]:
    following: dict[str, list[tuple[int, int]]] = {stage: [] for stage in old}
    own: dict[tuple[str, date], list[tuple[int, int]]] = {}
    for entry in ctx.execute(_ENTRIES, {"cycle": cycle.cycle_id}):
        pair = (entry.id, entry.evaluation_id)
        if entry.due_on == old.get(entry.stage):
            following[entry.stage].append(pair)
        else:
            own.setdefault((entry.stage, entry.due_on), []).append(pair)
    moved = [
        _one(cycle, stage, before, cycle.dates[stage].due_on, following[stage], calendar)
        for stage, before in old.items()
        if cycle.dates[stage].due_on != before
    ]
    for (stage, before), entries in own.items():
        after = _next_open(before, calendar)
        if after != before:
            moved.append(_one(cycle, stage, before, after, entries, calendar, own=True))
    return moved


def _next_open(day: date, calendar: BusinessCalendar) -> date:
    try:
        return calendar.next_open(day)
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error


def _one(
    cycle: _CyclePlan,
    stage: str,
    before: date,
    after: date,
    entries: list[tuple[int, int]],
    calendar: BusinessCalendar,
    *,
    own: bool = False,
) -> MovedDate:
    closed = calendar.closed_reason(before)
    return MovedDate(
        cycle_id=cycle.cycle_id,
        stage=stage,
        label=cycle.definition.stage(stage).label,
        before=before,
        after=after,
        why=closed or "",
        entries=tuple(entry for entry, _ in entries),
        evaluations=tuple(evaluation for _, evaluation in entries),
        own=own,
    )


def close_day(ctx: Context, *, day: date, name: str) -> DatePlan:
    """Close the office on a day, and move what is due then.

    Raises:
        Refused: ``administrators_only``.
        BadInput: no name, or a day outside of the calendar.
    """
    _lock(ctx)
    calendar = closed_days.load(ctx)

    ctx.require(Permission.ADMINISTER)

    name = one_paragraph(name, longest=LONGEST_NAME, field="name")
    if not name:
        raise BadInput("invalid_form", (Fault("name", "required", {}),))
    planned = plan(ctx, with_closed(calendar, day, name))

    ctx.execute(_CLOSE_DAY, {"day": day, "name": name})
    _apply(ctx, planned, f"{japanese_date(day)}が閉庁日（{name}）になったため")
    return planned


def open_day(ctx: Context, *, day: date) -> DatePlan:
    """Take a closed day out of the calendar, and move what is due.

    Raises:
        Refused: ``administrators_only``.
        NotFound: ``no_such_closed_day``.
    """
    _lock(ctx)
    calendar = closed_days.load(ctx)

    ctx.require(Permission.ADMINISTER)

    planned = plan(ctx, with_open(calendar, day))

    ctx.execute(_OPEN_DAY, {"day": day})
    _apply(ctx, planned, f"{japanese_date(day)}が開庁日になったため")
    return planned


def change_date(ctx: Context, *, cycle_id: int, wanted: Mapping[str, date]) -> DatePlan:
    """Set other last days for stages of a cycle.

    Raises:
        Refused: ``publishers_only``.
        BadInput: ``unknown_stage``, ``dates_out_of_order`` or ``calendar_not_covered``.
    """
    _lock(ctx)
    calendar = closed_days.load(ctx)
    known = {row.stage for row in ctx.execute(_DATES, {"cycle": cycle_id})}

    ctx.require(Permission.OPEN_CYCLE)

    faults = tuple(
        Fault(f"deadlines.{stage}", "unknown_stage", {"stage": stage})
        for stage in wanted
        if stage not in known
    )
    if faults:
        raise BadInput("invalid_form", faults)
    planned = plan(ctx, calendar, wanted={(cycle_id, stage): day for stage, day in wanted.items()})

    _apply(ctx, planned, "期限が変更されたため")
    return planned


def _lock(ctx: Context) -> None:
    """Cycles first, as publications and imports do; the sheets when they are moved."""
    ctx.execute(_LOCK_CYCLES)


def _apply(ctx: Context, planned: DatePlan, because: str) -> None:
    """Write the dates and, for each sheet that moves, the new plan and an event that says why."""
    definitions = {cycle.cycle_id: cycle for cycle in planned.cycles}
    for cycle in planned.cycles:
        ctx.execute(_LOCK_EVALUATIONS, {"cycle": cycle.cycle_id})
        cycle_dates.replace_all(ctx, cycle.cycle_id, cycle.dates)
    for one in planned.moved:
        if not one.entries:
            continue
        cycle = definitions[one.cycle_id]
        own = {one.stage: one.after}
        dates = deadlines.laid(ctx, cycle.definition, own, planned.calendar, cycle.cut_off)
        deadlines.replan(ctx, one.entries, dates[one.stage])
        recording.append(
            ctx,
            one.evaluations,
            action="move_deadline",
            to_state=one.stage,
            holder=None,
            reason=f"{because}: {japanese_date(one.before)} → {japanese_date(one.after)}",
        )
