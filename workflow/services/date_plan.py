"""What a change of dates, or of the closed days, comes to in the running cycles. Writes nothing.

One plan serves both: what each stage's date was and comes to, and how many open sheets it moves.
A sheet with a date of its own (an extension, a hold) keeps it: it moves only off a closed day, and
back to the day that was wanted when that opens again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import pairwise

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar
from workflow.definition.model import Definition
from workflow.errors import BadInput, Fault, NotFound
from workflow.services import closed_days, deadlines, loading
from workflow.services.cycle_dates import LaidDate

_CYCLES = sa.text("""
SELECT c.id, c.definition_hash, c.cut_off FROM evaluation_cycle c
WHERE c.closed_at IS NULL ORDER BY c.id
""")
_DATES = sa.text("SELECT stage, wanted_on, due_on FROM cycle_deadline WHERE cycle_id = :cycle")
_ENTRIES = sa.text("""
SELECT s.id, s.evaluation_id, s.stage, s.due_on, s.wanted_on,
       CASE WHEN s.held_at IS NOT NULL THEN greatest(s.held_at, s.dated_at) END AS clock
FROM stage_entry s
JOIN evaluation e ON e.id = s.evaluation_id
WHERE e.cycle_id = :cycle AND s.left_at IS NULL AND s.due_on IS NOT NULL
ORDER BY s.evaluation_id
""")


@dataclass(frozen=True)
class _Together:
    """What stays have that move together: *wanted_on* is kept of a date of their own alone."""

    stage: str
    due_on: date
    wanted_on: date | None

    def own(self, due: Mapping[str, date]) -> bool:
        """Whether it is a date of their own; *due*: the cycle's, stage key → last day."""
        return self.wanted_on is not None or self.due_on != due.get(self.stage)


@dataclass(frozen=True)
class _Stay:
    """An open stay; *clock*: since when its time stands still, if it does."""

    entry: int
    evaluation: int
    clock: datetime | None


#: What they have → each open stay.
_Stays = Mapping[_Together, Sequence[_Stay]]


@dataclass(frozen=True)
class MovedDate:
    """A stage of a cycle, or sheets with a date of their own, whose last day changes.

    Attributes:
        laid: the new last day, with its ladder.
        held: the same for stays on hold that the calendar moves: entry id → with the ladder from
            where their time stands still.
        entries: ids of the open stays that move, those on hold included.
        evaluations: ids of their sheets, in the same order.
        own: these sheets have a date of their own.
    """

    cycle_id: int
    stage: str
    label: str
    before: date
    laid: LaidDate
    held: Mapping[int, LaidDate]
    why: str
    entries: tuple[int, ...]
    evaluations: tuple[int, ...]
    own: bool

    @property
    def after(self) -> date:
        """The new last day."""
        return self.laid.due_on

    def ladder(self, entry: int) -> LaidDate:
        """The new last day of an open stay, with its ladder."""
        return self.held.get(entry, self.laid)

    def ladders(self) -> list[tuple[LaidDate, list[int]]]:
        """The new last day with each ladder, and the open stays that get it."""
        running = [entry for entry in self.entries if entry not in self.held]
        alike = [(self.laid, running)] if running else []
        return [*alike, *((laid, [entry]) for entry, laid in self.held.items())]


@dataclass(frozen=True)
class KeptDate:
    """Sheets whose last day stays: what is still to come of their ladder is laid anew.

    Attributes:
        entries: ids of the open stays.
        own: these sheets have a date of their own.
    """

    cycle_id: int
    stage: str
    laid: LaidDate
    entries: tuple[int, ...]
    own: bool


@dataclass(frozen=True)
class CyclePlan:
    """A running cycle with the dates that it would have: stage key → date."""

    cycle_id: int
    definition: Definition
    cut_off: time
    dates: Mapping[str, LaidDate]


