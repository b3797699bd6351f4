"""Days and times as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from web.typed_dates import read_day, read_moment
from workflow.errors import BadInput


@pytest.mark.parametrize(
    ("year", "month", "day", "time", "expected"),
    [
        ("2022", "7", "15", "9:00", (2022, 7, 15, 0, 0)),
        ("R4", "7月", "15日", "9時", (2022, 7, 15, 0, 0)),
        ("令和元", "5", "1", "13:05", (2019, 5, 1, 4, 5)),
        ("２０２２", "１２", "１", "17:15", (2022, 12, 1, 8, 15)),
    ],
)
def test_moments_are_read_as_people_type_them(
    year: str, month: str, day: str, time: str, expected: tuple[int, ...]
) -> None:
    form = {"on-year": year, "on-month": month, "on-day": day, "at": time}

    assert read_moment(form, "on", "at") == datetime(*expected, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_every_field_of_a_moment_that_is_wrong_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        read_moment({"on-year": "", "at": "soon"}, "on", "at")

    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("on", "required"), ("at", "not_a_time"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        ("2022", "", "15"),
        ("", "7", "15"),
        ("22", "7", "15"),
        ("令和4年度", "2", "1"),  # 2022 or 2023: a fiscal year is no year of a day
        ("2022", "+7", "15"),
        ("2022", "1_0", "15"),
        ("2022", "٧", "15"),
        ("2022", "7日", "15"),
        ("2022", "7", "15月"),
        ("2022", "2", "29"),
        ("2022", "13", "1"),
        ("7月15日", "", ""),
    ],
)
def test_what_is_no_day_is_refused_with_what_was_typed(year: str, month: str, day: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_day({"on-year": year, "on-month": month, "on-day": day}, "on")

    [fault] = refused.value.faults
    assert (fault.path, fault.code) == ("on", "not_a_day")


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [
        ("令和４年", "７月", "１５日", date(2022, 7, 15)),
        ("R4", "07", "15 日", date(2022, 7, 15)),
        ("Ｒ元", "5", "1", date(2019, 5, 1)),
        ("H31", "4", "30", date(2019, 4, 30)),
        ("西暦2022年", "7", "15", date(2022, 7, 15)),
        # Pasted as a whole.
        ("令和4年7月15日（金）", "", "", date(2022, 7, 15)),
        ("2022/7/15", "", " ", date(2022, 7, 15)),
        ("R4.7.15", "", "", date(2022, 7, 15)),
    ],
)
def test_days_are_read_as_people_type_them(year: str, month: str, day: str, expected: date) -> None:
    assert read_day({"on-year": year, "on-month": month, "on-day": day}, "on") == expected
