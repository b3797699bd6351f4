"""What administrators look at: people with posts and sessions, and the mails on their way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission
from workflow.services.password_links import has_address
from workflow.services.roster import capacity

MOST_MAILS = 200


@dataclass(frozen=True)
class PersonLine:
    """One person in the list."""

    id: int
    sign_in_name: str
    name: str
    kana: str
    email: str
    mail_refusal: str | None
    posts: tuple[str, ...]
    grants: tuple[str, ...]
    disabled: bool
    must_change_password: bool
    sessions: int
    #: When the one-time password stops opening the door; None: one's own, or none at all.
    password_expires_at: datetime | None = None
    #: Whether the one-time password's time is over.
    password_expired: bool = False
    #: Mails reach the person: a link for a new password can be sent.
    has_address: bool = False
    #: The reader gave this address: another administrator sends the link.
    address_set_by_reader: bool = False
    #: The administrator who asked for a one-time password that waits to be confirmed, and when.
    asked_by: str | None = None
    asked_by_id: int | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True)
class SessionLine:
    """One open session."""

    id: int
    person_id: int
    person: str
    since: datetime
    expires_at: datetime
    client: str
    address: str
    is_own: bool


@dataclass(frozen=True)
class MailLine:
    """One mail and what became of it.

    Attributes:
        covered_at: when the next digest took over what it says; None while somebody may have to
            do something about it, and for mails that arrived.
        covered_by: that digest; None where nothing of the mail held any more.
    """

    id: int
    recipient_id: int
    recipient: str
    address: str
    subject: str
    state: str
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
    covered_at: datetime | None
    covered_by: int | None


_PEOPLE = sa.text("""
SELECT p.id, p.sign_in_name, p.name, p.kana, p.email, p.disabled_at,
       CASE p.mail_state WHEN 'refused' THEN coalesce(p.mail_refusal, '') END AS mail_refusal,
       coalesce(c.must_change, false) AS must_change,
       CASE WHEN c.must_change THEN c.expires_at END AS password_expires_at,
       p.mail_state, p.email_set_by, q.asked_by AS asked_by_id, q.asked_at, a.name AS asked_by,
       (SELECT coalesce(json_agg(json_build_array(u.name, o.title)
                        ORDER BY a.is_primary DESC, a.id), '[]')::text
        FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        WHERE a.person_id = p.id
          AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
       ) AS posts,
       ARRAY(SELECT g.role FROM role_grant g WHERE g.person_id = p.id
             AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
             ORDER BY g.role) AS grants,
       (SELECT count(*) FROM user_session s
        WHERE s.person_id = p.id AND s.ended_at IS NULL AND s.expires_at > :now) AS sessions
FROM person p LEFT JOIN credential c ON c.person_id = p.id
LEFT JOIN password_request q ON q.person_id = p.id AND q.ended_at IS NULL AND q.expires_at > :now
LEFT JOIN person a ON a.id = q.asked_by
ORDER BY p.disabled_at IS NOT NULL, p.kana, p.id
""")
_SESSIONS = sa.text("""
SELECT s.id, s.person_id, p.name, s.created_at, s.expires_at, s.client, s.address
FROM user_session s JOIN person p ON p.id = s.person_id
WHERE s.ended_at IS NULL AND s.expires_at > :now ORDER BY s.created_at DESC
""")
_MAILS = sa.text("""
SELECT m.id, p.id, p.name, m.address, m.subject, m.state, m.attempts, m.last_error, m.created_at,
       m.sent_at, m.covered_at, m.covered_by
FROM mail m JOIN person p ON p.id = m.recipient_id
ORDER BY m.state = 'sent' OR m.covered_at IS NOT NULL, m.id DESC LIMIT :limit
""")


def people(ctx: Context) -> tuple[PersonLine, ...]:
    """Everybody, in the order of the kana.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    return tuple(
        PersonLine(
            id=row.id,
            sign_in_name=row.sign_in_name,
            name=row.name,
            kana=row.kana,
            email=row.email,
            mail_refusal=row.mail_refusal,
            posts=tuple(capacity(unit, title) for unit, title in json.loads(row.posts)),
            grants=tuple(row.grants),
            disabled=row.disabled_at is not None,
            must_change_password=row.must_change,
            sessions=row.sessions,
            password_expires_at=row.password_expires_at,
            password_expired=(
                row.password_expires_at is not None
                and row.password_expires_at <= ctx.now
                and not ctx.settings.keep_one_time_passwords
            ),
            has_address=has_address(row.email, row.mail_state),
            address_set_by_reader=(
                row.email_set_by is not None and row.email_set_by == ctx.actor.person_id
            ),
            asked_by=row.asked_by,
            asked_by_id=row.asked_by_id,
            asked_at=row.asked_at,
        )
        for row in ctx.execute(_PEOPLE, {"today": ctx.today, "now": ctx.now})
    )


def sessions(ctx: Context) -> tuple[SessionLine, ...]:
    """All open sessions, newest first.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    return tuple(
        SessionLine(
            row.id,
            row.person_id,
            row.name,
            row.created_at,
            row.expires_at,
            row.client,
            row.address,
            row.person_id == ctx.actor.person_id,
        )
        for row in ctx.execute(_SESSIONS, {"now": ctx.now})
    )


def mails(ctx: Context) -> tuple[MailLine, ...]:
    """The latest mails; those that are not sent come first.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    return tuple(MailLine(*tuple(row)) for row in ctx.execute(_MAILS, {"limit": MOST_MAILS}))
