"""Sheets with a date of their own, when the office's calendar or the cycle's dates change."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

import psycopg
import pytest

from tests.authority import hold, lift
from tests.city import City
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, PUBLISHER, REVIEWERS
from tests.services.test_date_changes import change, close, due, pending, reopen
from tests.services.test_definition_change import change as change_definition
from tests.services.test_definition_change import renamed
from tests.services.test_extensions import ask, decide
from workflow.clock import office_day
from workflow.queries import cycle_calendar, date_forecast, sheets
from workflow.queries.reminder_forecast import ReminderMove
from workflow.services import closed_days, date_plan

#: The own last day of 611: a Wednesday.
OWN_DAY = date(2022, 7, 6)

Steps = dict[tuple[str, int], datetime]


@pytest.fixture
def own(city: City, clock: Clock) -> City:
    """611 has more time until OWN_DAY; 631 was on hold at its reviewer's and got its days back."""
    ask(city, wanted=OWN_DAY)
    decide(city)
    city.submit("631")
    hold(city, REVIEWERS["631"], "631")
    clock.set(date(2022, 6, 14), time(9, 0))
    lift(city, REVIEWERS["631"], "631")
    return city


def foreseen(city: City, day: date) -> list[ReminderMove]:
    """The reminders of sheets with dates of their own that closing *day* is said to move."""
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        closed = date_plan.with_closed(closed_days.load(ctx), day, "創立記念日")
        moves = date_forecast.forecast(ctx, date_plan.plan(ctx, closed)).reminders
    return [one for one in moves if one.own]


def differing(before: Steps, after: Steps) -> list[tuple[str, date | None, date | None]]:
    """Kind, day before and day after of the timers that moved, by the engine's own rows."""
    days = [
        (kind, *(office_day(at[kind, n]) if (kind, n) in at else None for at in (before, after)))
        for kind, n in sorted({*before, *after})
    ]
    return [found for found in days if found[1] != found[2]]


@pytest.mark.parametrize(
    "day",
    [
        OWN_DAY,  # 611 itself moves
        date(2022, 7, 4),  # its ladder alone moves
        date(2022, 7, 7),  # what would follow its last day moves
        date(2022, 6, 30),
    ],
)
def test_what_is_foreseen_for_their_reminders_is_what_the_timers_do(own: City, day: date) -> None:
    said = foreseen(own, day)
    before = {code: pending(own, code) for code in ("611", "631")}
    close(own, day)

    really = Counter(
        (code, *move)
        for code in ("611", "631")
        for move in differing(before[code], pending(own, code))
    )
    stage = {"draft": "611", "department_review": "631"}
    assert (
        Counter({(stage[one.stage.key], one.kind, one.before, one.after): one.own for one in said})
        == really
    )
    assert really


def test_a_reminder_that_a_closed_day_puts_into_the_past_is_foreseen_for_today(
    own: City, clock: Clock
) -> None:
    """On 28 June at nine the reminder of the 29th would have been told a quarter of an hour ago."""
    clock.set(date(2022, 6, 28), time(9, 0))
    said = foreseen(own, date(2022, 6, 30))
    before = pending(own, "611")
    close(own, date(2022, 6, 30))

    assert ("reminder", date(2022, 6, 29), date(2022, 6, 28)) in [
        (one.kind, one.before, one.after) for one in said
    ]
    assert ("reminder", date(2022, 6, 29), date(2022, 6, 28)) in differing(
        before, pending(own, "611")
    )


def test_a_day_that_is_far_from_them_moves_nothing_of_theirs(own: City) -> None:
    assert foreseen(own, date(2022, 12, 1)) == []
    assert due(own) == OWN_DAY


def test_sheets_with_the_same_own_date_are_counted_together(city: City) -> None:
    for code in ("611", "612"):
        ask(city, DRAFTERS[code], code=code, wanted=OWN_DAY)
        decide(city)

    assert {one.own for one in foreseen(city, OWN_DAY)} == {2}


def test_where_the_cycle_comes_to_their_date_they_keep_it_and_are_no_surprise(own: City) -> None:
    before = pending(own, "611")
    change(own, "draft", OWN_DAY)

    assert pending(own, "611") == before


