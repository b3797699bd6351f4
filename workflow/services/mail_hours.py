"""When mails go out: on open days, from the time of the digest on.

Nobody is mailed on a closed day or in the night before one's work begins; what would go at once
then goes in the morning. Evenings of open days are left alone: somebody works, or nothing happens.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.clock import OFFICE_ZONE

#: What the calendar says of day ``:today``, as columns; one day of it, for it is asked with every
#: mail.
DAY = """
(SELECT calendar_from FROM municipality WHERE id = 1) AS calendar_from,
(SELECT calendar_until FROM municipality WHERE id = 1) AS calendar_until,
(SELECT name FROM closed_day WHERE day = :today) AS closed_day"""
_TODAY = sa.text(f"SELECT {DAY}")


class MailHours(StrEnum):
    """Whether mails may go out now."""

    #: An open day, and its digest time is over.
    OPEN = "open"
    #: A closed day, or before the digest time.
    CLOSED = "closed"
    #: The calendar says nothing of today: no digest, which could fall on New Year's Day; all else
    #: goes on.
    UNKNOWN = "unknown"


def opening(ctx: Context) -> datetime:
    """The instant of today's digest, from which on mails go out if today is an open day."""
    return datetime.combine(ctx.today, ctx.settings.digest_time, OFFICE_ZONE)


def waits_since(ctx: Context, oldest: datetime | None, hours: MailHours) -> datetime | None:
    """Since when something waits that might have gone out: what waits for the morning does not."""
    if oldest is None or hours is MailHours.CLOSED:
        return None
    return max(oldest, opening(ctx)) if hours is MailHours.OPEN else oldest


def mail_hours(ctx: Context) -> MailHours:
    """Whether mails may go out now, by one statement."""
    return judge(ctx, ctx.execute(_TODAY, {"today": ctx.today}).one())


def judge(ctx: Context, day: Any) -> MailHours:
    """The same from a row with the columns of ``DAY``, for statements that ask other things too."""
    if day.calendar_from is None:
        return MailHours.UNKNOWN
    named = {} if day.closed_day is None else {ctx.today: day.closed_day}
    calendar = BusinessCalendar(named, day.calendar_from, day.calendar_until)
    try:
        is_open = calendar.is_open(ctx.today)
    except CalendarNotCovered:
        return MailHours.UNKNOWN
    return MailHours.OPEN if is_open and ctx.now >= opening(ctx) else MailHours.CLOSED
