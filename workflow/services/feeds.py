"""The secret address of one's own calendar: making it, shown once, and revoking it."""

from __future__ import annotations

import hashlib
import secrets

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import NotFound
from workflow.policy import Permission

#: Bytes of chance in the address: 256 bits, so that nobody need count wrong guesses.
TOKEN_BYTES = 32

_MAKE = sa.text("""
INSERT INTO person_feed (person_id, token_hash, made_at) VALUES (:person, :hash, :now)
ON CONFLICT (person_id) DO UPDATE
SET token_hash = excluded.token_hash, made_at = excluded.made_at
""")
_REVOKE = sa.text("DELETE FROM person_feed WHERE person_id = :person RETURNING person_id")


def token_hash(token: str) -> bytes:
    """What the row keeps of an address."""
    return hashlib.sha256(token.encode()).digest()


def make(ctx: Context) -> str:
    """Give ``ctx.actor`` a new address; returns its secret part. One made before stops working.

    What it shows is what the person may read anyway, so reading is what is asked for.

    Raises:
        Refused: not signed in, or with a one-time password.
    """
    ctx.require(Permission.READ)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ctx.execute(_MAKE, {"person": ctx.actor.person_id, "hash": token_hash(token), "now": ctx.now})
    return token


def revoke(ctx: Context) -> None:
    """End the address of ``ctx.actor``: from now on nobody finds anything there.

    Raises:
        Refused: not signed in, or with a one-time password.
        NotFound: ``no_such_feed``, also when it was revoked already.
    """
    ctx.require(Permission.READ)
    if ctx.execute(_REVOKE, {"person": ctx.actor.person_id}).first() is None:
        raise NotFound("no_such_feed")
