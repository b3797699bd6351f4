"""What may be done with a sheet beside walking a row of its route: hold, lift, ask, answer,
take an answer back, quote.

Pure, like ``policy``: the services ask these when the button is pressed, the pages ask the same
before they draw it.
"""

from __future__ import annotations

from workflow.definition.facts import EvaluationFacts, Holder, Reply
from workflow.definition.model import Definition, Stage, StageKind
from workflow.definition.refusal import Refusal
from workflow.policy import Actor, Permission, acting_at, check, unit_relations


def to_hold(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """保留: the post in which *actor* may stop the clock, or why not."""
    holder = _having(actor, definition, facts)
    if isinstance(holder, Refusal):
        return holder
    stage = definition.stage(facts.state)
    if not stage.may_hold:
        return Refusal("no_hold_here", {"stage": stage.label})
    return on_hold(facts) or holder


def to_lift(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """保留を解く: the post in which *actor* may let the clock run on, or why not."""
    holder = _having(actor, definition, facts)
    if isinstance(holder, Refusal):
        return holder
    return holder if facts.hold is not None else Refusal("not_on_hold")


def to_consult(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """相談: whoever has the sheet may ask anybody, also while it is on hold."""
    return _having(actor, definition, facts)


def to_reply(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """合議の回答: the post in which *actor* may answer, or why not."""
    stage = definition.stage(facts.state)
    if stage.kind is not StageKind.JOINT:
        return Refusal("not_in_this_state", {"stage": stage.label})
    holder = acting_at(actor, definition, facts)
    if isinstance(holder, Refusal):
        return holder
    return on_hold(facts) or holder


def to_take_back(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Reply | Refusal:
    """回答の取消し: the answer of *actor* that stands and settled nothing, or why there is none.

    Whoever gave it, in whatever post they act now: it was their word.
    """
    stage = definition.stage(facts.state)
    if stage.kind is not StageKind.JOINT:
        return Refusal("not_in_this_state", {"stage": stage.label})
    own = (actor.person_id, stage.key, facts.content_hash)
    for reply in facts.replies:
        if (reply.person_id, reply.stage, reply.content_hash) == own:
            return on_hold(facts) or reply
    return Refusal("no_answer_of_yours")


def to_redraft(actor: Actor, stage: Stage, *, lead_section: int | None) -> Refusal | None:
    """引用起案: None when *actor* may quote a sheet at *stage*; otherwise why not."""
    relations = unit_relations(actor, lead_section=lead_section)
    refusal = check(actor, Permission.REDRAFT, relations)
    if refusal is not None or stage.kind is StageKind.ENDED:
        return refusal
    return Refusal("not_ended", {"stage": stage.label})


def on_hold(facts: EvaluationFacts) -> Refusal | None:
    """Who stopped the clock, where somebody did."""
    if facts.hold is None:
        return None
    return Refusal("on_hold", {"who": facts.hold.name, "since": facts.hold.since})


def _having(actor: Actor, definition: Definition, facts: EvaluationFacts) -> Holder | Refusal:
    """The post in which *actor* has the sheet; where it has come to its end, nobody has it."""
    stage = definition.stage(facts.state)
    if stage.final:
        return Refusal("already_final", {"stage": stage.label})
    return acting_at(actor, definition, facts)
