"""Open and closed days, and counting in business days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendar.business_days import (
    BusinessCalendar,
    CalendarNotCovered,
    year_end_closed_days,
)

NATIONAL_HOLIDAYS_2026 = {
    date(2026, 5, 3): "憲法記念日",
    date(2026, 5, 4): "みどりの日",
    date(2026, 5, 5): "こどもの日",
    date(2026, 5, 6): "振替休日",
    date(2026, 9, 21): "敬老の日",
    date(2026, 9, 22): "国民の休日",
    date(2026, 9, 23): "秋分の日",
}
CALENDAR = BusinessCalendar(
    closed_days={
        **year_end_closed_days(2025),
        **NATIONAL_HOLIDAYS_2026,
        date(2026, 11, 10): "市制記念日",
        **year_end_closed_days(2026),
    },
    covers_from=date(2025, 12, 1),
    covers_until=date(2027, 1, 31),
)

# Far enough from both ends that twenty business days never leave the calendar.
inner_days = st.dates(date(2026, 2, 15), date(2026, 11, 15))
small_counts = st.integers(-20, 20)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 5, 1), None),
        (date(2026, 5, 2), "土曜日"),
        (date(2026, 5, 3), "憲法記念日"),  # a Sunday: the name of the day counts
        (date(2026, 5, 6), "振替休日"),
        (date(2026, 5, 7), None),
        (date(2026, 5, 10), "日曜日"),
        (date(2026, 9, 22), "国民の休日"),
        (date(2026, 11, 10), "市制記念日"),
        (date(2026, 12, 28), None),
        (date(2026, 12, 29), "年末の休日"),
        (date(2027, 1, 1), "元日"),
        (date(2027, 1, 3), "年始の休日"),
        (date(2027, 1, 4), None),
    ],
)
def test_a_closed_day_has_a_reason(day: date, reason: str | None) -> None:
    assert CALENDAR.closed_reason(day) == reason
    assert CALENDAR.is_open(day) is (reason is None)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 5, 1), date(2026, 5, 1)),
        (date(2026, 5, 2), date(2026, 5, 7)),
        (date(2026, 5, 6), date(2026, 5, 7)),
        (date(2026, 9, 19), date(2026, 9, 24)),
        (date(2026, 12, 29), date(2027, 1, 4)),
    ],
)
def test_next_open_is_the_day_itself_or_the_first_after_it(day: date, expected: date) -> None:
    assert CALENDAR.next_open(day) == expected


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
        (date(2026, 5, 1), 1, date(2026, 5, 7)),
        (date(2026, 5, 7), -1, date(2026, 5, 1)),
        (date(2026, 5, 7), -2, date(2026, 4, 30)),
        (date(2026, 9, 18), 2, date(2026, 9, 25)),
        (date(2026, 9, 24), -5, date(2026, 9, 14)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
        # from a closed day: first to the next open one, then as always
        (date(2026, 6, 6), 0, date(2026, 6, 8)),
        (date(2026, 6, 6), 1, date(2026, 6, 9)),
        (date(2026, 6, 6), -1, date(2026, 6, 5)),
    ],
)
def test_adding_business_days(day: date, n: int, expected: date) -> None:
    assert CALENDAR.add_business_days(day, n) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (date(2026, 5, 1), date(2026, 5, 1), 0),
        (date(2026, 5, 1), date(2026, 5, 7), 1),
        (date(2026, 5, 7), date(2026, 5, 1), -1),
        (date(2026, 5, 2), date(2026, 5, 7), 0),
        (date(2026, 6, 1), date(2026, 6, 8), 5),
        (date(2026, 12, 25), date(2027, 1, 5), 3),
    ],
)
def test_business_days_between(a: date, b: date, expected: int) -> None:
    assert CALENDAR.business_days_between(a, b) == expected


@given(inner_days, small_counts)
def test_going_there_and_back_ends_on_the_open_day_it_began_on(day: date, n: int) -> None:
    there = CALENDAR.add_business_days(day, n)

    assert CALENDAR.is_open(there)
    assert CALENDAR.add_business_days(there, -n) == CALENDAR.next_open(day)


@given(inner_days, small_counts, small_counts)
def test_more_business_days_are_always_a_later_day(day: date, n: int, m: int) -> None:
    earlier, later = (CALENDAR.add_business_days(day, count) for count in (n, m))

    assert (earlier < later) is (n < m)


@given(inner_days, inner_days)
def test_between_says_what_add_needs(a: date, b: date) -> None:
    n = CALENDAR.business_days_between(a, b)

    assert CALENDAR.add_business_days(a, n) == CALENDAR.next_open(b)
    assert CALENDAR.business_days_between(b, a) == -n


@given(inner_days, small_counts)
def test_between_counts_what_was_added(day: date, n: int) -> None:
    assert CALENDAR.business_days_between(day, CALENDAR.add_business_days(day, n)) == n


def test_asking_outside_the_calendar_raises_with_the_day() -> None:
    with pytest.raises(CalendarNotCovered, match="2025-11-30") as before:
        CALENDAR.is_open(date(2025, 11, 30))
    with pytest.raises(CalendarNotCovered) as after:
        CALENDAR.closed_reason(date(2027, 2, 1))

    assert before.value.day == date(2025, 11, 30)
    assert after.value.day == date(2027, 2, 1)


def test_counting_over_the_end_of_the_calendar_raises_with_the_first_day_outside() -> None:
    with pytest.raises(CalendarNotCovered) as after:
        CALENDAR.add_business_days(date(2027, 1, 29), 1)
    with pytest.raises(CalendarNotCovered) as before:
        CALENDAR.add_business_days(date(2025, 12, 1), -1)
    with pytest.raises(CalendarNotCovered) as weekend:
        CALENDAR.next_open(date(2027, 1, 30))

    assert after.value.day == date(2027, 2, 1)
    assert before.value.day == date(2025, 11, 30)
    assert weekend.value.day == date(2027, 2, 1)


def test_both_ends_belong_to_the_calendar() -> None:
    assert CALENDAR.is_open(date(2025, 12, 1))
    assert CALENDAR.closed_reason(date(2027, 1, 31)) == "日曜日"


def test_a_calendar_cannot_be_changed_afterwards() -> None:
    table = {date(2026, 5, 4): "みどりの日"}
    calendar = BusinessCalendar(table, date(2026, 1, 1), date(2026, 12, 31))

    table[date(2026, 5, 7)] = "?"

    assert calendar.is_open(date(2026, 5, 7))
    with pytest.raises(TypeError):
        calendar.closed_days[date(2026, 5, 7)] = "?"  # type: ignore[index]


def test_equal_calendars_are_equal_and_hash_alike() -> None:
    one, other = (
        BusinessCalendar({date(2026, 5, 4): "みどりの日"}, date(2026, 1, 1), date(2026, 12, 31))
        for _ in range(2)
    )

    assert one == other
    assert hash(one) == hash(other)


def test_a_calendar_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="comes after"):
        BusinessCalendar({}, date(2026, 12, 31), date(2026, 1, 1))


def test_a_calendar_may_cover_one_day() -> None:
    assert BusinessCalendar({}, date(2026, 6, 1), date(2026, 6, 1)).is_open(date(2026, 6, 1))


def test_the_turn_of_the_year_is_six_days_in_a_row() -> None:
    days = sorted(year_end_closed_days(2026))

    assert days[0] == date(2026, 12, 29)
    assert days[-1] == date(2027, 1, 3)
    assert days == [days[0] + timedelta(days=n) for n in range(6)]
