"""The line of the forecast as coordinates: what the table says, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from web.language import gettext as _
from web.words import short_day
from workflow.queries.forecast import ForecastPage, Point

#: The drawing, in its own units.
LEFT, RIGHT, TOP, BOTTOM = 44, 620, 16, 216
#: Labels of days stand at least so far apart.
APART = 120


@dataclass(frozen=True)
class Label:
    """A word at a place."""

    at: int
    text: str


@dataclass(frozen=True)
class BurnUp:
    """Two lines that meet today, and what stands at the axes."""

    seen: str
    expected: str
    today_x: int
    days: tuple[Label, ...]
    heights: tuple[Label, ...]
    ends: tuple[tuple[int, int], ...]


def burn_up(page: ForecastPage) -> BurnUp:
    """Coordinates for the points of *page*."""
    first, last = page.points[0].day, page.points[-1].day
    span = max(1, (last - first).days)
    total = max(1, page.total.sheets)

    def x(day: date) -> int:
        return LEFT + round((RIGHT - LEFT) * (day - first).days / span)

    def y(sheets: Decimal) -> int:
        return BOTTOM - round((BOTTOM - TOP) * sheets / total)

    def line(points: Sequence[Point]) -> str:
        return " ".join(f"{x(point.day)},{y(point.ready)}" for point in points)

    seen = [point for point in page.points if not point.expected]
    # The line goes on from where it is today.
    expected = [*seen[-1:], *(point for point in page.points if point.expected)]
    return BurnUp(
        seen=line(seen),
        expected=line(expected) if len(expected) > 1 else "",
        today_x=x(page.today),
        days=_days(page, x(page.today), x(last), x(first)),
        heights=tuple(Label(y(Decimal(n)), str(n)) for n in sorted({0, total // 2, total})),
        ends=tuple((x(point.day), y(point.ready)) for point in (seen[-1], page.points[-1])),
    )


def _days(page: ForecastPage, today: int, last: int, first: int) -> tuple[Label, ...]:
    """Today always; the opening and the last day where there is room."""
    labels = [Label(today, _("今日 %(day)s", day=short_day(page.today)))]
    if today - first >= APART:
        labels.append(Label(first, short_day(page.points[0].day)))
    if last - today >= APART:
        labels.append(Label(last, short_day(page.points[-1].day)))
    return tuple(labels)
