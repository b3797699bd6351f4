"""What every page shows around itself."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.application import Context
from workflow.queries.absences import RunningAbsence

_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")
_AROUND = sa.text("""
SELECT (SELECT name FROM municipality WHERE id = 1) AS municipality, x.id, x.last_day,
       ARRAY(SELECT DISTINCT evaluation_id FROM consultation
             WHERE asked_person_id = :person AND answered_at IS NULL) AS asked_about
FROM (SELECT 1) always
LEFT JOIN LATERAL (
    SELECT id, last_day FROM absence
    WHERE person_id = :person AND ended_at IS NULL
      AND first_day <= :today AND last_day >= :today
    ORDER BY id DESC LIMIT 1
) x ON true
""")


@dataclass(frozen=True)
class Around:
    """What the frame shows to somebody who is signed in.

    Attributes:
        municipality: empty before a plan was taken in.
        absence: the one of the reader that counts today.
        asked_about: sheets on which a question to the reader is open.
    """

    municipality: str
    absence: RunningAbsence | None
    asked_about: frozenset[int]


def municipality(ctx: Context) -> str:
    """The municipality's name; empty before a plan was taken in."""
    return str(ctx.execute(_MUNICIPALITY).scalar_one_or_none() or "")


def around(ctx: Context) -> Around:
    """The municipality, and what concerns ``ctx.actor``; one statement."""
    row = ctx.execute(_AROUND, {"person": ctx.actor.person_id, "today": ctx.today}).one()
    absence = None if row.id is None else RunningAbsence(row.id, row.last_day)
    return Around(row.municipality or "", absence, frozenset(row.asked_about))
