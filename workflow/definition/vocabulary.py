"""The registered names that a definition may use: selectors and guards, each a pure function.

A definition that names anything else is refused when it is loaded, so an unknown word can never
be reached while a cycle runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workflow.definition.facts import EvaluationFacts, Holder, Rank, Verdict
from workflow.definition.model import Selector, Transition
from workflow.definition.refusal import Refusal

#: Units that a selector may look at; ``related_departments`` are several.
UNITS = frozenset(
    {"lead_section", "responsible_department", "policy_bureau", "related_departments"}
)
#: Who walks a transition:
#: ``stage``: whoever the stage selects; ``previous``: whoever made the move that led here;
#: ``target``: whoever the stage it leads to selects (引上げ); ``joint``: the engine, when a joint
#: stage is settled; ``absence``: the engine, when everybody is absent (後閲); ``publication``:
#: the publishing job on behalf of a publisher; ``system``: the engine itself.
WALKERS = frozenset({"stage", "previous", "target", "joint", "absence", "publication", "system"})
#: Rows that nobody walks by pressing a button.
BY_THE_ENGINE = frozenset({"joint", "absence", "publication", "system"})
#: The action of the rows by ``system``: where a sheet goes whose content changed (決算額の取込み).
CONTENT_CHANGED = "content_changed"
#: Kinds of rungs on a ladder.
RUNG_KINDS = frozenset({"reminder", "overdue", "escalation"})


def units_named(facts: EvaluationFacts, unit: str | None) -> tuple[int, ...]:
    """The ids of the units that a selector looks at; empty where there are none."""
    if unit is None:
        return ()
    if unit == "related_departments":
        return facts.related
    found = facts.units[unit]
    return () if found is None else (found,)


def _in_unit(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    wanted = units_named(facts, unit)
    return tuple(h for h in facts.roster.holders if h.unit_id in wanted)


def _head_of(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    holders = _in_unit(facts, unit)
    return tuple(h for h in holders if h.rank in (Rank.DIRECTOR, Rank.SECTION_CHIEF))


def _deputy_of(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    return tuple(h for h in _in_unit(facts, unit) if h.rank is Rank.DEPUTY_DIRECTOR)


def _coordinators_of(facts: EvaluationFacts, unit: str | None) -> tuple[Holder, ...]:
    wanted = units_named(facts, unit)
    return tuple(holder for department, holder in facts.roster.coordinators if department in wanted)


def _publishers(facts: EvaluationFacts, _unit: str | None) -> tuple[Holder, ...]:
    return facts.roster.publishers


def _external_reviewers(facts: EvaluationFacts, _unit: str | None) -> tuple[Holder, ...]:
    return facts.roster.external_reviewers


SELECTORS: Mapping[str, Callable[[EvaluationFacts, str | None], tuple[Holder, ...]]] = {
    "drafters_of": _in_unit,
    "head_of": _head_of,
    "deputy_of": _deputy_of,
    "coordinators_of": _coordinators_of,
    "publishers": _publishers,
    "external_reviewers": _external_reviewers,
}
#: Selectors that look at no unit.
WITHOUT_UNIT = frozenset({"publishers", "external_reviewers"})


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

#: Guards that a walker asks whether a row names them or not: nothing is published that was not
#: signed as it stands.
ALWAYS_ASKED: Mapping[str, tuple[str, ...]] = {"publication": ("content_approved",)}


def _objected(facts: EvaluationFacts) -> bool:
    return any(
        reply.verdict is Verdict.OBJECT and reply.content_hash == facts.content_hash
        for reply in facts.replies
    )


#: Matters that nobody decides as a substitute (重要・異例・合議の調わないもの).
CONDITIONS: Mapping[str, Callable[[EvaluationFacts], bool]] = {
    "objected": _objected,
}
