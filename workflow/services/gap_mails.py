"""Tells whoever named substitutes which of them are away, and when that is so no more.

The tick compares what opens now with what was told last: whatever made the difference (an absence,
its end, a post that ended), one mail tells the present state. Days that pass change nothing. It is
written within the hours of mails, so that it is true when it goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Application, Context
from workflow.definition.words import stage_label, step_label, ways_after_substitutes
from workflow.mail.absence_message import GapLine, write_gaps
from workflow.models import Promise
from workflow.policy import SYSTEM, Permission
from workflow.services import isolation, substitute_gaps
from workflow.services.mail_hours import MailHours, mail_hours
from workflow.services.office_record import SLOT_OF_A_DAY
from workflow.services.substitute_gaps import Gap, GapsOfAbsence

#: Slot of such a mail: it waits for the hours of mails, and no digest takes it over.
_SLOT = SLOT_OF_A_DAY + "absence-"

_LOCK = sa.text("""
SELECT gaps_told FROM absence WHERE id = :id AND ended_at IS NULL FOR UPDATE SKIP LOCKED
""")
_TOLD = sa.text("UPDATE absence SET gaps_told = :told WHERE id = :id").bindparams(
    sa.bindparam("told", type_=JSONB)
)
_READERS = sa.text("""
SELECT p.id, p.name, p.email, p.id = x.person_id AS is_own
FROM absence x JOIN person p ON p.id IN (x.person_id, x.registered_by)
WHERE x.id = :id AND p.disabled_at IS NULL AND p.mail_state = 'good'
  AND (p.id = x.person_id OR EXISTS (
       SELECT FROM role_grant g WHERE g.person_id = p.id AND g.role = 'administrator'
         AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)))
ORDER BY p.id
""")
_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")
_WITHDRAW = sa.text("""
UPDATE mail SET state = 'superseded' WHERE state = 'queued' AND slot LIKE :slot || '%'
""")
_MAIL = sa.text("""
INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                  body_text, body_html, state, created_at, next_attempt_at)
VALUES (:recipient, :today, :slot, :promise, :address, :message_id, :subject, :text, :html,
        'queued', :now, :now)
""")


def tell_due(application: Application) -> int:
    """Write the mails about gaps that were not told, or hold no more; returns how many.

    Raises:
        RowsFailed: some absences fail; all others are done.
    """
    with application.query(SYSTEM) as ctx:
        if mail_hours(ctx) is MailHours.CLOSED:
            return 0
        due = [one.absence_id for one in substitute_gaps.of_absences(ctx) if _is_news(one, ctx)]
    return isolation.each(application, "gaps_of_absence", due, _tell)


def withdraw(ctx: Context, absence_id: int) -> None:
    """Take back what waits to be sent about the gaps of an absence."""
    ctx.execute(_WITHDRAW, {"slot": f"{_SLOT}{absence_id}-"})


def _is_news(one: GapsOfAbsence, ctx: Context) -> bool:
    return _by_day(one.told, ctx.today) != _by_day(_kept(one.gaps), ctx.today)


def _tell(ctx: Context, absence_id: int) -> int:
    ctx.require(Permission.RUN_ENGINE)
    if ctx.execute(_LOCK, {"id": absence_id}).first() is None:
        return 0
    found = substitute_gaps.of_absences(ctx)
    one = next((one for one in found if one.absence_id == absence_id), None)
    if one is None or not _is_news(one, ctx):
        return 0
    withdraw(ctx, absence_id)
    ctx.execute(_TOLD, {"id": absence_id, "told": _kept(one.gaps)})
    readers = ctx.execute(_READERS, {"id": absence_id, "today": ctx.today}).all()
    municipality = ctx.execute(_MUNICIPALITY).scalar_one_or_none() or ""
    for reader in readers:
        _write(ctx, one, reader, municipality)
    ctx.ring_after_commit("tasks.deliver_mails")
    return len(readers)


def _write(ctx: Context, one: GapsOfAbsence, reader: sa.Row[Any], municipality: str) -> None:
    base = ctx.settings.public_url.rstrip("/")
    slot = f"{_SLOT}{one.absence_id}-{ctx.now:%H%M%S.%f}"
    draft = write_gaps(
        reader.name,
        [_line(gap) for gap in one.gaps],
        whose="" if reader.is_own else one.name,
        first_day=one.first_day,
        last_day=one.last_day,
        municipality=municipality,
        page=base + ("/absences" if reader.is_own else "/administration/absences"),
    )
    ctx.execute(
        _MAIL,
        {
            "recipient": reader.id,
            "today": ctx.today,
            "slot": slot,
            "promise": Promise.AT_LEAST_ONCE,
            "address": reader.email,
            "message_id": f"<hyoka.{reader.id}.{ctx.today:%Y%m%d}.{slot}"
            f"@{ctx.settings.mail_from.rpartition('@')[2]}>",
            "subject": draft.subject,
            "text": draft.text,
            "html": draft.html,
            "now": ctx.now,
        },
    )


def _line(gap: Gap) -> GapLine:
    return GapLine(
        step=(step_label(gap.step, "ja"), step_label(gap.step, "en")),
        first_day=gap.first_day,
        last_day=gap.last_day,
        missing=gap.missing,
        left=gap.left,
        is_led=gap.is_led,
        rules=tuple(
            (
                (stage_label(stage, "ja"), stage_label(stage, "en")),
                (
                    tuple(ways_after_substitutes(stage, "ja")),
                    tuple(ways_after_substitutes(stage, "en")),
                ),
            )
            for stage in gap.stages
        ),
    )


def _kept(gaps: Sequence[Gap]) -> list[list[Any]]:
    """What is remembered of them, as JSON takes it."""
    return [
        [
            gap.step.value,
            gap.department_id,
            gap.first_day.isoformat(),
            gap.last_day.isoformat(),
            list(gap.missing_ids),
            list(gap.left_ids),
        ]
        for gap in gaps
    ]


def _by_day(kept: Sequence[Sequence[Any]], today: date) -> dict[tuple[str, int, date], Any]:
    """Kind of step, department and day from *today* on → who is away and who is left."""
    found = {}
    for step, department, first, last, missing, left in kept:
        day = max(date.fromisoformat(first), today)
        while day <= date.fromisoformat(last):
            found[step, department, day] = (missing, left)
            day += timedelta(days=1)
    return found
