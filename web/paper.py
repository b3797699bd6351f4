"""The sheet as it is printed: a content made ready for the template, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from web.language import gettext as _
from web.words import fiscal_year, printed, year_mark
from workflow.sheet.content import Indicator, SheetContent, judge_indicator
from workflow.sheet.flags import disagrees
from workflow.sheet.judging import Direction, as_percent

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
SIGNS = {Direction.INCREASE: "↑", Direction.DECREASE: "↓", Direction.MAINTAIN: "＝"}


@dataclass(frozen=True)
class YearColumn:
    """One year of the indicator table; *judged* is the year that the sheet judges."""

    year: int
    label: str
    judged: bool


@dataclass(frozen=True)
class IndicatorRows:
    """One indicator: its two printed rows, figures aligned with the columns of years."""

    number: int
    mark: str
    name: str
    unit: str
    sign: str
    direction: str
    definition: str
    note: str
    baseline_label: str
    baseline: str
    targets: tuple[str, ...]
    actuals: tuple[str, ...]
    #: Target of the judged year; the band where the indicator has one.
    target: str
    #: Actual of the judged year.
    actual: str
    verdict: str
    rate: Decimal | None


@dataclass(frozen=True)
class Paper:
    """A content with everything that the printed form derives from it."""

    content: SheetContent
    years: tuple[YearColumn, ...]
    indicators: tuple[IndicatorRows, ...]
    #: Above the column; None where the indicators differ and each row says its own.
    baseline_label: str | None
    year_label: str
    next_year_label: str
    #: The stars and the indicators tell different stories: a hint, never more.
    disagrees: bool


def paper_of(content: SheetContent) -> Paper:
    """Make *content* ready for the template."""
    judged = content.target_fiscal_year
    years = sorted({judged, *(y for i in content.indicators for y in (*i.targets, *i.actuals))})
    columns = tuple(YearColumn(year, year_mark(year), year == judged) for year in years)
    labels = {_baseline_label(indicator) for indicator in content.indicators}
    return Paper(
        content=content,
        years=columns,
        indicators=tuple(_rows(i, years, judged) for i in content.indicators),
        baseline_label=labels.pop() if len(labels) == 1 else None,
        year_label=fiscal_year(judged),
        next_year_label=fiscal_year(judged + 1),
        disagrees=disagrees(content),
    )


def _rows(indicator: Indicator, years: list[int], judged: int) -> IndicatorRows:
    judgement = judge_indicator(indicator, judged)
    return IndicatorRows(
        number=indicator.number,
        mark=circled(indicator.number),
        name=indicator.name,
        unit=indicator.unit,
        sign=SIGNS[indicator.direction],
        direction=direction_word(indicator.direction),
        definition=indicator.definition,
        note=indicator.note,
        baseline_label=_baseline_label(indicator),
        baseline=printed(indicator.baseline),
        targets=tuple(printed(indicator.targets.get(year)) for year in years),
        actuals=tuple(printed(indicator.actuals.get(year)) for year in years),
        target=_target(indicator, judged),
        actual=printed(indicator.actuals.get(judged)),
        verdict=judgement.verdict,
        rate=as_percent(judgement.rate) if judgement.rate is not None else None,
    )


def _baseline_label(indicator: Indicator) -> str:
    return "" if indicator.baseline_year is None else year_mark(indicator.baseline_year)


def _target(indicator: Indicator, year: int) -> str:
    lower, upper = indicator.lower_bound, indicator.upper_bound
    if indicator.direction == Direction.MAINTAIN and (lower is not None or upper is not None):
        return f"{printed(lower)}～{printed(upper)}"
    return printed(indicator.targets.get(year))


def circled(number: int) -> str:
    """① for 1, as the sheet numbers its indicators; a plain figure beyond ⑳."""
    return _CIRCLED[number - 1] if 1 <= number <= len(_CIRCLED) else str(number)


def direction_word(direction: Direction) -> str:
    """Which way an indicator should move, in words."""
    return {
        Direction.INCREASE: _("増加をめざす"),
        Direction.DECREASE: _("減少をめざす"),
        Direction.MAINTAIN: _("維持をめざす"),
    }[direction]


def field_names(content: SheetContent) -> dict[str, str]:
    """What people write, by the names on the sheet, in its order."""
    year = content.target_fiscal_year
    return {
        "objective": _("実施施策の目標"),
        "annual_plan": _("%(year)sの計画", year=fiscal_year(year)),
        "rating": _("%(year)s評価", year=fiscal_year(year)),
        "rating_reason": _("評価の理由"),
        "results": _("成果"),
        "issues": _("課題"),
        "next_year_actions": _("%(year)sでの対策・対応", year=fiscal_year(year + 1)),
    }


def stars(value: int, of: int) -> str:
    """☆☆☆（4段階中3）."""
    return _("%(stars)s（%(of)s段階中%(n)s）", stars="☆" * value, of=of, n=value)
