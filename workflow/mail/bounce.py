"""Reads delivery status notifications (RFC 3464): what a relay says of a mail after it took it.

Pure. One message or an mbox comes in as bytes, one finding per recipient goes out. Messages that
are no reports (somebody is on leave and has an answering machine) are told apart; reports that
cannot be read are faults, and then nothing of the input counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from workflow.errors import BadInput, Fault
from workflow.mail.refusals import says_bad_address

#: A longer diagnostic is cut; the page of mails shows it in a cell.
LONGEST_DIAGNOSTIC = 300
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
#: The line before each message of an mbox, at the start or behind an empty line.
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]*\r?\n")


@dataclass(frozen=True)
class Report:
    """What a report says of one recipient.

    Attributes:
        action: ``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded``.
        status: such as ``5.1.1`` (RFC 3463).
        diagnostic: the far server's words, or the status where it said none.
        message_id: of the mail that it is about; empty where the report does not carry it.
    """

    address: str
    action: str
    status: str
    diagnostic: str
    message_id: str

    @property
    def says_bad_address(self) -> bool:
        """Whether the address is wrong: not full, not blocked, not late."""
        return self.action == "failed" and says_bad_address(self.status)


@dataclass(frozen=True)
class NoReport:
    """A message that is something else: an answering machine, a letter."""

    subject: str


def read_bounces(data: bytes, *, name: str) -> list[Report | NoReport]:
    """Everything in *data*, in its order.

    Args:
        name: what the input is called in faults, such as the file's name.

    Raises:
        BadInput: ``invalid_file`` with a fault for each message that cannot be read.
    """
    found: list[Report | NoReport] = []
    faults: list[Fault] = []
    messages = [part for part in _split(data) if part.strip()]
    if not messages:
        faults.append(Fault(name, "no_mail_in_file", {}))
    for number, raw in enumerate(messages, 1):
        place = f"{name}[{number}]"
        try:
            message = message_from_bytes(raw)
            if not message.keys():
                faults.append(Fault(place, "not_a_mail", {}))
            elif _is_report(message):
                found += _recipients(message, place, faults)
            else:
                found.append(NoReport(_plain(message["Subject"])))
        except RecursionError:
            faults.append(Fault(place, "not_a_mail", {}))
    if faults:
        raise BadInput("invalid_file", tuple(faults))
    return found


def _split(data: bytes) -> list[bytes]:
    if not data.startswith(b"From "):
        return [data]
    return _FROM_LINE.split(data)


def _is_report(message: Message) -> bool:
    kind = message.get_param("report-type")
    return (
        message.get_content_type() == "multipart/report"
        and isinstance(kind, str)
        and kind.lower() == "delivery-status"
    )


def _recipients(message: Message, place: str, faults: list[Fault]) -> Iterator[Report]:
    parts = _inside(message)
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    # The blocks of fields: one about the message, then one for each recipient.
    blocks = _inside(status) if status is not None else []
    recipients = [block for block in blocks[1:] if block.keys()]
    if not recipients:
        faults.append(Fault(place, "report_without_recipients", {}))
    message_id = _message_id(parts)
    for number, block in enumerate(recipients, 1):
        where = f"{place}.recipients[{number}]"
        address = _after_type(block["Final-Recipient"]).strip("<>")
        action = _plain(block["Action"]).lower()
        code = _plain(block["Status"]).partition(" ")[0]
        wrong = [
            name
            for name, good in (
                ("Final-Recipient", "@" in address),
                ("Action", action in _ACTIONS),
                ("Status", bool(_STATUS.fullmatch(code))),
            )
            if not good
        ]
        faults += [Fault(f"{where}.{name}", "report_field", {"name": name}) for name in wrong]
        if not wrong:
            words = _after_type(block["Diagnostic-Code"])[:LONGEST_DIAGNOSTIC]
            yield Report(address, action, code, words or code, message_id)


def _inside(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _message_id(parts: list[Message]) -> str:
    """Of the mail that came back: whole, or its headers alone."""
    for part in parts:
        inner: Message | None = None
        if part.get_content_type() == "message/rfc822":
            inner = next(iter(_inside(part)), None)
        elif part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            inner = message_from_bytes(payload) if isinstance(payload, bytes) else None
        if inner is not None and inner["Message-ID"]:
            return _plain(inner["Message-ID"])
    return ""


def _after_type(value: object) -> str:
    """``rfc822; a@b`` and ``smtp; 550 …`` without their type."""
    text = _plain(value)
    return text.partition(";")[2].strip() if ";" in text else text


def _plain(value: object) -> str:
    """A header in one line of characters that can be shown and kept."""
    text = "" if value is None else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
