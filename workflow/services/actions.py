"""What people do with a sheet that waits: submit, approve, return, withdraw, per definition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.decide import decide, find_row, hindrance
from workflow.definition.facts import Holder
from workflow.definition.model import Transition
from workflow.definition.refusal import Refusal
from workflow.errors import Conflict, Refused
from workflow.models import RevisionOrigin
from workflow.policy import acting_as
from workflow.services import composing, loading, moving
from workflow.services.loading import LoadedEvaluation
from workflow.sheet.completeness import missing
from workflow.text import one_paragraph

#: A reason is a sentence, not a document; the paper form has three lines for it.
LONGEST_REASON = 2000


@dataclass(frozen=True)
class Receipt:
    """What an action did, for the page that says so.

    Attributes:
        repeated: an earlier post of the same form had done it already; nothing was done twice.
    """

    evaluation_id: int
    event_id: int
    repeated: bool = False


def act(
    ctx: Context,
    *,
    evaluation_id: int,
    action: str,
    expected_version: int,
    seen_hash: bytes | None,
    request_key: str,
    target: str | None = None,
    reason: str = "",
) -> Receipt:
    """Carry out *action* on a sheet, exactly once.

    Args:
        expected_version: the evaluation's version on the page that the person saw.
        seen_hash: the hash of the content that the person saw; what is signed is what was seen.
        request_key: made with the form; a second post of the same form changes nothing.
        target: which stage to return to, where the definition offers several.
        reason: required by some transitions; kept in the ledger.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on`` or ``content_changed``: the page is stale.
        Refused: the policy or the definition says no, with its code.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is not None:
        ctx.permit(None)
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)
    reason = one_paragraph(reason, longest=LONGEST_REASON, field="reason")

    ctx.asked = True
    row = find_row(loaded.definition, loaded.facts.state, action, target)
    if expected_version != loaded.version:
        raise moved_on(ctx, loaded)
    if isinstance(row, Refusal):
        raise Refused(row.code, **row.values)
    holder = acting_as(ctx.actor, loaded.definition, row, loaded.facts)
    if isinstance(holder, Refusal):
        raise Refused(holder.code, **holder.values)

    loaded = _looked_at(ctx, loaded, row, seen_hash)
    decision = decide(loaded.definition, loaded.facts, row, reason=reason)
    if isinstance(decision, Refusal):
        raise Refused(decision.code, **decision.values)

    moved = moving.move(
        ctx, loaded, decision, holder=holder, reason=reason, request_key=request_key
    )

    return Receipt(evaluation_id, moved.event_id)


def _looked_at(
    ctx: Context, loaded: LoadedEvaluation, row: Transition, seen_hash: bytes | None
) -> LoadedEvaluation:
    """Hold what the person saw against what is there; a draft is frozen as a revision here.

    Raises:
        Conflict: ``content_changed``.
    """
    if not loaded.definition.stage(row.source).editable:
        if row.signs and seen_hash != loaded.facts.content_hash:
            raise Conflict("content_changed", evaluation=loaded.id)
        return loaded

    content = composing.compose_one(ctx, loaded.id)
    content_hash = composing.hash_of(content)
    if seen_hash != content_hash:
        raise Conflict("content_changed", evaluation=loaded.id)
    loaded = loaded.with_missing(len(missing(content)))
    if hindrance(loaded.facts, row) is not None:
        return loaded
    if content_hash != loaded.facts.content_hash:
        composing.store_revisions(ctx, {loaded.id: content}, RevisionOrigin.SUBMISSION)
    facts = replace(loaded.facts, content_hash=content_hash)
    if ctx.actor.person_id is not None:
        # Who submits stands for the text, also when a colleague typed it.
        note_author(ctx, loaded.id)
        facts = replace(facts, authors=facts.authors | {ctx.actor.person_id})
    return replace(loaded, facts=facts)


def note_author(ctx: Context, evaluation_id: int) -> None:
    """Remember that the actor wrote into the sheet; four eyes never forgets it."""
    ctx.execute(_AUTHOR, {"id": evaluation_id, "person": ctx.actor.person_id, "now": ctx.now})


_AUTHOR = sa.text("""
INSERT INTO authorship (evaluation_id, person_id, first_wrote_at) VALUES (:id, :person, :now)
ON CONFLICT DO NOTHING
""")

_LAST_EVENT = sa.text("""
SELECT v.action, v.occurred_at, v.capacity, p.name
FROM event v LEFT JOIN person p ON p.id = v.person_id
WHERE v.evaluation_id = :id ORDER BY v.sequence DESC LIMIT 1
""")


def moved_on(ctx: Context, loaded: LoadedEvaluation) -> Conflict:
    """The kind refusal of a stale page: who did what since it was made."""
    last = ctx.execute(_LAST_EVENT, {"id": loaded.id}).one()
    stage = loaded.definition.stage(loaded.facts.state)
    occurred_at: datetime = last.occurred_at
    return Conflict(
        "moved_on",
        evaluation=loaded.id,
        who=" ".join(part for part in (last.capacity, last.name) if part),
        at=occurred_at,
        stage=stage.label,
    )


_FIRST_OPENED = sa.text("""
UPDATE stage_entry SET first_opened_at = :now, first_opened_by = :person
WHERE id = :entry AND left_at IS NULL AND first_opened_at IS NULL
""")


def note_first_opened(ctx: Context, *, evaluation_id: int) -> bool:
    """Record that the next person opened the sheet; it ends the right to withdraw.

    The one thing that a GET may write (design, truth 7). Returns whether anything was recorded:
    only somebody whose turn it is counts.
    """
    loaded = loading.evaluation(ctx, evaluation_id)

    ctx.asked = True
    if loaded.facts.first_opened_at is not None or loaded.entry_id is None:
        return False
    if not _may_act_here(ctx, loaded):
        return False

    opened(ctx, loaded)
    return True


def opened(ctx: Context, loaded: LoadedEvaluation) -> None:
    """Whoever has the sheet has seen it, so that it is not withdrawn any more."""
    ctx.execute(
        _FIRST_OPENED,
        {"entry": loaded.entry_id, "now": ctx.now, "person": ctx.actor.person_id},
    )


def _may_act_here(ctx: Context, loaded: LoadedEvaluation) -> bool:
    rows = loaded.definition.transitions_from(loaded.facts.state)
    waiting = [row for row in rows if row.by in ("stage", "publication")]
    if not waiting:
        return False
    as_stage = replace(waiting[0], by="stage")
    return isinstance(acting_as(ctx.actor, loaded.definition, as_stage, loaded.facts), Holder)
