"""A new password without anybody else knowing it: a link to the person's own address.

The link holds once and for a day. Its token is worked out from a salt and the installation's
secret key when the mail is sent: the database keeps the token's hash alone, and whoever reads the
table of mails finds none. Where a person has no address that mails reach, two administrators are
needed (``password_halves``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from workflow import passwords
from workflow.application import Context
from workflow.errors import BadInput, Fault, NotFound, Refused
from workflow.models import OfficeAct
from workflow.policy import Actor, Permission, check, oneself
from workflow.services import office_record
from workflow.services.office_record import Act
from workflow.settings import Settings

#: How long a link, or a request that waits for a second administrator, holds.
HOLDS = timedelta(days=1)

_PERSON = sa.text("""
SELECT id, sign_in_name, name, email, mail_state, disabled_at, email_set_by
FROM person WHERE id = :person FOR UPDATE
""")
_END_WAYS = (
    sa.text("""
UPDATE password_link SET ended_at = :now WHERE person_id = :person AND ended_at IS NULL
"""),
    sa.text("""
UPDATE password_request SET ended_at = :now WHERE person_id = :person AND ended_at IS NULL
"""),
)
_MAKE = sa.text("""
INSERT INTO password_link (person_id, salt, token_hash, asked_by, asked_at, expires_at)
VALUES (:person, :salt, :hash, :by, :now, :expires) RETURNING id
""")
_OPEN = sa.text("""
SELECT l.id, l.person_id, p.sign_in_name, p.name FROM password_link l
JOIN person p ON p.id = l.person_id
WHERE l.token_hash = :hash AND l.ended_at IS NULL AND l.expires_at > :now
  AND p.disabled_at IS NULL
""")
_TAKE = sa.text(_OPEN.text + " FOR UPDATE OF l, p")
_SET = sa.text("""
INSERT INTO credential (person_id, password_hash, must_change, changed_at)
VALUES (:person, :hash, false, :now)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = false,
    changed_at = excluded.changed_at, expires_at = NULL, failed_attempts = 0, blocked_until = NULL
""")
END_SESSIONS = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :by
WHERE person_id = :person AND ended_at IS NULL
""")


def derived(settings: Settings, purpose: str, salt: str) -> bytes:
    """Bytes that only this installation can work out from *salt*.

    Raises:
        ValueError: the installation has no secret key.
    """
    key = settings.signing_key.encode()
    return hmac.new(key, f"{purpose}:{salt}".encode(), hashlib.sha256).digest()


def token_of(settings: Settings, salt: str) -> str:
    """The secret part of a link: 256 bits."""
    return base64.urlsafe_b64encode(derived(settings, "password-link", salt)).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """What the row keeps of a link."""
    return hashlib.sha256(token.encode()).digest()


def end_ways(ctx: Context, person_id: int) -> None:
    """From now on no earlier link and no earlier request leads to a password of this person."""
    for statement in _END_WAYS:
        ctx.execute(statement, {"person": person_id, "now": ctx.now})


def send(ctx: Context, *, person_id: int) -> None:
    """Send the person a link for a new password; the present one holds until it is used.

    Raises:
        NotFound: ``no_such_account``.
        Refused: ``administrators_only``; ``address_set_by_you``: who gave the address does not
            send the link there.
        BadInput: ``recipient_disabled``, or ``no_address``: two administrators are needed.
    """
    person = ctx.execute(_PERSON, {"person": person_id}).one_or_none()

    ctx.require(Permission.ADMINISTER)
    if person is None:
        raise NotFound("no_such_account")
    if person.disabled_at is not None:
        raise BadInput("recipient_disabled")
    if not has_address(person.email, person.mail_state):
        raise BadInput("no_address")
    if person.email_set_by is not None and person.email_set_by == ctx.actor.person_id:
        raise Refused("address_set_by_you")

    end_ways(ctx, person_id)
    salt = secrets.token_urlsafe(32)
    link: int = ctx.execute(
        _MAKE,
        {
            "person": person_id,
            "salt": salt,
            "hash": token_hash(token_of(ctx.settings, salt)),
            "by": ctx.actor.person_id,
            "now": ctx.now,
            "expires": ctx.now + HOLDS,
        },
    ).scalar_one()
    office_record.record(ctx, [Act(OfficeAct.PASSWORD_LINK, person_id)], link=(person_id, link))


def has_address(email: str, mail_state: str) -> bool:
    """Whether mails reach the person."""
    return bool(email) and mail_state == "good"


def holder(ctx: Context, token: str) -> str | None:
    """The name of whoever the link is for; None where it holds no more. Changes nothing."""
    row = ctx.execute(_OPEN, {"hash": token_hash(token), "now": ctx.now}).one_or_none()
    return None if row is None else str(row.name)


def use(ctx: Context, *, token: str, new: str) -> int:
    """Set the new password by the link; it holds no more, and all sessions of the person end.

    Gives the person's number.

    Who has the link is the person: it went to their own address and nowhere else. So they need not
    sign in, and the event is theirs.

    Raises:
        NotFound: ``link_over``: used, replaced, more than a day old, or never made.
        BadInput: the password is too weak.
    """
    row = ctx.execute(_TAKE, {"hash": token_hash(token), "now": ctx.now}).one_or_none()

    if row is None:
        raise NotFound("link_over")
    person = Actor(row.person_id, row.name)
    ctx.permit(check(person, Permission.SET_PASSWORD_BY_LINK, oneself(person, row.person_id)))
    code = passwords.weakness(new, sign_in_name=row.sign_in_name)
    if code is not None:
        bounds = {"shortest": passwords.SHORTEST, "longest": passwords.LONGEST}
        raise BadInput("invalid_form", (Fault("new", code, bounds),))

    values = {"person": row.person_id, "now": ctx.now}
    ctx.execute(_SET, {**values, "hash": passwords.hash_password(new)})
    end_ways(ctx, row.person_id)
    ctx.execute(END_SESSIONS, {**values, "by": row.person_id})
    office_record.record(replace(ctx, actor=person), [Act(OfficeAct.PASSWORD_SET, row.person_id)])
    return int(row.person_id)
