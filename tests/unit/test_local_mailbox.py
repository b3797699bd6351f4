"""The local mail server: every mail it acknowledges is a file, in the order of arrival."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from hyoka.local.mailbox import make_private, messages_in, running_mailbox, store


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "hyoka@city.example"
    message["To"] = "sato@city.example"
    message.set_content("確認をお願いします。\n")
    return message


def test_mails_are_kept_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    subjects = [f"評価シート第{number}号" for number in range(12)]
    with running_mailbox(tmp_path / "mails") as mailbox:
        with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
            for subject in subjects:
                client.send_message(mail(subject), to_addrs=["suzuki@city.example"])

        received = mailbox.messages()

    assert [message["Subject"] for message in received] == subjects
    assert received[0].get_content().strip() == "確認をお願いします。"
    assert received[0]["To"] == "sato@city.example"
    assert received[0]["X-Envelope-To"] == "suzuki@city.example"
    assert {path.suffix for path in (tmp_path / "mails").iterdir()} == {".eml"}


def test_the_server_goes_even_when_somebody_is_still_connected(tmp_path: Path) -> None:
    with running_mailbox(tmp_path) as mailbox:
        client = smtplib.SMTP("127.0.0.1", mailbox.port)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", mailbox.port)


def test_a_mail_that_cannot_be_stored_now_is_to_come_again(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    with running_mailbox(folder) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        folder.rmdir()
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.send_message(mail("一"))
        folder.mkdir()
        (folder / "控え.eml").write_text("somebody's own file")
        client.send_message(mail("二"))

    assert refused.value.smtp_code == 452
    assert [path.name for path in sorted(folder.iterdir())] == ["00000001.eml", "控え.eml"]


def test_a_fault_of_the_mail_server_is_no_fault_of_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a fault of the program")

    monkeypatch.setattr("hyoka.local.mailbox.store", fail)
    with (
        running_mailbox(tmp_path) as mailbox,
        smtplib.SMTP("127.0.0.1", mailbox.port) as client,
        pytest.raises(smtplib.SMTPDataError) as refused,
    ):
        client.send_message(mail("一"))

    assert refused.value.smtp_code == 451


def test_many_writers_never_overwrite_a_mail(tmp_path: Path) -> None:
    contents = [f"Subject: {number}\r\n\r\n".encode() for number in range(60)]

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda content: store(tmp_path, content).name, contents))

    assert len(set(names)) == 60
    assert sorted(int(message["Subject"]) for message in messages_in(tmp_path)) == list(range(60))


def test_it_runs_as_a_process_of_its_own_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hyoka.local.mailbox", "--port", "0", "--folder"]
    with subprocess.Popen(
        [*command, str(tmp_path / "mails")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().split(",")[0].rpartition(":")[2])
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(mail("順番のお知らせ"))
        process.send_signal(signal.SIGTERM)

    assert process.returncode == 0
    assert [message["Subject"] for message in messages_in(tmp_path / "mails")] == ["順番のお知らせ"]


def test_nobody_else_reads_the_mails(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        make_private(folder)
        kept = store(folder, b"Subject: x\r\n\r\n")
    finally:
        os.umask(before)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept.stat().st_mode & 0o777 == 0o600
