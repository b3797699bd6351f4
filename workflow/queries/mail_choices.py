"""Which mails people may do without, and which ones the reader does without."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.application import Context
from workflow.models import DECLINABLE, NoticeKind
from workflow.policy import Permission

_CHOICES = sa.text("""
SELECT a.kind, EXISTS (SELECT 1 FROM declined_notice d
                       WHERE d.kind = a.kind AND d.person_id = :person) AS declined,
       (SELECT count(*) FROM declined_notice d JOIN person p ON p.id = d.person_id
        WHERE d.kind = a.kind AND p.disabled_at IS NULL) AS people
FROM declinable_notice a
""")


@dataclass(frozen=True)
class MailChoice:
    """One kind of mail that may be declined at all.

    Attributes:
        allowed: the office lets people do without it.
        declined: the reader does without it.
        people: how many do.
    """

    kind: NoticeKind
    allowed: bool
    declined: bool
    people: int


def mail_choices(ctx: Context) -> tuple[MailChoice, ...]:
    """Every kind that may be declined at all, in a fixed order; one statement.

    Raises:
        Refused: no right to read.
    """
    ctx.require(Permission.READ)
    rows = {row.kind: row for row in ctx.execute(_CHOICES, {"person": ctx.actor.person_id})}
    return tuple(
        MailChoice(
            kind,
            allowed=kind in rows,
            declined=kind in rows and rows[kind].declined,
            people=rows[kind].people if kind in rows else 0,
        )
        for kind in DECLINABLE
    )
