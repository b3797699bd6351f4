"""What the public pages and the open data say about a published sheet: figures, verdicts, sums.

Everything is worked out from the snapshot alone, once, so that the page and the data agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from workflow.queries.publications import PublicCycle, PublicSheet
from workflow.sheet.content import CodedName, Indicator, SheetContent, judge_indicator
from workflow.sheet.fields import decimal_of
from workflow.sheet.judging import Verdict, as_percent, is_met


@dataclass(frozen=True)
class YearFigures:
    """One fiscal year of an indicator: the figures as printed and as numbers, and the verdict."""

    fiscal_year: int
    target_text: str | None
    actual_text: str | None
    verdict: Verdict | None
    #: Per cent with one decimal; None where a rate says nothing.
    rate: Decimal | None

    @property
    def target(self) -> Decimal | None:
        """The target as a number."""
        return None if self.target_text is None else decimal_of(self.target_text)

    @property
    def actual(self) -> Decimal | None:
        """The actual value as a number."""
        return None if self.actual_text is None else decimal_of(self.actual_text)

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where there is none, or no actual value."""
        if self.verdict in (None, Verdict.NOT_MEASURED):
            return None
        return self.verdict == Verdict.ACHIEVED


@dataclass(frozen=True)
class IndicatorStory:
    """An indicator with its years and the verdict on the judged one."""

    indicator: Indicator
    years: tuple[YearFigures, ...]
    judged: YearFigures

    @property
    def verdict(self) -> Verdict:
        """The verdict on the judged year."""
        return self.judged.verdict or Verdict.NOT_MEASURED


@dataclass(frozen=True)
class Tally:
    """How many indicators there are and how many met their target."""

    total: int
    achieved: int
    nearly: int
    missed: int

    @property
    def measured(self) -> int:
        """Indicators with a verdict."""
        return self.achieved + self.nearly + self.missed

    @property
    def met(self) -> int:
        """Achieved or nearly: the share that the city itself reports."""
        return self.achieved + self.nearly

    @property
    def share(self) -> Decimal | None:
        """Per cent of the measured ones with one decimal; None without any."""
        if not self.measured:
            return None
        return as_percent(Decimal(self.met) / Decimal(self.measured))


@dataclass(frozen=True)
class MeasureSummary:
    """One measure in a list."""

    sheet: PublicSheet
    tally: Tally

    @property
    def content(self) -> SheetContent:
        """What was published of it."""
        return self.sheet.content


@dataclass(frozen=True)
class PolicyGroup:
    """A policy (施策) and its published measures."""

    policy: CodedName
    pillar: CodedName
    measures: tuple[MeasureSummary, ...]

    @property
    def tally(self) -> Tally:
        """Over all of its measures."""
        return added(measure.tally for measure in self.measures)


@dataclass(frozen=True)
class PillarGroup:
    """A pillar (大綱) and its policies."""

    pillar: CodedName
    policies: tuple[PolicyGroup, ...]


@dataclass(frozen=True)
class Published:
    """Everything that is published of a cycle, in the order of the codes."""

    cycle: PublicCycle
    pillars: tuple[PillarGroup, ...]

    @property
    def policies(self) -> tuple[PolicyGroup, ...]:
        """Over all pillars."""
        return tuple(policy for pillar in self.pillars for policy in pillar.policies)

    @property
    def measures(self) -> tuple[MeasureSummary, ...]:
        """Over all policies."""
        return tuple(measure for policy in self.policies for measure in policy.measures)

    @property
    def tally(self) -> Tally:
        """Over all measures."""
        return added(policy.tally for policy in self.policies)

    @property
    def cost(self) -> int:
        """The project costs of all measures, in thousand yen."""
        return sum(measure.content.total_project_cost for measure in self.measures)


def grouped(cycle: PublicCycle, sheets: Iterable[PublicSheet]) -> Published:
    """Put sheets under their policies and pillars."""
    pillars: dict[str, dict[str, list[PublicSheet]]] = {}
    names: dict[tuple[str, ...], CodedName] = {}
    for sheet in sheets:
        content = sheet.content
        names[(content.pillar.code,)] = content.pillar
        names[(content.pillar.code, content.policy.code)] = content.policy
        policies = pillars.setdefault(content.pillar.code, {})
        policies.setdefault(content.policy.code, []).append(sheet)
    return Published(
        cycle,
        tuple(
            PillarGroup(
                names[(pillar,)],
                tuple(
                    PolicyGroup(
                        names[(pillar, policy)],
                        names[(pillar,)],
                        tuple(MeasureSummary(s, tally(s.content)) for s in listed),
                    )
                    for policy, listed in policies.items()
                ),
            )
            for pillar, policies in pillars.items()
        ),
    )


def stories(content: SheetContent) -> tuple[IndicatorStory, ...]:
    """Every indicator of a sheet with its years."""
    return tuple(_story(indicator, content.target_fiscal_year) for indicator in content.indicators)


def tally(content: SheetContent) -> Tally:
    """How many of a sheet's indicators met their target in the judged year."""
    verdicts = [
        judge_indicator(indicator, content.target_fiscal_year).verdict
        for indicator in content.indicators
    ]
    return Tally(
        total=len(verdicts),
        achieved=verdicts.count(Verdict.ACHIEVED),
        nearly=sum(is_met(v) for v in verdicts) - verdicts.count(Verdict.ACHIEVED),
        missed=verdicts.count(Verdict.NOT_ACHIEVED),
    )


def added(tallies: Iterable[Tally]) -> Tally:
    """The sum of several."""
    listed = list(tallies)
    return Tally(
        sum(t.total for t in listed),
        sum(t.achieved for t in listed),
        sum(t.nearly for t in listed),
        sum(t.missed for t in listed),
    )


def known_sum(costs: Iterable[int | None]) -> int | None:
    """The sum of costs in thousand yen; None while one of them is not known."""
    total = 0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _story(indicator: Indicator, judged: int) -> IndicatorStory:
    known = {judged, *indicator.targets, *indicator.actuals}
    if indicator.baseline_year is not None and indicator.baseline is not None:
        known.add(indicator.baseline_year)
    years = {year: _figures(indicator, year) for year in sorted(known)}
    return IndicatorStory(indicator, tuple(years.values()), years[judged])


def _figures(indicator: Indicator, year: int) -> YearFigures:
    actual = indicator.actuals.get(year)
    if actual is None and year == indicator.baseline_year:
        actual = indicator.baseline
    judgement = judge_indicator(indicator, year)
    return YearFigures(
        fiscal_year=year,
        target_text=indicator.targets.get(year),
        actual_text=actual,
        verdict=None if judgement.verdict == Verdict.NOT_MEASURED else judgement.verdict,
        rate=None if judgement.rate is None else as_percent(judgement.rate),
    )
