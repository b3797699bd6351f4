"""Where the reader is signed in now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission

_OWN = sa.text("""
SELECT id, created_at, expires_at, client, address FROM user_session
WHERE person_id = :person AND ended_at IS NULL AND expires_at > :now ORDER BY created_at DESC
""")


@dataclass(frozen=True)
class OwnSession:
    """One open session of the reader; ``client`` is what the browser says of itself."""

    id: int
    since: datetime
    expires_at: datetime
    client: str
    address: str


def own_sessions(ctx: Context) -> tuple[OwnSession, ...]:
    """All of them, newest first."""
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    rows = ctx.execute(_OWN, {"person": ctx.actor.person_id, "now": ctx.now})
    return tuple(OwnSession(*tuple(row)) for row in rows)
