"""Apply and announce: how a decided move is written. The one place that changes a state.

``move`` serves one evaluation (people's actions, and what follows from them by itself);
publication moves thousands with statements of its own that write the same rows
(``services.publication_flip``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.decide import Decision, decide, facts_after, follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Basis, Definition, Stage, StageKind
from workflow.definition.refusal import Refusal
from workflow.errors import BrokenRule, Conflict
from workflow.models import NoticeKind
from workflow.policy import SYSTEM, Actor, basis_of
from workflow.services import ending, late_arrivals, loading, post_reviews, recording
from workflow.services.loading import LoadedEvaluation

_MOVE = sa.text("""
WITH moved AS (
    UPDATE evaluation SET
        state = :to_state, round = :round, version = version + 1,
        final_approved_at = CASE WHEN :final_approval THEN :now WHEN :back THEN NULL
                                 ELSE final_approved_at END,
        closed_at = CASE WHEN :ends THEN :now ELSE closed_at END
    WHERE id = :id AND version = :version
    RETURNING id, cycle_id
), signed AS (
    INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
    SELECT :id, :signed_round, :from_state, :person, :content_hash, :event WHERE :signs
), left_stage AS (
    UPDATE stage_entry s SET left_at = :now
    FROM moved WHERE s.evaluation_id = moved.id AND s.left_at IS NULL
    RETURNING s.id, moved.id AS evaluation_id, moved.cycle_id
), superseded AS (
    UPDATE timer t SET settled_at = :now, outcome = 'superseded'
    FROM left_stage l WHERE t.stage_entry_id = l.id AND t.settled_at IS NULL
), entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
    SELECT l.evaluation_id, :to_state, :round, :now, :person, d.due_on, d.due_at
    FROM left_stage l
    LEFT JOIN cycle_deadline d ON d.cycle_id = l.cycle_id AND d.stage = :to_state
    RETURNING id, evaluation_id, due_at
), started AS (
    INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
    SELECT n.evaluation_id, n.id, r.kind, r.rung, r.due_at
    FROM entered n
    JOIN moved ON moved.id = n.evaluation_id
    JOIN cycle_rung r ON r.cycle_id = moved.cycle_id AND r.stage = :to_state
    WHERE r.kind <> 'reminder' OR r.due_at >= :now
), told AS (
    INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, remark, created_at)
    SELECT :notice, n.evaluation_id, n.id, recipient, :remark, :now
    FROM entered n, unnest(CAST(:recipients AS bigint[])) recipient
    ON CONFLICT DO NOTHING
)
SELECT id, due_at < :now AS is_late FROM entered
""")

# Only for a move that goes back, and so not a part of _MOVE: with an array of unknown length in it
# PostgreSQL would plan that statement anew each time.
_VOID = sa.text("""
UPDATE signature SET voided_at = :now
WHERE evaluation_id = :id AND stage = ANY (:voids) AND voided_at IS NULL
""")
# Who goes back to a joint stage asks it again; who goes back over one keeps what was agreed there,
# as long as the content stays. An objection was heard and is not counted twice.
_VOID_REPLIES = sa.text("""
UPDATE joint_reply SET voided_at = :now
WHERE evaluation_id = :id AND voided_at IS NULL AND (stage = :target OR verdict = 'object')
""")

_ADMINISTRATORS = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'nobody_left', :id, :entry, g.person_id, :now
FROM role_grant g JOIN person p ON p.id = g.person_id
WHERE g.role = 'administrator' AND p.disabled_at IS NULL
  AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
ON CONFLICT DO NOTHING
""")

#: Actions after which those who have the sheet again are told that it came back, and why.
CAME_BACK = frozenset({"return", "objected"})
#: Nobody is told of what they can see was taken from them again.
_SILENT = frozenset({"withdraw"})


@dataclass(frozen=True)
class Moved:
    """What a move wrote."""

    event_id: int
    sequence: int
    stage_entry_id: int
    next_holders: tuple[Holder, ...]


