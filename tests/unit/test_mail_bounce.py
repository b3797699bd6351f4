"""Delivery reports as mail servers write them, and as nobody should."""

from __future__ import annotations

import base64
import quopri

import pytest

from workflow.errors import BadInput
from workflow.mail.bounce import NoReport, Report, Unreadable, read_bounces

TO = "takahashi.noriko@aose.example.jp"
MESSAGE_ID = "<hyoka.7.20220601.digest@aose.example.jp>"

RECIPIENT = """\
Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.aose.example.jp
Diagnostic-Code: smtp; {words}
"""
POSTFIX = """\
Return-Path: <>
Date: Wed,  1 Jun 2022 10:15:00 +0900 (JST)
From: MAILER-DAEMON@aose.example.jp (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: hyoka@aose.example.jp
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Z/mx"

This is a MIME-encapsulated message.

--4Z/mx
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.aose.example.jp.

--4Z/mx
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.aose.example.jp
X-Postfix-Queue-ID: 4Z
Arrival-Date: Wed,  1 Jun 2022 10:14:58 +0900 (JST)

{recipients}
--4Z/mx
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: =?utf-8?b?6Z2S54Cs5biC?= <hyoka@aose.example.jp>
To: {to}
Message-ID: {message_id}
Subject: =?utf-8?b?6KmV5L6h?=

--4Z/mx--
"""


def recipient(
    *,
    to: str = TO,
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 <takahashi.noriko@aose.example.jp>: User unknown",
) -> str:
    return RECIPIENT.format(to=to, action=action, status=status, words=words)


def a_report(*recipients: str, message_id: str = MESSAGE_ID, to: str = TO) -> bytes:
    """As Postfix writes it."""
    blocks = "\n".join(recipients or (recipient(to=to),))
    return POSTFIX.format(recipients=blocks, to=to, message_id=message_id).encode()


def faults_of(data: bytes) -> list[tuple[str, str]]:
    return [
        (fault.path, fault.code)
        for one in read_bounces(data, name="in")
        if isinstance(one, Unreadable)
        for fault in one.faults
    ]


def test_a_report_names_the_address_the_reason_and_the_mail() -> None:
    [found] = read_bounces(a_report(), name="in")

    assert found == Report(TO, "failed", "5.1.1", f"550 5.1.1 <{TO}>: User unknown", MESSAGE_ID)
    assert found.says_bad_address


@pytest.mark.parametrize(
    ("action", "status", "says"),
    [
        ("failed", "5.1.1", True),
        ("failed", "5.1.10", True),
        ("Failed", "5.1.2", True),
        # The box is full, the relay distrusts us, the content was refused, our own address is bad.
        ("failed", "5.2.2", False),
        ("failed", "5.7.1", False),
        ("failed", "5.6.0", False),
        ("failed", "5.1.8", False),
        ("failed", "4.4.7", False),
        ("delayed", "4.1.1", False),
        ("delivered", "2.1.5", False),
    ],
)
def test_only_a_failure_that_is_about_addresses_speaks_against_one(
    action: str, status: str, says: bool
) -> None:
    [found] = read_bounces(a_report(recipient(action=action, status=status)), name="in")

    assert isinstance(found, Report)
    assert found.says_bad_address is says


def test_the_mail_may_come_back_whole() -> None:
    whole = a_report().replace(
        b"Content-Type: text/rfc822-headers", b"Content-Type: message/rfc822"
    )

    [found] = read_bounces(whole, name="in")

    assert isinstance(found, Report)
    assert found.message_id == MESSAGE_ID


def test_a_report_without_the_mail_is_read_too() -> None:
    data = a_report().replace(b"Content-Type: text/rfc822-headers", b"Content-Type: text/plain")

    [found] = read_bounces(data, name="in")

    assert isinstance(found, Report)
    assert found.message_id == ""


