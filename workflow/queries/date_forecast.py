"""What if: what a planned change of dates does to sheets, reminders and people. Reads only.

The load of a person is counted by the rules alone: every sheet of a running cycle, at the stage
where it is and at those still before it, for everybody whom the definition selects there today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import OFFICE_ZONE, office_day
from workflow.definition.eligibility import eligible
from workflow.definition.model import Definition, Stage
from workflow.policy import Permission
from workflow.services import cycle_dates, loading
from workflow.services.cycle_dates import LaidDate
from workflow.services.date_plan import DatePlan, MovedDate
from workflow.services.loading import LoadedEvaluation

_SHEETS = sa.text("""
SELECT e.id, e.code, m.name AS measure FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
WHERE e.id = ANY (:ids) ORDER BY e.code, e.id
""")
_OPEN = sa.text("""
SELECT e.id, e.cycle_id, s.due_on FROM evaluation e
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = ANY (:cycles) AND e.closed_at IS NULL ORDER BY e.id
""")


@dataclass(frozen=True)
class SheetName:
    """A sheet to link to."""

    id: int
    code: str
    measure: str


@dataclass(frozen=True)
class Move:
    """One last day that changes, and the sheets that wait under it.

    Attributes:
        closed_day: the old day is closed under this name; empty where it is open.
        own: these sheets have a date of their own.
        become_late: with the new date they are late at once.
        no_longer_late: they were late and are not any more.
    """

    stage: Stage
    before: date
    after: date
    closed_day: str
    own: bool
    sheets: tuple[SheetName, ...]
    become_late: bool
    no_longer_late: bool


@dataclass(frozen=True)
class ReminderMove:
    """One step of a stage's ladder whose day changes; None where it falls away or is new.

    Attributes:
        open_sheets: sheets that wait now move along; else only those that come to the stage later.
    """

    stage: Stage
    kind: str
    before: date | None
    after: date | None
    open_sheets: bool


@dataclass(frozen=True)
class Load:
    """How many sheets one person is to have done by one day, as it is and as it would be."""

    day: date
    person: str
    before: int
    after: int


@dataclass(frozen=True)
class DateForecast:
    """Everything the page before saving shows."""

    moves: tuple[Move, ...]
    reminders: tuple[ReminderMove, ...]
    loads: tuple[Load, ...]

    @property
    def late(self) -> tuple[SheetName, ...]:
        """The sheets that are late at once."""
        return tuple(sheet for move in self.moves if move.become_late for sheet in move.sheets)

    @property
    def sheets(self) -> int:
        """How many sheets move."""
        return sum(len(move.sheets) for move in self.moves)


def forecast(ctx: Context, planned: DatePlan) -> DateForecast:
    """What *planned* would do if it were saved now.

    Raises:
        Refused: ``administrators_only``: neither publisher nor administrator.
    """
    ctx.require(Permission.FOLLOW_UP)
    cycles = {cycle.cycle_id: cycle for cycle in planned.cycles}
    stored = {cycle_id: cycle_dates.stored(ctx, cycle_id) for cycle_id in cycles}
    ids = sorted({sheet for one in planned.moved for sheet in one.evaluations})
    names = {
        row.id: SheetName(row.id, row.code, row.measure)
        for row in ctx.execute(_SHEETS, {"ids": ids})
    }
    moves = tuple(
        _move(ctx.now, one, cycles[one.cycle_id].definition, cycles[one.cycle_id].cut_off, names)
        for one in planned.moved
    )
    reminders = tuple(
        move
        for cycle in planned.cycles
        for move in _reminders(
            cycle.definition,
            stored[cycle.cycle_id],
            cycle.dates,
            planned.stages_with_sheets(cycle.cycle_id),
            ctx.now,
            planned.calendar.next_open(ctx.today),
        )
    )
    return DateForecast(moves, reminders, _loads(ctx, planned, stored))


def _move(
    now: datetime,
    one: MovedDate,
    definition: Definition,
    cut_off: time,
    names: Mapping[int, SheetName],
) -> Move:
    was_late, is_late = (
        datetime.combine(day, cut_off, OFFICE_ZONE) < now for day in (one.before, one.after)
    )
    sheets = (names[sheet] for sheet in one.evaluations if sheet in names)
    return Move(
        stage=definition.stage(one.stage),
        before=one.before,
        after=one.after,
        closed_day=one.why,
        own=one.own,
        sheets=tuple(sorted(sheets, key=lambda sheet: sheet.code)),
        become_late=is_late and not was_late,
        no_longer_late=was_late and not is_late,
    )


def _reminders(
    definition: Definition,
    before: Mapping[str, LaidDate],
    after: Mapping[str, LaidDate],
    waiting: set[str],
    now: datetime,
    next_open: date,
) -> Iterator[ReminderMove]:
    """Steps that are over on both sides say nothing any more.

    Where the last day stays and sheets wait, a step to come that would lie in the past comes on
    *next_open* instead, as ``services.deadlines.shift_ladder`` has it.
    """
    for stage in definition.stages:
        if stage.key not in before or stage.key not in after:
            continue
        old, new = _steps(before[stage.key]), _steps(after[stage.key])
        stays = before[stage.key].due_on == after[stage.key].due_on and stage.key in waiting
        for step in sorted({**new, **old}, key=lambda step: (old.get(step) or new[step], step)):
            was, comes = old.get(step), new.get(step)
            if max(at for at in (was, comes) if at) <= now:
                continue
            day_before, day_after = _day(was), _day(comes)
            if stays and was:
                if was <= now:
                    continue
                day_after = max(day_after or next_open, next_open)
            if day_before != day_after:
                yield ReminderMove(stage, step[0], day_before, day_after, stage.key in waiting)


def _steps(laid: LaidDate) -> dict[tuple[str, int], datetime]:
    return {(kind, number): at for kind, number, at in laid.rungs}


def _day(moment: datetime | None) -> date | None:
    return office_day(moment) if moment else None


def _loads(
    ctx: Context, planned: DatePlan, stored: Mapping[int, Mapping[str, LaidDate]]
) -> tuple[Load, ...]:
    rows = ctx.execute(_OPEN, {"cycles": sorted(stored)}).all()
    own = {row.id: row.due_on for row in rows}
    loaded = loading.evaluations(ctx, sorted(own), locked=False)
    dates = {cycle.cycle_id: cycle.dates for cycle in planned.cycles}
    moved = {sheet: one.after for one in planned.moved for sheet in one.evaluations}
    before: Counter[tuple[date, str]] = Counter()
    after: Counter[tuple[date, str]] = Counter()
    for sheet in loaded.values():
        old, new = stored[sheet.cycle_id], dates[sheet.cycle_id]
        for stage, people in _signers(sheet):
            here = stage.key == sheet.facts.state
            was = own[sheet.id] if here else old[stage.key].due_on if stage.key in old else None
            comes = moved.get(sheet.id, was) if here else new[stage.key].due_on if was else None
            if was is None or comes is None:
                continue
            for person in people:
                before[was, person] += 1
                after[comes, person] += 1
    return tuple(
        Load(day, person, before[day, person], after[day, person])
        for day, person in sorted(set(before) | set(after))
        if before[day, person] != after[day, person]
    )


def _signers(sheet: LoadedEvaluation) -> Iterator[tuple[Stage, tuple[str, ...]]]:
    """The stages that a sheet has still before it and where somebody signs, with who may."""
    definition = sheet.definition
    for stage in definition.stages[definition.position(sheet.facts.state) :]:
        if any(row.signs for row in definition.transitions_from(stage.key)):
            facts = replace(sheet.facts, state=stage.key)
            holders = eligible(definition, stage, facts).holders
            yield stage, tuple(dict.fromkeys(f"{h.title} {h.name}" for h in holders))
