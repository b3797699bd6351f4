"""One mail to one server, and what can honestly be said of it afterwards.

The body and the final dot are sent apart, because they mean different things when the line breaks:
before the dot nothing was accepted, after it the server may have stored the mail (RFC 1047).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol

from workflow import failpoints
from workflow.mail.refusals import is_about_the_address
from workflow.settings import Settings

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")


class Result(StrEnum):
    """What is known after the attempt."""

    #: The server said 250.
    ACCEPTED = "accepted"
    #: Surely not delivered; may be tried again (4xx, no connection, a break before the dot).
    LATER = "later"
    #: The server refused for good (5xx).
    REFUSED = "refused"
    #: The line broke after the final dot.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attempt:
    """The result, and the server's or the system's own words for the page of mails."""

    result: Result
    detail: str = ""
    #: The refusal was about this very address, not about the sender or the content.
    address_refused: bool = False


class Transport(Protocol):
    """Whatever takes a mail away."""

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
        """Try once; never raises for what the network or the server does."""


class SmtpTransport:
    """The city's mail server, one connection per mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
        """Try once."""
        body = _dotted(message.as_bytes())
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return Attempt(Result.LATER, _words(error))
        sent_dot = False
        try:
            reply = server.mail(sender)
            if reply[0] >= 400:
                return _refused(reply)
            reply = server.rcpt(recipient)
            if reply[0] >= 400:
                return _refused(reply, to_recipient=True)
            reply = server.docmd("DATA")
            if reply[0] != 354:
                return _refused(reply)
            server.send(body)
            sent_dot = True
            server.send(b".\r\n")
            reply = server.getreply()
            if 400 <= reply[0] < 600:
                return _refused(reply)
            if reply[0] != 250:
                # Half a line before the line broke ("25"): it says nothing.
                return Attempt(Result.UNKNOWN, f"{reply[0]} {_words(reply[1])}")
            failpoints.reached("after_accept", recipient)
        except (OSError, smtplib.SMTPException) as error:
            return Attempt(Result.UNKNOWN if sent_dot else Result.LATER, _words(error))
        finally:
            _leave(server)
        return Attempt(Result.ACCEPTED, _words(reply[1]))

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        server = _Conversation(settings)
        try:
            server.ehlo_or_helo_if_needed()
            if settings.smtp_start_tls:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server


class _Conversation(smtplib.SMTP):
    """Cut after so many seconds in all: a step's timeout begins anew with every byte it hears.

    A server that drips its answers would otherwise hold a worker for ever, past its lease.
    """

    def __init__(self, settings: Settings) -> None:
        self._end = threading.Timer(settings.smtp_conversation_seconds, self._cut)
        self._end.daemon = True
        self._end.start()
        try:
            super().__init__(settings.smtp_host, settings.smtp_port, timeout=settings.smtp_timeout)
        except BaseException:
            self._end.cancel()
            raise

    def _cut(self) -> None:
        line: socket.socket | None = self.sock
        if line is not None:
            with suppress(OSError):
                # The plain socket's own: TLS would want to say goodbye to somebody who hangs.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up, and need no cut any more."""
        self._end.cancel()
        super().close()


def _dotted(data: bytes) -> bytes:
    """Transparent for SMTP: CRLF line ends and a leading dot doubled (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r?\n", b"\r\n", data)
    return re.sub(rb"(?m)^\.", b"..", lines if lines.endswith(b"\r\n") else lines + b"\r\n")


def _refused(reply: tuple[int, bytes], *, to_recipient: bool = False) -> Attempt:
    code, words = reply
    said = _words(words)
    found = _ENHANCED.match(said)
    return Attempt(
        Result.REFUSED if 500 <= code < 600 else Result.LATER,
        f"{code} {said}",
        address_refused=to_recipient and is_about_the_address(code, found and found[1]),
    )


def _words(of: object) -> str:
    text = of.decode("utf-8", "replace") if isinstance(of, bytes) else f"{type(of).__name__}: {of}"
    return " ".join(text.split())[:300]


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
