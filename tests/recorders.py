"""Stand-ins at the edges: a clock that is set, a mail server and a doorbell that keep all they get.

Everything between the edges is real in every test.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage

from workflow.clock import OFFICE_ZONE
from workflow.mail.smtp import Attempt, Result


class Clock:
    """The clock of a test: stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by a ``timedelta`` given in words."""
        self.now += timedelta(**by)
        return self.now

    def set(self, day: date, local: time = time(10, 0)) -> datetime:
        """Move to a local day and time in the office."""
        self.now = datetime.combine(day, local, OFFICE_ZONE).astimezone(UTC)
        return self.now


class RecordingTransport:
    """A mail server that keeps what it gets, and answers what a test wants."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.recipients: list[str] = []
        #: Answers for the next attempts; accepted when there are none left.
        self.answers: list[Attempt] = []

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
        """Keep the mail and give the next answer."""
        self.sent.append(message)
        self.recipients.append(recipient)
        return self.answers.pop(0) if self.answers else Attempt(Result.ACCEPTED, "250 OK")

    def to(self, address: str) -> list[EmailMessage]:
        """Attempts to reach *address* (its part before the @ is enough)."""
        return [
            message
            for message, recipient in zip(self.sent, self.recipients, strict=True)
            if recipient == address or recipient.partition("@")[0] == address
        ]

    def forget(self) -> None:
        """Begin anew."""
        self.sent.clear()
        self.recipients.clear()


class RecordingDoorbell:
    """Keeps what was rung, after which commit."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, tuple[int, ...]]] = []

    def ring(self, task: str, *arguments: int) -> None:
        """Keep the ring."""
        self.rings.append((task, arguments))


def body_of(message: EmailMessage) -> str:
    """The text part of a mail, its lines ended as Python does."""
    part = message.get_body(("plain",))
    assert part is not None
    return "\n".join(part.get_content().splitlines())
