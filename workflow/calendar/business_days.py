"""Which days the city hall is open (開庁日), and counting in such days.

Weekends are closed by rule; every other closed day is data that the policy office can correct
(national holidays, the turn of the year, a city's own days), so the table is handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

_WEEKEND_NAMES = {5: "土曜日", 6: "日曜日"}
_ONE_DAY = timedelta(days=1)


class CalendarNotCovered(LookupError):
    """Asked for a day on which the calendar holds no data; `day` is that day.

    Guessing "open" there would send mail on New Year's Day of the first year nobody maintained.
    """

    def __init__(self, day: date, covers_from: date, covers_until: date) -> None:
        super().__init__(f"the calendar covers {covers_from} to {covers_until}, not {day}")
        self.day = day
        self.covers_from = covers_from
        self.covers_until = covers_until


@dataclass(frozen=True)
class BusinessCalendar:
    """The closed days beside weekends, with the name of each, between two days (both included)."""

    closed_days: Mapping[date, str] = field(hash=False)
    covers_from: date
    covers_until: date

    def __post_init__(self) -> None:
        """Keep a copy that nobody can change. Raises ValueError for an empty span."""
        if self.covers_from > self.covers_until:
            raise ValueError(f"{self.covers_from} comes after {self.covers_until}")
        object.__setattr__(self, "closed_days", MappingProxyType(dict(self.closed_days)))

    def is_open(self, day: date) -> bool:
        """Return whether the city hall is open. Raises CalendarNotCovered."""
        return self.closed_reason(day) is None

    def closed_reason(self, day: date) -> str | None:
        """Return the name of the closed day ("憲法記念日", "土曜日"), None on an open one.

        A named day that falls on a weekend keeps its name. Raises CalendarNotCovered.
        """
        if not self.covers_from <= day <= self.covers_until:
            raise CalendarNotCovered(day, self.covers_from, self.covers_until)
        return self.closed_days.get(day) or _WEEKEND_NAMES.get(day.weekday())

    def next_open(self, day: date) -> date:
        """Return the first open day from `day` on, `day` itself included.

        A legal deadline that falls on a closed day moves to the next (地方自治法 4 条の 2).
        Raises CalendarNotCovered.
        """
        while not self.is_open(day):
            day += _ONE_DAY
        return day

    def add_business_days(self, day: date, n: int) -> date:
        """Return the open day `n` business days after `day` (before it when `n` is negative).

        A closed `day` first moves to the next open one, whatever the sign: 0 is that day, and
        every `n` gives another day. From a Saturday, 0 is Monday, 1 Tuesday and -1 Friday.
        Raises CalendarNotCovered.
        """
        day = self.next_open(day)
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        for _ in range(abs(n)):
            day += step
            while not self.is_open(day):
                day += step
        return day

    def business_days_between(self, a: date, b: date) -> int:
        """Return the business days from `a` to `b`, negative when `b` comes first.

        It answers `add_business_days`: `add_business_days(a, n) == next_open(b)`.
        Raises CalendarNotCovered.
        """
        first, last = self.next_open(a), self.next_open(b)
        if first > last:
            return -self.business_days_between(last, first)
        span = (last - first).days
        return sum(self.is_open(first + timedelta(days=after)) for after in range(span))


def year_end_closed_days(year: int) -> dict[date, str]:
    """Return the closed days from 29 December of `year` to 3 January of the year after.

    Cities close on them by their own ordinance (地方自治法 4 条の 2 第 2 項 3 号), and no table of
    national holidays holds more of them than 1 January.
    """
    return {
        date(year, 12, 29): "年末の休日",
        date(year, 12, 30): "年末の休日",
        date(year, 12, 31): "年末の休日",
        date(year + 1, 1, 1): "元日",
        date(year + 1, 1, 2): "年始の休日",
        date(year + 1, 1, 3): "年始の休日",
    }
