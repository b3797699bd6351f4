"""Reads delivery status notifications: what a relay says of a mail after it took it.

Pure. One message or an mbox comes in as bytes, one finding per recipient goes out. Messages that
are no reports (somebody is on leave and has an answering machine) are told apart, and so is what
cannot be read: it stands among the findings with its place, and keeps nothing else from being read.

The form is RFC 3464, and RFC 6533 where addresses may hold more than ASCII.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message

from workflow.errors import BadInput, Fault
from workflow.mail.refusals import says_bad_address

#: A longer diagnostic is cut; the page of mails shows it in a cell.
LONGEST_DIAGNOSTIC = 300
#: The part with the fields, and the parts with the mail that came back: RFC 3464, then RFC 6533.
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MAILS_INSIDE = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
#: How an address of type ``utf-8`` writes a character where only ASCII passes (RFC 6533, 3).
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,5})\}")
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


@dataclass(frozen=True)
class Unreadable:
    """A message, or one recipient of a report, that says nothing that could be understood."""

    faults: tuple[Fault, ...]


Finding = Report | NoReport | Unreadable


def read_bounces(data: bytes, *, name: str) -> list[Finding]:
    """Everything in *data*, in its order.

    Args:
        name: what the input is called in faults, such as the file's name.

    Raises:
        BadInput: ``invalid_file``: there is no message in it at all.
    """
    messages = [part for part in _split(data) if part.strip()]
    if not messages:
        raise BadInput("invalid_file", (Fault(name, "no_mail_in_file", {}),))
    return [
        finding
        for number, raw in enumerate(messages, 1)
        for finding in _findings(raw, f"{name}[{number}]")
    ]


def _findings(raw: bytes, place: str) -> list[Finding]:
    try:
        message = message_from_bytes(raw)
        if not message.keys():
            return [_unreadable(place, "not_a_mail")]
        if _is_report(message):
            return list(_recipients(message, place))
        return [NoReport(_plain(message["Subject"]))]
    except (RecursionError, ValueError, LookupError):
        # Nested without end, or in a form at which the standard library itself gives up.
        return [_unreadable(place, "not_a_mail")]


def _unreadable(place: str, code: str) -> Unreadable:
    return Unreadable((Fault(place, code, {}),))


def _split(data: bytes) -> list[bytes]:
    data = data.lstrip()
    if not data.startswith(b"From "):
        return [data]
    return _FROM_LINE.split(data)


def _is_report(message: Message) -> bool:
    if message.get_content_type() != "multipart/report":
        return False
    kind = message.get_param("report-type")
    if isinstance(kind, str):
        return kind.lower() == "delivery-status"
    # Not every relay says which report it is; the part with the fields does.
    return any(part.get_content_type() in _STATUS_PARTS for part in _inside(message))


def _recipients(message: Message, place: str) -> Iterator[Finding]:
    parts = _inside(message)
    status = next((p for p in parts if p.get_content_type() in _STATUS_PARTS), None)
    # The blocks of fields: one about the message, then one for each recipient.
    blocks = _blocks(status) if status is not None else []
    if len(blocks) < 2:
        yield _unreadable(place, "report_without_recipients")
    message_id = _message_id(parts)
    for number, block in enumerate(blocks[1:], 1):
        where = f"{place}.recipients[{number}]"
        address = _address(block["Final-Recipient"])
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
        if wrong:
            yield Unreadable(
                tuple(Fault(f"{where}.{name}", "report_field", {"name": name}) for name in wrong)
            )
            continue
        words = _after_type(block["Diagnostic-Code"])[:LONGEST_DIAGNOSTIC]
        yield Report(address, action, code, words or code, message_id)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a status part, in its order."""
    blocks = _BLANK_LINES.split(_text_inside(part).strip())
    return [found for found in map(message_from_string, blocks) if found.keys()]


def _text_inside(part: Message) -> str:
    """What a part holds, decoded, with ``\\n`` as the end of lines.

    The standard library takes what is in ``message/*`` apart as if it were a mail, encoded or not,
    so it is put together again first.
    """
    raw = part.as_bytes().partition(b"\n\n")[2]
    match _plain(part["Content-Transfer-Encoding"]).lower():
        case "base64":
            raw = b64decode(raw)
        case "quoted-printable":
            raw = a2b_qp(raw)
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")


def _inside(message: Message) -> list[Message]:
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _message_id(parts: list[Message]) -> str:
    """Of the mail that came back: whole, or its headers alone."""
    for part in parts:
        if part.get_content_type() not in _MAILS_INSIDE:
            continue
        inner = message_from_string(_text_inside(part).lstrip())
        if inner["Message-ID"]:
            return _plain(inner["Message-ID"])
    return ""


def _address(value: object) -> str:
    """Without its type, its brackets and the escapes of RFC 6533."""
    typed = _after_type(value).strip("<>")
    return _plain(_EMBEDDED.sub(lambda found: chr(int(found[1], 16)), typed))


def _after_type(value: object) -> str:
    """``rfc822; a@b`` and ``smtp; 550 …`` without their type."""
    text = _plain(value)
    return text.partition(";")[2].strip() if ";" in text else text


def _plain(value: object) -> str:
    """A header in one line of characters that can be shown and kept."""
    text = "" if value is None else str(value)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
