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
    span. Days that are there already stay as the office left them. Returns how many were offered.
    National holidays from jpholiday (国民の祝日に関する法律); 29 December to 3 January by
    地方自治法 4 条の 2.
    """
    ctx.require(Permission.IMPORT)
    covered = ctx.execute(_COVERAGE).one_or_none()
    if covered is not None and covered.calendar_from is not None:
        first_year = min(first_year, covered.calendar_until.year + 1)
        last_year = max(last_year, covered.calendar_from.year - 1)

    rows = [
        {"day": day, "name": name, "origin": "national"}
        for day, name in jpholiday.between(date(first_year, 1, 1), date(last_year, 12, 31))
    ]
    for year in range(first_year - 1, last_year + 1):
        rows += [
            {"day": day, "name": name, "origin": "year_end"}
            for day, name in year_end_closed_days(year).items()
            if first_year <= day.year <= last_year
        ]
    ctx.execute(_SEED, rows)
    ctx.execute(_COVER, {"first": date(first_year, 1, 1), "last": date(last_year, 12, 31)})
    return len(rows)
