"""Counting open days for many spans: the same as the calendar says, one by one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from workflow.calendar.business_days import BusinessCalendar
from workflow.calendar.open_days import ComingDays, OpenDayNumbers

HOLIDAY = date(2022, 7, 18)
CALENDAR = BusinessCalendar({HOLIDAY: "海の日"}, date(2022, 7, 1), date(2022, 7, 31))
MONDAY = date(2022, 7, 11)


def coming(today: date, last: date) -> ComingDays:
    return ComingDays(today, last, OpenDayNumbers(CALENDAR, date(2022, 7, 1), date(2022, 8, 31)))


def test_a_day_that_was_not_counted_has_no_number() -> None:
    with pytest.raises(KeyError):
        coming(MONDAY, MONDAY).between(MONDAY, date(2022, 9, 1))


def test_every_span_is_as_long_as_the_calendar_says() -> None:
    days = [date(2022, 7, 4) + timedelta(days=n) for n in range(24)]
    numbers = coming(MONDAY, MONDAY).numbers

    assert all(
        numbers.between(a, b) == CALENDAR.business_days_between(a, b) for a in days for b in days
    )


def test_beyond_the_calendar_weekends_alone_are_closed() -> None:
    assert coming(MONDAY, MONDAY).between(date(2022, 8, 1), date(2022, 8, 15)) == 10


@pytest.mark.parametrize(
    ("today", "last", "days"),
    [
        (date(2022, 7, 14), date(2022, 7, 20), (14, 15, 19, 20)),
        (date(2022, 7, 16), date(2022, 7, 20), (19, 20)),
        (MONDAY, MONDAY, (11,)),
        (HOLIDAY, HOLIDAY, (18,)),
    ],
)
def test_each_index_has_its_day(today: date, last: date, days: tuple[int, ...]) -> None:
    found = coming(today, last)

    assert found.days() == tuple(date(2022, 7, day) for day in days)
    assert found.horizon == len(days) - 1
    assert [found.index(day) for day in found.days()] == list(range(len(days)))
