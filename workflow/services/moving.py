"""Apply and announce: how a decided move is written. The one place that changes a state.

``move`` serves one evaluation (people's actions); publication moves thousands with statements of
its own that write the same rows (``services.publication``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.decide import Decision
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder, Signature
from workflow.definition.model import Definition
from workflow.errors import Conflict
from workflow.models import NoticeKind
from workflow.services.loading import LoadedEvaluation

APPEND = sa.text("""
SELECT event_id, sequence FROM append_events(
    CAST(:evaluations AS bigint[]), :action, :to_state, :now, :person, :assignment, :capacity,
    CAST(NULL AS bigint), :person_name, CAST(NULL AS text), :reason, :request_key)
""")

_MOVE = sa.text("""
WITH moved AS (
    UPDATE evaluation SET
        state = :to_state, round = :round, version = version + 1,
        final_approved_at = CASE WHEN :final_approval THEN :now WHEN :back THEN NULL
                                 ELSE final_approved_at END
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
    RETURNING id, evaluation_id
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
SELECT id FROM entered
""")

# Only for a move that goes back, and so not a part of _MOVE: with an array of unknown length in it
# PostgreSQL would plan that statement anew each time.
_VOID = sa.text("""
UPDATE signature SET voided_at = :now
WHERE evaluation_id = :id AND stage = ANY (:voids) AND voided_at IS NULL
""")

_ADMINISTRATORS = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'nobody_left', :id, :entry, g.person_id, :now
FROM role_grant g JOIN person p ON p.id = g.person_id
WHERE g.role = 'administrator' AND p.disabled_at IS NULL
  AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Moved:
    """What a move wrote."""

    event_id: int
    sequence: int
    stage_entry_id: int
    next_holders: tuple[Holder, ...]


def append(
    ctx: Context,
    evaluations: Sequence[int],
    *,
    action: str,
    to_state: str,
    holder: Holder | None,
    reason: str = "",
    request_key: str | None = None,
) -> tuple[int, int]:
    """Append one event to each evaluation as it stands; returns id and sequence of the first."""
    row = ctx.execute(
        APPEND,
        {
            "evaluations": list(evaluations),
            "action": action,
            "to_state": to_state,
            "now": ctx.now,
            "person": ctx.actor.person_id,
            "assignment": holder.assignment_id if holder else ctx.actor.assignment_id,
            "capacity": holder.title if holder else ctx.actor.capacity,
            "person_name": ctx.actor.name,
            "reason": reason,
            "request_key": request_key,
        },
    ).first()
    assert row is not None  # noqa: S101 - the caller holds the locked rows
    return row.event_id, row.sequence


def move(
    ctx: Context,
    loaded: LoadedEvaluation,
    decision: Decision,
    *,
    holder: Holder | None,
    reason: str = "",
    request_key: str | None = None,
) -> Moved:
    """Write a decided move: event, state, signature, stage, timers, notices.

    Raises:
        Conflict: ``moved_on`` when the version was not the one that was loaded.
    """
    row = decision.transition
    event_id, sequence = append(
        ctx,
        [loaded.id],
        action=row.action,
        to_state=decision.target.key,
        holder=holder,
        reason=reason,
        request_key=request_key,
    )
    after = facts_after(ctx, loaded, decision)
    next_holders = eligible(loaded.definition, decision.target, after).holders
    back = bool(decision.voids_signatures)
    if back:
        voids = list(decision.voids_signatures)
        ctx.execute(_VOID, {"id": loaded.id, "voids": voids, "now": ctx.now})
    entry = ctx.execute(
        _MOVE,
        {
            "id": loaded.id,
            "version": loaded.version,
            "from_state": row.source,
            "to_state": decision.target.key,
            "round": decision.round,
            "signed_round": loaded.facts.round,
            "now": ctx.now,
            "person": ctx.actor.person_id,
            "event": event_id,
            "signs": row.signs,
            "content_hash": loaded.facts.content_hash,
            "final_approval": row.final_approval,
            "back": back,
            "notice": NoticeKind.CAME_BACK if row.action == "return" else NoticeKind.YOUR_TURN,
            "remark": reason if row.action == "return" else "",
            "recipients": recipients(ctx, row.action, next_holders, loaded.definition, after),
        },
    ).scalar_one_or_none()
    if entry is None:
        raise Conflict("moved_on")
    if not next_holders and not decision.target.final:
        ctx.execute(
            _ADMINISTRATORS,
            {"id": loaded.id, "entry": entry, "now": ctx.now, "today": ctx.today},
        )
    ctx.ring_after_commit("tasks.gather_notices")
    return Moved(event_id, sequence, entry, next_holders)


def facts_after(ctx: Context, loaded: LoadedEvaluation, decision: Decision) -> EvaluationFacts:
    """The evaluation as it will stand, to find out whose turn it is then."""
    facts = loaded.facts
    kept = [s for s in facts.signatures if s.stage not in decision.voids_signatures]
    if decision.transition.signs and ctx.actor.person_id is not None and facts.content_hash:
        kept.append(
            Signature(
                ctx.actor.person_id, decision.transition.source, facts.round, facts.content_hash
            )
        )
    return EvaluationFacts(
        state=decision.target.key,
        round=decision.round,
        units=facts.units,
        authors=facts.authors,
        signatures=tuple(kept),
        first_opened_at=None,
        entered_by=ctx.actor.person_id,
        entered_from=decision.transition.source,
        content_hash=facts.content_hash,
        roster=facts.roster,
    )


def recipients(
    ctx: Context,
    action: str,
    holders: Iterable[Holder],
    definition: Definition,
    after: EvaluationFacts,
) -> list[int]:
    """Whom a move tells: those whose turn it is, never the actor about their own act.

    A sheet that comes back to its drafters is theirs who wrote it: only authors among the holders
    are told, all holders when no author but the actor is left in the section.
    """
    if action == "withdraw":
        return []
    people = {holder.person_id for holder in holders} - {ctx.actor.person_id}
    if definition.stage(after.state).editable and people & after.authors:
        people &= after.authors
    return sorted(people)
