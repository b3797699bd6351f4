"""May this happen, and what follows: the one pure decision over a definition.

``decide`` knows nothing of people's posts; who may walk a row is ``workflow.policy``'s question.
"""

from __future__ import annotations

from dataclasses import dataclass

from workflow.definition.facts import EvaluationFacts
from workflow.definition.model import Definition, Requirement, Stage, Transition
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import GUARDS


@dataclass(frozen=True)
class Decision:
    """What follows when the action is carried out.

    Attributes:
        transition: the row that applies.
        target: the stage that the sheet enters.
        round: the round it is in then.
        voids_signatures: signatures given at the target stage or later no longer count.
    """

    transition: Transition
    target: Stage
    round: int
    voids_signatures: tuple[str, ...]


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
    if Requirement.REASON in row.requires and not reason.strip():
        return Refusal("reason_required")
    for guard in row.guards:
        refusal = GUARDS[guard](facts, row)
        if refusal is not None:
            return refusal

    target = definition.stage(row.target)
    at = definition.position(target.key)
    back = at <= definition.position(row.source)
    voids = tuple(s.key for s in definition.stages[at:]) if back else ()
    return Decision(row, target, facts.round + (1 if row.new_round else 0), voids)
