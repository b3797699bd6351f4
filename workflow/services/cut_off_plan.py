"""What another cut-off time (締切時刻) comes to in a running cycle. Writes nothing.

The last days stay. What moves is their last moment and, of the ladders, the one step that depends
on it: a reminder on the morning of the last day is told only where the day is not over by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar import deadlines as calendar_deadlines
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.calendar.deadlines import Deadline
from workflow.definition.model import Definition, Stage
from workflow.errors import BadInput, NotFound
from workflow.services import closed_days, cycle_dates, deadlines, loading
from workflow.services.cycle_dates import LaidDate
from workflow.services.deadlines import GENERATION

_CYCLE = sa.text("SELECT definition_hash, cut_off, closed_at FROM evaluation_cycle WHERE id = :id")
_DATES = sa.text("SELECT stage, wanted_on FROM cycle_deadline WHERE cycle_id = :id")
# The clock of a sheet on hold stands where it was stopped, or where it got its last day.
_STAYS = sa.text("""
SELECT s.id, s.evaluation_id, s.stage, s.due_on, s.held_at IS NOT NULL AS held,
       CASE WHEN s.held_at IS NULL THEN CAST(:now AS timestamptz)
            ELSE greatest(s.held_at, s.dated_at) END AS clock
FROM stage_entry s
JOIN evaluation e ON e.id = s.evaluation_id
WHERE e.cycle_id = :id AND s.left_at IS NULL AND s.due_on IS NOT NULL
ORDER BY s.evaluation_id
""")
_TIMERS = sa.text("""
SELECT t.id, t.stage_entry_id, t.kind, t.rung, t.settled_at, t.outcome FROM timer t
WHERE t.stage_entry_id = ANY (:entries)
""")
_EVER = datetime.min.replace(tzinfo=UTC)
_Step = tuple[str, int]


@dataclass(frozen=True)
class Stay:
    """An open stay whose last moment moves; *clock*: until when its time has run."""

    entry_id: int
    evaluation_id: int
    stage: str
    due_on: date
    held: bool
    clock: datetime


@dataclass(frozen=True)
class StepChange:
    """A step of one sheet's ladder that the new cut-off takes away or brings.

    Attributes:
        rung: with its generation, as the timer has it.
        timer_id: the timer that goes; None where the step comes.
    """

    stay: Stay
    kind: str
    rung: int
    due_at: datetime
    timer_id: int | None


@dataclass(frozen=True)
class CutOffPlan:
    """A running cycle under another cut-off.

    Attributes:
        dates: stage key → the date of the cycle under the new one.
        stays: the open stays with a last day, in the order of their sheets.
        going: steps that will not be told.
        coming: steps that will be told after all.
    """

    cycle_id: int
    definition: Definition
    before: time
    after: time
    dates: Mapping[str, LaidDate]
    stays: tuple[Stay, ...]
    going: tuple[StepChange, ...]
    coming: tuple[StepChange, ...]


def plan(ctx: Context, *, cycle_id: int, cut_off: time) -> CutOffPlan:
    """What *cut_off* (office time) comes to; writes nothing.

    Raises:
        NotFound: ``no_such_cycle``.
        BadInput: ``cycle_is_over``, ``nothing_changed`` or ``calendar_not_covered``.
    """
    cycle = ctx.execute(_CYCLE, {"id": cycle_id}).one_or_none()
    if cycle is None:
        raise NotFound("no_such_cycle")
    if cycle.closed_at is not None:
        raise BadInput("cycle_is_over")
    if cycle.cut_off == cut_off:
        raise BadInput("nothing_changed")
    definition = loading.definition(ctx, cycle.definition_hash)
    calendar = closed_days.load(ctx)
    wanted = {row.stage: row.wanted_on for row in ctx.execute(_DATES, {"id": cycle_id})}
    stays = tuple(
        Stay(row.id, row.evaluation_id, row.stage, row.due_on, row.held, row.clock)
        for row in ctx.execute(_STAYS, {"id": cycle_id, "now": ctx.now})
    )
    there = _timers(ctx, stays)
    going: list[StepChange] = []
    coming: list[StepChange] = []
    ladders = _Ladders(ctx, definition, calendar, cycle.cut_off, cut_off)
    for stay in stays:
        lost, won = ladders.differing(stay.stage, stay.due_on)
        timers = there.get(stay.entry_id, [])
        going += _going(stay, lost, timers)
        coming += _coming(stay, won, timers)
    dates = deadlines.laid(ctx, definition, wanted, calendar, cut_off)
    return CutOffPlan(
        cycle_id, definition, cycle.cut_off, cut_off, dates, stays, tuple(going), tuple(coming)
    )


def _timers(ctx: Context, stays: tuple[Stay, ...]) -> Mapping[int, list[sa.Row[Any]]]:
    found: dict[int, list[sa.Row[Any]]] = {}
    for row in ctx.execute(_TIMERS, {"entries": [stay.entry_id for stay in stays]}):
        found.setdefault(row.stage_entry_id, []).append(row)
    return found


class _Ladders:
    """The steps that are there under one of two cut-offs only, worked out once for each date."""

    def __init__(
        self,
        ctx: Context,
        definition: Definition,
        calendar: BusinessCalendar,
        before: time,
        after: time,
    ) -> None:
        self._digest_time = ctx.settings.digest_time
        self._definition = definition
        self._calendar = calendar
        self._cut_offs = (before, after)
        self._known: dict[
            tuple[str, date], tuple[dict[_Step, datetime], dict[_Step, datetime]]
        ] = {}

    def differing(
        self, stage: str, day: date
    ) -> tuple[dict[_Step, datetime], dict[_Step, datetime]]:
        """The steps that are lost, and those that are won: kind and number → moment."""
        if (stage, day) not in self._known:
            old, new = (
                self._laid(self._definition.stage(stage), day, cut_off)
                for cut_off in self._cut_offs
            )
            self._known[stage, day] = (
                {step: old[step] for step in old if step not in new},
                {step: new[step] for step in new if step not in old},
            )
        return self._known[stage, day]

    def _laid(self, stage: Stage, day: date, cut_off: time) -> dict[_Step, datetime]:
        """The whole ladder, whatever is over: whether a step is still to come the sheet knows."""
        try:
            timers = calendar_deadlines.plan_timers(
                Deadline(day, cut_off),
                cycle_dates.steps(stage),
                self._calendar,
                not_before=_EVER,
                digest_time=self._digest_time,
            )
        except CalendarNotCovered as error:
            raise BadInput("calendar_not_covered", day=error.day) from error
        return {(str(timer.kind), timer.number): timer.due_at for timer in timers}


def _going(
    stay: Stay, lost: Mapping[_Step, datetime], timers: list[sa.Row[Any]]
) -> Iterator[StepChange]:
    for timer in timers:
        step = (timer.kind, timer.rung % GENERATION)
        if timer.settled_at is None and step in lost:
            yield StepChange(stay, timer.kind, timer.rung, lost[step], timer.id)


def _coming(
    stay: Stay, won: Mapping[_Step, datetime], timers: list[sa.Row[Any]]
) -> Iterator[StepChange]:
    """Only what is still ahead of the sheet, and was not told under its present last day."""
    generation = max((timer.rung // GENERATION for timer in timers), default=0)
    there = {(t.kind, t.rung) for t in timers if t.outcome != "superseded"}
    for (kind, number), due_at in won.items():
        rung = generation * GENERATION + number
        if due_at >= stay.clock and (kind, rung) not in there:
            yield StepChange(stay, kind, rung, due_at, None)
