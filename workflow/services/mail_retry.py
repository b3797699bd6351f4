"""もう一度送る: a mail that was given up, or that may not have arrived, is put back by somebody."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from workflow.application import Context
from workflow.errors import BadInput, Conflict, NotFound
from workflow.policy import Permission

log = structlog.get_logger(__name__)

#: What a person may send again: given up, or perhaps arrived.
RETRYABLE = frozenset({"dead", "unknown"})

_MAIL = sa.text("""
SELECT m.state, m.covered_at, p.disabled_at FROM mail m JOIN person p ON p.id = m.recipient_id
WHERE m.id = :id FOR UPDATE OF m
""")
_AGAIN = sa.text("""
UPDATE mail m SET state = 'queued', attempts = 0, next_attempt_at = :now, address = p.email,
    slot = CASE WHEN m.business_day = :today OR m.slot LIKE 'account-%' THEN m.slot
                ELSE 'again-' || m.id END,
    business_day = :today
FROM person p WHERE m.id = :id AND p.id = m.recipient_id
""")


def retry(ctx: Context, mail_id: int) -> None:
    """Put a mail back that was given up, or that may not have arrived: somebody decided so.

    It keeps its Message-ID, goes to the address that the person has now, and has all its attempts
    before it again. From now on it is a mail of today, and goes out at any hour: somebody wants it.

    Raises:
        NotFound: ``no_such_mail``.
        Refused: ``administrators_only``.
        Conflict: ``mail_not_given_up``: it was sent, or is on its way; ``mail_covered``: a digest
            took over what it says.
        BadInput: ``recipient_disabled``.
    """
    found = ctx.execute(_MAIL, {"id": mail_id}).one_or_none()

    ctx.require(Permission.ADMINISTER)

    if found is None:
        raise NotFound("no_such_mail")
    if found.covered_at is not None or found.state == "superseded":
        raise Conflict("mail_covered")
    if found.state not in RETRYABLE:
        raise Conflict("mail_not_given_up")
    if found.disabled_at is not None:
        raise BadInput("recipient_disabled")

    ctx.execute(_AGAIN, {"id": mail_id, "now": ctx.now, "today": ctx.today})
    log.info("mail_retried", mail=mail_id, was=found.state, by=ctx.actor.person_id)
    ctx.ring_after_commit("tasks.deliver_mails")
