"""A real SMTP server (aiosmtpd) that keeps what it took, and misbehaves as a script says."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

#: What a conversation may come to; the script names one for each.
FINE = "fine"
BUSY = "421 at the greeting"
LOCKED = "450 to the recipient"
NO_SUCH_BOX = "550 to the recipient"
GREYLISTED = "451 after the dot"
CUT_BEFORE_DOT = "cut before the dot"
CUT_AFTER_DOT = "cut after the dot"
HANGS = "hangs at the greeting"
HANGS_AFTER_DOT = "hangs after the dot"
DRIPS = "drips one byte at a time"


@dataclass(frozen=True)
class Stored:
    """A mail that the server took: from here on it would reach its reader."""

    recipient: str
    message_id: str
    fault: str


class PostOffice:
    """What the server got, and what it does next."""

    def __init__(self) -> None:
        self.port = 0
        self.stored: list[Stored] = []
        #: How many conversations came to what.
        self.faults: Counter[str] = Counter()
        #: Addresses that were refused for good.
        self.refused: set[str] = set()
        #: Asked at each conversation.
        self.script: Callable[[], str] = lambda: FINE
        #: While cleared, a mail waits after the dot before it is stored and answered.
        self.open = threading.Event()
        self.open.set()
        self.waiting = 0
        #: Seconds that each mail takes, so that many last for a while.
        self.pace = 0.0
        self.lines: set[asyncio.BaseTransport] = set()

    def per_recipient(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(mail.recipient for mail in self.stored)

    def twice(self) -> int:
        """How many mails came more than once."""
        return sum(count > 1 for count in self.copies().values())

    def copies(self) -> Counter[str]:
        """How often each Message-ID was stored."""
        return Counter(mail.message_id for mail in self.stored)


class _Conversation(SMTP):
    """One client; its fault is chosen when it connects."""

    def __init__(self, office: PostOffice, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(_Taker(office), enable_SMTPUTF8=True, hostname="localhost", loop=loop)
        self.office = office
        self.fault = FINE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Choose the fault; one that hangs never says anything."""
        self.fault = self.office.script()
        self.office.faults[self.fault] += 1
        self.office.lines.add(transport)
        if self.fault == HANGS:
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The client left."""
        if self.fault != HANGS:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """The client says no more."""
        return super().eof_received() if self.fault != HANGS else None

    async def push(self, status: Any) -> None:
        """Answer; one that drips never comes to the end of its line."""
        if self.fault == DRIPS:
            assert self._writer is not None
            text = status if isinstance(status, bytes) else str(status).encode()
            for byte in text[:3] + b"-" + b"." * 10_000:
                self._writer.write(bytes([byte]))
                await self._writer.drain()
                await asyncio.sleep(0.2)
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Too busy for a conversation, or welcome."""
        if self.fault == BUSY:
            await self.push("421 too busy, come again")
            self.transport.close()
            return
        await super().smtp_EHLO(hostname)

    async def smtp_DATA(self, arg: str) -> None:
        """Cut before the mail is sent, or take it.

        Later the client might have sent its dot already, and could not know.
        """
        if self.fault == CUT_BEFORE_DOT:
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class _Taker:
    """What aiosmtpd asks about each step."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_RCPT(
        self,
        server: _Conversation,
        session: Session,
        envelope: Envelope,
        address: str,
        options: Any,
    ) -> str:
        """Know the recipient, or not."""
        if server.fault == LOCKED:
            return "450 the box is locked"
        if server.fault == NO_SUCH_BOX or address in self._office.refused:
            self._office.refused.add(address)
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:
        """Keep the mail, and say so; or keep it, and do not say so."""
        office, fault = self._office, server.fault
        if fault == GREYLISTED:
            return "451 come again later"
        if not office.open.is_set():
            office.waiting += 1
            while not office.open.is_set():
                await asyncio.sleep(0.01)
            office.waiting -= 1
        if office.pace:
            await asyncio.sleep(office.pace)
        mail = message_from_bytes(envelope.original_content or b"")
        for recipient in envelope.rcpt_tos:
            office.stored.append(Stored(recipient, str(mail["Message-ID"]), fault))
        if fault == CUT_AFTER_DOT:
            server.transport.abort()
        if fault == HANGS_AFTER_DOT:
            await asyncio.sleep(3600)
        return "250 ok"


@contextmanager
def running_post_office() -> Iterator[PostOffice]:
    """A server in a thread of its own while the block lasts."""
    office = PostOffice()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="post office", daemon=True)
    thread.start()
    listening = loop.create_server(lambda: _Conversation(office, loop), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(10)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_close(server, office), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(server: asyncio.Server, office: PostOffice) -> None:
    server.close()
    for line in office.lines:
        line.abort()  # type: ignore[attr-defined]
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # What was aborted is closed in the loop's next rounds.
    for _ in range(5):
        await asyncio.sleep(0)
