"""Who may act at a stage today: the ordered selectors, four eyes, and giving way.

The rules (design, section 3 and truth 3):

1. Whoever wrote any revision of the sheet never signs it off, in any round.
2. Whoever signed an earlier stage named in ``distinct_from`` in this round does not sign here.
3. The first selector that yields somebody who is not barred wins.
4. Somebody without whom a later stage would be left with nobody gives way, where another can act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Definition, Stage
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import select


@dataclass(frozen=True)
class Eligibility:
    """The answer for one stage.

    Attributes:
        holders: who may act, in the order of the roster; empty when nobody is left.
        barred: person id → why not, for everybody whom some selector yields.
    """

    holders: tuple[Holder, ...]
    barred: Mapping[int, Refusal]

    def find(self, person_id: int) -> tuple[Holder, ...]:
        """The posts in which *person_id* may act here."""
        return tuple(holder for holder in self.holders if holder.person_id == person_id)


def signs(definition: Definition, stage: Stage) -> bool:
    """Whether leaving *stage* forwards is a signing-off."""
    return any(row.signs for row in definition.transitions_from(stage.key))


def four_eyes(definition: Definition, stage: Stage, facts: EvaluationFacts) -> dict[int, Refusal]:
    """Everybody whom truth 3 bars from *stage*, with the reason."""
    barred: dict[int, Refusal] = {}
    for signature in facts.signatures:
        if signature.round == facts.round and signature.stage in stage.distinct_from:
            label = definition.stage(signature.stage).label
            barred[signature.person_id] = Refusal("signed_earlier_stage", {"stage": label})
    if signs(definition, stage):
        barred.update({person: Refusal("wrote_the_sheet") for person in facts.authors})
    return barred


def eligible(definition: Definition, stage: Stage, facts: EvaluationFacts) -> Eligibility:
    """Who may act at *stage*, and why the others may not."""
    barred = four_eyes(definition, stage, facts)
    choices = [
        tuple(holder for holder in select(selector, facts) if holder.person_id not in barred)
        for selector in stage.who
    ]
    chosen = next((choice for choice in choices if choice), ())
    for choice in choices:
        staying = tuple(
            holder
            for holder in choice
            if not _needed_later(definition, stage, facts, holder.person_id)
        )
        if staying:
            chosen = staying
            break

    reasons = dict(barred)
    acting = {holder.person_id for holder in chosen}
    for choice in choices:
        for holder in choice:
            if holder.person_id not in acting:
                reasons.setdefault(holder.person_id, _passed_over(definition, stage, facts, holder))
    return Eligibility(chosen, reasons)


def _passed_over(
    definition: Definition, stage: Stage, facts: EvaluationFacts, holder: Holder
) -> Refusal:
    later = _needed_later(definition, stage, facts, holder.person_id)
    if later is not None:
        return Refusal("needed_later", {"stage": later.label})
    return Refusal("another_acts_first")


def _needed_later(
    definition: Definition, stage: Stage, facts: EvaluationFacts, person_id: int
) -> Stage | None:
    """The later stage that would be left with nobody if *person_id* signed *stage*."""
    here = definition.position(stage.key)
    for later in definition.stages[here + 1 :]:
        if stage.key not in later.distinct_from:
            continue
        barred = four_eyes(definition, later, facts)
        able = {
            holder.person_id
            for selector in later.who
            for holder in select(selector, facts)
            if holder.person_id not in barred
        }
        if able == {person_id}:
            return later
    return None
