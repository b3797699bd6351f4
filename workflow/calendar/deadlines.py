"""Deadlines (期限) of an office in Asia/Tokyo: fixing one, asking how late it is, planning timers.

A deadline is a local date and a cut-off time; only `instant` turns it into a moment in UTC. The
present is always handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from workflow.calendar.business_days import BusinessCalendar

TOKYO = ZoneInfo("Asia/Tokyo")

#: When the daily digest goes out, local time: it is there when the office opens.
DEFAULT_DIGEST_TIME = time(8, 45)


class MoveCode(StrEnum):
    """Why a wanted date could not be the due date."""

    #: The wanted day is a Saturday or Sunday and nothing else.
    MOVED_WEEKEND = "moved_weekend"
    #: The wanted day is a closed day with a name, on whatever weekday.
    MOVED_CLOSED_DAY = "moved_closed_day"


class RungKind(StrEnum):
    """What a step of the ladder does."""

    #: To those who act, up to the due date.
    REMINDER = "reminder"
    #: To those who act, after it.
    OVERDUE = "overdue"
    #: To those above them.
    ESCALATION = "escalation"


@dataclass(frozen=True)
class Deadline:
    """The last day and, on it, the last moment, in the local time of Tokyo."""

    due_on: date
    cut_off: time

    def __post_init__(self) -> None:
        """Raise ValueError when the cut-off carries a zone of its own."""
        _require_local(self.cut_off)

    def instant(self) -> datetime:
        """Return the last moment that is still in time, aware, in UTC."""
        return _instant(self.due_on, self.cut_off)


@dataclass(frozen=True)
class DeadlineMove:
    """A wanted date that fell on a closed day: which one, why, and the day's name."""

    wanted_on: date
    code: MoveCode
    closed_day_name: str


@dataclass(frozen=True)
class Rung:
    """One step of a reminder ladder, `offset_business_days` from the due date.

    A reminder stands on or before the due date (0 = the morning of the day), the others after it.
    """

    kind: RungKind
    number: int
    offset_business_days: int

    def __post_init__(self) -> None:
        """Raise ValueError when the step stands on the wrong side of the due date."""
        if self.kind == RungKind.REMINDER and self.offset_business_days > 0:
            raise ValueError(f"reminder {self.number} would come after the due date")
        if self.kind != RungKind.REMINDER and self.offset_business_days < 1:
            raise ValueError(f"{self.kind} {self.number} would come before anything is late")


@dataclass(frozen=True)
class PlannedTimer:
    """A step of the ladder with the instant (UTC) at which it falls due."""

    kind: RungKind
    number: int
    due_at: datetime


def fix_deadline(
    wanted: date, calendar: BusinessCalendar, cut_off: time
) -> tuple[Deadline, DeadlineMove | None]:
    """Return the deadline for a wanted date, and why it moved if it did.

    A closed day moves to the next open one (地方自治法 4 条の 2 第 4 項).
    Raises CalendarNotCovered, and ValueError for a cut-off with a zone.
    """
    name = calendar.closed_reason(wanted)
    if name is None:
        return Deadline(wanted, cut_off), None

    has_own_name = wanted in calendar.closed_days
    code = MoveCode.MOVED_CLOSED_DAY if has_own_name else MoveCode.MOVED_WEEKEND
    return Deadline(calendar.next_open(wanted), cut_off), DeadlineMove(wanted, code, name)


def days_left(deadline: Deadline, now: datetime) -> int:
    """Return the calendar days in Tokyo from `now` to the due date; negative when it is past.

    0 is the whole due date, also after its cut-off: `is_overdue` tells the two apart.
    Raises ValueError for a naive `now`.
    """
    _require_aware(now)
    return (deadline.due_on - now.astimezone(TOKYO).date()).days


def is_overdue(deadline: Deadline, now: datetime) -> bool:
    """Return whether the last moment has passed; the moment itself is in time.

    Raises ValueError for a naive `now`.
    """
    _require_aware(now)
    return now > deadline.instant()


def plan_timers(
    deadline: Deadline,
    ladder: Sequence[Rung],
    calendar: BusinessCalendar,
    *,
    not_before: datetime,
    digest_time: time = DEFAULT_DIGEST_TIME,
) -> tuple[PlannedTimer, ...]:
    """Return the timers of a deadline, earliest first, each at the digest time of an open day.

    A reminder that would lie before `not_before` or after the deadline is left out: nobody is told
    of a date that has gone by. Overdue and escalation steps are kept even when they already lie in
    the past, because the sheet *is* late; they fire at the next chance, under the instant planned.
    Raises CalendarNotCovered, and ValueError for a naive `not_before`, a digest time with a zone
    or two steps of the same kind and number (each may fire once, and that pair is its name).
    """
    _require_aware(not_before)
    _require_local(digest_time)
    if len({(rung.kind, rung.number) for rung in ladder}) < len(ladder):
        raise ValueError("two steps of the ladder share kind and number")

    planned = []
    for rung in ladder:
        day = calendar.add_business_days(deadline.due_on, rung.offset_business_days)
        due_at = _instant(day, digest_time)
        # After the deadline: the due date was closed later on, or the cut-off is before the digest.
        if rung.kind == RungKind.REMINDER and not not_before <= due_at <= deadline.instant():
            continue
        planned.append(PlannedTimer(rung.kind, rung.number, due_at))
    return tuple(sorted(planned, key=lambda timer: timer.due_at))


def _instant(day: date, local_time: time) -> datetime:
    return datetime.combine(day, local_time, TOKYO).astimezone(UTC)


def _require_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")


def _require_local(local_time: time) -> None:
    if local_time.tzinfo is not None:
        raise ValueError(f"{local_time} has a zone; it is the local time of Tokyo")
