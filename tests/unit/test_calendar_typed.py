"""Years of days and whole days, as staff type them."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendar.era import japanese_date, parse_fiscal_year
from workflow.calendar.typed import (
    DayNotUnderstood,
    TimeNotUnderstood,
    parse_day,
    parse_time,
    parse_year,
)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "4", "22", "R", "令和", "令和4年度", "R4年度", "2022年度", "FY2022", "令和0",
        "平成32", "S65", "20222", "来年", "R4.7",
    ],
)  # fmt: skip
def test_what_is_no_year_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(DayNotUnderstood) as refused:
        parse_year(text)

    assert refused.value.text == text


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("R4", 2022), ("r4", 2022), ("Ｒ４", 2022), ("R.4", 2022), ("令4", 2022), ("令和4", 2022),
        ("令和４年", 2022), ("令和四年", 2022), ("㋿4", 2022), ("R04", 2022), ("令和元", 2019),
        ("令和元年", 2019), ("R元", 2019), ("R1", 2019), ("H31", 2019), ("平成３１年", 2019),
        ("2022", 2022), ("２０２２年", 2022), ("西暦2022年", 2022), ("S63", 1988), ("S64", 1989),
        ("昭和64年", 1989), ("H元", 1989), (" 令和 4 年 ", 2022),
    ],
)  # fmt: skip
def test_years_of_days_are_read_as_staff_type_them(text: str, year: int) -> None:
    assert parse_year(text) == year


@pytest.mark.parametrize(
    "text",
    [
        "", "7/15", "7月15日", "22/7/15", "4.7.15", "R4.7", "R4.13.1", "R4.2.29", "2022-02-30",
        "令和4年度7月15日", "令和4年7月15日（土）", "2022715", "202207151", "2022-07-15T09:00",
        "R4.7.15.", "来週", "平成32年7月15日", "2022/7/15, 2022/7/16",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(DayNotUnderstood):
        parse_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "令和4年7月15日", "令和4年7月15日（金）", "令和４年７月１５日(金)",
        "令和4年7月15日（金曜日）",
        "令和四年7月15日", "令和 4 年 7 月 15 日", "令4.7.15", "R4.7.15", "r4.7.15", "R.4.7.15",
        "Ｒ４．７．１５", "R4/7/15", "R4-07-15", "R04.07.15", "㋿4年7月15日", "2022年7月15日",
        "2022/7/15", "2022/07/15", "２０２２／７／１５", "2022-07-15", "2022.7.15", "20220715",
        "西暦2022年7月15日", "\u30002022/7/15 ", "2022/7/15(金)",
    ],
)  # fmt: skip
def test_every_way_to_type_a_day_is_understood(text: str) -> None:
    assert parse_day(text) == date(2022, 7, 15)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R元.5.1", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("H31.4.30", date(2019, 4, 30)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("R6.2.29", date(2024, 2, 29)),
    ],
)
def test_days_at_the_turn_of_eras_and_of_leap_years(text: str, day: date) -> None:
    assert parse_day(text) == day


@given(st.dates(date(1886, 1, 1), date(2116, 12, 31)))
def test_what_is_shown_can_be_typed_again(day: date) -> None:
    assert parse_day(day.isoformat()) == day
    assert parse_day(japanese_date(day)) == day
    assert parse_day(japanese_date(day, weekday=False)) == day


@given(st.text(alphabet="RrHS令和平成昭元年月日0123456789３./- （）金", max_size=12))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        found = parse_day(text)
    except DayNotUnderstood:
        return

    assert 1886 <= found.year <= 2117


@pytest.mark.parametrize(
    "text",
    [
        "令和3年度（2021年度）", "令和3(2021)年度", "2021年度(令和3年度)", "R3（2021）",
        "令和３年度 （ ２０２１ ）", "平成31年度（令和元年度）",
    ],
)  # fmt: skip
def test_a_fiscal_year_may_be_said_in_both_ways(text: str) -> None:
    assert parse_fiscal_year(text) == (2019 if "平成" in text else 2021)


@pytest.mark.parametrize(
    "text",
    ["令和3年度（2022年度）", "令和3年度（）", "(2021)", "R3((2021))", "R3(来年)", "3(2021)"],
)
def test_two_years_that_differ_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not understood") as refused:
        parse_fiscal_year(text)

    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9:00", time(9)),
        ("17時15分", time(17, 15)),
        ("１７：１５", time(17, 15)),
        ("9時", time(9)),
        (" 23:59 ", time(23, 59)),
        ("１７時３０分", time(17, 30)),
        ("午後5時", time(17)),
        ("午後５時３０分", time(17, 30)),
        ("午後 5:30", time(17, 30)),
        ("午前9時", time(9)),
        ("午前0時", time(0)),
        ("午後0時15分", time(12, 15)),
        ("正午", time(12)),
        (" 正午　", time(12)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, read: time) -> None:
    assert parse_time(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "", "noon", "24:00", "17:60", "-1:00", "17:15:00", "午後15時", "午後12時", "午前12時",
        "午前13:00", "午後", "午後時", "午後5時60分", "5時午後", "午前午後5時", "正午30分",
        "午後正午", "夕方5時",
    ],
)  # fmt: skip
def test_what_is_no_time_of_day_is_not_guessed(typed: str) -> None:
    with pytest.raises(TimeNotUnderstood):
        parse_time(typed)
