"""Days and times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from web.typed_dates import read_moment
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
