"""What a spreadsheet shows for a day or a time: 令和4.4.1 for 44652 under ``ggge.m.d``.

The part of ``number_formats`` that reads codes of days and times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from workflow.calendar.era import Era, era_of

#: 31 December 9999, the last day of a spreadsheet.
_LAST_DAY = 2_958_465
#: 29 February 1900, which spreadsheets have and the calendar has not.
_NO_DAY = 60
_SECONDS = 86_400

_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[ymdhsge]|a{3,4}", re.IGNORECASE)
_PART = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<blank>_.)|(?P<fill>\*.)'
    r"|\[\$-(?:411|ja-JP[^\]]*|F800|F400)\]|\[(?P<elapsed>h+|m+|s+)\]"
    r"|(?P<half>AM/PM|A/P)|(?P<letters>y+|m+|d+|h+|s+|g+|e+|a+)"
    r"|(?P<literal>[ /:,.()\-]|[^\x00-\x7f])",
    re.IGNORECASE,
)
_WEEKDAYS = "月火水木金土日"
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class NotShown(ValueError):
    """What stands in the cell cannot be said; ``reason`` is ``code``, ``digits``, ``width``,
    ``hidden`` or ``no_day``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Moment:
    """A serial number taken apart; ``day`` is None where it names no day of the calendar."""

    day: date | None
    #: Seconds since midnight.
    second: int
    #: Seconds since the beginning of the count.
    total: int

    @property
    def known_day(self) -> date:
        """The day.

        Raises:
            NotShown: there is none.
        """
        if self.day is None:
            raise NotShown("no_day")
        return self.day

    @property
    def era(self) -> tuple[Era, int]:
        """The era and its year.

        Raises:
            NotShown: the first one, which is 1 or 元 by a setting of the machine; before 明治.
        """
        try:
            era = era_of(self.known_day)
        except ValueError as error:
            raise NotShown("no_day") from error
        year = self.known_day.year - era.first_day.year + 1
        if year == 1:
            raise NotShown("code")
        return era, year


def is_date_code(section: str) -> bool:
    """Whether a section of a format code shows a day or a time."""
    bare = _NOT_LETTERS.sub("", section)
    bare = re.sub(r"General|G/標準|E[+-]", "", bare, flags=re.IGNORECASE)
    return _DATE_LETTERS.search(bare) is not None


def date_text(serial: Decimal, section: str, *, since_1904: bool) -> str:
    """What stands in the cell.

    Raises:
        NotShown: the code is none of those that are read, or there is no such day.
    """
    moment = _moment(serial, since_1904=since_1904)
    parts = _parts(section)
    halves = any(kind == "half" for kind, _ in parts)
    if halves and "[$-" in section:
        # AM or 午前: by the language that is named.
        raise NotShown("code")
    text = ""
    for place, (kind, letters) in enumerate(parts):
        if kind == "letters":
            text += _shown(moment, _as_minutes(parts, place), halves=halves)
        elif kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[letters[0].lower()]
            text += f"{moment.total // unit:0{len(letters)}d}"
        elif kind == "half":
            words = ("AM", "PM") if letters.upper() == "AM/PM" else ("A", "P")
            text += words[moment.second >= _SECONDS // 2]
        else:
            text += letters
    return text


def _moment(serial: Decimal, *, since_1904: bool) -> _Moment:
    seconds = int((serial * _SECONDS).quantize(Decimal(1), ROUND_HALF_UP))
    whole = int((Decimal(seconds) / _SECONDS).quantize(Decimal(1), ROUND_FLOOR))
    if seconds < 0 or whole > _LAST_DAY:
        raise NotShown("no_day")
    day: date | None = None
    if since_1904:
        day = date(1904, 1, 1) + timedelta(days=min(whole, _LAST_DAY - 1462))
    elif whole > _NO_DAY:
        day = date(1899, 12, 30) + timedelta(days=whole)
    elif 0 < whole < _NO_DAY:
        day = date(1899, 12, 31) + timedelta(days=whole)
    return _Moment(day, seconds - whole * _SECONDS, seconds)


def _parts(section: str) -> list[tuple[str, str]]:
    parts, at = [], 0
    while at < len(section):
        found = _PART.match(section, at)
        if found is None:
            raise NotShown("code")
        at = found.end()
        kind = found.lastgroup
        if kind == "blank":
            parts.append(("literal", " "))
        elif kind in ("quoted", "escaped"):
            parts.append(("literal", found[kind]))
        elif kind is not None and kind != "fill":
            parts.append((kind, found[kind]))
    return parts


def _as_minutes(parts: list[tuple[str, str]], place: int) -> str:
    """The letters in lower case; ``n`` for an m that stands after hours or before seconds."""
    letters = parts[place][1].lower()
    if letters[0] != "m" or len(letters) > 2:
        return letters
    timed = [text[0].lower() for kind, text in parts[:place] if kind in ("letters", "elapsed")]
    coming = [
        text[0].lower() for kind, text in parts[place + 1 :] if kind in ("letters", "elapsed")
    ]
    if timed[-1:] == ["h"] or coming[:1] == ["s"]:
        return "n" * len(letters)
    return letters


_Words = Callable[[_Moment], str]
_SHOWN: Mapping[str, _Words] = {
    "yyyy": lambda m: f"{m.known_day.year:04d}",
    "yyy": lambda m: f"{m.known_day.year:04d}",
    "yy": lambda m: f"{m.known_day.year % 100:02d}",
    "y": lambda m: f"{m.known_day.year % 100:02d}",
    "e": lambda m: str(m.era[1]),
    "ee": lambda m: f"{m.era[1]:02d}",
    "g": lambda m: m.era[0].letter,
    "gg": lambda m: m.era[0].name[0],
    "ggg": lambda m: m.era[0].name,
    "m": lambda m: str(m.known_day.month),
    "mm": lambda m: f"{m.known_day.month:02d}",
    "mmm": lambda m: _MONTHS[m.known_day.month - 1][:3],
    "mmmm": lambda m: _MONTHS[m.known_day.month - 1],
    "mmmmm": lambda m: _MONTHS[m.known_day.month - 1][0],
    "d": lambda m: str(m.known_day.day),
    "dd": lambda m: f"{m.known_day.day:02d}",
    "ddd": lambda m: _ENGLISH_DAYS[m.known_day.weekday()][:3],
    "dddd": lambda m: _ENGLISH_DAYS[m.known_day.weekday()],
    "aaa": lambda m: _WEEKDAYS[m.known_day.weekday()],
    "aaaa": lambda m: f"{_WEEKDAYS[m.known_day.weekday()]}曜日",
    "n": lambda m: str(m.second // 60 % 60),
    "nn": lambda m: f"{m.second // 60 % 60:02d}",
    "s": lambda m: str(m.second % 60),
    "ss": lambda m: f"{m.second % 60:02d}",
}  # fmt: skip


def _shown(moment: _Moment, letters: str, *, halves: bool) -> str:
    if letters in ("h", "hh"):
        hour = moment.second // 3600
        hour = (hour - 1) % 12 + 1 if halves else hour
        return f"{hour:0{len(letters)}d}"
    if letters not in _SHOWN:
        raise NotShown("code")
    return _SHOWN[letters](moment)
