"""One mail to one server: what can honestly be said afterwards, whatever the server does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from hyoka.local.mailbox import running_mailbox
from workflow.mail.smtp import Attempt, Result, SmtpTransport
from workflow.settings import Settings

SENDER, RECIPIENT = "hyoka@aose.example.jp", "sato@aose.example.jp"

#: What a server answers to each step, in order; None hangs up there.
GREETING, EHLO, MAIL, RCPT, DATA = b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go on"
UP_TO_DATA = (GREETING, EHLO, MAIL, RCPT, DATA)


def a_mail(text: str = "本文です。\n") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "件名"
    message["From"], message["To"] = SENDER, RECIPIENT
    message.set_content(text)
    return message


def settings_to(port: int, smtp_timeout: float = 60, **others: object) -> Settings:
    """Patient, for a loaded machine; where a silence is to be ended, a test says how soon."""
    return Settings(
        database_url=SecretStr("postgresql://nowhere/none"),
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_timeout=smtp_timeout,
        **others,  # type: ignore[arg-type]
    )


def send(port: int, message: EmailMessage | None = None, **others: object) -> Attempt:
    transport = SmtpTransport(settings_to(port, **others))
    return transport.send(message or a_mail(), sender=SENDER, recipient=RECIPIENT)


class ScriptedServer:
    """Talks SMTP to one client as the script says, and keeps what it heard."""

    def __init__(self, script: Sequence[bytes | None], *, silent: bool = False) -> None:
        self._script = script
        #: After the script: say nothing more instead of hanging up.
        self._silent = silent
        self.heard: list[bytes] = []
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as client, client.makefile("rb") as lines:
            client.settimeout(10)
            for number, answer in enumerate(self._script):
                if number:
                    self.heard.append(self._listen(lines.readline, number))
                if answer is None:
                    return
                client.sendall(answer + b"\r\n")
            if self._silent:
                self._done.wait(10)
            else:
                while line := lines.readline():
                    self.heard.append(line)
                    client.sendall(b"221 bye\r\n")

    def _listen(self, readline: Callable[[], bytes], number: int) -> bytes:
        """One command; after DATA the whole mail up to the dot."""
        if number <= len(UP_TO_DATA) - 1 or self._script[number - 1] != DATA:
            return readline()
        heard = b""
        while not heard.endswith(b"\r\n.\r\n"):
            heard += readline()
        return heard

    def end(self) -> None:
        self._done.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def server(*script: bytes | None, silent: bool = False) -> Iterator[ScriptedServer]:
    running = ScriptedServer(script, silent=silent)
    try:
        yield running
    finally:
        running.end()


def test_a_real_server_takes_the_mail_and_it_reads_as_it_was_written(tmp_path: Path) -> None:
    text = "本文です。\n.点で始まる行\n..二つの点\n.\n終わり\n"
    message = EmailMessage()
    message["Subject"] = "件名 👩‍👩‍👧‍👦"
    message.set_content(text.encode(), maintype="application", subtype="octet-stream", cte="8bit")

    with running_mailbox(tmp_path) as mailbox:
        attempt = send(mailbox.port, message)

    assert attempt == Attempt(Result.ACCEPTED, "OK")
    [arrived] = mailbox.messages()
    assert arrived["X-Envelope-To"] == RECIPIENT
    assert arrived["Subject"] == "件名 👩‍👩‍👧‍👦"
    assert arrived.get_payload(decode=True).replace(b"\r\n", b"\n") == text.encode()


def test_accepted_is_what_the_server_said_250_to() -> None:
    with server(*UP_TO_DATA, b"250 queued as 42") as running:
        attempt = send(running.port)

    assert attempt == Attempt(Result.ACCEPTED, "queued as 42")
    assert running.heard[1] == f"mail FROM:<{SENDER}>\r\n".encode()
    assert running.heard[2] == f"rcpt TO:<{RECIPIENT}>\r\n".encode()


def test_one_connection_one_mail_and_a_polite_end() -> None:
    with server(*UP_TO_DATA, b"250 ok") as running:
        send(running.port)

    assert running.heard[-1].upper() == b"QUIT\r\n"


@pytest.mark.parametrize(
    ("script", "result", "detail", "address_refused"),
    [
        ((b"421 too busy",), Result.LATER, "421", False),
        ((b"554 go away",), Result.LATER, "554", False),
        ((GREETING, EHLO, b"451 later"), Result.LATER, "451 later", False),
        ((GREETING, EHLO, b"550 sender unknown"), Result.REFUSED, "550 sender unknown", False),
        ((GREETING, EHLO, MAIL, b"450 box locked"), Result.LATER, "450 box locked", False),
        ((GREETING, EHLO, MAIL, b"550 no such box"), Result.REFUSED, "550 no such box", True),
        ((GREETING, EHLO, MAIL, b"553 bad name"), Result.REFUSED, "553 bad name", True),
        # A relay that trusts nobody says so of every recipient.
        (
            (GREETING, EHLO, MAIL, b"554 5.7.1 Relay access denied"),
            Result.REFUSED,
            "554 5.7.1 Relay access denied",
            False,
        ),
        ((GREETING, EHLO, MAIL, b"550 5.7.1 relaying denied"), Result.REFUSED, "5.7.1", False),
        ((GREETING, EHLO, MAIL, b"554 no"), Result.REFUSED, "554 no", False),
        ((GREETING, EHLO, MAIL, b"552 5.2.2 box full"), Result.REFUSED, "552 5.2.2", False),
        ((GREETING, EHLO, MAIL, b"550 5.1.8 bad sender"), Result.REFUSED, "5.1.8", False),
        ((GREETING, EHLO, MAIL, b"550-5.7.1 no\r\n550 5.7.1 no"), Result.REFUSED, "5.7.1", False),
        ((GREETING, EHLO, MAIL, b"550 5.1.1 unknown"), Result.REFUSED, "550 5.1.1", True),
        ((GREETING, EHLO, MAIL, b"554 5.1.1 unknown"), Result.REFUSED, "554 5.1.1", True),
        ((GREETING, EHLO, MAIL, b"553 no such name"), Result.REFUSED, "553 no such", True),
        ((GREETING, EHLO, MAIL, b"551 moved away"), Result.REFUSED, "551 moved", True),
        ((GREETING, EHLO, MAIL, RCPT, b"452 disk full"), Result.LATER, "452 disk full", False),
        ((GREETING, EHLO, MAIL, RCPT, b"554 no"), Result.REFUSED, "554 no", False),
        ((*UP_TO_DATA, b"451 greylisted"), Result.LATER, "451 greylisted", False),
        ((*UP_TO_DATA, b"554 looks like spam"), Result.REFUSED, "554 looks like spam", False),
    ],
)
def test_4xx_may_be_tried_again_and_5xx_not_and_only_rcpt_speaks_of_the_address(
    script: tuple[bytes, ...], result: Result, detail: str, address_refused: bool
) -> None:
    with server(*script) as running:
        attempt = send(running.port)

    assert (attempt.result, attempt.address_refused) == (result, address_refused)
    assert detail in attempt.detail


@pytest.mark.parametrize(
    "script",
    [
        (None,),
        (GREETING, None),
        (GREETING, EHLO, None),
        (GREETING, EHLO, MAIL, None),
        (GREETING, EHLO, MAIL, RCPT, None),
    ],
)
def test_a_line_cut_before_the_dot_delivered_nothing(script: tuple[bytes | None, ...]) -> None:
    with server(*script) as running:
        assert send(running.port).result is Result.LATER


def test_a_line_cut_while_the_mail_is_read_delivered_nothing() -> None:
    """The server goes away behind 354, before it read the mail: the dot never went out."""

    def hang_up(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            for answer in UP_TO_DATA:
                client.sendall(answer + b"\r\n")
                if answer != DATA:
                    lines.readline()
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        attempt = send(listener.getsockname()[1], a_mail("長い本文。" * 300_000))
        thread.join(10)

    assert attempt.result is Result.LATER


def test_a_line_cut_after_the_dot_leaves_it_unknown() -> None:
    with server(*UP_TO_DATA, None) as running:
        attempt = send(running.port)

    assert attempt.result is Result.UNKNOWN
    assert running.heard[-1].endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("half", [b"2", b"25", b"45"])
def test_a_line_cut_within_the_last_answer_leaves_it_unknown(half: bytes) -> None:
    """Read as a code of its own, "25" would be no acceptance, and the mail would be sent again."""

    def answer_half(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            for answer in UP_TO_DATA:
                client.sendall(answer + b"\r\n")
                while (heard := lines.readline()) and answer == DATA and heard != b".\r\n":
                    pass
            client.sendall(half)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_half, args=(listener,))
        thread.start()
        attempt = send(listener.getsockname()[1])
        thread.join(10)

    assert attempt.result is Result.UNKNOWN


def test_silence_after_the_dot_leaves_it_unknown_and_ends_by_the_clock() -> None:
    class Deaf(ScriptedServer):
        """Reads the mail and never answers."""

        def _serve(self) -> None:
            with self._listener, self._listener.accept()[0] as client, client.makefile("rb") as f:
                for answer in UP_TO_DATA:
                    client.sendall(answer + b"\r\n")
                    if answer != DATA:
                        f.readline()
                while f.readline() != b".\r\n":
                    pass
                self._done.wait(10)

    running = Deaf(())
    try:
        assert send(running.port, smtp_timeout=2).result is Result.UNKNOWN
    finally:
        running.end()


@pytest.mark.parametrize("said", [(), (GREETING,), (GREETING, EHLO), (GREETING, EHLO, MAIL)])
def test_silence_before_the_dot_ends_by_the_clock_and_delivered_nothing(
    said: tuple[bytes, ...],
) -> None:
    with server(*said, silent=True) as running:
        assert send(running.port, smtp_timeout=0.5).result is Result.LATER


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    attempt = send(port)

    assert attempt.result is Result.LATER
    assert "ConnectionRefusedError" in attempt.detail


def test_a_server_that_cannot_encrypt_gets_no_mail_where_encryption_is_asked_for() -> None:
    with server(GREETING, EHLO, b"221 bye") as running:
        attempt = send(running.port, smtp_start_tls=True)

    assert attempt.result is Result.LATER
    assert not any(b"mail FROM" in line for line in running.heard)


def test_a_server_that_knows_no_passwords_gets_none() -> None:
    with server(GREETING, EHLO, b"221 bye") as running:
        attempt = send(running.port, smtp_user="hyoka", smtp_password=SecretStr("geheim"))

    assert attempt.result is Result.LATER
    assert b"geheim" not in b"".join(running.heard)


@pytest.mark.parametrize(("step", "result"), [(0, Result.LATER), (5, Result.UNKNOWN)])
def test_a_server_that_drips_its_answers_is_left_after_the_time_of_a_conversation(
    step: int, result: Result
) -> None:
    """Each byte would begin a step's timeout anew; a worker must not be held past its lease."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines, suppress(OSError):
            for number, answer in enumerate((*UP_TO_DATA, b"")):
                if number == step:
                    while not over.wait(0.1):
                        client.sendall(b"2")
                    return
                client.sendall(answer + b"\r\n")
                while (heard := lines.readline()) and answer == DATA and heard != b".\r\n":
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        begun = time.monotonic()
        attempt = send(listener.getsockname()[1], smtp_timeout=0.5)
        took = time.monotonic() - begun
        over.set()
        thread.join(10)

    assert attempt.result is result
    # Not before six steps of half a second; without an end it would go on for ever.
    assert took > 2.5
