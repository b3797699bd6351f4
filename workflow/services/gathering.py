"""From notices to mails: at once but grouped, or in one digest per person and business day.

Immediate kinds go out at once; what follows within the grouping time (five minutes) is gathered
into one more mail. Digest kinds wait for the digest time of a business day. What no longer holds
when the mail is written (the sheet moved on) is left out, and so is what its reader declined.

What somebody reads afterwards (後閲) waits while they are registered as absent: who is away, is
away. It comes in the digest of the first business day on which they are there again; the absence's
last day over, or ended early before the digest time of that day. Until then it stands on the desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.calendar.business_days import CalendarNotCovered
from workflow.clock import OFFICE_ZONE
from workflow.errors import BadInput
from workflow.mail.message import write
from workflow.models import NoticeKind, Promise
from workflow.policy import SYSTEM, Permission
from workflow.services import closed_days, notices
from workflow.services.mail_choices import DECLINED

log = structlog.get_logger(__name__)

#: Gathered at once; the other kinds wait for the digest.
IMMEDIATE = frozenset(
    {
        NoticeKind.YOUR_TURN,
        NoticeKind.CAME_BACK,
        NoticeKind.PUBLISHED,
        NoticeKind.NOBODY_LEFT,
        NoticeKind.CONSULTED,
        NoticeKind.CONSULTATION_ANSWERED,
        NoticeKind.ENDED,
        NoticeKind.HAND_OVER,
        NoticeKind.EXTENSION_ASKED,
        NoticeKind.EXTENSION_GRANTED,
        NoticeKind.EXTENSION_REFUSED,
        NoticeKind.NUDGE,
    }
)
#: Kinds that a digest gathers.
DIGEST = frozenset(NoticeKind) - IMMEDIATE
#: Kinds that hold whatever became of the sheet since.
LASTING = frozenset(
    {
        NoticeKind.PUBLISHED,
        NoticeKind.ENDED,
        NoticeKind.CONSULTATION_ANSWERED,
    }
)
#: Recipients per transaction.
BATCH = 100

_RECIPIENTS = sa.text(f"""
SELECT p.id, p.name, p.email,
       (SELECT max(m.created_at) FROM mail m
        WHERE m.recipient_id = p.id AND m.slot <> 'digest') AS last_immediate,
       EXISTS (SELECT 1 FROM mail m WHERE m.recipient_id = p.id
               AND m.slot = 'digest' AND m.business_day = :today) AS has_digest,
       {DECLINED} AS declined
FROM person p
WHERE p.id > :after AND p.disabled_at IS NULL AND p.mail_state = 'good'
  AND EXISTS (SELECT 1 FROM notice n WHERE n.recipient_id = p.id AND n.gathered_at IS NULL
              AND n.kind = ANY (:kinds)
              AND (n.kind <> 'post_review' OR p.id <> ALL (:away)))
ORDER BY p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
""")  # noqa: S608 - a fixed part that another statement has as well
_MAIL = sa.text("""
INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                  body_text, body_html, state, created_at, next_attempt_at)
VALUES (:recipient, :today, :slot, :promise, :address, :message_id, :subject, :text, :html,
        'queued', :now, :now)
