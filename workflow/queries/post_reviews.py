"""後閲 as it is read: what happened without somebody, and what waits too long to be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import CalendarNotCovered
from workflow.clock import OFFICE_ZONE
from workflow.definition.model import Stage
from workflow.errors import BadInput, NotFound
from workflow.models import ReviewCause
from workflow.policy import Permission, oneself
from workflow.queries.action_labels import action_label
from workflow.services import closed_days, loading

MOST_READINGS = 200
#: After so many business days somebody looks after a reading that nobody confirmed.
PATIENCE_DAYS = 5


@dataclass(frozen=True)
class Reading:
    """One thing that happened without somebody.

    Attributes:
        stage: at which stage.
        capacity, person: whose reading it is, in the post of then.
        action, label: what happened; *who* did it, *on_behalf_of* whom.
        words: the reason or opinion that came with it.
        content_hash: of the sheet as it stood then.
        back_on: the last day of the person's own absence, where one runs.
    """

    id: int
    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    cause: ReviewCause
    person_id: int
    person: str
    capacity: str
    event_id: int
    action: str
    label: str
    who: str
    on_behalf_of: str
    words: str
    at: datetime
    content_hash: bytes | None
    acknowledged_at: datetime | None
    remark: str
    back_on: date | None


_READINGS = """
SELECT r.id, r.evaluation_id, e.code, m.name AS measure, r.stage, r.cause, r.person_id,
       o.name AS person, r.capacity, r.event_id, v.action, v.from_state, v.to_state,
       v.occurred_at, v.content_hash, concat_ws(' ', v.capacity, p.name) AS who,
       n.canonical AS narrative, k.canonical AS remark, r.acknowledged_at,
       y.definition_hash,
       (SELECT max(x.last_day) FROM absence x WHERE x.person_id = r.person_id
        AND x.ended_at IS NULL AND x.first_day <= :today AND x.last_day >= :today) AS back_on
FROM post_review r
JOIN evaluation e ON e.id = r.evaluation_id
JOIN evaluation_cycle y ON y.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN person o ON o.id = r.person_id
JOIN event v ON v.id = r.event_id
LEFT JOIN person p ON p.id = v.person_id
LEFT JOIN event_narrative n ON n.event_id = r.event_id
LEFT JOIN event_narrative k ON k.event_id = r.acknowledged_event_id
WHERE """
_MINE = sa.text(
    _READINGS
    + "r.person_id = :person AND r.acknowledged_at IS NULL ORDER BY r.opened_at, r.id LIMIT :limit"
)
_ONE = sa.text(_READINGS + "r.id = :id")
_OPEN = sa.text(
    _READINGS
    + "r.acknowledged_at IS NULL AND r.opened_at < :before ORDER BY r.opened_at, r.id LIMIT :limit"
)


def open_readings(ctx: Context) -> tuple[Reading, ...]:
    """What ``ctx.actor`` has yet to read, oldest first."""
    values = {"person": ctx.actor.person_id, "today": ctx.today, "limit": MOST_READINGS}
    return tuple(_reading(ctx, row) for row in ctx.execute(_MINE, values))


def reading(ctx: Context, post_review_id: int) -> Reading:
    """One reading, acknowledged or not.

    Raises:
        NotFound: ``no_such_review``.
        Refused: ``not_passed_over``: it is somebody else's to read.
    """
    row = ctx.execute(_ONE, {"id": post_review_id, "today": ctx.today}).one_or_none()
    if row is None:
        raise NotFound("no_such_review")
    ctx.require(Permission.REVIEW_AFTERWARDS, oneself(ctx.actor, row.person_id))
    return _reading(ctx, row)


def long_open(ctx: Context) -> tuple[Reading, ...]:
    """Readings that have been open for more than ``PATIENCE_DAYS`` business days, oldest first.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.FOLLOW_UP)
    before = datetime.combine(_patience_ends(ctx), time(), OFFICE_ZONE)
    values = {"before": before, "today": ctx.today, "limit": MOST_READINGS}
    return tuple(_reading(ctx, row) for row in ctx.execute(_OPEN, values))


def _patience_ends(ctx: Context) -> date:
    """What was opened before this day waits too long; by calendar days where no calendar is."""
    try:
        return closed_days.load(ctx).add_business_days(ctx.today, -PATIENCE_DAYS)
    except (BadInput, CalendarNotCovered):
        return ctx.today - timedelta(days=PATIENCE_DAYS + 2)


def _reading(ctx: Context, row: sa.Row[Any]) -> Reading:
    definition = loading.definition(ctx, row.definition_hash)
    narrative = json.loads(row.narrative) if row.narrative else {}
    said = json.loads(row.remark) if row.remark else {}
    label = action_label(definition, row.from_state, row.action, row.to_state)
    return Reading(
        id=row.id,
        evaluation_id=row.evaluation_id,
        code=row.code,
        measure=row.measure,
        stage=definition.stage(row.stage),
        cause=ReviewCause(row.cause),
        person_id=row.person_id,
        person=row.person,
        capacity=row.capacity,
        event_id=row.event_id,
        action=row.action,
        label=label,
        who=row.who,
        on_behalf_of=str(narrative.get("on_behalf_of") or ""),
        words=str(narrative.get("reason") or ""),
        at=row.occurred_at,
        content_hash=row.content_hash,
        acknowledged_at=row.acknowledged_at,
        remark=str(said.get("reason") or ""),
        back_on=row.back_on,
    )
