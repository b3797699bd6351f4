"""The fiscal year (年度) of a Japanese public office: 1 April to 31 March, named by its first year.

Source: 地方自治法 208 条 1 項 ("会計年度は、毎年四月一日に始まり、翌年三月三十一日に終わる").
"""

from datetime import date

_FIRST_MONTH = 4


def fiscal_year_of(day: date) -> int:
    """Return the Gregorian fiscal year `day` belongs to; 2022-03-31 is in 2021."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def first_day(fiscal_year: int) -> date:
    """Return 1 April of the fiscal year."""
    return date(fiscal_year, _FIRST_MONTH, 1)


def last_day(fiscal_year: int) -> date:
    """Return 31 March of the calendar year after."""
    return date(fiscal_year + 1, 3, 31)
