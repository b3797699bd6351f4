"""The dates of a cycle: each stage's last day and ladder, laid on the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar
from workflow.calendar.deadlines import Rung, RungKind, fix_deadline, plan_timers
from workflow.definition.model import Stage

_DEADLINE = sa.text("""
INSERT INTO cycle_deadline (cycle_id, stage, wanted_on, due_on, due_at, moved_because)
VALUES (:cycle, :stage, :wanted_on, :due_on, :due_at, :moved_because)
""")
_RUNG = sa.text("""
INSERT INTO cycle_rung (cycle_id, stage, kind, rung, due_at)
VALUES (:cycle, :stage, :kind, :rung, :due_at)
""")
_STORED = sa.text("""
SELECT d.stage, d.wanted_on, d.due_on, d.due_at, d.moved_because,
       coalesce(array_agg(r.kind ORDER BY r.kind, r.rung) FILTER (WHERE r.kind IS NOT NULL), '{}')
           AS kinds,
       coalesce(array_agg(r.rung ORDER BY r.kind, r.rung) FILTER (WHERE r.kind IS NOT NULL), '{}')
           AS rungs,
       coalesce(array_agg(r.due_at ORDER BY r.kind, r.rung) FILTER (WHERE r.kind IS NOT NULL), '{}')
           AS instants
FROM cycle_deadline d
LEFT JOIN cycle_rung r ON r.cycle_id = d.cycle_id AND r.stage = d.stage
WHERE d.cycle_id = :cycle GROUP BY d.cycle_id, d.stage
""")
_FORGET = (
    sa.text("DELETE FROM cycle_rung WHERE cycle_id = :cycle"),
    sa.text("DELETE FROM cycle_deadline WHERE cycle_id = :cycle"),
)


@dataclass(frozen=True)
class LaidDate:
    """One stage's last day: as wanted, as it holds, why it moved, and its ladder.

    Attributes:
        rungs: kind, number and instant of each step, by kind and number.
    """

    wanted_on: date
    due_on: date
    due_at: datetime
    moved_because: str | None
    rungs: tuple[tuple[str, int, datetime], ...]


def steps(stage: Stage) -> list[Rung]:
    """The ladder of a stage, as the calendar reads it."""
    return [
        Rung(RungKind(rung.kind), rung.number, rung.offset_business_days) for rung in stage.ladder
    ]


def lay(
    ctx: Context,
    stage: Stage,
    day: date,
    calendar: BusinessCalendar,
    cut_off: time,
    *,
    clock: datetime | None = None,
) -> LaidDate:
    """Lay a wanted last day of *stage* on the calendar, with the ladder that goes with it.

    Args:
        clock: until when the time of the stay has run, if it stands still; else until now.

    Raises:
        CalendarNotCovered: the calendar does not reach that far.
    """
    deadline, moved = fix_deadline(day, calendar, cut_off)
    timers = plan_timers(
        deadline,
        steps(stage),
        calendar,
        not_before=clock or ctx.now,
        digest_time=ctx.settings.digest_time,
    )
    return LaidDate(
        wanted_on=day,
        due_on=deadline.due_on,
        due_at=deadline.instant(),
        moved_because=f"{moved.code}:{moved.closed_day_name}" if moved else None,
        rungs=tuple(sorted((str(t.kind), t.number, t.due_at) for t in timers)),
    )


def stored(ctx: Context, cycle_id: int) -> dict[str, LaidDate]:
    """The dates that a cycle has: stage key → date."""
    return {
        row.stage: LaidDate(
            row.wanted_on,
            row.due_on,
            row.due_at,
            row.moved_because,
            tuple(zip(row.kinds, row.rungs, row.instants, strict=True)),
        )
        for row in ctx.execute(_STORED, {"cycle": cycle_id})
    }


def store(ctx: Context, cycle_id: int, dates: Mapping[str, LaidDate]) -> None:
    """Write the dates of a cycle that has none."""
    ctx.execute(
        _DEADLINE,
        [
            {
                "cycle": cycle_id,
                "stage": stage,
                "wanted_on": laid.wanted_on,
                "due_on": laid.due_on,
                "due_at": laid.due_at,
                "moved_because": laid.moved_because,
            }
            for stage, laid in dates.items()
        ],
    )
    rungs = list(_rung_rows(cycle_id, dates))
    if rungs:
        ctx.execute(_RUNG, rungs)


def replace_all(ctx: Context, cycle_id: int, dates: Mapping[str, LaidDate]) -> None:
    """Write the dates of a cycle in the place of those that it has."""
    for statement in _FORGET:
        ctx.execute(statement, {"cycle": cycle_id})
    store(ctx, cycle_id, dates)


def _rung_rows(cycle_id: int, dates: Mapping[str, LaidDate]) -> Iterable[dict[str, object]]:
    for stage, laid in dates.items():
        for kind, rung, due_at in laid.rungs:
            yield {"cycle": cycle_id, "stage": stage, "kind": kind, "rung": rung, "due_at": due_at}
