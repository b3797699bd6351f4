"""The registered names that a definition may use: selectors and guards, each a pure function.

A definition that names anything else is refused when it is loaded, so an unknown word can never
be reached while a cycle runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workflow.definition.facts import EvaluationFacts, Holder, Rank
from workflow.definition.model import Selector, Transition
from workflow.definition.refusal import Refusal

#: Units that a selector may look at.
UNITS = frozenset({"lead_section", "responsible_department", "policy_bureau"})
#: Who may walk a transition, beside the people that its stage selects.
WALKERS = frozenset({"stage", "previous", "publication", "system"})
#: Kinds of rungs on a ladder.
RUNG_KINDS = frozenset({"reminder", "overdue", "escalation"})


def _in_unit(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    wanted = facts.units[unit] if unit else None
    return tuple(h for h in facts.roster.holders if wanted is not None and h.unit_id == wanted)


def _head_of(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    holders = _in_unit(facts, unit)
    return tuple(h for h in holders if h.rank in (Rank.DIRECTOR, Rank.SECTION_CHIEF))


def _deputy_of(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    return tuple(h for h in _in_unit(facts, unit) if h.rank is Rank.DEPUTY_DIRECTOR)


def _publishers(facts: EvaluationFacts, _unit: str | None) -> tuple[Holder, ...]:
    return facts.roster.publishers


SELECTORS: Mapping[str, Callable[[EvaluationFacts, str | None], tuple[Holder, ...]]] = {
    "drafters_of": _in_unit,
    "head_of": _head_of,
    "deputy_of": _deputy_of,
    "publishers": _publishers,
}
#: Selectors that look at no unit.
WITHOUT_UNIT = frozenset({"publishers"})


def select(selector: Selector, facts: EvaluationFacts) -> tuple[Holder, ...]:
    """Everybody whom *selector* yields today, four eyes not yet asked."""
    return SELECTORS[selector.name](facts, selector.unit)


def _sheet_complete(facts: EvaluationFacts, _row: Transition) -> Refusal | None:
    if facts.missing is None:
        raise ValueError("sheet_complete was asked without looking at the sheet")
    return Refusal("sheet_incomplete", {"count": facts.missing}) if facts.missing else None


def _not_opened(facts: EvaluationFacts, _row: Transition) -> Refusal | None:
    return Refusal("already_opened") if facts.first_opened_at is not None else None


def _content_approved(facts: EvaluationFacts, _row: Transition) -> Refusal | None:
    covered = [s for s in facts.signatures if s.round == facts.round]
    if covered and all(s.content_hash == facts.content_hash for s in covered):
        return None
    return Refusal("approval_void")


GUARDS: Mapping[str, Callable[[EvaluationFacts, Transition], Refusal | None]] = {
    "sheet_complete": _sheet_complete,
    "not_opened": _not_opened,
    "content_approved": _content_approved,
}
