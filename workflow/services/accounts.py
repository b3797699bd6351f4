"""Signing in and out, one's own password and post; sessions are rows that can be ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from workflow import passwords
from workflow.application import Context
from workflow.errors import BadInput, Fault, NotFound, Refused
from workflow.policy import Actor, Permission
from workflow.services import loading
from workflow.services.loading import OwnPost

#: Wrong passwords before waiting begins, and the waiting: 1, 2, 4 … minutes, at most 15.
FREE_ATTEMPTS = 5
LONGEST_WAIT = timedelta(minutes=15)

_CREDENTIAL = sa.text("""
SELECT p.id, p.disabled_at, c.password_hash, c.failed_attempts, c.blocked_until
FROM person p JOIN credential c ON c.person_id = p.id
WHERE p.sign_in_name = :sign_in FOR UPDATE OF c
""")
_FAILED = sa.text("""
UPDATE credential SET failed_attempts = :attempts, blocked_until = :until WHERE person_id = :person
""")
_OPEN = sa.text("""
INSERT INTO user_session (token_hash, person_id, assignment_id, created_at, expires_at, client,
                          address)
VALUES (:token_hash, :person, :assignment, :now, :expires, :client, :address)
""")
# With everything about the person: each page begins with it.
_SESSION = sa.text(f"""
SELECT s.id AS session_id, s.assignment_id, {loading.ACTOR}
FROM person p JOIN user_session s ON s.person_id = p.id
WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND s.expires_at > :now
""")  # noqa: S608 - columns that another statement has as well
_END = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :by
WHERE token_hash = :token_hash AND ended_at IS NULL
""")
_END_BY_ID = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :by
WHERE id = :id AND ended_at IS NULL RETURNING id
""")
_CHOOSE = sa.text("UPDATE user_session SET assignment_id = :assignment WHERE id = :id")
_OWN = sa.text("""
SELECT c.password_hash, p.sign_in_name FROM credential c JOIN person p ON p.id = c.person_id
WHERE c.person_id = :person FOR UPDATE OF c
""")
_NEW_PASSWORD = sa.text("""
UPDATE credential SET password_hash = :hash, must_change = false, changed_at = :now
WHERE person_id = :person
""")
_END_OTHERS = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :person
WHERE person_id = :person AND ended_at IS NULL AND token_hash <> :keep
""")


@dataclass(frozen=True)
class SignedIn:
    """A valid session with the person in the chosen post."""

    session_id: int
    actor: Actor
    posts: tuple[OwnPost, ...]


def token_hash(token: str) -> bytes:
    """What the row keeps of a cookie's token."""
    return hashlib.sha256(token.encode()).digest()


def sign_in(
    ctx: Context, *, sign_in_name: str, password: str, client: str = "", address: str = ""
) -> str | Refused:
    """Check a password and open a session; returns the token for the cookie.

    A refusal is returned, not raised: the count of wrong passwords must be committed. Names that
    do not exist cost the same time and get the same words (ASVS 6.3.8).
    """
    # Anybody may try; what they may then do is decided by who they turn out to be.
    ctx.permit(None)
    row = ctx.execute(_CREDENTIAL, {"sign_in": sign_in_name.strip()}).one_or_none()
    # First the work, whatever comes of it: how long an answer takes must not tell who exists.
    matches = passwords.verify(row.password_hash if row is not None else None, password)
    if row is not None and row.blocked_until is not None and row.blocked_until > ctx.now:
        return Refused("sign_in_blocked", until=row.blocked_until)
    if row is None or not matches or row.disabled_at is not None:
        if row is not None and not matches:
            _count_failure(ctx, row.id, row.failed_attempts + 1)
        return Refused("sign_in_failed")

    ctx.execute(_FAILED, {"person": row.id, "attempts": 0, "until": None})
    token = secrets.token_urlsafe(32)
    found = loading.actor(ctx, row.id, None)
    ctx.execute(
        _OPEN,
        {
            "token_hash": token_hash(token),
            "person": row.id,
            "assignment": found[0].assignment_id if found else None,
            "now": ctx.now,
            "expires": ctx.now + timedelta(hours=ctx.settings.session_hours),
            "client": client[:200],
            "address": address[:64],
        },
    )
    return token


def _count_failure(ctx: Context, person_id: int, attempts: int) -> None:
    over = attempts - FREE_ATTEMPTS
    until: datetime | None = None
    if over >= 0:
        until = ctx.now + min(timedelta(minutes=2 ** min(over, 10)), LONGEST_WAIT)
    ctx.execute(_FAILED, {"person": person_id, "attempts": attempts, "until": until})


def session(ctx: Context, token: str) -> SignedIn | None:
    """Who holds *token*; None when the session is over or the account was switched off."""
    values = {"token_hash": token_hash(token), "now": ctx.now, "today": ctx.today}
    row = ctx.execute(_SESSION, values).one_or_none()
    if row is None:
        return None
    found = loading.actor_of(ctx, row, row.assignment_id)
    return SignedIn(row.session_id, *found) if found else None


def sign_out(ctx: Context, *, token: str) -> None:
    """End the session of this token."""
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    ctx.execute(_END, {"token_hash": token_hash(token), "by": ctx.actor.person_id, "now": ctx.now})


def end_session(ctx: Context, *, session_id: int) -> None:
    """End anybody's session.

    Raises:
        Refused: ``administrators_only``.
        NotFound: ``no_such_session``, also when it is over already.
    """
    ctx.require(Permission.ADMINISTER)
    row = ctx.execute(
        _END_BY_ID, {"id": session_id, "by": ctx.actor.person_id, "now": ctx.now}
    ).first()
    if row is None:
        raise NotFound("no_such_session")


def choose_post(ctx: Context, *, session_id: int, assignment_id: int) -> None:
    """Act in another of one's own posts from now on.

    Raises:
        Refused: ``not_your_post``.
    """
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    found = loading.actor(ctx, ctx.actor.person_id or 0, assignment_id)
    if found is None or assignment_id not in {post.assignment_id for post in found[1]}:
        raise Refused("not_your_post")

    ctx.execute(_CHOOSE, {"id": session_id, "assignment": assignment_id})


def change_password(ctx: Context, *, token: str, current: str, new: str) -> None:
    """Set one's own password; all other sessions of the person end.

    Raises:
        BadInput: the current one is wrong, or the new one too weak or the same.
    """
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    row = ctx.execute(_OWN, {"person": ctx.actor.person_id}).one()
    if not passwords.verify(row.password_hash, current):
        raise BadInput("invalid_form", (Fault("current", "password_wrong", {}),))
    code = passwords.weakness(new, sign_in_name=row.sign_in_name)
    if code is None and new == current:
        code = "password_unchanged"
    if code is not None:
        values = {"shortest": passwords.SHORTEST, "longest": passwords.LONGEST}
        raise BadInput("invalid_form", (Fault("new", code, values),))

    ctx.execute(
        _NEW_PASSWORD,
        {
            "person": ctx.actor.person_id,
            "hash": passwords.hash_password(new),
            "now": ctx.now,
        },
    )
    ctx.execute(
        _END_OTHERS,
        {"person": ctx.actor.person_id, "keep": token_hash(token), "now": ctx.now},
    )
