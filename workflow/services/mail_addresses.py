"""Addresses that were marked as refused, and how they come to be good again.

A person whose address is marked gets no mails. The mark goes when the address is changed, when a
mail is accepted after all (``services.delivery``), or when somebody says that it is right.
"""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from workflow.application import Context
from workflow.errors import Conflict, NotFound
from workflow.policy import Permission

log = structlog.get_logger(__name__)

_PERSON = sa.text("SELECT mail_state, mail_refusal FROM person WHERE id = :person FOR UPDATE")
_GOOD = sa.text("""
UPDATE person SET mail_state = 'good', mail_refusal = NULL WHERE id = :person
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