def test_a_report_of_several_recipients_is_several_findings() -> None:
    data = a_report(recipient(), recipient(to="b@aose.example.jp", status="5.2.2"))

    found = read_bounces(data, name="in")

    assert [(one.address, one.status) for one in found if isinstance(one, Report)] == [
        (TO, "5.1.1"), ("b@aose.example.jp", "5.2.2"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_mbox_is_read_message_by_message_and_what_is_no_report_is_told_apart(
    end: bytes,
) -> None:
    leave = b"From: a@aose.example.jp\nSubject: On leave\n\nFrom June 5 on I am back.\n"
    mbox = b"".join(
        b"From MAILER-DAEMON Wed Jun  1 10:15:00 2022\n" + part + b"\n"
        for part in (a_report(), leave, a_report(recipient(to="b@aose.example.jp")))
    )

    found = read_bounces(mbox.replace(b"\n", end), name="in")

    assert [type(one) for one in found] == [Report, NoReport, Report]
    assert found[1] == NoReport("On leave")


def test_words_are_cut_and_made_fit_to_be_shown() -> None:
    words = "550 5.1.1 \x00\x1b[31m" + "い" * 400
    [found] = read_bounces(a_report(recipient(words=words)), name="in")

    assert isinstance(found, Report)
    assert len(found.diagnostic) <= 300
    assert found.diagnostic.isprintable()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7 \xff\xfe\x00", [("in[1]", "not_a_mail")]),
        (
            a_report().replace(b"message/delivery-status", b"text/plain"),
            [("in[1]", "report_without_recipients")],
        ),
        (
            a_report("\n"),
            [("in[1]", "report_without_recipients")],
        ),
        (
            a_report(recipient(status="no such user")),
            [("in[1].recipients[1].Status", "report_field")],
        ),
        (
            a_report(recipient(), recipient(action="exploded", to="nobody")),
            [
                ("in[1].recipients[2].Final-Recipient", "report_field"),
                ("in[1].recipients[2].Action", "report_field"),
            ],
        ),
        (
            a_report(recipient().replace("Status: 5.1.1\n", "")),
            [("in[1].recipients[1].Status", "report_field")],
        ),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(
    data: bytes, expected: list[tuple[str, str]]
) -> None:
    assert faults_of(data) == expected


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_file_without_any_mail_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="invalid_file") as refused:
        read_bounces(data, name="in")

    assert [(one.path, one.code) for one in refused.value.faults] == [("in", "no_mail_in_file")]


def test_what_cannot_be_read_keeps_nothing_else_from_being_read() -> None:
    odd = a_report(recipient(status="?"), recipient(to="b@aose.example.jp"))
    mbox = b"From a\n" + a_report() + b"\nFrom b\n" + odd + b"\nFrom c\n%PDF"

    found = read_bounces(mbox, name="in")

    assert [type(one) for one in found] == [Report, Unreadable, Report, Unreadable]
    assert faults_of(mbox) == [
        ("in[2].recipients[1].Status", "report_field"),
        ("in[3]", "not_a_mail"),
    ]


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_internationalised_report_is_read_in_every_encoding(encoding: str, end: bytes) -> None:
    """RFC 6533: other types of parts, addresses of type utf-8, text that may be encoded."""
    fields = (
        "Reporting-MTA: dns; relay.example\n\n"
        f"Original-Recipient: rfc822;{TO}\nFinal-Recipient: utf-8; {TO}\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 宛先がありません\n\n"
        "Final-Recipient: utf-8; 原\\x{7530}@例え.jp\nAction: failed\nStatus: 5.1.1\n"
    ).encode()
    encoded = {
        "8bit": fields,
        "base64": base64.encodebytes(fields),
        "quoted-printable": quopri.encodestring(fields),
    }[encoding]
    data = b"\n".join(
        [
            b"From: MAILER-DAEMON@relay.example",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="B1"',
            b"",
            b"--B1",
            b"Content-Type: message/global-delivery-status",
            f"Content-Transfer-Encoding: {encoding}".encode(),
            b"",
            encoded,
            b"--B1",
            b"Content-Type: message/global-headers",
            b"",
            "To: 原田\nMessage-ID: ".encode() + MESSAGE_ID.encode(),
            b"",
            b"--B1--",
        ]
    )

    found = read_bounces(data.replace(b"\n", end), name="in")

    assert found == [
        Report(TO, "failed", "5.1.1", "550 宛先がありません", MESSAGE_ID),
        Report("原田@例え.jp", "failed", "5.1.1", "5.1.1", MESSAGE_ID),
    ]


def test_a_relay_that_does_not_say_which_report_it_is_is_read() -> None:
    data = a_report().replace(b"report-type=delivery-status;", b"")

    assert [type(one) for one in read_bounces(data, name="in")] == [Report]


def test_a_mail_that_is_nested_without_end_is_a_fault_and_no_crash() -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )

    assert faults_of(deep) == [("in[1]", "not_a_mail")]
