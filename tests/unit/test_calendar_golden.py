"""The calendar against a table that was worked out from the text of the laws."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from tests.unit.golden.holidays_by_law import WEEKEND, YEARS, closed_days, equinoxes, read_table
from workflow.calendar.business_days import BusinessCalendar
from workflow.calendar.deadlines import fix_deadline

GOLDEN = read_table()
FIRST, LAST = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
CALENDAR = BusinessCalendar(
    {day: name for day, name in GOLDEN.items() if name not in WEEKEND.values()}, FIRST, LAST
)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def test_the_table_is_what_the_laws_give() -> None:
    assert list(GOLDEN.items()) == list(closed_days())


@pytest.mark.parametrize(
    ("year", "spring", "autumn"),
    # As the National Astronomical Observatory announced them (暦要項).
    [(2024, 20, 22), (2025, 20, 23), (2026, 20, 23), (2027, 21, 23)],
)
def test_the_equinoxes_are_those_that_were_announced(year: int, spring: int, autumn: int) -> None:
    assert list(equinoxes(year)) == [date(year, 3, spring), date(year, 9, autumn)]


def test_on_every_day_of_seven_years_the_office_is_open_or_closed_as_the_table_says() -> None:
    assert len(EVERY_DAY) == 2557
    assert {day: CALENDAR.closed_reason(day) for day in EVERY_DAY} == {
        day: GOLDEN.get(day) for day in EVERY_DAY
    }


def test_business_days_are_the_days_that_are_not_in_the_table() -> None:
    open_days = [day for day in EVERY_DAY if day not in GOLDEN]

    assert len(open_days) == 2557 - len(GOLDEN)
    for at in range(0, len(open_days) - 5):
        assert CALENDAR.add_business_days(open_days[at], 5) == open_days[at + 5]
        assert CALENDAR.add_business_days(open_days[at + 5], -5) == open_days[at]


@pytest.mark.parametrize(
    ("wanted", "due", "code", "name"),
    [
        ("2024-05-02", "2024-05-02", None, None),
        ("2024-05-03", "2024-05-07", "moved_closed_day", "憲法記念日"),
        ("2024-06-15", "2024-06-17", "moved_weekend", "土曜日"),
        ("2024-08-11", "2024-08-13", "moved_closed_day", "山の日"),
        ("2024-09-21", "2024-09-24", "moved_weekend", "土曜日"),
        # 28 December is a Saturday: the longest of these years, nine days.
        ("2024-12-28", "2025-01-06", "moved_weekend", "土曜日"),
        ("2025-02-23", "2025-02-25", "moved_closed_day", "天皇誕生日"),
        ("2025-05-03", "2025-05-07", "moved_closed_day", "憲法記念日"),
        ("2026-05-06", "2026-05-07", "moved_closed_day", "振替休日"),
        # A Tuesday between 敬老の日 and 秋分の日.
        ("2026-09-22", "2026-09-24", "moved_closed_day", "国民の休日"),
        ("2026-09-19", "2026-09-24", "moved_weekend", "土曜日"),
        ("2027-03-20", "2027-03-23", "moved_weekend", "土曜日"),
        ("2027-12-31", "2028-01-04", "moved_closed_day", "年末の休日"),
        ("2028-12-29", "2029-01-04", "moved_closed_day", "年末の休日"),
        ("2029-04-28", "2029-05-01", "moved_weekend", "土曜日"),
        ("2030-08-10", "2030-08-13", "moved_weekend", "土曜日"),
        ("2030-11-03", "2030-11-05", "moved_closed_day", "文化の日"),
    ],
)
def test_deadlines_move_to_the_next_open_day_and_say_by_which_rule(
    wanted: str, due: str, code: str | None, name: str | None
) -> None:
    deadline, move = fix_deadline(date.fromisoformat(wanted), CALENDAR, time(17, 15))

    assert deadline.due_on == date.fromisoformat(due)
    assert (move and (move.code.value, move.closed_day_name)) == (code and (code, name))
