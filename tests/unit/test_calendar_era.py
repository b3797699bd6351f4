"""Japanese eras: showing years and dates, and reading what staff type."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.calendar.era import (
    ERAS,
    FIRST_FISCAL_YEAR,
    LAST_FISCAL_YEAR,
    FiscalYearNotUnderstood,
    era_of,
    japanese_date,
    japanese_fiscal_year,
    japanese_year,
    parse_fiscal_year,
    short_fiscal_year,
)

known_years = st.integers(FIRST_FISCAL_YEAR, LAST_FISCAL_YEAR)


@pytest.mark.parametrize(
    ("year", "long", "short"),
    [
        (1886, "明治19年度", "M19"),
        (1911, "明治44年度", "M44"),
        (1912, "大正元年度", "T元"),
        (1926, "大正15年度", "T15"),
        (1927, "昭和2年度", "S2"),
        (1988, "昭和63年度", "S63"),
        (1989, "平成元年度", "H元"),
        (2018, "平成30年度", "H30"),
        (2019, "令和元年度", "R元"),
        (2020, "令和2年度", "R2"),
        (2021, "令和3年度", "R3"),
        (2024, "令和6年度", "R6"),
    ],
)
def test_a_fiscal_year_bears_the_era_that_covers_most_of_it(
    year: int, long: str, short: str
) -> None:
    assert japanese_fiscal_year(year) == long
    assert short_fiscal_year(year) == short


@pytest.mark.parametrize("year", [0, 1868, 1885, 2118, 20211])
def test_years_without_a_name_are_refused(year: int) -> None:
    with pytest.raises(ValueError, match=str(year)):
        japanese_fiscal_year(year)
    with pytest.raises(ValueError, match=str(year)):
        short_fiscal_year(year)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1912, 7, 29), "明治45年7月29日（月）"),
        (date(1912, 7, 30), "大正元年7月30日（火）"),
        (date(1926, 12, 24), "大正15年12月24日（金）"),
        (date(1926, 12, 25), "昭和元年12月25日（土）"),
        (date(1989, 1, 7), "昭和64年1月7日（土）"),
        (date(1989, 1, 8), "平成元年1月8日（日）"),
        (date(2019, 4, 30), "平成31年4月30日（火）"),
        (date(2019, 5, 1), "令和元年5月1日（水）"),
        (date(2019, 12, 31), "令和元年12月31日（火）"),
        (date(2020, 1, 1), "令和2年1月1日（水）"),
        (date(2022, 7, 15), "令和4年7月15日（金）"),
        (date(2024, 2, 29), "令和6年2月29日（木）"),
    ],
)
def test_dates_change_their_era_on_the_day_it_began(day: date, expected: str) -> None:
    assert japanese_date(day) == expected
    assert japanese_date(day, weekday=False) == expected[: expected.index("（")]


def test_meiji_begins_on_the_day_of_its_edict() -> None:
    assert japanese_date(date(1868, 10, 23), weekday=False) == "明治元年10月23日"
    with pytest.raises(ValueError, match="1868-10-22"):
        era_of(date(1868, 10, 22))


def test_every_era_ends_the_day_before_the_next_one() -> None:
    for era, following in pairwise(ERAS):
        assert era_of(following.first_day - timedelta(days=1)) is era
        assert era_of(following.first_day) is following


@pytest.mark.parametrize(
    "text",
    [
        "R3", "r3", "Ｒ３", "ｒ３", "R03", "R.3", "R 3", " R3 ", "\u3000R3\u3000", "R3年度",
        "r3年度", "令和3", "令和３", "令和3年", "令和3年度", "令和３年度", "令和 3 年度",
        "令和三年度", "令3",
        "㋿3年度", "2021", "２０２１", "2021年度", "2021年", "2021 年度", "西暦2021年度", "FY2021",
        "fy2021", "\t2021\n",
    ],
)  # fmt: skip
def test_every_way_to_type_reiwa_3_is_understood(text: str) -> None:
    assert parse_fiscal_year(text) == 2021


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("令和元", 2019),
        ("令和元年度", 2019),
        ("R元", 2019),
        ("Ｒ元", 2019),
        ("R1", 2019),
        ("令和一", 2019),
        ("H31", 2019),
        ("平成31年度", 2019),
        ("平成３１年度", 2019),
        ("平31", 2019),
        ("㍻31", 2019),
        ("平成三十一年度", 2019),
        ("平成三十年度", 2018),
        ("平成十一年度", 1999),
        ("平成十年度", 1998),
        ("平成元年度", 1989),
        ("S63", 1988),
        ("昭和元", 1926),
        ("T15", 1926),
        ("T元", 1912),
        ("M45", 1912),
        ("明治19年度", 1886),
        ("R10", 2028),
        ("1886", 1886),
    ],
)
def test_other_years_are_understood(text: str, year: int) -> None:
    assert parse_fiscal_year(text) == year


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \u3000", "empty"),
        ("3", "no_era"),
        ("３", "no_era"),
        ("3年度", "no_era"),
        ("21", "no_era"),
        ("R", "form"),
        ("令和", "form"),
        ("令和年度", "form"),
        ("R-3", "form"),
        ("R3.4", "form"),
        ("R3年4月", "form"),
        ("R2021", "form"),
        ("R100", "form"),
        ("X3", "form"),
        ("2021.0", "form"),
        ("20 21", "form"),
        ("20211", "form"),
        ("2021-22", "form"),
        ("令和二三", "form"),
        ("昨年度", "form"),
        ("R0", "no_such_year"),
        ("令和0年度", "no_such_year"),
        ("H32", "no_such_year"),
        ("平成32年度", "no_such_year"),
        ("S64", "no_such_year"),
        ("昭和64年度", "no_such_year"),
        ("T16", "no_such_year"),
        ("M18", "no_such_year"),
        ("M46", "no_such_year"),
        ("1885", "no_such_year"),
        ("2118", "no_such_year"),
    ],
)
def test_what_is_not_understood_is_said_and_never_guessed(text: str, reason: str) -> None:
    with pytest.raises(FiscalYearNotUnderstood) as caught:
        parse_fiscal_year(text)

    assert caught.value.reason == reason
    assert caught.value.text == text
    assert repr(text) in str(caught.value)


def test_a_year_after_the_end_of_its_era_is_answered_with_the_right_one() -> None:
    with pytest.raises(ValueError, match="平成 ended in fiscal year 2019; 2020 is R2"):
        parse_fiscal_year("平成32年度")


@given(known_years)
def test_what_is_shown_can_be_typed_again(year: int) -> None:
    assert parse_fiscal_year(japanese_fiscal_year(year)) == year
    assert parse_fiscal_year(short_fiscal_year(year)) == year
    assert parse_fiscal_year(str(year)) == year


@given(st.text(alphabet="RrHSTM令和平成昭元年度0123456789３ 　.", max_size=8))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        year = parse_fiscal_year(text)
    except FiscalYearNotUnderstood:
        return

    assert FIRST_FISCAL_YEAR <= year <= LAST_FISCAL_YEAR


@given(known_years.filter(lambda year: year < LAST_FISCAL_YEAR))
def test_a_fiscal_year_bears_an_era_that_one_of_its_days_is_dated_in(year: int) -> None:
    names = {era_of(date(year, 4, 1)).name, era_of(date(year + 1, 3, 31)).name}

    assert japanese_fiscal_year(year)[:2] in names


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (2026, "令和8年"),
        (2020, "令和2年"),
        (2019, "平成31年・令和元年"),
        (1989, "昭和64年・平成元年"),
        (1988, "昭和63年"),
    ],
)
def test_a_calendar_year_bears_every_era_that_it_saw(year: int, said: str) -> None:
    assert japanese_year(year) == said