def wanted(city: City, code: str = "611") -> date | None:
    found: date | None = city.scalar(
        "SELECT wanted_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found


def reason(city: City, code: str = "611") -> str:
    """What the last event of the sheet says."""
    return str(
        city.scalar(
            "SELECT n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id"
            " WHERE v.evaluation_id = :id ORDER BY v.sequence DESC LIMIT 1",
            id=city.evaluation(code),
        )
    )


def test_closed_and_opened_again_it_is_back_on_the_day_that_was_wanted_with_its_timers(
    own: City,
) -> None:
    before = {code: (due(own, code), pending(own, code)) for code in ("611", "631")}
    close(own, OWN_DAY)
    assert due(own) == date(2022, 7, 7)
    assert wanted(own) == OWN_DAY
    reopen(own, OWN_DAY)

    assert {code: (due(own, code), pending(own, code)) for code in before} == before
    assert own.events("611")[-2:] == ["move_deadline", "move_deadline"]
    told = reason(own)
    assert "令和4年7月6日（水）が開庁日になったため" in told
    assert "令和4年7月7日（木） → 令和4年7月6日（水）" in told
    assert own.verify().broken == ()


def test_two_days_closed_after_one_another_and_opened_in_any_order_lead_back(own: City) -> None:
    before = pending(own, "611")
    close(own, OWN_DAY)
    close(own, date(2022, 7, 7))
    assert due(own) == date(2022, 7, 8)
    reopen(own, date(2022, 7, 7))
    assert due(own) == date(2022, 7, 7)
    close(own, date(2022, 7, 7))
    reopen(own, OWN_DAY)
    assert due(own) == OWN_DAY
    reopen(own, date(2022, 7, 7))

    assert (due(own), pending(own, "611")) == (OWN_DAY, before)


def test_a_wanted_saturday_on_which_the_office_opens_is_not_made_up(own: City) -> None:
    """A weekend is closed without a row; only what was closed by hand opens again."""
    ask(own, DRAFTERS["612"], code="612", wanted=date(2022, 7, 9))
    decide(own)
    close(own, date(2022, 7, 11))
    assert (due(own, "612"), wanted(own, "612")) == (date(2022, 7, 12), date(2022, 7, 9))
    reopen(own, date(2022, 7, 11))

    assert (due(own, "612"), wanted(own, "612")) == (date(2022, 7, 11), date(2022, 7, 9))


def test_the_way_back_is_foreseen_as_it_goes(own: City) -> None:
    close(own, OWN_DAY)
    with own.application.query(own.actor(PUBLISHER)) as ctx:
        calendar = date_plan.with_open(closed_days.load(ctx), OWN_DAY)
        planned = date_plan.plan(ctx, calendar)
        said = date_forecast.forecast(ctx, planned)
    before = pending(own, "611")
    assert reopen(own, OWN_DAY).moved == planned.moved

    move = next(one for one in said.moves if one.own)
    assert (move.before, move.after) == (date(2022, 7, 7), OWN_DAY)
    assert [sheet.code for sheet in move.sheets] == ["611"]
    assert sorted(differing(before, pending(own, "611"))) == sorted(
        (one.kind, one.before, one.after)
        for one in said.reminders
        if one.own and one.stage.key == "draft"
    )


def test_a_sheet_whose_own_date_the_cycle_comes_upon_does_not_go_along_with_it(
    city: City,
) -> None:
    """More time until the 23rd; then the 22nd is closed for all, and opened again."""
    ask(city, wanted=date(2022, 6, 23))
    decide(city)
    close(city, date(2022, 6, 22))
    assert due(city, "612") == due(city) == date(2022, 6, 23)
    assert city.scalar("SELECT count(*) FROM stage_entry WHERE wanted_on IS NOT NULL") == 1
    reopen(city, date(2022, 6, 22))

    assert due(city, "612") == date(2022, 6, 22)
    assert due(city) == date(2022, 6, 23)


def test_days_that_a_hold_gave_back_are_what_is_wanted_from_then_on(own: City) -> None:
    day = due(own, "631")
    assert wanted(own, "631") == day
    before = pending(own, "631")
    close(own, day)
    assert due(own, "631") > day
    reopen(own, day)

    assert (due(own, "631"), pending(own, "631")) == (day, before)


def test_a_hold_of_no_day_leaves_a_sheet_under_the_date_of_its_cycle(city: City) -> None:
    city.submit("631")
    hold(city, REVIEWERS["631"], "631")
    lift(city, REVIEWERS["631"], "631")

    assert wanted(city, "631") is None


def test_the_day_of_a_sheet_that_came_late_is_its_wanted_one(city: City, clock: Clock) -> None:
    city.submit("631")
    clock.set(due(city) + timedelta(days=1), time(9, 0))
    city.give_back("631")
    day = due(city, "631")
    assert wanted(city, "631") == day
    close(city, day)
    assert due(city, "631") > day
    reopen(city, day)

    assert due(city, "631") == day


def test_a_date_that_was_given_before_the_wanted_day_was_kept_is_its_own_wanted_day(
    own: City, city_database: Database
) -> None:
    """As rows are that an older version wrote."""
    with psycopg.connect(city_database.owner_url) as connection:
        connection.execute("UPDATE stage_entry SET wanted_on = NULL")
    close(own, OWN_DAY)
    assert (due(own), wanted(own)) == (date(2022, 7, 7), OWN_DAY)
    reopen(own, OWN_DAY)

    assert due(own) == OWN_DAY


def test_a_wanted_day_that_an_older_release_left_behind_moves_nothing(
    own: City, city_database: Database
) -> None:
    """While two releases run side by side the older one sets last days alone."""
    with psycopg.connect(city_database.owner_url) as connection:
        connection.execute("UPDATE stage_entry SET wanted_on = '2022-06-30'")
    close(own, date(2022, 12, 1))
    assert due(own) == OWN_DAY
    close(own, OWN_DAY)
    reopen(own, OWN_DAY)

    assert (due(own), wanted(own)) == (OWN_DAY, OWN_DAY)


def test_the_page_of_dates_counts_them_also_where_the_cycle_came_upon_their_date(
    own: City,
) -> None:
    change(own, "draft", OWN_DAY)
    with own.application.query(own.actor(PUBLISHER)) as ctx:
        cycle = sheets.cycles(ctx)[0]
        dates = {one.stage.key: one for one in cycle_calendar.stage_dates(ctx, cycle)}

    assert (dates["draft"].sheets, dates["draft"].own) == (4, 1)


def test_over_a_change_of_definition_the_wanted_day_goes_along(own: City) -> None:
    change_definition(own, renamed(draft="writing"), draft="writing")
    assert (due(own), wanted(own)) == (OWN_DAY, OWN_DAY)
    before = pending(own, "611")
    close(own, OWN_DAY)
    reopen(own, OWN_DAY)

    assert (due(own), pending(own, "611")) == (OWN_DAY, before)


def test_a_new_date_of_the_stage_with_a_change_of_definition_takes_the_place_of_their_own(
    own: City,
) -> None:
    change_definition(own, due={"draft": date(2022, 6, 20)})

    assert (due(own), wanted(own)) == (date(2022, 6, 20), None)
