"""Writes calendars that other programs subscribe to (RFC 5545, RFC 7986): all-day events only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

#: Octets of a line without its end (RFC 5545, 3.1).
LONGEST_LINE = 75

_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
# A value of TEXT holds no control characters but the tabulator (3.3.11).
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class AllDayEvent:
    """One day in the calendar.

    Attributes:
        uid: the same for as long as it is the same thing, so that a changed day moves it.
        changed_at: when it came to be as it is.
    """

    uid: str
    day: date
    summary: str
    description: str
    url: str
    changed_at: datetime


def text_value(text: str) -> str:
    """A value of TEXT: backslash, semicolon, comma and line ends escaped (3.3.11)."""
    plain = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.translate(_ESCAPED)


def folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, never within a character (3.1)."""
    pieces, piece, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        # The space at the head of a further piece counts.
        if octets + size > LONGEST_LINE:
            pieces.append(piece)
            piece, octets = " ", 1
        piece += character
        octets += size
    return "\r\n".join([*pieces, piece])


def calendar(name: str, events: Iterable[AllDayEvent], *, refresh_hours: int) -> str:
    """The whole calendar; the same events give the same text."""
    every = f"PT{refresh_hours}H"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hyoka//hyoka//JA",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{text_value(name)}",
        f"X-WR-CALNAME:{text_value(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{every}",
        f"X-PUBLISHED-TTL:{every}",
    ]
    for event in events:
        lines += _event(event)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _event(event: AllDayEvent) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{text_value(event.uid)}",
        f"DTSTAMP:{event.changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        # The day after: an end is not included (3.6.1).
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{text_value(event.summary)}",
        f"DESCRIPTION:{text_value(event.description)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]
