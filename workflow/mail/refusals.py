"""What a mail server's refusal is about: the very address, or something else. Pure."""

from __future__ import annotations

#: Replies to RCPT that may be about a mailbox, where no enhanced status says what they are about
#: (RFC 5321, 4.2.3).
MAILBOX_REFUSED = frozenset({550, 551, 553})
#: Of the statuses about addresses those that mean the sender's (RFC 3463, 3.2).
SENDER_REFUSED = frozenset({"5.1.7", "5.1.8"})


def says_bad_address(status: str) -> bool:
    """Whether an enhanced status (RFC 3463) says that the recipient's address is wrong."""
    return status.startswith("5.1.") and status not in SENDER_REFUSED


def is_about_the_address(code: int, status: str | None) -> bool:
    """Whether a refusal says that this very address is wrong, and not the sender or the relay.

    A relay that trusts nobody any more ("554 5.7.1 Relay access denied") says so of every
    recipient: taken for a fault of the addresses it would silence the whole city.

    Args:
        code: the reply to RCPT.
        status: the enhanced status, such as ``5.1.1``, where there is one; then it decides.
    """
    return code in MAILBOX_REFUSED if status is None else says_bad_address(status)
