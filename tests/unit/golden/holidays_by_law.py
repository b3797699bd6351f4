"""The closed days of an office, worked out from the text of the laws: 2024 to 2030.

Written from 国民の祝日に関する法律 (as in force since 2022) and 地方自治法 4 条の 2, without any
library and without a line of the program, so that the program can be held against it. The result is
kept in ``closed_days.csv``, for people to read; ``python -m tests.unit.golden.holidays_by_law``
writes it anew.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

YEARS = range(2024, 2031)
TABLE = Path(__file__).with_name("closed_days.csv")
DAY = timedelta(days=1)

#: 2 条: days with a date; 建国記念の日 and 天皇誕生日 as the cabinet order and the law set them.
FIXED = {
    (1, 1): "元日",
    (2, 11): "建国記念の日",
    (2, 23): "天皇誕生日",
    (4, 29): "昭和の日",
    (5, 3): "憲法記念日",
    (5, 4): "みどりの日",
    (5, 5): "こどもの日",
    (8, 11): "山の日",
    (11, 3): "文化の日",
    (11, 23): "勤労感謝の日",
}
#: 2 条: (month, which Monday of it).
MONDAYS = {
    (1, 2): "成人の日",
    (7, 3): "海の日",
    (9, 3): "敬老の日",
    (10, 2): "スポーツの日",
}
#: 地方自治法 4 条の 2 第 2 項 3 号, as ordinances of cities set it.
TURN_OF_THE_YEAR = {
    (12, 29): "年末の休日",
    (12, 30): "年末の休日",
    (12, 31): "年末の休日",
    (1, 2): "年始の休日",
    (1, 3): "年始の休日",
}
WEEKEND = {5: "土曜日", 6: "日曜日"}


def equinoxes(year: int) -> dict[date, str]:
    """春分の日 and 秋分の日 by the usual approximation of the astronomical days (1980 to 2099)."""
    passed = year - 1980
    drift = 242_194 * passed - 1_000_000 * (passed // 4)
    spring, autumn = (20_843_100 + drift) // 1_000_000, (23_248_800 + drift) // 1_000_000
    return {date(year, 3, spring): "春分の日", date(year, 9, autumn): "秋分の日"}


def monday(year: int, month: int, which: int) -> date:
    """The first, second, third … Monday of a month."""
    first = date(year, month, 1)
    while first.weekday() != 0:
        first += DAY
    return first + 7 * (which - 1) * DAY


def national_days(year: int) -> dict[date, str]:
    """「国民の祝日」 of 2 条."""
    return {
        **{date(year, month, day): name for (month, day), name in FIXED.items()},
        **{monday(year, month, which): name for (month, which), name in MONDAYS.items()},
        **equinoxes(year),
    }


def holidays(year: int) -> dict[date, str]:
    """All days that are 休日 by 3 条 in a year."""
    days = {**national_days(year - 1), **national_days(year), **national_days(year + 1)}
    found = dict(days)
    for day in days:
        if day.weekday() == 6:
            # 3 条 2 項: the nearest day after it that is no 「国民の祝日」.
            substitute = day + DAY
            while substitute in days:
                substitute += DAY
            found.setdefault(substitute, "振替休日")
        between = day + DAY
        if between not in days and between + DAY in days:
            # 3 条 3 項: the day before and the day after are 「国民の祝日」.
            found.setdefault(between, "国民の休日")
    return {day: name for day, name in found.items() if day.year == year}


def closed_days() -> Iterator[tuple[date, str]]:
    """Every day of the years on which the office is closed, with the reason."""
    for year in YEARS:
        named = holidays(year)
        day = date(year, 1, 1)
        while day.year == year:
            name = (
                named.get(day)
                or TURN_OF_THE_YEAR.get((day.month, day.day))
                or WEEKEND.get(day.weekday())
            )
            if name:
                yield day, name
            day += DAY


def read_table() -> dict[date, str]:
    """The table as it is kept."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["day"]): row["reason"] for row in csv.DictReader(file)}


def write_table() -> None:
    """Work the table out and keep it."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("day", "reason"))
        writer.writerows((day.isoformat(), reason) for day, reason in closed_days())


if __name__ == "__main__":
    sys.exit(write_table())
