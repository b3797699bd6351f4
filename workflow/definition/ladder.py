"""Whom a step of a ladder names: a rule that the tick, its forecasts and the checker share."""

from __future__ import annotations

from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Rung, Stage
from workflow.definition.vocabulary import select


def is_copy(stage: Stage, step: Rung) -> bool:
    """Whether an overdue notice tells those who have the sheet on the day of this escalation."""
    return any(
        other.kind == "overdue" and other.offset_business_days == step.offset_business_days
        for other in stage.ladder
    )


def named_by(stage: Stage, step: Rung, facts: EvaluationFacts) -> tuple[Holder, ...]:
    """Whom *step* names, with the substitutes of those who are absent.

    Where a post is vacant and nobody else is named, whom the next step names is told already: a
    step that tells nobody would be silence. A copy beside an overdue notice needs nobody.
    """
    copy = is_copy(stage, step)
    for one in (step, *(r for r in stage.ladder if r.kind == step.kind and r.number > step.number)):
        found = tuple(h for selector in one.to for h in select(selector, facts))
        if found or copy:
            stand_ins = (h for away in found for _, people in away.absence or () for h in people)
            return (*found, *(h for h in stand_ins if not h.is_absent))
    return ()
