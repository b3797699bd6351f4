"""From notices to mails: at once but grouped, or in one digest per person and business day.

Nothing goes out on closed days, nor before the digest time of an open day (``mail_hours``). Within
these hours immediate kinds go out at once; what follows within the grouping time (five minutes) is
gathered into one more mail. Digest kinds wait for the digest time of a business day. What no longer
holds when the mail is written (the sheet moved on) is left out, and so is what its reader declined.
What was in a mail that did not arrive comes in the next digest (``covering``).

Immediate is what asks the reader to do something now (your turn: to act, to answer, to decide, to
take in hand), and what comes back to who sent it away (a returned sheet, an answer, an end). That
something was published asks for nothing: it is in the digest.

What somebody reads afterwards (後閲) waits while they are registered as absent: who is away, is
away. It comes in the digest of the first business day on which they are there again; the absence's
last day over, or ended early before the digest time of that day. Until then it stands on the desk.
That a sheet came waits as well while it is on hold (保留): it is nobody's turn before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.mail.message import write
from workflow.models import NoticeKind, Promise
from workflow.policy import SYSTEM, Permission
from workflow.services import covering, delivery, notices
from workflow.services.ladders import DUE
from workflow.services.mail_choices import DECLINED
from workflow.services.mail_hours import MailHours, mail_hours, opening
from workflow.services.voided_approvals import content_changes

log = structlog.get_logger(__name__)

#: Gathered at once; the other kinds wait for the digest.
IMMEDIATE = frozenset(
    {
        # Your turn: to act, to find somebody who can, to answer, to take in hand, to decide.
        NoticeKind.YOUR_TURN,
        NoticeKind.NOBODY_LEFT,
        NoticeKind.CONSULTED,
        NoticeKind.HAND_OVER,
        NoticeKind.EXTENSION_ASKED,
        NoticeKind.NUDGE,
        # It came back: the sheet, its end, an answer.
        NoticeKind.CAME_BACK,
        NoticeKind.ENDED,
        NoticeKind.CONSULTATION_ANSWERED,
        NoticeKind.EXTENSION_GRANTED,
        NoticeKind.EXTENSION_REFUSED,
    }
)
#: Kinds that a digest gathers.
DIGEST = frozenset(NoticeKind) - IMMEDIATE
#: Recipients per transaction.
BATCH = 100
#: How long digests wait for sheets that somebody is acting on when their timers fall due.
LONGEST_WAIT = timedelta(minutes=5)

_RECIPIENTS = sa.text(f"""
SELECT p.id, p.name, p.email,
       (SELECT max(m.created_at) FROM mail m
        WHERE m.recipient_id = p.id AND m.slot <> 'digest'
          AND m.slot NOT LIKE 'account-%') AS last_immediate,
       EXISTS (SELECT 1 FROM mail m WHERE m.recipient_id = p.id
               AND m.slot = 'digest' AND m.business_day = :today) AS has_digest,
       {DECLINED} AS declined
FROM person p
WHERE p.id > :after AND p.disabled_at IS NULL AND p.mail_state = 'good'
  AND p.id IN (SELECT n.recipient_id FROM notice n
               WHERE n.recipient_id > :after AND n.gathered_at IS NULL AND n.kind = ANY (:kinds)
                 AND (n.kind <> 'post_review' OR n.recipient_id <> ALL (:away))
                 AND NOT {notices.WAITS_FOR_HOLD}
               UNION ALL
               SELECT m.recipient_id FROM mail m
               WHERE :with_digests AND m.recipient_id > :after AND {covering.LOST})
ORDER BY p.id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
""")  # noqa: S608 - fixed parts that other statements have as well
_MAIL = sa.text("""
INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                  body_text, body_html, state, created_at, next_attempt_at)
VALUES (:recipient, :today, :slot, :promise, :address, :message_id, :subject, :text, :html,
        'queued', :now, :now)