@dataclass(frozen=True)
class DatePlan:
    """What a change comes to.

    Attributes:
        moved: what changes, in the order of cycles and stages; empty when nothing does.
        kept: the open stays that keep their last day.
        decided: somebody sets dates; else the calendar moves them.
    """

    calendar: BusinessCalendar
    decided: bool
    cycles: tuple[CyclePlan, ...]
    moved: tuple[MovedDate, ...]
    kept: tuple[KeptDate, ...]

    def stages_with_sheets(self, cycle_id: int) -> set[str]:
        """The stages of a cycle at which sheets wait under the cycle's own date."""
        moving = {o.stage for o in self.moved if o.cycle_id == cycle_id and o.entries and not o.own}
        return moving | {o.stage for o in self.kept if o.cycle_id == cycle_id and not o.own}


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
    cycles: list[CyclePlan] = []
    moved: list[MovedDate] = []
    kept: list[KeptDate] = []
    present = closed_days.load(ctx)
    for row in ctx.execute(_CYCLES).all():
        definition = loading.definition(ctx, row.definition_hash)
        old = {r.stage: r for r in ctx.execute(_DATES, {"cycle": row.id})}
        days = {stage: (wanted or {}).get((row.id, stage), r.wanted_on) for stage, r in old.items()}
        _check_order(definition, days)
        dates = deadlines.laid(ctx, definition, days, calendar, row.cut_off)
        cycles.append(CyclePlan(row.id, definition, row.cut_off, dates))
        due = {stage: r.due_on for stage, r in old.items()}
        stays = _stays(ctx, row.id, present)
        planning = _Planning(ctx, calendar, cycles[-1], due, stays, decided=wanted is not None)
        moving = planning.moved()
        moved += moving
        kept += planning.kept({entry for one in moving for entry in one.entries})
    return DatePlan(calendar, wanted is not None, tuple(cycles), tuple(moved), tuple(kept))


def _check_order(definition: Definition, days: Mapping[str, date]) -> None:
    order = [stage.key for stage in definition.stages if stage.key in days]
    for before, after in pairwise(order):
        if days[after] < days[before]:
            fault = Fault(f"deadlines.{after}", "dates_out_of_order", {"day": days[before]})
            raise BadInput("invalid_form", (fault,))


def _stays(ctx: Context, cycle_id: int, present: BusinessCalendar) -> _Stays:
    """The open stays of a cycle, by what they have.

    A wanted day that does not lead to the last day on the *present* calendar is no longer true: a
    release that did not know of wanted days has set another one since. What holds counts then.
    """
    stays: dict[_Together, list[_Stay]] = {}
    for row in ctx.execute(_ENTRIES, {"cycle": cycle_id}):
        is_true = row.wanted_on is not None and present.next_open(row.wanted_on) == row.due_on
        together = _Together(row.stage, row.due_on, row.wanted_on if is_true else None)
        stay = _Stay(row.id, row.evaluation_id, row.clock)
        stays.setdefault(together, []).append(stay)
    return stays


@dataclass(frozen=True)
class _Planning:
    """What becomes of the open stays of one cycle; *due*: its dates as they are."""

    ctx: Context
    calendar: BusinessCalendar
    cycle: CyclePlan
    due: Mapping[str, date]
    stays: _Stays
    decided: bool

    def moved(self) -> list[MovedDate]:
        """Those of the stages, then those of stays with a date of their own."""
        moved = [
            self._one(stage, before, laid, self.stays.get(_Together(stage, before, None), []))
            for stage, before in self.due.items()
            if (laid := self.cycle.dates[stage]).due_on != before
        ]
        for these, found in self.stays.items():
            if not these.own(self.due):
                continue
            laid = self._laid(these.stage, these.wanted_on or these.due_on)
            if laid.due_on != these.due_on:
                moved.append(self._one(these.stage, these.due_on, laid, found, own=True))
        return moved

    def kept(self, leaving: set[int]) -> list[KeptDate]:
        """The others."""
        kept = []
        for these, found in self.stays.items():
            entries = tuple(stay.entry for stay in found if stay.entry not in leaving)
            if entries:
                laid = self._laid(these.stage, these.wanted_on or these.due_on)
                own = these.own(self.due)
                kept.append(KeptDate(self.cycle.cycle_id, these.stage, laid, entries, own))
        return kept

    def _laid(self, stage: str, day: date, clock: datetime | None = None) -> LaidDate:
        cycle = self.cycle
        return deadlines.laid(
            self.ctx, cycle.definition, {stage: day}, self.calendar, cycle.cut_off, clock=clock
        )[stage]

    def _one(
        self,
        stage: str,
        before: date,
        laid: LaidDate,
        found: Sequence[_Stay],
        *,
        own: bool = False,
    ) -> MovedDate:
        return MovedDate(
            cycle_id=self.cycle.cycle_id,
            stage=stage,
            label=self.cycle.definition.stage(stage).label,
            before=before,
            laid=laid,
            held={
                stay.entry: self._laid(stage, laid.wanted_on, stay.clock)
                for stay in found
                if stay.clock is not None and not self.decided
            },
            why=self.calendar.closed_reason(before) or "",
            entries=tuple(stay.entry for stay in found),
            evaluations=tuple(stay.evaluation for stay in found),
            own=own,
        )
