"""The table of closed days that an import seeds, against one worked out from the laws."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.city import City
from tests.sample_people import ADMINISTRATOR, APPROVER, PUBLISHER
from tests.unit.golden.holidays_by_law import WEEKEND, YEARS, read_table
from workflow.application import Application
from workflow.errors import Refused
from workflow.policy import SYSTEM
from workflow.services import closed_days

FIRST, LAST = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)


def rule(name: str | None) -> str | None:
    """The library names a substitute by the day it stands for; the law gives it no name."""
    return "振替休日" if name and name.endswith(" 振替休日") else name


def test_every_day_of_seven_years_is_seeded_as_the_laws_give_it(
    city: City, application: Application
) -> None:
    golden = read_table()
    with application.command(SYSTEM) as ctx:
        closed_days.seed(ctx, first_year=YEARS[0], last_year=YEARS[-1])
    with application.query(SYSTEM) as ctx:
        calendar = closed_days.load(ctx)
    rows = city.rows(
        "SELECT day, name FROM closed_day WHERE day BETWEEN :first AND :last ORDER BY day",
        first=FIRST,
        last=LAST,
    )

    assert [(row.day, rule(row.name)) for row in rows] == [
        (day, name) for day, name in golden.items() if name not in WEEKEND.values()
    ]
    day = FIRST
    while day <= LAST:
        assert rule(calendar.closed_reason(day)) == golden.get(day), day
        day += timedelta(days=1)


def test_years_between_two_seeds_are_seeded_as_well(application: Application) -> None:
    """The calendar is one span: it must not claim years that nobody filled."""
    with application.command(SYSTEM) as ctx:
        closed_days.seed(ctx, first_year=2030, last_year=2031)
    with application.query(SYSTEM) as ctx:
        calendar = closed_days.load(ctx)

    assert calendar.covers_until == date(2031, 12, 31)
    assert calendar.closed_reason(date(2028, 5, 3)) == "憲法記念日"
    assert calendar.closed_reason(date(2028, 12, 29)) == "年末の休日"


def test_years_before_what_is_covered_are_joined_to_it(application: Application) -> None:
    with application.command(SYSTEM) as ctx:
        closed_days.seed(ctx, first_year=2016, last_year=2016)
    with application.query(SYSTEM) as ctx:
        calendar = closed_days.load(ctx)

    assert calendar.covers_from == date(2016, 1, 1)
    assert calendar.closed_reason(date(2018, 1, 2)) == "年始の休日"


def test_only_administrators_add_a_year(city: City) -> None:
    for name in (PUBLISHER, APPROVER):
        with (
            pytest.raises(Refused, match="administrators_only"),
            city.application.command(city.actor(name)) as ctx,
        ):
            closed_days.extend(ctx)


def test_the_next_year_is_added_and_nothing_before_it_changes(city: City) -> None:
    with city.application.query(SYSTEM) as ctx:
        before = closed_days.load(ctx)
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        year = closed_days.extend(ctx)
    with city.application.query(SYSTEM) as ctx:
        after = closed_days.load(ctx)

    assert year == before.covers_until.year + 1
    assert after.covers_until == date(year, 12, 31)
    assert after.closed_reason(date(year, 5, 3)) == "憲法記念日"
    assert {d: n for d, n in after.closed_days.items() if d.year < year} == before.closed_days