ON CONFLICT (recipient_id, business_day, slot) DO NOTHING RETURNING id
""")
_GATHERED = sa.text("UPDATE notice SET gathered_at = :now, mail_id = :mail WHERE id = ANY (:ids)")
_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")
# One that failed before keeps nobody waiting.
_TIMERS_REMAIN = sa.text(f"""
SELECT count(*) > 0 FROM ({DUE} AND t.attempts = 0 ORDER BY t.due_at, t.id LIMIT 1) d
""")  # noqa: S608 - a constant of our own


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
    with_digests = kinds >= DIGEST
    if with_digests and after == 0:
        delivery.settle_expired(ctx)
        covering.supersede(ctx)
    away = notices.away(ctx)
    people = ctx.execute(
        _RECIPIENTS,
        {
            "after": after,
            "kinds": sorted(kinds),
            "away": away,
            "limit": BATCH,
            "today": ctx.today,
            "with_digests": with_digests,
        },
    ).all()
    if not people:
        return 0, None
    without = [p.id for p in people if not p.has_digest] if with_digests else []
    lost = covering.lost_mails(ctx, without)
    waiting = notices.load(
        ctx, [p.id for p in people], frozenset(NoticeKind) if lost else kinds, away,
        [mail for mails in lost.values() for mail in mails],
    )  # fmt: skip
    of_person = {key: list(rows) for key, rows in groupby(waiting, lambda row: row.recipient_id)}
    stood_in_for = notices.stood_in_for(ctx, waiting)
    municipality = ctx.execute(_MUNICIPALITY).scalar_one()

    written = 0
    for person in people:
        mine = of_person.get(person.id, [])
        # What was lost is told in the digest, of whatever kind it is.
        immediate = [row for row in mine if row.kind in IMMEDIATE and not row.was_lost]
        digest = [row for row in mine if row.kind not in IMMEDIATE or row.was_lost]
        if immediate and not _too_soon(ctx, person.last_immediate):
            slot = f"now-{ctx.now:%H%M%S.%f}"
            holding = _holding(ctx, person, immediate)
            written += _write(ctx, person, holding, slot, municipality, stood_in_for) is not None
        if (digest or person.id in lost) and not person.has_digest:
            holding = _holding(ctx, person, digest)
            mail = _write(ctx, person, holding, "digest", municipality, stood_in_for)
            written += mail is not None
            if person.id in lost and (mail is not None or not holding):
                covering.cover(ctx, lost[person.id], digest=mail, away=away)
    if written:
        ctx.ring_after_commit("tasks.deliver_mails")
    return written, people[-1].id


def _kinds(ctx: Context) -> frozenset[NoticeKind]:
    """What may be written now. Where the calendar says nothing of today the digest waits.

    A digest on an unknown day could fall on New Year's Day; everything else goes on, loudly.
    """
    match mail_hours(ctx):
        case MailHours.UNKNOWN:
            log.error("calendar_missing", day=str(ctx.today))
            return IMMEDIATE
        case MailHours.CLOSED:
            return frozenset()
    return IMMEDIATE if _timers_remain(ctx) else frozenset(NoticeKind)


def _timers_remain(ctx: Context) -> bool:
    """Whether something fell due for today's digest that nobody was told of yet.

    The tick leaves a sheet for the next one while somebody is acting on it; a digest that was
    written without it would keep its people uninformed until tomorrow.
    """
    morning = opening(ctx)
    if ctx.now >= morning + LONGEST_WAIT:
        return False
    return bool(ctx.execute(_TIMERS_REMAIN, {"now": morning}).scalar_one())


def _too_soon(ctx: Context, last: datetime | None) -> bool:
    grouping = timedelta(seconds=ctx.settings.notice_grouping_seconds)
    # A mail from the future (the clock was set back) must not silence anybody until then.
    return last is not None and last <= ctx.now < last + grouping


def _holding(ctx: Context, person: sa.Row[Any], rows: Collection[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """What is told to the person; the rest is put aside."""
    holding = [row for row in rows if row.standing and row.kind not in person.declined]
    kept = {row.id for row in holding}
    gone = [row.id for row in rows if row.id not in kept and not row.was_lost]
    if gone:
        ctx.execute(_GATHERED, {"now": ctx.now, "mail": None, "ids": gone})
    return holding


def _write(
    ctx: Context,
    person: sa.Row[Any],
    holding: Sequence[sa.Row[Any]],
    slot: str,
    municipality: str,
    stood_in_for: Mapping[int, str],
) -> int | None:
    """Write one mail and tie the notices to it; None where nothing holds, or it is there."""
    if not holding:
        return None
    came_back = any(row.kind == NoticeKind.CAME_BACK for row in holding)
    base = ctx.settings.public_url.rstrip("/")
    pages = notices.once_per_page(holding)
    changes = content_changes(ctx, [row.id for row in pages if row.kind == NoticeKind.YOUR_TURN])
    draft = write(
        person.name,
        [
            notices.view(ctx, row, base, stood_in_for.get(row.id, ""), changes.get(row.id))
            for row in pages
        ],
        municipality=municipality,
        desk=f"{base}/desk",
    )
    mail_id: int | None = ctx.execute(
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
    if mail_id is not None:
        told = [row.id for row in holding]
        ctx.execute(_GATHERED, {"now": ctx.now, "mail": mail_id, "ids": told})
    return mail_id


def _message_id(person_id: int, day: date, slot: str, sender: str) -> str:
    """The same for the same mail, so that a copy can be recognised."""
    return f"<hyoka.{person_id}.{day:%Y%m%d}.{slot}@{sender.rpartition('@')[2]}>"
