"""The dates of a cycle and the closed days of the office, for the pages that change them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Stage
from workflow.policy import Permission
from workflow.queries.sheets import CycleChoice

_DATES = sa.text("""
SELECT d.stage, d.wanted_on, d.due_on, d.due_at, d.moved_because,
       (SELECT count(*) FROM evaluation e JOIN stage_entry s ON s.evaluation_id = e.id
        WHERE e.cycle_id = d.cycle_id AND s.stage = d.stage AND s.left_at IS NULL) AS sheets,
       (SELECT count(*) FROM evaluation e JOIN stage_entry s ON s.evaluation_id = e.id
        WHERE e.cycle_id = d.cycle_id AND s.stage = d.stage AND s.left_at IS NULL
          AND (s.wanted_on IS NOT NULL OR s.due_on <> d.due_on)) AS own
FROM cycle_deadline d WHERE d.cycle_id = :cycle
""")
_CLOSED = sa.text("SELECT day, name, origin FROM closed_day ORDER BY day")
_COVERAGE = sa.text("SELECT calendar_from, calendar_until FROM municipality WHERE id = 1")


@dataclass(frozen=True)
class StageDate:
    """The last day of one stage.

    Attributes:
        moved_code: why it is not the wanted day: a code of ``calendar.deadlines``, or None.
        closed_day: the name of the closed day that it moved off.
        sheets: sheets that are at the stage now.
        own: those of them with a date of their own (an extension, a hold).
    """

    stage: Stage
    wanted_on: date
    due_on: date
    due_at: datetime
    moved_code: str | None
    closed_day: str
    sheets: int
    own: int


@dataclass(frozen=True)
class ClosedDay:
    """One closed day; ``origin`` is national, year_end or city."""

    day: date
    name: str
    origin: str


@dataclass(frozen=True)
class ClosedDays:
    """The calendar: from and until when it is kept (None before it was), and its days in order."""

    covers_from: date | None
    covers_until: date | None
    days: tuple[ClosedDay, ...]


def stage_dates(ctx: Context, cycle: CycleChoice) -> tuple[StageDate, ...]:
    """The last days of a cycle, in the order of its stages.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.FOLLOW_UP)
    rows = {row.stage: row for row in ctx.execute(_DATES, {"cycle": cycle.id})}
    return tuple(_stage_date(s, rows[s.key]) for s in cycle.definition.stages if s.key in rows)


def _stage_date(stage: Stage, row: sa.Row[tuple[object, ...]]) -> StageDate:
    code, _, name = (row.moved_because or "").partition(":")
    return StageDate(
        stage=stage,
        wanted_on=row.wanted_on,
        due_on=row.due_on,
        due_at=row.due_at,
        moved_code=code or None,
        closed_day=name,
        sheets=row.sheets,
        own=row.own,
    )


def closed_days(ctx: Context) -> ClosedDays:
    """The office's closed days beside weekends.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    coverage = ctx.execute(_COVERAGE).one_or_none()
    return ClosedDays(
        coverage.calendar_from if coverage else None,
        coverage.calendar_until if coverage else None,
        tuple(ClosedDay(row.day, row.name, row.origin) for row in ctx.execute(_CLOSED)),
    )
