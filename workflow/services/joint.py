"""合議: answering for one's department, taking an answer back, settling what is answered.

An answer moves nothing by itself; when it settles the stage, the engine moves the sheet in the same
transaction. Answers given over a content stand while that content does.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from workflow import authority
from workflow.application import Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.facts import Reply, Verdict
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, Refused
from workflow.models import ReviewCause
from workflow.services import loading, moving, post_reviews, recording
from workflow.services.actions import LONGEST_REASON, Receipt, moved_on, opened
from workflow.text import one_paragraph

_REPLY = sa.text("""
INSERT INTO joint_reply (evaluation_id, stage, person_id, post_id, unit_id, verdict,
                         content_hash, event_id)
VALUES (:evaluation, :stage, :person, :post, :unit, :verdict, :content_hash, :event)
""")

_TAKE_BACK = sa.text("""
UPDATE joint_reply SET voided_at = :now, taken_back_event_id = :event
WHERE evaluation_id = :evaluation AND stage = :stage AND person_id = :person
  AND content_hash = :content_hash AND voided_at IS NULL
RETURNING event_id
""")

#: Answers that say something beside yes.
NEEDS_WORDS = frozenset({Verdict.AGREE_WITH_OPINION, Verdict.OBJECT})


def reply(
    ctx: Context,
    *,
    evaluation_id: int,
    verdict: Verdict,
    expected_version: int,
    seen_hash: bytes | None,
    request_key: str,
    opinion: str = "",
) -> Receipt:
    """Answer at a joint stage, exactly once.

    Args:
        seen_hash: the hash of the content that the person saw; the answer covers that.
        opinion: what goes with it; required unless it is a plain yes.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on`` or ``content_changed``: the page is stale.
        Refused: it is not one's turn, or the sheet is on hold.
        BadInput: ``opinion_required``, or words that are too long.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is not None:
        ctx.permit(None)
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)

    ctx.asked = True
    definition, facts = loaded.definition, loaded.facts
    stage = definition.stage(facts.state)
    if expected_version != loaded.version:
        raise moved_on(ctx, loaded)
    holder = authority.to_reply(ctx.actor, definition, facts)
    if isinstance(holder, Refusal):
        raise Refused(holder.code, **holder.values)

    if seen_hash != facts.content_hash or facts.content_hash is None:
        raise Conflict("content_changed", evaluation=evaluation_id)
    opinion = one_paragraph(opinion, longest=LONGEST_REASON, field="opinion")
    if verdict in NEEDS_WORDS and not opinion:
        raise BadInput("invalid_form", (Fault("opinion", "opinion_required", {}),))

    opened(ctx, loaded)
    event_id, _ = recording.append(
        ctx,
        [evaluation_id],
        action=verdict,
        to_state=stage.key,
        holder=holder,
        reason=opinion,
        request_key=request_key,
        basis=holder.basis,
    )
    seat = holder.instead_of or holder
    given = Reply(
        ctx.actor.person_id or 0, stage.key, verdict, facts.content_hash, seat.unit_id, seat.post_id
    )
    ctx.execute(
        _REPLY,
        {
            "evaluation": evaluation_id,
            "stage": stage.key,
            "person": given.person_id,
            "post": given.post_id,
            "unit": given.unit_id,
            "verdict": verdict,
            "content_hash": facts.content_hash,
            "event": event_id,
        },
    )
    if holder.instead_of is not None:
        post_reviews.open_one(
            ctx,
            loaded,
            person=holder.instead_of,
            stage=stage.key,
            cause=ReviewCause.SUBSTITUTE,
            event_id=event_id,
        )

    answered = replace(
        facts,
        replies=(*facts.replies, given),
        first_opened_at=facts.first_opened_at or ctx.now,
    )
    if follows_by_itself(definition, answered) is not None:
        moving.follow(ctx, evaluation_id, reason=opinion if verdict is Verdict.OBJECT else "")
    return Receipt(evaluation_id, event_id)


def take_back(
    ctx: Context,
    *,
    evaluation_id: int,
    expected_version: int,
    seen_hash: bytes | None,
    request_key: str,
) -> Receipt:
    """Take back one's own answer, exactly once, as long as it settled nothing.

    The department is asked again, and nobody is barred by the answer any more. What a substitute's
    answer gave the absent one to read is theirs no longer, unless they have read it.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on`` or ``content_changed``: the page is stale, or the stage is settled.
        Refused: one gave no answer that stands, or the sheet is on hold.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is not None:
        ctx.permit(None)
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)

    ctx.asked = True
    facts = loaded.facts
    if expected_version != loaded.version:
        raise moved_on(ctx, loaded)
    given = authority.to_take_back(ctx.actor, loaded.definition, facts)
    if isinstance(given, Refusal):
        raise Refused(given.code, **given.values)

    if seen_hash != facts.content_hash:
        raise Conflict("content_changed", evaluation=evaluation_id)

    event_id, _ = recording.append(
        ctx,
        [evaluation_id],
        action="take_back",
        to_state=facts.state,
        holder=None,
        request_key=request_key,
    )
    answer: int = ctx.execute(
        _TAKE_BACK,
        {
            "evaluation": evaluation_id,
            "stage": given.stage,
            "person": given.person_id,
            "content_hash": given.content_hash,
            "event": event_id,
            "now": ctx.now,
        },
    ).scalar_one()
    post_reviews.drop_of(ctx, answer)
    return Receipt(evaluation_id, event_id)
