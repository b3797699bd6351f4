"""What if: what another cut-off does to a running cycle's sheets and reminders. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import OFFICE_ZONE, office_day
from workflow.definition.model import Stage
from workflow.errors import NotFound
from workflow.policy import Permission
from workflow.queries import date_forecast
from workflow.queries.date_forecast import SheetName
from workflow.services import cycle_dates
from workflow.services.cut_off_plan import CutOffPlan, Stay, StepChange

_CUT_OFF = sa.text("SELECT cut_off FROM evaluation_cycle WHERE id = :id")


@dataclass(frozen=True)
class StepMove:
    """Reminders of one stage and day that are not told any more, or are told after all.

    Attributes:
        comes: they are told; else they fall away.
        sheets: how many sheets wait under that date now.
        later_ones: it is the stage's own date: sheets that come later are meant as well.
    """

    stage: Stage
    kind: str
    day: date
    comes: bool
    sheets: int
    later_ones: bool


@dataclass(frozen=True)
class CutOffForecast:
    """Everything the page before saving shows.

    Attributes:
        sheets: how many open sheets have a last moment that moves.
        held: how many of them are on hold, and follow when they come back.
        late: those that are late at once.
        no_longer_late: those that were late and are not any more.
    """

    before: time
    after: time
    sheets: int
    held: int
    late: tuple[SheetName, ...]
    no_longer_late: tuple[SheetName, ...]
    steps: tuple[StepMove, ...]


def present(ctx: Context, cycle_id: int) -> time:
    """The cut-off of a cycle, office time.

    Raises:
        Refused: ``administrators_only``.
        NotFound: ``no_such_cycle``.
    """
    ctx.require(Permission.FOLLOW_UP)
    found: time | None = ctx.execute(_CUT_OFF, {"id": cycle_id}).scalar_one_or_none()
    if found is None:
        raise NotFound("no_such_cycle")
    return found


def forecast(ctx: Context, planned: CutOffPlan) -> CutOffForecast:
    """What *planned* would do if it were saved now.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.FOLLOW_UP)
    running = [stay for stay in planned.stays if not stay.held]
    was, comes = (
        {stay.evaluation_id for stay in running if _end(stay, cut_off) < ctx.now}
        for cut_off in (planned.before, planned.after)
    )
    names = date_forecast.names(ctx, sorted(was ^ comes))
    return CutOffForecast(
        before=planned.before,
        after=planned.after,
        sheets=len(planned.stays),
        held=len(planned.stays) - len(running),
        late=_named(comes - was, names),
        no_longer_late=_named(was - comes, names),
        steps=_steps(ctx, planned),
    )


def _end(stay: Stay, cut_off: time) -> datetime:
    return datetime.combine(stay.due_on, cut_off, OFFICE_ZONE)


def _named(ids: Iterable[int], names: Mapping[int, SheetName]) -> tuple[SheetName, ...]:
    found = (names[sheet] for sheet in ids if sheet in names)
    return tuple(sorted(found, key=lambda sheet: sheet.code))


def _steps(ctx: Context, planned: CutOffPlan) -> tuple[StepMove, ...]:
    sheets: Counter[tuple[str, str, date, bool]] = Counter()
    for comes, changed in ((False, planned.going), (True, planned.coming)):
        sheets.update(_key(one, comes) for one in changed)
    later_ones = _of_stages(ctx, planned)
    order = planned.definition.position
    return tuple(
        StepMove(
            planned.definition.stage(stage),
            kind,
            day,
            comes,
            sheets[stage, kind, day, comes],
            (stage, kind, day, comes) in later_ones,
        )
        for stage, kind, day, comes in sorted(
            {*sheets, *later_ones}, key=lambda key: (order(key[0]), key[2], key[1], key[3])
        )
    )


def _key(one: StepChange, comes: bool) -> tuple[str, str, date, bool]:
    return one.stay.stage, one.kind, office_day(one.due_at), comes


def _of_stages(ctx: Context, planned: CutOffPlan) -> set[tuple[str, str, date, bool]]:
    """What the stages' own ladders lose and win that is still to come."""
    found = set()
    for stage, old in cycle_dates.stored(ctx, planned.cycle_id).items():
        if stage not in planned.dates:
            continue
        before, after = set(old.rungs), set(planned.dates[stage].rungs)
        for comes, changed in ((False, before - after), (True, after - before)):
            found |= {
                (stage, kind, office_day(at), comes) for kind, _, at in changed if at > ctx.now
            }
    return found
