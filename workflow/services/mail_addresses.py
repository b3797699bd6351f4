"""Addresses that were marked as refused, by whom, and how they come to be good again.

A server that refuses an address at once marks it when the mail is sent (``services.delivery``); a
relay that takes every mail and finds out later sends a report, which is read here. A person whose
address is marked gets no mails. The mark goes when the address is changed, when a
mail is accepted after all (``services.delivery``), or when somebody says that it is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
import structlog

from workflow.application import Context
from workflow.errors import Conflict, Fault, NotFound
from workflow.mail.bounce import Finding, NoReport, Report, Unreadable
from workflow.policy import Permission

log = structlog.get_logger(__name__)

_PERSON = sa.text("SELECT mail_state, mail_refusal FROM person WHERE id = :person FOR UPDATE")
_GOOD = sa.text("""
UPDATE person SET mail_state = 'good', mail_refusal = NULL WHERE id = :person
""")
_KNOWN = sa.text("""
SELECT lower(email) AS email FROM person WHERE lower(email) = ANY (:emails)
ORDER BY id FOR UPDATE
""")
_MAILED = sa.text("""
SELECT m.id, lower(m.address) AS address, m.message_id
FROM mail m JOIN person p ON p.id = m.recipient_id AND lower(p.email) = lower(m.address)
WHERE lower(p.email) = ANY (:emails) AND m.state <> 'queued'
""")
_MARK = sa.text("""
UPDATE person SET mail_state = 'refused', mail_refusal = :why
WHERE lower(email) = :email AND mail_state <> 'refused'
""")
_CAME_BACK = sa.text("""
UPDATE mail SET state = 'dead', last_error = :why
WHERE id = :mail AND state IN ('sent', 'unknown')
""")


def confirm(ctx: Context, *, person_id: int) -> None:
    """宛先は正しい: somebody knows that the address is right; mails go to it again.

    What waits for the person goes out by the ordinary rules; what was lost comes in the next
    digest.

    Raises:
        NotFound: ``no_such_account``.
        Refused: ``administrators_only``.
        Conflict: ``address_not_refused``: it is good already.
    """
    found = ctx.execute(_PERSON, {"person": person_id}).one_or_none()

    ctx.require(Permission.ADMINISTER)

    if found is None:
        raise NotFound("no_such_account")
    if found.mail_state != "refused":
        raise Conflict("address_not_refused")

    ctx.execute(_GOOD, {"person": person_id})
    log.info(
        "mail_address_confirmed",
        person=person_id,
        refusal=found.mail_refusal,
        by=ctx.actor.person_id,
    )
    ctx.ring_after_commit("tasks.gather_notices")


class Outcome(StrEnum):
    """What became of one finding about a bounce."""

    #: The address is marked from now on.
    MARKED = "marked"
    #: This report, or another one, was taken before.
    MARKED_BEFORE = "marked_before"
    #: The mail did not arrive, but the address is not to blame (box full, spam, a rule).
    OTHER_REASON = "other_reason"
    #: Late, or arrived: nothing to be done.
    NO_FAILURE = "no_failure"
    #: Nobody has this address (any more), or no such mail was sent to it.
    NOT_OURS = "not_ours"
    #: No report at all.
    NO_REPORT = "no_report"
    #: Nothing that could be understood; ``faults`` say where and why.
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Bounced:
    """One finding and what became of it; for a message that is no report, its subject."""

    outcome: Outcome
    address: str = ""
    status: str = ""
    diagnostic: str = ""
    subject: str = ""
    faults: tuple[Fault, ...] = ()


def take_bounces(ctx: Context, found: Sequence[Finding]) -> tuple[Bounced, ...]:
    """Mark the addresses that a relay found wrong after it had taken the mail.

    A mail that came back counts as given up, so that its contents are covered once the address is
    good again. What does not name a mail that was sent to this very person marks nobody: anybody
    may write to the address to which mails return. A mail comes back once: a report that is read
    again, when somebody has said meanwhile that the address is right, marks nobody either.

    Raises:
        Refused: ``administrators_only``.
    """
    emails = sorted({one.address.lower() for one in found if isinstance(one, Report)})
    known = frozenset(ctx.execute(_KNOWN, {"emails": emails}).scalars())
    mailed = {
        (row.address, row.message_id): row.id for row in ctx.execute(_MAILED, {"emails": emails})
    }

    ctx.require(Permission.ADMINISTER)

    return tuple(_take(ctx, one, known, mailed) for one in found)


def _take(
    ctx: Context,
    one: Finding,
    known: frozenset[str],
    mailed: Mapping[tuple[str, str], int],
) -> Bounced:
    if isinstance(one, NoReport):
        return Bounced(Outcome.NO_REPORT, subject=one.subject)
    if isinstance(one, Unreadable):
        return Bounced(Outcome.UNREADABLE, faults=one.faults)
    address = one.address.lower()
    mail = mailed.get((address, one.message_id)) if address in known else None
    outcome = _outcome(one, mail)
    if outcome is Outcome.MARKED:
        why = {"email": address, "mail": mail, "why": one.diagnostic}
        # In this order: a mail that had come back before does not count twice.
        if not (ctx.execute(_CAME_BACK, why).rowcount and ctx.execute(_MARK, why).rowcount):
            outcome = Outcome.MARKED_BEFORE
        log.info("mail_bounced", mail=mail, status=one.status, outcome=outcome.value)
    return Bounced(outcome, one.address, one.status, one.diagnostic)


def _outcome(one: Report, mail: int | None) -> Outcome:
    if one.action != "failed":
        return Outcome.NO_FAILURE
    if mail is None:
        return Outcome.NOT_OURS
    return Outcome.MARKED if one.says_bad_address else Outcome.OTHER_REASON
