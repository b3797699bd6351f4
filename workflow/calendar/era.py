"""Japanese eras (和暦): inside hyoka years are Gregorian, on screen and in print they are 和暦.

The table is our own, five rows long, so that a new era is one line here and not an upgrade of a
library. It is also why nothing here asks the operating system for a locale.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from workflow.calendar.fiscal_year import fiscal_year_of

#: The first fiscal year that ran from April to March (明治19年度). Years before it had other ends.
FIRST_FISCAL_YEAR = 1886

#: 令和99年度. Beyond two digits of an era a year is a slip of the keyboard.
LAST_FISCAL_YEAR = 2117

_WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True)
class Era:
    """One era: its name, the letter staff type for it, and the first day that is dated in it."""

    name: str
    letter: str
    first_day: date


#: Oldest first. 明治 begins here on 1868-10-23, the day the edict was given: no paper of an earlier
#: day bears the name. (The edict counts the whole year back to 1868-01-25, which common tables
#: show as the start. No fiscal year is touched by the choice.)
ERAS = (
    Era("明治", "M", date(1868, 10, 23)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("令和", "R", date(2019, 5, 1)),
)


class FiscalYearNotUnderstood(ValueError):
    """A typed fiscal year that cannot be read.

    `text` is what was typed; `reason` is one of `empty`, `no_era` (a bare small number), `form`
    (none of the known forms) and `no_such_year` (平成32年度, 昭和64年度, 令和0).
    """

    def __init__(self, text: str, reason: str, explanation: str) -> None:
        super().__init__(f"fiscal year {text!r} not understood: {explanation}")
        self.text = text
        self.reason = reason


def era_of(day: date) -> Era:
    """Return the era `day` is dated in. Raises ValueError before 明治."""
    for era in reversed(ERAS):
        if day >= era.first_day:
            return era
    raise ValueError(f"{day} lies before {ERAS[0].name} ({ERAS[0].first_day})")


def japanese_fiscal_year(year: int) -> str:
    """Return "令和3年度"; the first year of an era is 元.

    A fiscal year bears the era that covers most of it, the one of 1 October: 2019 is 令和元年度
    (one month of it was 平成31年), 1988 stays 昭和63年度, 1926 stays 大正15年度.
    Raises ValueError outside 1886 to 2117.
    """
    era = _era_of_fiscal_year(year)
    return f"{era.name}{_year_in_era(year, era)}年度"


def short_fiscal_year(year: int) -> str:
    """Return "R3" or "R元" for the narrow column heads; rule and range as the long form."""
    era = _era_of_fiscal_year(year)
    return f"{era.letter}{_year_in_era(year, era)}"


def japanese_year(year: int) -> str:
    """Return "令和8年"; a calendar year in which an era began bears both: 平成31年・令和元年.

    Raises ValueError before 明治.
    """
    names = dict.fromkeys(year_of_era(day) for day in (date(year, 1, 1), date(year, 12, 31)))
    return "・".join(f"{name}年" for name in names)


def year_of_era(day: date) -> str:
    """Return "令和8", the year that `day` is dated in. Raises ValueError before 明治."""
    era = era_of(day)
    return f"{era.name}{_year_in_era(day.year, era)}"


def japanese_date(day: date, *, weekday: bool = True) -> str:
    """Return "令和4年7月15日（金）", or without the weekday "令和4年7月15日".

    Month and day are Gregorian, as Japan has counted them since 1873-01-01; nothing here turns an
    earlier day into the lunar calendar. Raises ValueError before 明治.
    """
    text = f"{year_of_era(day)}年{day.month}月{day.day}日"
    return f"{text}（{_WEEKDAYS[day.weekday()]}）" if weekday else text


_DIGIT = "[一二三四五六七八九]"
_FISCAL_YEAR = re.compile(
    r"(?:(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHR]\.?)\s*"
    rf"(?P<number>元|[0-9]{{1,2}}|{_DIGIT}?十{_DIGIT}?|{_DIGIT})"
    r"|(?:西暦|FY)?\s*(?P<gregorian>[0-9]{4}))"
    r"\s*(?:年\s*度?)?"
)
#: 令和3年度（2021年度）, 令和3(2021)年度: as offices write both.
_BOTH = re.compile(r"(?P<one>[^()]+?)\s*\(\s*(?P<other>[^()]+?)\s*\)\s*(?:年\s*度?)?")


def parse_fiscal_year(text: str) -> int:
    """Read a fiscal year in any form staff type: R3, r3, 令3, 令和３年度, 令和三, R元, H31, 2021.

    Width, case and spaces around the parts do not matter; both years may be said, as in
    令和3年度（2021年度）. An era may be used for every fiscal year that began in it or that it
    names: both 平成31 and 令和元 are 2019.
    Raises FiscalYearNotUnderstood (a ValueError) for everything else; nothing is guessed: a bare
    "3" has no era, and 平成32年度 never came.
    """
    # NFKC folds full-width forms and the one-character eras (㋿, ㍻). For reading only: what is
    # stored stays NFC.
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if not folded:
        raise FiscalYearNotUnderstood(text, "empty", "nothing was typed")
    if both := _BOTH.fullmatch(folded):
        years = {_one_year(both[name], text) for name in ("one", "other")}
        if len(years) > 1:
            raise FiscalYearNotUnderstood(text, "form", "the two years are not the same")
        return years.pop()
    return _one_year(folded, text)


def _one_year(folded: str, text: str) -> int:
    if re.fullmatch(r"[0-9]{1,2}\s*(?:年\s*度?)?", folded):
        raise FiscalYearNotUnderstood(text, "no_era", "write the era (R3, 令和3) or 2021")
    match = _FISCAL_YEAR.fullmatch(folded)
    if match is None:
        raise FiscalYearNotUnderstood(text, "form", "write R3, 令和3年度 or 2021")

    if match["gregorian"]:
        year = int(match["gregorian"])
    else:
        era = next(era for era in ERAS if match["era"][0] in (era.letter, era.name[0]))
        year = _year_within(era, _number(match["number"]), text)
    if not FIRST_FISCAL_YEAR <= year <= LAST_FISCAL_YEAR:
        raise FiscalYearNotUnderstood(
            text, "no_such_year", f"only {FIRST_FISCAL_YEAR} to {LAST_FISCAL_YEAR} are known"
        )
    return year


def _era_of_fiscal_year(year: int) -> Era:
    if not FIRST_FISCAL_YEAR <= year <= LAST_FISCAL_YEAR:
        raise ValueError(f"fiscal year {year} is not in {FIRST_FISCAL_YEAR}-{LAST_FISCAL_YEAR}")
    return era_of(date(year, 10, 1))


def _year_in_era(year: int, era: Era) -> str:
    number = year - era.first_day.year + 1
    return "元" if number == 1 else str(number)


def _year_within(era: Era, number: int, text: str) -> int:
    """Turn a year of an era into a fiscal year; refuse a year that the era never had."""
    if number < 1:
        raise FiscalYearNotUnderstood(text, "no_such_year", "the first year of an era is 1 (元)")
    year = era.first_day.year + number - 1
    if era is ERAS[-1]:
        return year

    following = ERAS[ERAS.index(era) + 1]
    last = fiscal_year_of(following.first_day - timedelta(days=1))
    if year > last:
        meant = f"; {year} is {short_fiscal_year(year)}" if year <= LAST_FISCAL_YEAR else ""
        raise FiscalYearNotUnderstood(
            text, "no_such_year", f"{era.name} ended in fiscal year {last}{meant}"
        )
    return year


def _number(text: str) -> int:
    """Read 元, ASCII digits, or a Chinese numeral up to 九十九."""
    if text == "元":
        return 1
    if text.isascii():
        return int(text)
    tens, ten, units = text.rpartition("十")
    value = "〇一二三四五六七八九".index
    return (value(tens) if tens else 1 if ten else 0) * 10 + (value(units) if units else 0)
