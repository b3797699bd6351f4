"""Who may act at a stage today: ordered selectors, four eyes, giving way, absence.

The rules (design, section 3 and truth 3; 決裁規程 as in domain.md, section 2):

1. Whoever wrote any revision of the sheet never signs it off, in any round.
2. Whoever signed an earlier stage named in ``distinct_from``, or answered at a joint one of them
   over the same content, does not sign here as long as that signature or answer stands. A sheet
   that goes back over a stage voids what was signed there; one that goes back less far keeps it.
   What a later stage so names binds both ways: who answered there, and still counts, does not sign
   here. Nor does who signed this very stage (two stages may be made one while a cycle runs).
3. The first selector that yields somebody who is not barred wins.
4. Somebody without whom a later stage would be left with nobody gives way, where another can act.
5. Where all who come first are registered as absent, the stage says what follows, in its order: a
   substitute acts (代決), the next selector is asked, or the stage is passed over (後閲). A
   substitute who is absent as well is left out, and has no substitutes of their own; one without
   whom a later stage would be left with nobody gives way to whatever the stage says next. A vacant
   post is no absence. Where the stage says nothing about absence, it does not count.

6. Where a reorganisation ended the post of somebody for whom the sheet waited, those who waited
   keep this one step, before the selectors. Drafts stay with their section.

At a joint stage (合議) the rules are asked for each department by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.joint import Group, JointStanding, standing
from workflow.definition.model import SIGNED, Definition, Stage, StageKind, WhenAbsent
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import CONDITIONS, select, units_named


@dataclass(frozen=True)
class Eligibility:
    """The answer for one stage.

    Attributes:
        holders: who may act, in the order of the roster; empty when nobody is left.
        barred: person id → why not, for everybody whom some selector yields.
        passed_over: absent people without whom the stage is passed over (後閲).
        joint: how far a joint stage is; None for every other kind.
    """

    holders: tuple[Holder, ...]
    barred: Mapping[int, Refusal]
    passed_over: tuple[Holder, ...] = ()
    joint: JointStanding | None = None

    def find(self, person_id: int) -> tuple[Holder, ...]:
        """The posts in which *person_id* may act here."""
        return tuple(holder for holder in self.holders if holder.person_id == person_id)


def turn_of(definition: Definition, facts: EvaluationFacts, person_id: int) -> tuple[Holder, ...]:
    """In which posts it is the person's turn.

    In none while the sheet is on hold (保留): whoever has it can lift the hold and ask others, and
    nobody is waited for.
    """
    if facts.hold is not None:
        return ()
    return eligible(definition, definition.stage(facts.state), facts).find(person_id)


def signs(definition: Definition, stage: Stage) -> bool:
    """Whether leaving *stage* forwards is a signing-off."""
    if stage.kind is StageKind.JOINT:
        return True
    return any(row.signs for row in definition.transitions_from(stage.key))


def apart_from(definition: Definition, stage: Stage) -> tuple[str, ...]:
    """The stages at which another hand must sign than at *stage*, whichever of them says so.

    A sheet that goes back keeps answers of stages that lie ahead (合議, 外部評価), so what a later
    stage asks binds an earlier one as well, where people sign.
    """
    if stage.kind not in SIGNED:
        return stage.distinct_from
    others = (other.key for other in definition.stages if stage.key in other.distinct_from)
    return tuple(dict.fromkeys((*stage.distinct_from, *others)))


def four_eyes(definition: Definition, stage: Stage, facts: EvaluationFacts) -> dict[int, Refusal]:
    """Everybody whom truth 3 bars from *stage*, with the reason."""
    barred: dict[int, Refusal] = {}
    for key in apart_from(definition, stage):
        refusal = Refusal("signed_earlier_stage", {"stage": definition.stage(key).label})
        for signature in facts.signatures:
            if signature.stage == key:
                barred[signature.person_id] = refusal
        for reply in facts.valid_replies(key):
            barred[reply.person_id] = refusal
    here = Refusal("signed_earlier_stage", {"stage": stage.label})
    for signature in facts.signatures:
        if signature.stage == stage.key:
            barred[signature.person_id] = here
    if signs(definition, stage):
        barred.update({person: Refusal("wrote_the_sheet") for person in facts.authors})
    return barred


#: For each selector of a stage in order, whom it yields.
_Choices = tuple[tuple[Holder, ...], ...]


def _groups(stage: Stage, facts: EvaluationFacts) -> dict[int | None, _Choices]:
    """Whom the selectors yield, by the unit that is asked; one group unless the stage is joint."""
    choices = tuple(select(selector, facts) for selector in stage.who)
    kept = _kept(stage, facts, choices)
    if kept:
        choices = (kept, *choices)
    if stage.kind is not StageKind.JOINT:
        return {None: choices}
    units = dict.fromkeys(
        unit for selector in stage.who for unit in units_named(facts, selector.unit)
    )
    groups: dict[int | None, _Choices] = {
        unit: tuple(tuple(h for h in choice if h.unit_id == unit) for choice in choices)
        for unit in units
    }
    if any(selector.unit is None for selector in stage.who):
        # A committee to which nobody was appointed is vacant; it is not left out.
        groups[None] = tuple(tuple(h for h in c if h.unit_id is None) for c in choices)
    return groups


def _kept(stage: Stage, facts: EvaluationFacts, choices: _Choices) -> tuple[Holder, ...]:
    """Those who keep the step; with them whoever waited too and is still in the post."""
    if facts.kept is None or facts.kept.stage != stage.key or stage.editable:
        return ()
    staying = {
        holder.person_id: holder
        for choice in choices
        for holder in choice
        if holder.person_id in facts.kept.waiting
    }
    moved = [holder for holder in facts.kept.holders if holder.person_id not in staying]
    return (*staying.values(), *moved) if moved else ()


@dataclass(frozen=True)
class _Rules:
    """What choosing within one group asks of the whole sheet."""

    definition: Definition
    stage: Stage
    facts: EvaluationFacts
    barred: Mapping[int, Refusal]

    def choose(self, choices: _Choices) -> tuple[tuple[Holder, ...], tuple[Holder, ...]]:
        """Who acts in one group, and who is passed over instead."""
        able = [tuple(h for h in c if h.person_id not in self.barred) for c in choices]
        # Where there is one alone, nobody could act in their place.
        alone = sum(len(choice) for choice in able) <= 1
        staying = able if alone else [self._staying(choice) for choice in able]
        alternatives = [c for c in staying if c] or [c for c in able if c]
        return self._present(alternatives)

    def _staying(self, choice: Sequence[Holder]) -> tuple[Holder, ...]:
        return tuple(holder for holder in choice if not self.needed_later(holder))

    def _present(
        self, alternatives: Sequence[tuple[Holder, ...]]
    ) -> tuple[tuple[Holder, ...], tuple[Holder, ...]]:
        if not alternatives:
            return (), ()
        first, *rest = alternatives
        present = tuple(h for h in first if not self.counts_as_absent(h))
        if present:
            return present, ()
        # Who is needed later stands in only where the stage knows no other way.
        needed: tuple[Holder, ...] = ()
        for way in self.stage.when_absent:
            if way is WhenAbsent.SUBSTITUTE:
                found, needed = self._substitutes(first)
                if found:
                    return found, ()
            elif way is WhenAbsent.NEXT_IN_ORDER:
                if rest and (found := self._present(rest)[0]):
                    return found, ()
            else:
                return (), first
        return needed, ()

    def counts_as_absent(self, holder: Holder) -> bool:
        return holder.is_absent and bool(self.stage.when_absent)

    def _substitutes(
        self, absent: Sequence[Holder]
    ) -> tuple[tuple[Holder, ...], tuple[Holder, ...]]:
        """The first of each; where each of them is needed later, the first of these, apart."""
        if any(CONDITIONS[name](self.facts) for name in self.stage.no_substitute_when):
            return (), ()
        free, needed = [], []
        for holder in absent:
            able = [
                other
                for other in holder.substitutes_at(self.stage)
                if other.person_id not in self.barred and not other.is_absent
            ]
            chosen = next((o for o in able if not self.needed_later(o)), None)
            if chosen is not None:
                free.append(replace(chosen, instead_of=holder))
            elif able:
                needed.append(replace(able[0], instead_of=holder))
        return tuple(free), tuple(needed)

    def needed_later(self, holder: Holder) -> Stage | None:
        return _needed_later(self.definition, self.stage, self.facts, holder.person_id)


def eligible(definition: Definition, stage: Stage, facts: EvaluationFacts) -> Eligibility:
    """Who may act at *stage*, and why the others may not."""
    rules = _Rules(definition, stage, facts, four_eyes(definition, stage, facts))
    groups = _groups(stage, facts)
    chosen = {unit: rules.choose(choices) for unit, choices in groups.items()}
    holders = tuple(h for found, _ in chosen.values() for h in found)
    passed_over = tuple(h for _, passed in chosen.values() for h in passed)

    reasons = dict(rules.barred)
    joint = None
    if stage.joint is not None:
        joint = standing(
            stage.joint,
            [Group(unit, found, passed) for unit, (found, passed) in chosen.items()],
            facts.valid_replies(stage.key),
            closing=facts.closing,
        )
        replied = {r.person_id for r in facts.valid_replies(stage.key)}
        reasons.update({person: Refusal("already_replied") for person in replied})
        holders = joint.pending
    acting = {holder.person_id for holder in holders}
    for choices in groups.values():
        for holder in (h for choice in choices for h in choice):
            if holder.person_id not in acting:
                reasons.setdefault(holder.person_id, _passed_by(rules, holder))
    return Eligibility(holders, reasons, passed_over, joint)


def _passed_by(rules: _Rules, holder: Holder) -> Refusal:
    """Why somebody whom a selector yields, and whom nothing bars, does not act."""
    later = rules.needed_later(holder)
    if later is not None:
        return Refusal("needed_later", {"stage": later.label})
    if rules.counts_as_absent(holder):
        return Refusal("you_are_absent")
    return Refusal("another_acts_first")


def _needed_later(
    definition: Definition, stage: Stage, facts: EvaluationFacts, person_id: int
) -> Stage | None:
    """The later stage that would be left with nobody if *person_id* signed *stage*.

    Absences pass and do not count here. A joint stage that is settled at its last day whoever has
    answered needs nobody; a department that has answered asks nobody any more.
    """
    here = definition.position(stage.key)
    for later in definition.stages[here + 1 :]:
        if stage.key not in later.distinct_from or later.settled_by_time:
            continue
        barred = four_eyes(definition, later, facts)
        answered = {reply.unit_id for reply in facts.valid_replies(later.key)}
        for unit, choices in _groups(later, facts).items():
            able = {h.person_id for c in choices for h in c if h.person_id not in barred}
            if able == {person_id} and (unit is None or unit not in answered):
                return later
    return None
