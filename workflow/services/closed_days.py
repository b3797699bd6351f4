"""The office's calendar as rows: seeded by a library once, the city's own to edit after that."""

from __future__ import annotations

from datetime import date

import jpholiday
import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, year_end_closed_days
from workflow.errors import BadInput
from workflow.policy import Permission

_COVERAGE = sa.text("SELECT calendar_from, calendar_until FROM municipality WHERE id = 1")
_DAYS = sa.text("SELECT day, name FROM closed_day")
_SEED = sa.text("""
INSERT INTO closed_day (day, name, origin) VALUES (:day, :name, :origin) ON CONFLICT DO NOTHING
""")
_COVER = sa.text("""
UPDATE municipality SET calendar_from = least(calendar_from, :first),
                        calendar_until = greatest(calendar_until, :last) WHERE id = 1
""")


def load(ctx: Context) -> BusinessCalendar:
    """The calendar as it is kept now.

    Raises:
        BadInput: ``calendar_empty`` before it was seeded.
    """
    coverage = ctx.execute(_COVERAGE).one_or_none()
    if coverage is None or coverage.calendar_from is None:
        raise BadInput("calendar_empty")
    days = {row.day: row.name for row in ctx.execute(_DAYS)}
    return BusinessCalendar(days, coverage.calendar_from, coverage.calendar_until)


def seed(ctx: Context, *, first_year: int, last_year: int) -> int:
    """Add national holidays and the turn of the year for whole calendar years.

    Years between these and those that are covered already are added too: what is covered is one
    span. A year that is covered stays as the office left it, days that it opened included. Returns
    how many days were added. National holidays from jpholiday (国民の祝日に関する法律);
    29 December to 3 January by 地方自治法 4 条の 2.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.IMPORT)
    covered = ctx.execute(_COVERAGE).one_or_none()
    known: range = range(0)
    if covered is not None and covered.calendar_from is not None:
        known = range(covered.calendar_from.year, covered.calendar_until.year + 1)
        first_year = min(first_year, known.stop)
        last_year = max(last_year, known.start - 1)
    years = [year for year in range(first_year, last_year + 1) if year not in known]
    if not years:
        return 0

    rows = [row for year in years for row in _days_of(year)]
    ctx.execute(_SEED, rows)
    ctx.execute(_COVER, {"first": date(years[0], 1, 1), "last": date(years[-1], 12, 31)})
    return len(rows)


def extend(ctx: Context) -> int:
    """Add the year after the last one that is covered; returns it.

    No last day moves: none can have been fixed beyond what was covered.

    Raises:
        Refused: ``administrators_only``.
        BadInput: ``calendar_empty``.
    """
    year = load(ctx).covers_until.year + 1

    ctx.require(Permission.ADMINISTER)

    seed(ctx, first_year=year, last_year=year)
    return year


def _days_of(year: int) -> list[dict[str, object]]:
    national = jpholiday.between(date(year, 1, 1), date(year, 12, 31))
    turn = {**year_end_closed_days(year - 1), **year_end_closed_days(year)}
    return [{"day": day, "name": name, "origin": "national"} for day, name in national] + [
        {"day": day, "name": name, "origin": "year_end"}
        for day, name in turn.items()
        if day.year == year
    ]
