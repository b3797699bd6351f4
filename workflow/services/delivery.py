"""Sends mails that are written: claim (committed), send (no transaction open), finish (fenced).

What each mail promises is on its row. *At most once*: the attempt is committed before the server
is asked, and a mail that may have arrived is never sent again: it is ``unknown`` and shown. *At
least once*: such a mail is sent again, under the same Message-ID.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address

import sqlalchemy as sa
import structlog

from workflow import failpoints
from workflow.application import Application, Context
from workflow.mail.account_message import LINK_PLACE
from workflow.mail.message import MailDraft, compose
from workflow.mail.smtp import Attempt, Result, Transport
from workflow.models import Promise
from workflow.policy import SYSTEM, Permission
from workflow.services.mail_hours import MailHours, mail_hours
from workflow.services.password_links import token_of
from workflow.settings import Settings

log = structlog.get_logger(__name__)

#: With one conversation of at most two minutes more, this stays below a task's time limit.
BUDGET = timedelta(seconds=90)
MOST_ATTEMPTS = 8
#: Wait before the next attempt: 1, 2, 4 … minutes, at most an hour.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

_EXPIRED = sa.text("""
UPDATE mail SET
    state = CASE WHEN promise = 'at_most_once' THEN 'unknown'
                 WHEN attempts >= :most THEN 'dead' ELSE 'queued' END,
    last_error = 'the worker did not come back', claim_token = NULL, lease_until = NULL
