"""The one place that reads the machine's clock.

Business time is ``ctx.now``: read once per command from the database (``workflow.application``),
so that web, workers and the command line of several machines agree. The machine's own clock is
used only where no database is at hand: log lines, the age of a signed cookie.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: Offices live here; instants are stored in UTC (design, truth 6).
OFFICE_ZONE = ZoneInfo("Asia/Tokyo")


def machine_now() -> datetime:
    """The machine's clock, aware, in UTC."""
    return datetime.now(UTC)


def office_day(instant: datetime) -> date:
    """The calendar day in the office at an aware *instant*."""
    return instant.astimezone(OFFICE_ZONE).date()
