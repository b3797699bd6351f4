"""Signing in and out, one's own password and post; sessions are rows that can be ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from workflow import guessable_words, passwords
from workflow.application import Context
from workflow.errors import BadInput, Fault, NotFound, Refused
from workflow.models import OfficeAct
from workflow.policy import Actor, Permission
from workflow.services import guessing, loading, office_record
from workflow.services.loading import OwnPost
from workflow.services.office_record import Act

log = structlog.get_logger(__name__)

#: Wrong passwords before a name, or a device that is known, waits.
FREE_ATTEMPTS = 5

# A device counts while the password is the one with which it became known.
_CREDENTIAL = sa.text("""
SELECT p.id, p.disabled_at, c.password_hash, c.failed_attempts, c.blocked_until,
       d.person_id IS NOT NULL AS is_known, d.failed_attempts AS device_attempts,
       d.blocked_until AS device_blocked_until,
       c.must_change AND c.expires_at <= :now AS expired
FROM person p JOIN credential c ON c.person_id = p.id
LEFT JOIN known_device d
    ON d.person_id = p.id AND d.token_hash = :device
    AND d.password_key = sha256(convert_to(c.password_hash, 'UTF8'))
WHERE p.sign_in_name = :sign_in FOR UPDATE OF c
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
WHERE id = :id AND ended_at IS NULL RETURNING person_id
""")
_END_OWN = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :person
WHERE id = :id AND person_id = :person AND ended_at IS NULL RETURNING id
""")
_CHOOSE = sa.text("UPDATE user_session SET assignment_id = :assignment WHERE id = :id")
_OWN = sa.text("""
SELECT p.id, c.password_hash, c.failed_attempts, c.blocked_until,
       p.sign_in_name, p.name, p.kana, p.email, (SELECT name FROM municipality) AS municipality
FROM credential c JOIN person p ON p.id = c.person_id
WHERE c.person_id = :person FOR UPDATE OF c
""")
_NEW_PASSWORD = sa.text("""
UPDATE credential SET password_hash = :hash, must_change = false, changed_at = :now,
    failed_attempts = 0, blocked_until = NULL, expires_at = NULL
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
    """What a row keeps of a cookie's token."""
    return hashlib.sha256(token.encode()).digest()


def sign_in(
    ctx: Context,
    *,
    sign_in_name: str,
    password: str,
    client: str = "",
    address: str = "",
    device: str | None = None,
    only: int | None = None,
) -> str | Refused:
    """Check a password and open a session; returns the token for the cookie.

    A refusal is returned, not raised: the count of wrong passwords must be committed. Names that
    do not exist cost the same time and get the same words (ASVS 6.3.8).

    Args:
        device: the token of the browser, which tells whether somebody signed in there before;
            afterwards this person did.
        only: the person who alone may sign in here, over a page that shows what they typed.
    """
    # Anybody may try; what they may then do is decided by who they turn out to be.
    ctx.permit(None)
    where = guessing.origins(address)
    crowded = guessing.blocked_until(ctx, where) if where else None
    key = token_hash(device) if device else b""
    if crowded is not None and not device:
        return _refused("sign_in_crowded", None, address, until=crowded)
    wanted = {"sign_in": sign_in_name.strip(), "device": key, "now": ctx.now}
    row = ctx.execute(_CREDENTIAL, wanted).one_or_none()
    is_known = row is not None and row.is_known
    if crowded is not None and not is_known:
        return _refused("sign_in_crowded", None, address, until=crowded)

    # First the work, whatever comes of it: how long an answer takes must not tell who exists.
    matches = passwords.verify(row.password_hash if row is not None else None, password)
    until = None if row is None else row.device_blocked_until if is_known else row.blocked_until
    if until is not None and until > ctx.now:
        guessing.count(ctx, [] if is_known else where)
        return _refused("sign_in_blocked", row, address, until=until)
    if row is None or not matches or row.disabled_at is not None:
        if row is not None and not matches:
            guessing.count_wrong_password(ctx, row, FREE_ATTEMPTS, key if is_known else None)
        guessing.count(ctx, [] if is_known else where)
        return _refused("sign_in_failed", row, address)
    if only is not None and row.id != only:
        return _refused("another_wrote_here", row, address)
    if row.expired and not ctx.settings.keep_one_time_passwords:
        # Only whoever knows the password learns this.
        return _refused("one_time_password_expired", row, address)

    guessing.forget(ctx, row.id)
    if device:
        guessing.make_known(ctx, row.id, key)
    return _opened(ctx, row.id, client, address)


def _opened(ctx: Context, person_id: int, client: str, address: str) -> str:
    token = secrets.token_urlsafe(32)
    found = loading.actor(ctx, person_id, None)
    ctx.execute(
        _OPEN,
        {
            "token_hash": token_hash(token),
            "person": person_id,
            "assignment": found[0].assignment_id if found else None,
            "now": ctx.now,
            "expires": ctx.now + timedelta(hours=ctx.settings.session_hours),
            "client": client[:200],
            "address": address[:64],
        },
    )
    return token


def _refused(code: str, row: Any, address: str, **values: Any) -> Refused:
    # What was typed as a name may be a password: the log knows people by their number alone.
    log.info(
        "sign_in_refused", code=code, person=row.id if row is not None else None, address=address
    )
    return Refused(code, **values)


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
    office_record.record(ctx, [Act(OfficeAct.SESSION_ENDED, row.person_id)])


def end_own_session(ctx: Context, *, session_id: int) -> None:
    """End a session of one's own, on another device say.

    Raises:
        NotFound: ``no_such_session``: it is over already, or somebody else's.
    """
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    values = {"id": session_id, "person": ctx.actor.person_id, "now": ctx.now}
    if ctx.execute(_END_OWN, values).first() is None:
        raise NotFound("no_such_session")


def end_other_sessions(ctx: Context, *, token: str) -> int:
    """End all sessions of one's own but that of *token*; returns how many."""
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    values = {"person": ctx.actor.person_id, "keep": token_hash(token), "now": ctx.now}
    return ctx.execute(_END_OTHERS, values).rowcount


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


def change_password(
    ctx: Context, *, token: str, current: str, new: str, device: str | None = None
) -> None:
    """Set one's own password; all other sessions of the person end, and devices are strangers.

    A wrong current one counts as it does at the door, for whoever sits at an open page guesses
    there as well.

    Args:
        device: the token of this browser; it stays known.

    Raises:
        BadInput: the current one is wrong, or the new one too weak or the same.
        Refused: ``sign_in_blocked`` after too many wrong ones.
    """
    ctx.require(Permission.CHANGE_OWN_ACCOUNT)
    row = ctx.execute(_OWN, {"person": ctx.actor.person_id}).one()
    matches = passwords.verify(row.password_hash, current)
    if row.blocked_until is not None and row.blocked_until > ctx.now:
        raise Refused("sign_in_blocked", until=row.blocked_until)
    if not matches:
        guessing.count_wrong_password(ctx, row, FREE_ATTEMPTS)
        ctx.keep_despite(BadInput("invalid_form", (Fault("current", "password_wrong", {}),)))
    code = passwords.weakness(
        new,
        sign_in_name=row.sign_in_name,
        own=guessable_words.of_person(
            name=row.name, kana=row.kana, sign_in_name=row.sign_in_name, email=row.email
        ),
        of_city=guessable_words.of_city(row.municipality or "", ctx.settings.domains),
    )
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
    end_other_sessions(ctx, token=token)
    if device:
        guessing.make_known(ctx, row.id, token_hash(device))
