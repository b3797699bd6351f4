"""Counting open days over many spans at once, looking back and ahead. Fixes no date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from workflow.calendar.business_days import BusinessCalendar

_WEEKEND = (5, 6)
_ONE_DAY = timedelta(days=1)


class OpenDayNumbers:
    """Open days counted once, for many spans between two days (both included).

    Beyond what the calendar covers weekends alone are closed: this counts what has been or may be,
    and fixes no date.
    """

    def __init__(self, calendar: BusinessCalendar, first: date, last: date) -> None:
        self._numbers: dict[date, int] = {}
        self._is_open: dict[date, bool] = {}
        number, day = 0, first
        while day <= last:
            if calendar.covers_from <= day <= calendar.covers_until:
                is_open = calendar.is_open(day)
            else:
                is_open = day.weekday() not in _WEEKEND
            self._numbers[day], self._is_open[day] = number, is_open
            number += is_open
            day += _ONE_DAY

    def between(self, a: date, b: date) -> int:
        """The open days from *a*, included, to *b*, excluded; negative when *b* comes first.

        Raises KeyError for a day that was not counted.
        """
        return self._numbers[b] - self._numbers[a]

    def is_open(self, day: date) -> bool:
        """Whether a counted day is open. Raises KeyError for one that was not counted."""
        return self._is_open[day]


@dataclass(frozen=True)
class ComingDays:
    """The open days from *today* to the *last* day that is looked at."""

    today: date
    last: date
    numbers: OpenDayNumbers

    def between(self, a: date, b: date) -> int:
        """The open days from *a* to *b*, at least 0. Raises KeyError for uncounted days."""
        return max(0, self.numbers.between(a, b))

    def index(self, day: date) -> int:
        """How many open days after today lie up to the end of *day*; 0 for today."""
        after = self.between(self.today, day)
        return after if self.numbers.is_open(day) else max(0, after - 1)

    @property
    def horizon(self) -> int:
        """The index of the last day."""
        return self.index(self.last)

    def days(self) -> tuple[date, ...]:
        """The day of each index; today itself where no open day follows."""
        span = (self.last - self.today).days
        days = [self.today + timedelta(days=n) for n in range(span + 1)]
        return tuple(day for day in days if self.numbers.is_open(day)) or (self.today,)
