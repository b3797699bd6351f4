"""A database with its core at a moment that is set, for whatever is measured on business days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from pydantic import SecretStr

from bench import plans
from bench.stand import CITY, Stand
from workflow.application import Application
from workflow.clock import OFFICE_ZONE
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.services import closed_days, publication, ticking
from workflow.settings import Settings

#: Tables that grow with the evaluations and their years; a tick must never read them through.
GROWING = (
    "evaluation", "stage_entry", "timer", "notice", "mail", "event", "authorship", "measure",
)  # fmt: skip


class Office:
    """A database with its core, at a moment that is set."""

    def __init__(self, stand: Stand, name: str) -> None:
        self._stand = stand
        self.name = name
        self.now: datetime | None = None
        self.application = Application(
            Settings(database_url=SecretStr(stand.url(name))), clock=self._clock
        )

    def _clock(self) -> datetime:
        assert self.now is not None
        return self.now

    def send(self, _message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
        """A mail server that takes everything at once: it is not what is measured."""
        return Attempt(Result.ACCEPTED)

    def tick(self) -> ticking.Ticked:
        """All that is due, once."""
        return ticking.tick(self.application, self)

    @contextmanager
    def counted(self) -> Iterator[list[int]]:
        """Blocks touched inside of the block, in the growing tables."""
        blocks: list[int] = []
        self.application.dispose()
        before = plans.counters(self._stand, self.name)
        yield blocks
        self.application.dispose()
        after = plans.counters(self._stand, self.name)
        blocks.append(plans.touched(before, after, GROWING)[0])

    def warm(self) -> None:
        """Open the connection, as a worker's is."""
        publication.due(self.application)


def open_days(stand: Stand, count: int) -> tuple[datetime, ...]:
    """Business days from tomorrow on, at ten o'clock: after the time of the digest."""
    application = stand.application(CITY)
    with application.query(SYSTEM) as ctx:
        calendar, today = closed_days.load(ctx), ctx.today
    application.dispose()
    found: list[date] = []
    day = today
    while len(found) < count:
        day += timedelta(days=1)
        if calendar.is_open(day):
            found.append(day)
    return tuple(datetime(d.year, d.month, d.day, 10, tzinfo=OFFICE_ZONE) for d in found)
