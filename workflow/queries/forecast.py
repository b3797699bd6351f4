"""The forecast of a running cycle: what will be ready on the publication date, and what will not.

Waiting times come from this cycle and earlier ones of its kind; the rule is
``workflow.calendar.forecast``, in open days of the office. The publication date is the last day of
the release stage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.forecast import Forecast, StageTimes, Stay
from workflow.calendar.open_days import ComingDays, OpenDayNumbers
from workflow.clock import office_day
from workflow.definition.model import Definition, Stage, StageKind
from workflow.queries.sheets import CycleChoice
from workflow.services import closed_days

#: No farther than this is looked ahead, in calendar days.
FARTHEST = 400
#: So many sheets are named.
MOST_NAMED = 10
HALF = Decimal("0.5")

_STAYS = sa.text("""
WITH stays AS (
    SELECT s.stage, s.left_at,
           CAST(s.entered_at AT TIME ZONE 'Asia/Tokyo' AS date) AS entered_on,
           CAST(coalesce(s.left_at, s.held_at, :now) AT TIME ZONE 'Asia/Tokyo' AS date) AS until,
           lead(s.stage) OVER (PARTITION BY s.evaluation_id ORDER BY s.id) AS next
    FROM stage_entry s
    JOIN evaluation e ON e.id = s.evaluation_id
    JOIN evaluation_cycle c ON c.id = e.cycle_id
    WHERE c.kind = :kind AND c.target_fiscal_year <= :year
)
SELECT stage, entered_on, greatest(entered_on, until) AS until, next, count(*) AS sheets FROM stays
WHERE left_at IS NULL OR next IS NOT NULL
GROUP BY 1, 2, 3, 4
""")
_SHEETS = sa.text("""
SELECT e.id, e.code, m.name AS measure, u.id AS department_id, u.name AS department, e.state,
       s.entered_at, s.held_at IS NOT NULL AS held,
       (SELECT max(r.entered_at) FROM stage_entry r
        WHERE r.evaluation_id = e.id AND r.stage = :first_ready) AS ready_at
FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN org_unit u ON u.id = e.responsible_department_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = :cycle AND e.state <> ALL (:ended)
ORDER BY u.sort_order, u.id, e.code
""")
_DATES = sa.text("""
SELECT c.opened_at, d.stage, d.due_on FROM evaluation_cycle c
LEFT JOIN cycle_deadline d ON d.cycle_id = c.id WHERE c.id = :cycle
""")


@dataclass(frozen=True)
class SheetForecast:
    """One sheet that is not ready yet.

    Attributes:
        waited: open days at its stage.
        chance: of being ready on the publication date, 0 to 1; 0 while it is on hold.
        likely_on: the first day on which it is as likely ready as not; None: beyond what is seen.
    """

    id: int
    code: str
    measure: str
    department: str
    stage: Stage
    waited: int
    held: bool
    chance: Decimal
    likely_on: date | None


@dataclass(frozen=True)
class DepartmentForecast:
    """One department: how many sheets, ready now, expected on the publication date."""

    department: str
    sheets: int
    ready: int
    expected: Decimal

    @property
    def percent(self) -> Decimal:
        """The expected share, to one decimal."""
        return (100 * self.expected / self.sheets).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Point:
    """One day of the line: ``expected`` only from today on."""

    day: date
    ready: Decimal
    expected: bool


@dataclass(frozen=True)
class ForecastPage:
    """The whole page."""

    today: date
    publication_on: date
    is_over: bool
    total: DepartmentForecast
    departments: tuple[DepartmentForecast, ...]
    points: tuple[Point, ...]
    latest: tuple[SheetForecast, ...]
    times: tuple[tuple[Stage, StageTimes], ...]
    held: int

    @property
    def unseen(self) -> tuple[Stage, ...]:
        """The stages that nobody has left yet: the plan stands in for what is not known."""
        return tuple(stage for stage, times in self.times if not times.left)


def forecast(ctx: Context, cycle: CycleChoice) -> ForecastPage | None:
    """The forecast; five statements. None where the cycle has no dates or no sheets."""
    definition = cycle.definition
    dates = ctx.execute(_DATES, {"cycle": cycle.id}).all()
    due = {row.stage: row.due_on for row in dates if row.due_on is not None}
    route = [stage for stage in definition.stages if stage.kind is not StageKind.ENDED]
    ready = [s.key for s in route if s.kind in (StageKind.RELEASE, StageKind.PUBLISHED)]
    sheets = ctx.execute(
        _SHEETS,
        {
            "cycle": cycle.id,
            "first_ready": ready[0],
            "ended": [s.key for s in definition.stages if s.kind is StageKind.ENDED],
        },
    ).all()
    if not due or not sheets:
        return None
    publication_on = due.get(ready[0]) or max(due.values())
    opened_on = office_day(dates[0].opened_at)
    stays = ctx.execute(
        _STAYS, {"kind": cycle.kind, "year": cycle.target_fiscal_year, "now": ctx.now}
    ).all()
    last = max(ctx.today, min(publication_on, ctx.today + timedelta(days=FARTHEST)))
    days = ComingDays(ctx.today, last, _counted(ctx, stays, due.values(), opened_on, last))
    learned = Forecast(
        [Stay(r.stage, days.between(r.entered_on, r.until), r.next, r.sheets) for r in stays],
        route=[stage.key for stage in route],
        ready=frozenset(ready),
        planned=_planned([stage.key for stage in route], due, opened_on, days),
        horizon=days.horizon,
    )
    chances = _chances(learned, sheets, days)
    is_ready = {row.id for row in sheets if row.state in ready}
    expected = [
        sum((line[day] for line in chances.values()), Decimal(0)) for day in range(days.horizon + 1)
    ]
    return ForecastPage(
        today=ctx.today,
        publication_on=publication_on,
        is_over=publication_on < ctx.today,
        total=_department("", sheets, is_ready, chances),
        departments=tuple(
            _department(group[0].department, group, is_ready, chances)
            for group in _by_department(sheets)
        ),
        points=_points(days, sheets, is_ready, opened_on, expected),
        latest=_latest(days, definition, sheets, is_ready, chances),
        times=tuple((definition.stage(key), times) for key, times in learned.times.items()),
        held=sum(1 for row in sheets if row.held and row.id not in is_ready),
    )


def _counted(
    ctx: Context,
    stays: Sequence[sa.Row[Any]],
    due: Iterable[date],
    opened_on: date,
    last: date,
) -> OpenDayNumbers:
    seen = [opened_on, ctx.today, last, *due]
    first = min([*seen, *(row.entered_on for row in stays)])
    return OpenDayNumbers(closed_days.load(ctx), first, max([*seen, *(r.until for r in stays)]))


def _planned(
    route: Sequence[str], due: Mapping[str, date], opened_on: date, days: ComingDays
) -> dict[str, int]:
    """From one last day to the next: what each stage has by the plan."""
    planned: dict[str, int] = {}
    before = opened_on
    for stage in route:
        if stage in due:
            planned[stage] = days.between(before, due[stage])
            before = due[stage]
    return planned


def _waited(row: sa.Row[Any], days: ComingDays) -> int:
    return days.between(office_day(row.entered_at), days.today) if row.entered_at else 0


def _chances(
    learned: Forecast, sheets: Sequence[sa.Row[Any]], days: ComingDays
) -> dict[int, tuple[Decimal, ...]]:
    """For each sheet by day; worked out once for all that stand alike. On hold: none is known."""
    known: dict[tuple[str, int], tuple[Decimal, ...]] = {}
    found = {}
    for row in sheets:
        key = (row.state, _waited(row, days))
        if key not in known:
            known[key] = learned.chances(*key)
        line = known[key]
        # What is ready stays so: the hold of a sheet that awaits publication is the bureau's own.
        on_hold = row.held and line[0] < 1
        found[row.id] = (Decimal(0),) * len(line) if on_hold else line
    return found


def _by_department(sheets: Sequence[sa.Row[Any]]) -> list[list[sa.Row[Any]]]:
    groups: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for row in sheets:
        groups[row.department_id].append(row)
    return list(groups.values())


def _department(
    name: str,
    sheets: Sequence[sa.Row[Any]],
    is_ready: set[int],
    chances: Mapping[int, tuple[Decimal, ...]],
) -> DepartmentForecast:
    return DepartmentForecast(
        name,
        len(sheets),
        sum(1 for row in sheets if row.id in is_ready),
        sum((chances[row.id][-1] for row in sheets), Decimal(0)),
    )


def _points(
    days: ComingDays,
    sheets: Sequence[sa.Row[Any]],
    is_ready: set[int],
    opened_on: date,
    expected: Sequence[Decimal],
) -> tuple[Point, ...]:
    """Week by week from the opening to the publication date; today and the last day as well."""
    done = [office_day(row.ready_at) for row in sheets if row.id in is_ready and row.ready_at]
    weeks = (days.last - opened_on).days // 7 + 1
    shown = {opened_on + timedelta(weeks=n) for n in range(weeks)}
    return tuple(
        Point(day, Decimal(sum(1 for found in done if found <= day)), expected=False)
        if day <= days.today
        else Point(day, expected[days.index(day)], expected=True)
        for day in sorted(shown | {opened_on, days.today, days.last})
    )


def _latest(
    days: ComingDays,
    definition: Definition,
    sheets: Sequence[sa.Row[Any]],
    is_ready: set[int],
    chances: Mapping[int, tuple[Decimal, ...]],
) -> tuple[SheetForecast, ...]:
    """Those with the smallest chance, of these the one that waits longest first."""
    coming = days.days()
    found = [
        SheetForecast(
            id=row.id,
            code=row.code,
            measure=row.measure,
            department=row.department,
            stage=definition.stage(row.state),
            waited=_waited(row, days),
            held=row.held,
            chance=chances[row.id][-1],
            likely_on=next(
                (
                    day
                    for day, chance in zip(coming, chances[row.id], strict=True)
                    if chance >= HALF
                ),
                None,
            ),
        )
        for row in sheets
        if row.id not in is_ready
    ]
    return tuple(sorted(found, key=lambda one: (one.chance, -one.waited, one.code))[:MOST_NAMED])
