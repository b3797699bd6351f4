"""Which mails people may do without (the office says so), and which ones somebody does without.

A notice is recorded all the same and stands on the desk; only its mail is not written. What the
office no longer allows is mailed again, to those as well who had declined it.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import BadInput
from workflow.models import DECLINABLE
from workflow.policy import Permission

#: Kinds of notices that person ``p`` is not mailed today; for statements that know ``p``.
DECLINED = """
ARRAY(SELECT d.kind FROM declined_notice d JOIN declinable_notice a ON a.kind = d.kind
      WHERE d.person_id = p.id)"""

_ALLOWED = sa.text("SELECT kind FROM declinable_notice ORDER BY kind")
_FORGET_ALLOWED = sa.text("DELETE FROM declinable_notice WHERE kind <> ALL (:kinds)")
_ALLOW = sa.text("""
INSERT INTO declinable_notice (kind) SELECT unnest(CAST(:kinds AS text[])) ON CONFLICT DO NOTHING
""")
_FORGET_DECLINED = sa.text("""
DELETE FROM declined_notice WHERE person_id = :person AND kind = ANY (:allowed)
AND kind <> ALL (:kinds)
""")
_DECLINE = sa.text("""
INSERT INTO declined_notice (person_id, kind) SELECT :person, unnest(CAST(:kinds AS text[]))
ON CONFLICT DO NOTHING
""")


def allow(ctx: Context, kinds: Collection[str]) -> None:
    """Let people do without mails of *kinds*, and of no other.

    Raises:
        Refused: ``administrators_only``.
        BadInput: ``not_a_choice``: a kind that everybody gets.
    """
    ctx.require(Permission.ADMINISTER)

    _check(kinds, DECLINABLE)

    ctx.execute(_FORGET_ALLOWED, {"kinds": sorted(kinds)})
    ctx.execute(_ALLOW, {"kinds": sorted(kinds)})


def decline(ctx: Context, kinds: Collection[str]) -> None:
    """Do without mails of *kinds*, oneself, and of no other.

    Raises:
        Refused: ``change_password_first``.
        BadInput: ``not_a_choice``: the office does not allow it.
    """
    allowed = list(ctx.execute(_ALLOWED).scalars())

    ctx.require(Permission.READ)

    _check(kinds, allowed)

    values = {"person": ctx.actor.person_id, "kinds": sorted(kinds), "allowed": allowed}
    ctx.execute(_FORGET_DECLINED, values)
    ctx.execute(_DECLINE, {"person": ctx.actor.person_id, "kinds": sorted(kinds)})


def _check(kinds: Collection[str], choices: Collection[str]) -> None:
    if any(kind not in choices for kind in kinds):
        raise BadInput("not_a_choice")