WHERE state = 'sending' AND lease_until < :now
""")
# Of today alone: what waits since an earlier day may not hold any more, and the next digest covers
# it (``services.covering``). Where the calendar is missing there is none: everything goes on. What
# is about an account goes out at any hour of any day, but for what was planned for that day.
_CLAIM = sa.text("""
WITH next AS (
    SELECT id FROM mail WHERE state = 'queued' AND next_attempt_at <= :now
      AND (:any_day OR slot LIKE 'account-%' AND (:open OR slot NOT LIKE 'account-day-%')
           OR business_day = :today AND (:open OR slot LIKE 'again-%'))
    ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE mail m SET state = 'sending', attempts = attempts + 1, claim_token = :token,
    lease_until = :lease
FROM next, person p
WHERE m.id = next.id AND p.id = m.recipient_id
RETURNING m.id, m.address, m.subject, m.body_text, m.body_html, m.message_id, m.promise,
          m.attempts, m.created_at, p.name,
          (SELECT l.salt FROM password_link l WHERE l.id = m.password_link_id) AS link_salt
""")
_FINISH = sa.text("""
UPDATE mail SET state = :state, sent_at = :sent_at, last_error = :error,
    next_attempt_at = :next_attempt, claim_token = NULL, lease_until = NULL
WHERE id = :id AND claim_token = :token RETURNING recipient_id
""")
_REFUSED_ADDRESS = sa.text("""
UPDATE person SET mail_state = 'refused', mail_refusal = :why
WHERE id = :person AND email = :address
""")
_ACCEPTED_ADDRESS = sa.text("""
UPDATE person SET mail_state = 'good', mail_refusal = NULL
WHERE id = :person AND email = :address AND mail_state = 'refused'
""")
_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")


def lease_of(settings: Settings) -> timedelta:
    """Half as long again as an SMTP conversation can take: 3 minutes where a step has 20 s."""
    return timedelta(seconds=settings.smtp_conversation_seconds) * 3 / 2


def share_of(settings: Settings) -> timedelta:
    """What a worker's task takes at a time: less than a tick waits for it (fault experiment E04).

    With a slow mail server all children of a worker may be sending; the ticks behind them would be
    too old when their turn came.
    """
    return min(timedelta(seconds=settings.tick_seconds) * 2 / 3, BUDGET)


@dataclass(frozen=True)
class Claimed:
    """A mail that this worker alone sends, as long as its lease holds."""

    id: int
    token: str
    address: str
    name: str
    draft: MailDraft
    message_id: str
    promise: Promise
    attempts: int
    #: Of the link for a new password that the mail carries.
    link_salt: str | None = None


def deliver_all(
    application: Application, transport: Transport, *, budget: timedelta = BUDGET
) -> int:
    """Send what waits; returns how many mails the server accepted.

    Ends after *budget* although more may wait: a worker's time limit must never fall into an SMTP
    conversation. Then the doorbell is rung, so that somebody goes on.
    """
    accepted = 0
    lease = lease_of(application.settings).total_seconds()
    # Not the time of day: a clock that is set back must not make this go on for hours.
    end = time.monotonic() + budget.total_seconds()
    while (begun := time.monotonic()) < end:
        failpoints.reached("before_claim")
        with application.command(SYSTEM) as ctx:
            claimed = claim(ctx)
            municipality = ctx.execute(_MUNICIPALITY).scalar_one_or_none() or ""
            now = ctx.now
        if not claimed:
            break
        for mail in claimed:
            failpoints.reached("after_claim", mail.address)
            if time.monotonic() - begun > lease:
                # This process stood still; somebody else may have sent the mail by now.
                log.warning("mail_fenced", mail=mail.id)
                continue
            attempt = _attempt(application.settings, transport, mail, municipality, now)
            failpoints.reached("before_finish", mail.address)
            with application.command(SYSTEM) as ctx:
                finish(ctx, mail, attempt)
                failpoints.reached("inside_finish", mail.address)
            failpoints.reached("after_finish", mail.address)
            accepted += attempt.result is Result.ACCEPTED
    else:
        application.doorbell.ring("tasks.deliver_mails")
    return accepted


def _attempt(
    settings: Settings, transport: Transport, mail: Claimed, municipality: str, now: datetime
) -> Attempt:
    try:
        message = compose(
            _with_link(settings, mail),
            sender=settings.mail_from,
            municipality=municipality,
            recipient=mail.address,
            name=mail.name,
            message_id=mail.message_id,
            date_sent=now,
        )
    except (ValueError, MessageError) as error:
        # A mail that raises here would hold up all others behind it. Only where this very person's
        # name or address cannot be written is the address to blame; else somebody mends a setting.
        told = f"{type(error).__name__}: {error}"
        blame = not _can_be_written(mail.name, mail.address)
        return Attempt(Result.REFUSED if blame else Result.LATER, told, address_refused=blame)
    return transport.send(message, sender=settings.mail_from, recipient=mail.address)


def _with_link(settings: Settings, mail: Claimed) -> MailDraft:
    """What is sent: a link for a new password is worked out here and is in the mail alone."""
    if mail.link_salt is None:
        return mail.draft
    base = settings.public_url.rstrip("/")
    link = f"{base}/password/{token_of(settings, mail.link_salt)}"
    return replace(
        mail.draft,
        text=mail.draft.text.replace(LINK_PLACE, link),
        html=mail.draft.html.replace(LINK_PLACE, link),
    )


def _can_be_written(name: str, address: str) -> bool:
    try:
        Address(name, addr_spec=address)
    except (ValueError, MessageError):
        return False
    return True


def claim(ctx: Context, *, limit: int = 1) -> list[Claimed]:
    """Take the next mails of today on a lease; expired leases are settled by their promise first.

    Nothing on a closed day or before the digest time (``mail_hours``), but for what somebody sends
    again that day.

    One at a time by default: the lease is measured for one SMTP conversation.
    """
    ctx.require(Permission.RUN_ENGINE)
    token = secrets.token_hex(16)
    settle_expired(ctx)
    hours = mail_hours(ctx)
    rows = ctx.execute(
        _CLAIM,
        {
            "now": ctx.now,
            "limit": limit,
            "token": token,
            "lease": ctx.now + lease_of(ctx.settings),
            "today": ctx.today,
            "open": hours is MailHours.OPEN,
            "any_day": hours is MailHours.UNKNOWN,
        },
    ).all()
    return [
        Claimed(
            id=row.id,
            token=token,
            address=row.address,
            name=row.name,
            draft=MailDraft(row.subject, row.body_text, row.body_html),
            message_id=row.message_id,
            promise=Promise(row.promise),
            attempts=row.attempts,
            link_salt=row.link_salt,
        )
        for row in rows
    ]


def settle_expired(ctx: Context) -> None:
    """Mails whose worker did not come back, by what they promise."""
    ctx.require(Permission.RUN_ENGINE)
    ctx.execute(_EXPIRED, {"now": ctx.now, "most": MOST_ATTEMPTS})


def finish(ctx: Context, mail: Claimed, attempt: Attempt) -> bool:
    """Write down what became of it; False when the lease was lost in between (fenced)."""
    ctx.require(Permission.RUN_ENGINE)
    state, next_attempt = _after(mail, attempt)
    recipient = ctx.execute(
        _FINISH,
        {
            "id": mail.id,
            "token": mail.token,
            "state": state,
            "sent_at": ctx.now if state == "sent" else None,
            "error": attempt.detail if state != "sent" else None,
            "next_attempt": ctx.now + next_attempt,
        },
    ).scalar_one_or_none()
    if recipient is None:
        log.warning("mail_fenced", mail=mail.id)
        return False
    if attempt.address_refused:
        ctx.execute(
            _REFUSED_ADDRESS,
            {"person": recipient, "address": mail.address, "why": attempt.detail},
        )
    elif attempt.result is Result.ACCEPTED:
        # Whatever was said of it before: the address takes mails.
        ctx.execute(_ACCEPTED_ADDRESS, {"person": recipient, "address": mail.address})
    return True


def _after(mail: Claimed, attempt: Attempt) -> tuple[str, timedelta]:
    wait = min(FIRST_WAIT * 2 ** min(mail.attempts - 1, 10), LONGEST_WAIT)
    match attempt.result:
        case Result.ACCEPTED:
            return "sent", wait
        case Result.REFUSED:
            return "dead", wait
        case Result.UNKNOWN if mail.promise is Promise.AT_MOST_ONCE:
            return "unknown", wait
    return ("dead" if mail.attempts >= MOST_ATTEMPTS else "queued"), wait
