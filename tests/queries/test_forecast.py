"""The forecast of a cycle over real rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from tests.authority import hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, REVIEWERS, SHEETS
from workflow.application import Application
from workflow.policy import SYSTEM, Permission
from workflow.queries import forecast, sheets
from workflow.queries.forecast import ForecastPage
from workflow.services import date_changes


def page(city: City) -> ForecastPage:
    with city.application.query(SYSTEM) as ctx:
        found = forecast.forecast(ctx, sheets.cycles(ctx)[0])
    assert found is not None
    return found


def publication_day(city: City) -> date:
    found: date = city.scalar("SELECT max(due_on) FROM cycle_deadline WHERE stage = 'approved'")
    return found


def test_without_dates_there_is_no_forecast(city: City) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("DELETE FROM cycle_deadline"))

    with city.application.query(SYSTEM) as ctx:
        assert forecast.forecast(ctx, sheets.cycles(ctx)[0]) is None


def test_at_the_opening_the_plan_stands_in_and_all_is_ready_in_time(city: City) -> None:
    found = page(city)

    assert found.publication_on == publication_day(city)
    assert (found.total.sheets, found.total.ready, found.total.expected) == (5, 0, 5)
    assert [times.left for _stage, times in found.times] == [0, 0, 0]
    assert {times.planned is not None for _stage, times in found.times} == {True}


def test_what_is_ready_is_counted_on_its_day_and_the_line_ends_on_the_publication_date(
    city: City, clock: Clock
) -> None:
    clock.set(date(2022, 6, 10))
    city.bring_to("611", "approved")
    clock.set(date(2022, 6, 17))
    found = page(city)
    by_day = {point.day: point for point in found.points}

    assert by_day[date(2022, 6, 8)].ready == 0
    assert by_day[date(2022, 6, 15)].ready == 1
    assert not by_day[found.today].expected
    assert found.points[-1].day == found.publication_on
    assert found.points[-1].ready == found.total.expected
    assert sum(one.ready for one in found.departments) == found.total.ready == 1
    assert sum(one.expected for one in found.departments) == found.total.expected


def test_who_has_waited_longer_than_anybody_matters_most(city: City, clock: Clock) -> None:
    clock.set(date(2022, 6, 3))
    city.bring_to("611", "approved")
    clock.set(date(2022, 6, 20))
    city.submit("632")

    clock.set(date(2022, 6, 27))
    found = page(city)

    assert len(found.latest) == len(SHEETS) - 1
    assert {one.chance for one in found.latest if one.stage.key == "draft"} == {0}
    assert found.latest[0].code == "612"
    assert (found.latest[0].waited, found.latest[0].likely_on) == (18, None)
    # The one that is ready, and 632: the plan of its review is still to come.
    assert found.total.expected == 2


def test_one_early_sheet_says_nothing_about_those_that_wait_for_the_last_day(
    city: City, clock: Clock
) -> None:
    clock.set(date(2022, 6, 3))
    city.bring_to("611", "approved")
    clock.set(date(2022, 6, 13))
    found = page(city)

    assert found.total.expected == 5
    assert found.unseen == ()


def test_weekends_and_closed_days_are_not_waited(city: City, clock: Clock) -> None:
    """From Wednesday 1 June to Monday 6: three open days, two of them closed here."""
    clock.set(date(2022, 6, 6))
    assert {one.waited for one in page(city).latest} == {3}

    for day in (2, 3):
        with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
            date_changes.close_day(ctx, day=date(2022, 6, day), name="創立記念日")
    assert {one.waited for one in page(city).latest} == {1}


def test_a_sheet_on_hold_is_not_expected_and_counted_apart(city: City, clock: Clock) -> None:
    city.submit("611")
    before = page(city).total.expected
    hold(city, REVIEWERS["611"], "611")
    found = page(city)

    assert found.held == 1
    assert found.total.expected == before - 1
    assert found.latest[0].held


def test_after_the_publication_date_it_is_said(city: City, clock: Clock) -> None:
    clock.set(date(2022, 12, 1))
    found = page(city)

    assert found.is_over
    assert found.points[-1].day == found.today
    assert found.total.percent == Decimal("0.0")


def test_five_statements_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    take_in(application, large_plan(60, 1))
    with application.query(SYSTEM) as ctx:
        cycle = sheets.cycles(ctx)[0]
        with query_counter(application) as counted:
            found = forecast.forecast(ctx, cycle)

    assert found is not None
    assert found.total.sheets > 60
    assert len(counted) == 5
