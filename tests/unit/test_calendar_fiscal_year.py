"""The fiscal year starts on 1 April."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendar.fiscal_year import first_day, fiscal_year_of, last_day


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2021, 3, 31), 2020),
        (date(2021, 4, 1), 2021),
        (date(2021, 12, 31), 2021),
        (date(2022, 1, 1), 2021),
        (date(2022, 3, 31), 2021),
        (date(2022, 4, 1), 2022),
        (date(2024, 2, 29), 2023),
    ],
)
def test_january_to_march_belong_to_the_year_before(day: date, expected: int) -> None:
    assert fiscal_year_of(day) == expected


def test_first_and_last_day_of_reiwa_3() -> None:
    assert first_day(2021) == date(2021, 4, 1)
    assert last_day(2021) == date(2022, 3, 31)


@given(st.integers(1900, 2100))
def test_years_follow_each_other_without_a_gap(year: int) -> None:
    assert fiscal_year_of(first_day(year)) == fiscal_year_of(last_day(year)) == year
    assert last_day(year) + timedelta(days=1) == first_day(year + 1)
