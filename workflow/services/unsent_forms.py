"""Forms that came without a session: kept sealed for whoever typed them, for a day.

The session ended while somebody wrote. What was typed may be longer than an address or a cookie
can be, and the browser must find it again after signing in, perhaps after a new password; so it is
a row. Nobody but the person can open it, and the tick clears it away.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from workflow import sealing
from workflow.application import Application, Context
from workflow.errors import NotFound
from workflow.policy import SYSTEM, Permission

#: Long enough to have one's password reset by somebody who is in tomorrow.
KEPT_FOR = timedelta(hours=24)
#: Of one person; the oldest makes room. A script that presses again and again fills no table.
MOST_OF_A_PERSON = 10

_MAKE_ROOM = sa.text("""
DELETE FROM unsent_form WHERE person_id = :person AND id NOT IN (
    SELECT id FROM unsent_form WHERE person_id = :person ORDER BY id DESC LIMIT :others)
""")
_KEEP = sa.text("""
INSERT INTO unsent_form (token_hash, person_id, sealed, expires_at)
VALUES (:token_hash, :person, :sealed, :expires)
""")
_FIND = sa.text("""
SELECT sealed FROM unsent_form
WHERE token_hash = :token_hash AND person_id = :person AND expires_at > :now
""")
_FORGET = sa.text("DELETE FROM unsent_form WHERE expires_at <= :now")


@dataclass(frozen=True)
class UnsentForm:
    """A form as it was sent.

    Attributes:
        address: path and query that it was sent to.
        fields: name and value, in the order of the form; never a password.
        had_files: a file was handed in with it, which is not kept.
    """

    address: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool


def keep(ctx: Context, *, person_id: int, form: UnsentForm) -> str:
    """Keep *form* for this person; returns the token that leads back to it.

    Nobody is signed in: the caller knows from the form's own signed token who was to fill it in.
    """
    ctx.permit(None)
    token = secrets.token_urlsafe(32)
    text = json.dumps(
        {"address": form.address, "fields": form.fields, "had_files": form.had_files},
        ensure_ascii=False,
    )
    ctx.execute(_MAKE_ROOM, {"person": person_id, "others": MOST_OF_A_PERSON - 1})
    ctx.execute(
        _KEEP,
        {
            "token_hash": _hash(token),
            "person": person_id,
            "sealed": sealing.seal(text, **_keys(ctx, token, person_id)),
            "expires": ctx.now + KEPT_FOR,
        },
    )
    return token


def find(ctx: Context, token: str) -> UnsentForm:
    """The form that ``ctx.actor`` typed.

    Raises:
        NotFound: ``unsent_form_gone``: its time is over, or somebody else typed it.
    """
    person_id = ctx.actor.person_id or 0
    values = {"token_hash": _hash(token), "person": person_id, "now": ctx.now}
    sealed = ctx.execute(_FIND, values).scalar_one_or_none()
    text = sealing.unseal(sealed, **_keys(ctx, token, person_id)) if sealed is not None else None
    if text is None:
        raise NotFound("unsent_form_gone")
    kept = json.loads(text)
    fields = tuple((name, value) for name, value in kept["fields"])
    return UnsentForm(kept["address"], fields, kept["had_files"])


def forget_expired(application: Application) -> int:
    """Clear away what nobody came back for; how many."""
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        return ctx.execute(_FORGET, {"now": ctx.now}).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _keys(ctx: Context, token: str, person_id: int) -> dict[str, str]:
    return {
        "signing_key": ctx.settings.signing_key,
        "token": token,
        "belongs_to": f"person {person_id}",
    }