ON CONFLICT (recipient_id, business_day, slot) DO NOTHING RETURNING id
""")
_GATHERED = sa.text("UPDATE notice SET gathered_at = :now, mail_id = :mail WHERE id = ANY (:ids)")
_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")


def gather_all(application: Application) -> int:
    """Write every mail that may be written now; returns how many."""
    written, after = 0, 0
    while True:
        with application.command(SYSTEM) as ctx:
            mails, last = gather(ctx, after=after)
        written += mails
        if last is None:
            return written
        after = last


def gather(ctx: Context, *, after: int = 0) -> tuple[int, int | None]:
    """Write mails for the next recipients behind person *after*.

    Returns how many mails were written, and the last person looked at (None: nobody was left).
    """
    ctx.require(Permission.RUN_ENGINE)
    kinds = _kinds(ctx)
    away = notices.away(ctx)
    people = ctx.execute(
        _RECIPIENTS,
        {
            "after": after,
            "kinds": sorted(kinds),
            "away": away,
            "limit": BATCH,
            "today": ctx.today,
        },
    ).all()
    if not people:
        return 0, None
    waiting = notices.load(ctx, [p.id for p in people], kinds, away)
    of_person = {key: list(rows) for key, rows in groupby(waiting, lambda row: row.recipient_id)}
    stood_in_for = notices.stood_in_for(ctx, waiting)
    municipality = ctx.execute(_MUNICIPALITY).scalar_one()

    written = 0
    for person in people:
        mine = of_person.get(person.id, [])
        immediate = [row for row in mine if row.kind in IMMEDIATE]
        digest = [row for row in mine if row.kind not in IMMEDIATE]
        if immediate and not _too_soon(ctx, person.last_immediate):
            slot = f"now-{ctx.now:%H%M%S.%f}"
            written += _write(ctx, person, immediate, slot, municipality, stood_in_for)
        if digest and not person.has_digest:
            written += _write(ctx, person, digest, "digest", municipality, stood_in_for)
    if written:
        ctx.ring_after_commit("tasks.deliver_mails")
    return written, people[-1].id


def _kinds(ctx: Context) -> set[NoticeKind]:
    """What may be written now. Where the calendar says nothing of today the digest waits.

    A digest on an unknown day could fall on New Year's Day; everything else goes on, loudly.
    """
    local = ctx.now.astimezone(OFFICE_ZONE)
    try:
        is_open = closed_days.load(ctx).is_open(local.date())
    except (BadInput, CalendarNotCovered) as error:
        log.error("calendar_missing", day=str(local.date()), error=str(error))
        is_open = False
    if is_open and local.time() >= ctx.settings.digest_time:
        return set(NoticeKind)
    return set(IMMEDIATE)


def _too_soon(ctx: Context, last: datetime | None) -> bool:
    grouping = timedelta(seconds=ctx.settings.notice_grouping_seconds)
    # A mail from the future (the clock was set back) must not silence anybody until then.
    return last is not None and last <= ctx.now < last + grouping


def _write(
    ctx: Context,
    person: sa.Row[Any],
    rows: Sequence[sa.Row[Any]],
    slot: str,
    municipality: str,
    stood_in_for: Mapping[int, str],
) -> int:
    """Write one mail and tie the notices to it; others are put aside."""
    holding = [
        row
        for row in rows
        if (row.standing or row.kind in LASTING) and row.kind not in person.declined
    ]
    kept = {row.id for row in holding}
    gone = [row.id for row in rows if row.id not in kept]
    if gone:
        ctx.execute(_GATHERED, {"now": ctx.now, "mail": None, "ids": gone})
    if not holding:
        return 0
    came_back = any(row.kind == NoticeKind.CAME_BACK for row in holding)
    base = ctx.settings.public_url.rstrip("/")
    draft = write(
        person.name,
        [
            notices.view(ctx, row, base, stood_in_for.get(row.id, ""))
            for row in notices.once_per_page(holding)
        ],
        municipality=municipality,
        desk=f"{base}/desk",
    )
    mail_id = ctx.execute(
        _MAIL,
        {
            "recipient": person.id,
            "today": ctx.today,
            "slot": slot,
            "promise": Promise.AT_LEAST_ONCE if came_back else Promise.AT_MOST_ONCE,
            "address": person.email,
            "message_id": _message_id(person.id, ctx.today, slot, ctx.settings.mail_from),
            "subject": draft.subject,
            "text": draft.text,
            "html": draft.html,
            "now": ctx.now,
        },
    ).scalar_one_or_none()
    if mail_id is None:
        return 0
    ctx.execute(_GATHERED, {"now": ctx.now, "mail": mail_id, "ids": [row.id for row in holding]})
    return 1


def _message_id(person_id: int, day: date, slot: str, sender: str) -> str:
    """The same for the same mail, so that a copy can be recognised."""
    return f"<hyoka.{person_id}.{day:%Y%m%d}.{slot}@{sender.rpartition('@')[2]}>"
