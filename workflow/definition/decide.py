"""May this happen, and what follows: the one pure decision over a definition.

``decide`` knows nothing of people's posts; who may walk a row is ``workflow.policy``'s question.
``follows_by_itself`` says what the engine does next without anybody asking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Signature, Verdict
from workflow.definition.joint import Outcome
from workflow.definition.model import Definition, Requirement, Stage, StageKind, Transition
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import ALWAYS_ASKED, BY_THE_ENGINE, GUARDS

#: Action of the row that a joint stage takes by its outcome.
JOINT_ACTIONS = {Outcome.AGREED: "agreed", Outcome.OBJECTED: "objected"}


@dataclass(frozen=True)
class Decision:
    """What follows when the action is carried out.

    Attributes:
        transition: the row that applies.
        target: the stage that the sheet enters.
        round: the round it is in then.
        voids_signatures: signatures given at these stages no longer count.
    """

    transition: Transition
    target: Stage
    round: int
    voids_signatures: tuple[str, ...]

    @property
    def goes_back(self) -> bool:
        """Whether the sheet returns to a stage where it was before."""
        return bool(self.voids_signatures)


def find_row(
    definition: Definition, state: str, action: str, target: str | None = None
) -> Transition | Refusal:
    """The row of the table for *action* in *state*, or why there is none."""
    stage = definition.stage(state)
    row = definition.find(state, action, target)
    if row is not None:
        return row
    if stage.final:
        return Refusal("already_final", {"stage": stage.label})
    return Refusal("not_in_this_state", {"stage": stage.label})


def decide(
    definition: Definition,
    facts: EvaluationFacts,
    row: Transition,
    *,
    reason: str = "",
) -> Decision | Refusal:
    """What *row* would do to the evaluation, or why it may not happen now.

    Raises:
        ValueError: when *row* does not leave the state that *facts* are in.
    """
    if row.source != facts.state:
        raise ValueError(f"{row.action} leaves {row.source}, not {facts.state}")
    if facts.hold is not None and row.by not in BY_THE_ENGINE:
        return Refusal("on_hold", {"who": facts.hold.name, "since": facts.hold.since})
    if Requirement.REASON in row.requires and not reason.strip():
        return Refusal("reason_required")
    if Requirement.COMMENT in row.requires and not reason.strip():
        return Refusal("comment_required")
    refusal = hindrance(facts, row)
    if refusal is not None:
        return refusal

    target = definition.stage(row.target)
    at = definition.position(target.key)
    back = at <= definition.position(row.source)
    voids = tuple(s.key for s in definition.stages[at:]) if back else ()
    return Decision(row, target, facts.round + (1 if row.new_round else 0), voids)


def hindrance(facts: EvaluationFacts, row: Transition) -> Refusal | None:
    """What the guards of *row* say against it, its own and those that its walker always asks."""
    for guard in dict.fromkeys((*row.guards, *ALWAYS_ASKED.get(row.by, ()))):
        refusal = GUARDS[guard](facts, row)
        if refusal is not None:
            return refusal
    return None


def facts_after(
    facts: EvaluationFacts, decision: Decision, person_id: int | None
) -> EvaluationFacts:
    """The evaluation as it stands once *person_id* (None: the engine) has walked the row."""
    row = decision.transition
    kept = [s for s in facts.signatures if s.stage not in decision.voids_signatures]
    if row.signs and person_id is not None and facts.content_hash:
        kept.append(Signature(person_id, row.source, facts.round, facts.content_hash))
    replies = facts.replies
    if decision.goes_back:
        # Who goes back to a joint stage asks it again; an objection was heard.
        replies = tuple(
            r for r in replies if r.stage != decision.target.key and r.verdict is not Verdict.OBJECT
        )
    return replace(
        facts,
        state=decision.target.key,
        round=decision.round,
        signatures=tuple(kept),
        replies=replies,
        first_opened_at=None,
        entered_by=person_id,
        entered_from=row.source,
        hold=None,
        closing=False,
        kept=None,
        missing=None,
    )


def follows_by_itself(definition: Definition, facts: EvaluationFacts) -> Transition | None:
    """The row that the engine walks now without being asked; None where somebody's turn it is.

    A joint stage that is settled moves on; a stage at which everybody is absent is passed over. A
    sheet on hold stays, and so does one whose row a guard keeps shut.
    """
    stage = definition.stage(facts.state)
    if facts.hold is not None:
        return None
    if stage.kind is StageKind.JOINT:
        joint = eligible(definition, stage, facts).joint
        action = JOINT_ACTIONS.get(joint.outcome) if joint is not None else None
        rows = definition.walked_by(stage.key, "joint")
        row = next((row for row in rows if row.action == action), None)
    else:
        rows = definition.walked_by(stage.key, "absence")
        row = rows[0] if rows and eligible(definition, stage, facts).passed_over else None
    return row if row is not None and hindrance(facts, row) is None else None