def move(
    ctx: Context,
    loaded: LoadedEvaluation,
    decision: Decision,
    *,
    holder: Holder | None,
    reason: str = "",
    request_key: str | None = None,
    actor: Actor | None = None,
) -> Moved:
    """Write a decided move: event, state, signature, stage, timers, notices; and what follows.

    Raises:
        Conflict: ``moved_on`` when the version was not the one that was loaded.
    """
    actor = actor or ctx.actor
    row = decision.transition
    left_out = post_reviews.left_out(loaded, row, holder)
    basis = Basis.POST_REVIEW if row.by == "absence" else Basis.OWN
    event_id, sequence = recording.append(
        ctx,
        [loaded.id],
        action=row.action,
        to_state=decision.target.key,
        holder=holder,
        reason=reason,
        request_key=request_key,
        basis=basis_of(loaded.definition, row, holder) if holder else basis,
        actor=actor,
        instead_of=left_out[0] if row.by == "absence" and left_out else None,
    )
    after = facts_after(loaded.facts, decision, actor.person_id)
    then = eligible(loaded.definition, decision.target, after)
    next_holders = then.holders
    if decision.goes_back:
        voids = list(decision.voids_signatures)
        ctx.execute(_VOID, {"id": loaded.id, "voids": voids, "now": ctx.now})
        ctx.execute(_VOID_REPLIES, {"id": loaded.id, "target": decision.target.key, "now": ctx.now})
    written = ctx.execute(
        _MOVE,
        {
            "id": loaded.id,
            "version": loaded.version,
            "from_state": row.source,
            "to_state": decision.target.key,
            "round": decision.round,
            "signed_round": loaded.facts.round,
            "now": ctx.now,
            "person": actor.person_id,
            "event": event_id,
            "signs": row.signs,
            "content_hash": loaded.facts.content_hash,
            "final_approval": row.final_approval,
            "back": decision.goes_back,
            "ends": decision.target.kind is StageKind.ENDED,
            "notice": NoticeKind.CAME_BACK if row.action in CAME_BACK else NoticeKind.YOUR_TURN,
            "remark": reason if row.action in CAME_BACK else "",
            "recipients": recipients(actor, row.action, next_holders, loaded.definition, after),
        },
    ).one_or_none()
    if written is None:
        raise Conflict("moved_on")
    entry: int = written.id
    if written.is_late:
        late_arrivals.give_dates(ctx, [loaded.id])
    post_reviews.open_for(ctx, loaded, row, left_out, event_id)
    if decision.target.kind is StageKind.ENDED:
        ending.announce(ctx, loaded.id, entry, reason)
    following = follows_by_itself(loaded.definition, after)
    if following is not None:
        return Moved(event_id, sequence, entry, follow(ctx, loaded.id).next_holders)
    if (not next_holders and not decision.target.final) or (then.joint and then.joint.vacant):
        tell_administrators(ctx, loaded.id, entry)
    ctx.ring_after_commit("tasks.gather_notices")
    return Moved(event_id, sequence, entry, next_holders)


def follow(ctx: Context, evaluation_id: int, *, closing: bool = False, reason: str = "") -> Moved:
    """Walk what follows by itself (a settled joint stage, a stage without anybody present).

    The caller has locked the evaluation and asked ``follows_by_itself``; *reason* is what the
    objection said that settled a joint stage.

    Raises:
        BrokenRule: nothing followed after all.
    """
    loaded = loading.evaluation(ctx, evaluation_id)
    facts = replace(loaded.facts, closing=closing)
    row = follows_by_itself(loaded.definition, facts)
    decision = decide(loaded.definition, facts, row) if row is not None else None
    if decision is None or isinstance(decision, Refusal):
        raise BrokenRule("nothing_follows")
    loaded = replace(loaded, facts=facts)
    return move(ctx, loaded, decision, holder=None, actor=SYSTEM, reason=reason)


def tell_administrators(ctx: Context, evaluation_id: int, stage_entry_id: int | None) -> None:
    """Tell them that a sheet stands where nobody can act; once for each time it gets there."""
    ctx.execute(
        _ADMINISTRATORS,
        {"id": evaluation_id, "entry": stage_entry_id, "now": ctx.now, "today": ctx.today},
    )


def recipients(
    actor: Actor,
    action: str,
    holders: Iterable[Holder],
    definition: Definition,
    after: EvaluationFacts,
) -> list[int]:
    """Whom a move tells: those whose turn it is, never the actor about their own act.

    A sheet that comes back to its drafters is theirs who wrote it: only authors among the holders
    are told, all holders when no author but the actor is left in the section.
    """
    if action in _SILENT:
        return []
    people = {holder.person_id for holder in holders} - {actor.person_id}
    stage: Stage = definition.stage(after.state)
    if stage.editable and people & after.authors:
        people &= after.authors
    return sorted(person for person in people if person is not None)
