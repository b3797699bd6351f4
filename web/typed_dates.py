"""Reads days and times as people type them: 令和8, R8 or 2026; 7; 15; 9:00 or 9時30分.

A whole day that was pasted into the field of the year is read as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from web.language import locale
from workflow.calendar.era import year_of_era
from workflow.calendar.typed import (
    DayNotUnderstood,
    TimeNotUnderstood,
    parse_day,
    parse_time,
    parse_year,
)
from workflow.clock import OFFICE_ZONE
from workflow.errors import BadInput, Fault

PARTS = ("year", "month", "day")

#: A number with its own sign or without; nothing else that Python would take for one.
_NUMBER = {
    "month": re.compile(r"([0-9]{1,2})\s*月?"),
    "day": re.compile(r"([0-9]{1,2})\s*日?"),
}


def typed_parts(form: Mapping[str, str], name: str) -> dict[str, str]:
    """What stands in the fields ``NAME-year``, ``NAME-month`` and ``NAME-day``."""
    return {part: form.get(f"{name}-{part}", "").strip() for part in PARTS}


def parts_of(day: date) -> dict[str, str]:
    """A day as the reader would type it into the three fields: 令和8, 7, 15; 2026 in English."""
    year = str(day.year) if locale() == "en" else year_of_era(day)
    return dict(zip(PARTS, (year, str(day.month), str(day.day)), strict=True))


def read_moment(form: Mapping[str, str], day: str, clock: str) -> datetime:
    """The instant that was typed into the date field *day* and the text field *clock*.

    Both are office time. The year may be Gregorian or of an era, in any width.

    Raises:
        BadInput: ``required``, ``not_a_day`` or ``not_a_time``, naming the field.
    """
    faults: list[Fault] = []
    parts = typed_parts(form, day)
    typed_time = form.get(clock, "").strip()
    found_day, found_time = _day(parts), _time(typed_time)
    if found_day is None:
        faults.append(_fault(day, "not_a_day", _as_typed(parts)))
    if found_time is None:
        faults.append(_fault(clock, "not_a_time", typed_time))
    if found_day is None or found_time is None:
        raise BadInput("invalid_form", tuple(faults))
    return datetime.combine(found_day, found_time, OFFICE_ZONE).astimezone(UTC)


def read_day(form: Mapping[str, str], name: str) -> date:
    """The day that was typed into the date field *name*.

    Raises:
        BadInput: ``required`` or ``not_a_day``, naming the field.
    """
    parts = typed_parts(form, name)
    found = _day(parts)
    if found is None:
        raise BadInput("invalid_form", (_fault(name, "not_a_day", _as_typed(parts)),))
    return found


def read_time(form: Mapping[str, str], name: str) -> time:
    """The time of day that was typed into the text field *name*, office time.

    Raises:
        BadInput: ``required`` or ``not_a_time``, naming the field.
    """
    typed = form.get(name, "").strip()
    found = _time(typed)
    if found is None:
        raise BadInput("invalid_form", (_fault(name, "not_a_time", typed),))
    return found


def _as_typed(parts: Mapping[str, str]) -> str:
    signs = zip(PARTS, "年月日", strict=True)
    return "".join(f"{parts[part]}{sign}" for part, sign in signs if parts[part])


def _fault(field: str, code: str, typed: str) -> Fault:
    return Fault(field, code, {"typed": typed}) if typed else Fault(field, "required", {})


def _day(parts: Mapping[str, str]) -> date | None:
    month, day = (_NUMBER[part].fullmatch(_folded(parts[part])) for part in ("month", "day"))
    try:
        if not parts["month"] and not parts["day"]:
            return parse_day(parts["year"])
        if month is None or day is None:
            return None
        return date(parse_year(parts["year"]), int(month[1]), int(day[1]))
    except (DayNotUnderstood, ValueError):
        return None


def _time(typed: str) -> time | None:
    try:
        return parse_time(typed)
    except TimeNotUnderstood:
        return None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
