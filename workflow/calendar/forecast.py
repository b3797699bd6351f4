"""When sheets will be ready, from the waiting times seen so far. Pure, exact, without randomness.

For each stage the days that sheets stayed there are looked at as one looks at lifetimes: of those
that had waited so many days, what part left on that day, and where to (the estimator of Kaplan and
Meier, by cause of leaving). So those that still wait count for as long as they have waited. A sheet
that has waited ten days is compared with those that waited ten days or more. The stages to come
follow one another, returns included; the chances are added up day by day.

Days are open days of the office. Where nobody has left a stage yet, its planned length is taken in
their place; so it is for the part that is known to wait longer than anybody who left, as long as
that length is still to come: one early sheet says nothing about those that wait for the last day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

NONE, ALL = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Stay:
    """So many sheets stayed *days* at *stage* and went to *next*; None: they are still there."""

    stage: str
    days: int
    next: str | None
    sheets: int = 1


@dataclass(frozen=True)
class StageTimes:
    """What is known of one stage.

    Attributes:
        left: stays that ended; 0: the planned length stands in.
        waiting: stays that have not.
        leaving: day of the stay → where to → the part of those still there that goes.
        half, most: days within which half and nine tenths had left; None where fewer have.
        planned: the length by the plan, which stands in where the stays say nothing.
    """

    left: int
    waiting: int
    leaving: Mapping[int, Mapping[str, Decimal]]
    half: int | None
    most: int | None
    planned: int | None = None


def stage_times(stays: Iterable[Stay], planned: int | None) -> StageTimes:
    """What the *stays* at one stage say; *planned* days stand in where they say nothing."""
    going: dict[int, Counter[str]] = defaultdict(Counter)
    lengths: Counter[int] = Counter()
    left = waiting = 0
    for stay in stays:
        lengths[stay.days] += stay.sheets
        if stay.next is None:
            waiting += stay.sheets
        else:
            going[stay.days][stay.next] += stay.sheets
            left += stay.sheets
    leaving: dict[int, dict[str, Decimal]] = {}
    there = sum(lengths.values())
    gone = 0
    for day in sorted(lengths):
        at_risk, gone = there - gone, gone + lengths[day]
        if going[day]:
            leaving[day] = {to: Decimal(n) / at_risk for to, n in going[day].items()}
    return StageTimes(
        left,
        waiting,
        leaving,
        _quantile(leaving, Decimal("0.5")),
        _quantile(leaving, Decimal("0.9")),
        planned,
    )


def _quantile(leaving: Mapping[int, Mapping[str, Decimal]], part: Decimal) -> int | None:
    still = ALL
    for day in sorted(leaving):
        still *= ALL - sum(leaving[day].values())
        # Rounded, so that nine of ten are nine tenths in spite of the last digit.
        if round(ALL - still, 12) >= part:
            return day
    return None


class Forecast:
    """Chances of being ready within so many days, by stage and by the days waited there."""

    def __init__(
        self,
        stays: Iterable[Stay],
        *,
        route: Sequence[str],
        ready: frozenset[str],
        planned: Mapping[str, int],
        horizon: int,
    ) -> None:
        """Learn from *stays*.

        Args:
            route: the stages in order; stays elsewhere or on to elsewhere are lost.
            ready: stages that count as ready.
            planned: stage → days that it should take.
            horizon: days that are looked ahead; 0 is today alone.
        """
        self._position = {stage: number for number, stage in enumerate(route)}
        self._ready = ready
        self.horizon = horizon
        by_stage: dict[str, list[Stay]] = {stage: [] for stage in route}
        for stay in stays:
            if stay.stage in by_stage:
                by_stage[stay.stage].append(stay)
        #: Stage → what is known of it, for the stages before ready.
        self.times = {
            stage: stage_times(by_stage[stage], planned.get(stage))
            for stage in route
            if stage not in ready
        }
        self._fresh = self._from_the_start(route)

    def chances(self, stage: str, waited: int) -> tuple[Decimal, ...]:
        """By day from today to the horizon, the chance of being ready at its end.

        Args:
            waited: days that the sheet has been at *stage*.
        """
        if stage in self._ready:
            return (ALL,) * (self.horizon + 1)
        going = self._going(stage, waited)
        return tuple(self._sum(stage, going, day) for day in range(self.horizon + 1))

    def _from_the_start(self, route: Sequence[str]) -> dict[str, list[Decimal]]:
        """For a sheet that comes to a stage: the chances by day, of all stages at once.

        Day by day, and the last stage first: what goes forwards on the same day is known then, and
        what goes back takes a day.
        """
        fresh: dict[str, list[Decimal]] = {stage: [] for stage in route}
        self._fresh = fresh
        going = {stage: self._going(stage, 0) for stage in self.times}
        for day in range(self.horizon + 1):
            for stage in reversed(route):
                if stage in self._ready:
                    fresh[stage].append(ALL)
                else:
                    fresh[stage].append(self._sum(stage, going[stage], day))
        return fresh

    def _going(self, stage: str, waited: int) -> list[tuple[int, str, Decimal]]:
        """(days from now, where to, chance) for a sheet that has waited so long at *stage*."""
        times = self.times.get(stage)
        if times is None:
            return []
        found = []
        still = ALL
        last = waited
        for day in sorted(times.leaving):
            if day < waited:
                continue
            for to, part in times.leaving[day].items():
                if to in self._position:
                    back = self._position[to] <= self._position[stage]
                    after = max(day - waited, 1 if back else 0)
                    found.append((after, to, still * part))
            still *= ALL - sum(times.leaving[day].values())
            last = day
        planned, onwards = times.planned, self._onwards(stage)
        if planned is None or onwards is None or not still:
            return found
        # Where nobody has left, who is past the plan is taken to go at once.
        if planned >= last or not times.left:
            found.append((max(0, planned - waited), onwards, still))
        return found

    def _onwards(self, stage: str) -> str | None:
        after = self._position[stage] + 1
        return next((s for s, number in self._position.items() if number == after), None)

    def _sum(self, stage: str, going: Iterable[tuple[int, str, Decimal]], day: int) -> Decimal:
        return sum(
            (part * self._fresh[to][day - after] for after, to, part in going if after <= day),
            NONE,
        )
