"""Sheets with a date of their own, when the office's calendar or the cycle's dates change."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time

import pytest

from tests.authority import hold, lift
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, PUBLISHER, REVIEWERS
from tests.services.test_date_changes import change, close, due, pending
from tests.services.test_extensions import ask, decide
from workflow.clock import office_day
from workflow.queries import date_forecast
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
