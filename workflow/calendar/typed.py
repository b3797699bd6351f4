"""Reads days and times as staff type them: R4.7.15, 令和4年7月15日（金）, 2022/7/15; 17時15分.

Nothing is guessed: a fiscal year is no year of a day (the February of 令和3年度 lies in 令和4年),
22 has no era, and a day whose weekday in brackets is another one was not meant.
"""

import re
import unicodedata
from datetime import date, time

from workflow.calendar.era import FiscalYearNotUnderstood, parse_fiscal_year

_WEEKDAYS = "月火水木金土日"
#: The one year that days bear and no fiscal year: the seven days of 昭和64年.
_SHOWA_64 = re.compile(r"(?:昭和?|S\.?)\s*(?:64|六十四)\s*年?")
_FISCAL = re.compile(r"度|^FY")
_DAY = re.compile(
    r"(?P<year>[MTSHR]\.?\s*(?:元|[0-9]{1,2})|[^0-9年./-]*[0-9元一二三四五六七八九十]{1,4})"
    r"\s*(?:年|[./-])\s*(?P<month>[0-9]{1,2})\s*(?:月|[./-])\s*(?P<day>[0-9]{1,2})\s*日?"
    r"\s*(?:\((?P<weekday>[月火水木金土日])(?:曜日?)?\))?"
)
_DIGITS = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")


_TIME = re.compile(
    r"(?:(?P<half>午前|午後)\s*)?"
    r"(?P<hour>[0-9]{1,2})(?:[:時]\s*(?:(?P<minute>[0-9]{1,2})分?)?)?"
)
_NOON = "正午"


class TimeNotUnderstood(ValueError):
    """A typed time of day that cannot be read; `text` is what was typed."""

    def __init__(self, text: str) -> None:
        super().__init__(f"time {text!r} not understood")
        self.text = text


class DayNotUnderstood(ValueError):
    """A typed day or year of a day that cannot be read; `text` is what was typed."""

    def __init__(self, text: str) -> None:
        super().__init__(f"day {text!r} not understood")
        self.text = text


def parse_year(text: str) -> int:
    """Read the year of a day: R4, 令和４年, 令和元, H31, S64, 2022.

    An era may be used for the whole of its first and last year: 令和元 and 平成31 are both 2019.
    Raises DayNotUnderstood for everything else, fiscal years included.
    """
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if _SHOWA_64.fullmatch(folded):
        return 1989
    if _FISCAL.search(folded):
        raise DayNotUnderstood(text)
    try:
        return parse_fiscal_year(folded)
    except FiscalYearNotUnderstood as error:
        raise DayNotUnderstood(text) from error


def parse_day(text: str) -> date:
    """Read a whole day: 令和4年7月15日（金）, R4.7.15, 2022/7/15, 2022-07-15, 20220715.

    Width, case and spaces around the parts do not matter.
    Raises DayNotUnderstood for everything else, and for days that never were.
    """
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    match = _DAY.fullmatch(folded) or _DIGITS.fullmatch(folded)
    if match is None:
        raise DayNotUnderstood(text)
    try:
        found = date(parse_year(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise DayNotUnderstood(text) from error
    weekday = match.groupdict().get("weekday")
    if weekday and weekday != _WEEKDAYS[found.weekday()]:
        raise DayNotUnderstood(text)
    return found


def parse_time(text: str) -> time:
    """Read a time of day: 9:00, 17時15分, 9時, 9, 午後5時30分, 正午, in any width.

    After 午前 and 午後 the hours are 0 to 11. 12 is refused there: 午後12時 is midnight by the
    decree that brought the hours (明治 5 年太政官布告 337 号), and noon to many who write it.

    Raises TimeNotUnderstood for everything else, and for times that no day has.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    if folded == _NOON:
        return time(12)
    match = _TIME.fullmatch(folded)
    if match is None:
        raise TimeNotUnderstood(text)
    hour = int(match["hour"])
    if match["half"] and hour > 11:
        raise TimeNotUnderstood(text)
    try:
        return time(hour + 12 * (match["half"] == "午後"), int(match["minute"] or 0))
    except ValueError as error:
        raise TimeNotUnderstood(text) from error
