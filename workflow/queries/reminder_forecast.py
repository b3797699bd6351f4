"""What if: which steps of the ladders a planned change of dates moves. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import office_day
from workflow.definition.model import Definition, Stage
from workflow.services import deadlines
from workflow.services.cycle_dates import LaidDate
from workflow.services.date_plan import DatePlan, KeptDate, MovedDate

_PENDING = sa.text("""
SELECT stage_entry_id, kind, rung % :generation AS number, due_at FROM timer
WHERE stage_entry_id = ANY (:entries) AND settled_at IS NULL
""")
_Steps = Mapping[tuple[str, int], datetime]


@dataclass(frozen=True)
class ReminderMove:
    """One step of a stage's ladder whose day changes; None where it falls away or is new.

    Attributes:
        open_sheets: sheets that wait now move along; else only those that come to the stage later.
        own: how many sheets with a date of their own it is about; 0: the stage's date itself.
    """

    stage: Stage
    kind: str
    before: date | None
    after: date | None
    open_sheets: bool
    own: int = 0


def forecast(
    ctx: Context, planned: DatePlan, stored: Mapping[int, Mapping[str, LaidDate]]
) -> tuple[ReminderMove, ...]:
    """The steps that move: those of each stage, then those of sheets with a date of their own.

    Args:
        stored: cycle id → stage key → the date as it is.
    """
    next_open = planned.calendar.next_open(ctx.today)
    of_stages = (
        move
        for cycle in planned.cycles
        for move in _of_stages(
            cycle.definition,
            stored[cycle.cycle_id],
            cycle.dates,
            planned.stages_with_sheets(cycle.cycle_id),
            ctx.now,
            next_open,
        )
    )
    return (*of_stages, *_of_own_dates(ctx, planned, next_open))


def _of_stages(
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


def _of_own_dates(ctx: Context, planned: DatePlan, next_open: date) -> Iterator[ReminderMove]:
    """Their timers are read as they are: a ladder of one's own is stored nowhere else.

    What would lie in the past comes on *next_open*, as the engine has it.
    """
    changes = _own(planned)
    pending = _pending(ctx, [entry for one in changes for entry in one.entries])
    definitions = {cycle.cycle_id: cycle.definition for cycle in planned.cycles}
    found: Counter[tuple[int, int, str, str, date | None, date | None]] = Counter()
    for one in changes:
        definition = definitions[one.cycle_id]
        for entry in one.entries:
            old = pending.get(entry, {})
            if isinstance(one, MovedDate):
                new = _steps(one.ladder(entry))
            else:
                new = deadlines.shifted(old, one.laid, ctx.now)
            for kind, before, after in _differing(old, new, next_open):
                place = definition.position(one.stage)
                found[one.cycle_id, place, one.stage, kind, before, after] += 1
    for key in sorted(found, key=lambda k: (*k[:2], k[4] or k[5] or next_open, k[3], k[5] or k[4])):
        cycle_id, _, stage, kind, before, after = key
        yield ReminderMove(
            definitions[cycle_id].stage(stage),
            kind,
            before,
            after,
            open_sheets=True,
            own=found[key],
        )


def _own(planned: DatePlan) -> list[MovedDate | KeptDate]:
    moved = [one for one in planned.moved if one.own]
    return [*moved, *(one for one in planned.kept if one.own)]


def _pending(ctx: Context, entries: list[int]) -> Mapping[int, _Steps]:
    steps: dict[int, dict[tuple[str, int], datetime]] = {}
    values = {"entries": entries, "generation": deadlines.GENERATION}
    for row in ctx.execute(_PENDING, values) if entries else ():
        steps.setdefault(row.stage_entry_id, {})[row.kind, row.number] = row.due_at
    return steps


def _differing(
    old: _Steps, new: _Steps, next_open: date
) -> Iterator[tuple[str, date | None, date | None]]:
    """Kind, day before and day after of each open step of one sheet whose day changes."""
    for step in sorted({*old, *new}):
        before, after = (_coming(at, next_open) for at in (old.get(step), new.get(step)))
        if before != after:
            yield step[0], before, after


def _coming(moment: datetime | None, next_open: date) -> date | None:
    """The day on which an open step is told."""
    day = _day(moment)
    return max(day, next_open) if day else None
