"""後閲: what happened without somebody is theirs to read afterwards, until they say they have.

Opened when a stage is passed over for want of anybody present, when a substitute decides, and when
a superior takes a sheet up; each with the move itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.model import Basis, Transition
from workflow.errors import NotFound
from workflow.models import NoticeKind, ReviewCause
from workflow.policy import Permission, oneself
from workflow.services import recording
from workflow.services.loading import LoadedEvaluation
from workflow.text import one_paragraph

#: A remark stands in the history, not in place of a reply.
LONGEST_REMARK = 2000

_OPEN = sa.text("""
WITH opened AS (
    INSERT INTO post_review (evaluation_id, stage, round, person_id, capacity, cause, event_id,
                             opened_at)
    VALUES (:evaluation, :stage, :round, :person, :capacity, :cause, :event, :now)
    ON CONFLICT DO NOTHING RETURNING evaluation_id, person_id
)
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, rung, created_at)
SELECT :kind, evaluation_id, CAST(:entry AS bigint), person_id, :round, :now FROM opened
ON CONFLICT DO NOTHING
""")
_DROP = sa.text("""
DELETE FROM post_review WHERE event_id = :event AND acknowledged_at IS NULL
""")
_REVIEW = sa.text("""
SELECT r.id, r.evaluation_id, r.person_id, r.capacity, r.acknowledged_at,
       r.acknowledged_event_id, e.state
FROM post_review r JOIN evaluation e ON e.id = r.evaluation_id
WHERE r.id = :id FOR UPDATE OF e, r
""")
_ACKNOWLEDGE = sa.text("""
UPDATE post_review SET acknowledged_at = :now, acknowledged_event_id = :event WHERE id = :id
""")

_CAUSES = {"absence": ReviewCause.ABSENCE, "joint": ReviewCause.ABSENCE,
           "target": ReviewCause.PULL_UP}  # fmt: skip


@dataclass(frozen=True)
class Acknowledged:
    """What acknowledging did; ``repeated``: it had been done before."""

    evaluation_id: int
    event_id: int
    repeated: bool = False


def left_out(
    loaded: LoadedEvaluation, row: Transition, holder: Holder | None
) -> tuple[Holder, ...]:
    """Whom walking *row* leaves out, as of today: they read it afterwards."""
    if row.by in ("absence", "joint"):
        stage = loaded.definition.stage(row.source)
        return eligible(loaded.definition, stage, loaded.facts).passed_over
    if row.by == "target":
        stage = loaded.definition.stage(row.source)
        holders = eligible(loaded.definition, stage, loaded.facts).holders
        return tuple(h for h in holders if holder is None or h.person_id != holder.person_id)
    if row.signs and holder is not None and holder.instead_of is not None:
        return (holder.instead_of,)
    return ()


def open_for(
    ctx: Context,
    loaded: LoadedEvaluation,
    row: Transition,
    people: tuple[Holder, ...],
    event_id: int,
) -> None:
    """Open a reading for each of *people*; one that stands for this stage and round is enough."""
    for person in people:
        open_one(
            ctx,
            loaded,
            person=person,
            stage=row.source,
            cause=_CAUSES.get(row.by, ReviewCause.SUBSTITUTE),
            event_id=event_id,
        )


def open_one(
    ctx: Context,
    loaded: LoadedEvaluation,
    *,
    person: Holder,
    stage: str,
    cause: ReviewCause,
    event_id: int,
) -> None:
    """Open a reading for one person, who is told in the next digest."""
    ctx.execute(
        _OPEN,
        {
            "evaluation": loaded.id,
            "stage": stage,
            "round": loaded.facts.round,
            "person": person.person_id,
            "capacity": person.title,
            "cause": cause,
            "event": event_id,
            "kind": NoticeKind.POST_REVIEW,
            "entry": loaded.entry_id,
            "now": ctx.now,
        },
    )


def drop_of(ctx: Context, event_id: int) -> None:
    """Nobody has to read any more what was taken back; who has read it keeps that."""
    ctx.execute(_DROP, {"event": event_id})


def acknowledge(
    ctx: Context, *, post_review_id: int, request_key: str, remark: str = ""
) -> Acknowledged:
    """The person who was left out has read it. Changes nothing about the sheet.

    Raises:
        NotFound: ``no_such_review``.
        Refused: ``not_passed_over``: it is somebody else's to read.
        BadInput: the remark is too long.
    """
    found = ctx.execute(_REVIEW, {"id": post_review_id}).one_or_none()
    if found is None:
        raise NotFound("no_such_review")

    ctx.require(Permission.REVIEW_AFTERWARDS, oneself(ctx.actor, found.person_id))

    remark = one_paragraph(remark, longest=LONGEST_REMARK, field="remark")
    if found.acknowledged_event_id is not None:
        return Acknowledged(found.evaluation_id, found.acknowledged_event_id, repeated=True)

    event_id, _ = recording.append(
        ctx,
        [found.evaluation_id],
        action="post_review",
        to_state=found.state,
        holder=None,
        reason=remark,
        request_key=request_key,
        basis=Basis.POST_REVIEW,
    )
    ctx.execute(_ACKNOWLEDGE, {"id": found.id, "event": event_id, "now": ctx.now})
    return Acknowledged(found.evaluation_id, event_id)
