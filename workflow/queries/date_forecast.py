"""What if: what a planned change of dates does to sheets, reminders and people. Reads only.

How many sheets land on whom is counted by ``queries.approver_loads``; which reminders move is told
by ``queries.reminder_forecast``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import OFFICE_ZONE
from workflow.definition.model import Definition, Stage
from workflow.policy import Permission
from workflow.queries import approver_loads, reminder_forecast
from workflow.queries.approver_loads import Load
from workflow.queries.reminder_forecast import ReminderMove
from workflow.services import cycle_dates
from workflow.services.cycle_dates import LaidDate
from workflow.services.date_plan import DatePlan, MovedDate

_SHEETS = sa.text("""
SELECT e.id, e.code, m.name AS measure FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
WHERE e.id = ANY (:ids) ORDER BY e.code, e.id
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
    called = names(ctx, ids)
    moves = tuple(
        _move(ctx.now, one, cycles[one.cycle_id].definition, cycles[one.cycle_id].cut_off, called)
        for one in planned.moved
    )
    reminders = reminder_forecast.forecast(ctx, planned, stored)
    return DateForecast(moves, reminders, _loads(ctx, planned, stored))


def names(ctx: Context, evaluation_ids: Sequence[int]) -> dict[int, SheetName]:
    """What sheets are called, by their id."""
    return {
        row.id: SheetName(row.id, row.code, row.measure)
        for row in ctx.execute(_SHEETS, {"ids": list(evaluation_ids)})
    }


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


def _loads(
    ctx: Context, planned: DatePlan, stored: Mapping[int, Mapping[str, LaidDate]]
) -> tuple[Load, ...]:
    own, loaded = approver_loads.open_sheets(ctx, sorted(stored))
    dates = {cycle.cycle_id: cycle.dates for cycle in planned.cycles}
    moved = {sheet: one.after for one in planned.moved for sheet in one.evaluations}
    before: Counter[tuple[date, str]] = Counter()
    after: Counter[tuple[date, str]] = Counter()
    for sheet in loaded:
        old, new = stored[sheet.cycle_id], dates[sheet.cycle_id]
        for stage in approver_loads.stages_to_come(sheet.definition, sheet.facts.state):
            here = stage.key == sheet.facts.state
            was = own[sheet.id] if here else old[stage.key].due_on if stage.key in old else None
            comes = moved.get(sheet.id, was) if here else new[stage.key].due_on if was else None
            if was is None or comes is None:
                continue
            for person in approver_loads.approvers(sheet.definition, stage, sheet.facts):
                before[was, person] += 1
                after[comes, person] += 1
    return approver_loads.changed(before, after)
