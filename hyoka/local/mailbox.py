"""A local mail server that keeps what it gets: one ``.eml`` file per mail in a folder.

``python -m hyoka.local.mailbox --port N --folder DIR`` runs it as a process of its own;
:func:`running_mailbox` runs it in a thread, for tests.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"

#: The envelope is written into the mail itself: it says who really gets it.
SENDER_HEADER = "X-Envelope-From"
RECIPIENT_HEADER = "X-Envelope-To"

_LARGEST_MAIL_BYTES = 32_000_000


@dataclass(frozen=True)
class Mailbox:
    """A running mail server and the folder of what it got."""

    folder: Path
    port: int

    def messages(self) -> list[EmailMessage]:
        """All mails in the order of their arrival."""
        return messages_in(self.folder)


class _Keeper:
    """What aiosmtpd calls with each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail; only then is it acknowledged."""
        try:
            store(self._folder, _with_envelope(envelope))
        except OSError as error:
            # Full, read-only, gone: it passes, so the sender keeps the mail and comes again.
            print(f"a mail could not be stored: {error}", file=sys.stderr, flush=True)
            return "452 4.3.1 the mail cannot be stored now, try again later"
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of this program is no fault of the mail: it may come again."""
        print(f"unexpected: {error!r}", file=sys.stderr, flush=True)
        return "451 4.3.0 local error, try again later"


def make_private(folder: Path) -> None:
    """Make the folder, and let nobody else in, also where it was there already."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def store(folder: Path, content: bytes) -> Path:
    """Write a mail under the next free number, complete from the first moment it is visible.

    A hard link is the step that makes it visible: unlike a rename it fails when the name is
    taken, so that two writers can never overwrite each other's mail.

    Returns:
        The new file, such as ``00000042.eml``.

    Raises:
        OSError: it cannot be written now; nothing of it is left.
    """
    taken = sorted(path.stem for path in folder.glob("*.eml") if path.stem.isdecimal())
    number = int(taken[-1]) + 1 if taken else 1
    hidden = folder / f".incoming-{os.getpid()}-{threading.get_ident()}"
    try:
        # Mails are letters: nobody but who runs this reads them, whatever the umask is.
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        while True:
            visible = folder / f"{number:08d}.eml"
            try:
                os.link(hidden, visible)
            except FileExistsError:
                number += 1
            else:
                return visible
    finally:
        hidden.unlink(missing_ok=True)


def messages_in(folder: Path) -> list[EmailMessage]:
    """All mails of a folder in the order of their arrival."""
    found = []
    for path in sorted(folder.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what policy.default makes
        found.append(message)
    return found


@contextmanager
def running_mailbox(folder: Path, port: int = 0) -> Iterator[Mailbox]:
    """Run the mail server in a thread while the block lasts.

    Args:
        folder: where the mails go; made when it is missing.
        port: the port on 127.0.0.1; a free one when 0.

    Raises:
        OSError: the port is taken.
    """
    make_private(folder)
    loop = asyncio.new_event_loop()
    # All of it in the thread: the caller's thread may have a running loop of its own.
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(_listen(folder, HOST, port), loop).result(10)
        try:
            yield Mailbox(folder, _port_of(server))
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def main(arguments: list[str] | None = None) -> None:
    """Run the mail server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m hyoka.local.mailbox", description=__doc__)
    parser.add_argument("--host", default=HOST, help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port there")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails go")
    options = parser.parse_args(arguments)
    make_private(options.folder)
    asyncio.run(_serve(options.folder, options.host, options.port))


async def _serve(folder: Path, host: str, port: int) -> None:
    server = await _listen(folder, host, port)
    print(f"listening on {host}:{_port_of(server)}, mails go to {folder}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await _close(server)


async def _listen(folder: Path, host: str, port: int) -> asyncio.Server:
    keeper = _Keeper(folder)
    loop = asyncio.get_running_loop()

    def conversation() -> SMTP:
        return SMTP(
            keeper,
            enable_SMTPUTF8=True,
            data_size_limit=_LARGEST_MAIL_BYTES,
            hostname="localhost",
            ident="hyoka mailbox",
            loop=loop,
        )

    return await loop.create_server(conversation, host, port)


async def _close(server: asyncio.Server) -> None:
    """Stop listening and end the conversations that are still open."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def _with_envelope(envelope: Envelope) -> bytes:
    recipients = ", ".join(envelope.rcpt_tos)
    head = f"{SENDER_HEADER}: {envelope.mail_from}\r\n{RECIPIENT_HEADER}: {recipients}\r\n"
    content = envelope.original_content or b""
    return head.encode("utf-8") + content


if __name__ == "__main__":
    main()
