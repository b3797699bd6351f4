"""Frozen facts for the pure rules: people by name, units by number, sheets as they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflow.definition.facts import EvaluationFacts, Holder, Rank, Roster, Signature

#: The section that leads, the department that reviews, the bureau that approves, its section.
SECTION, DEPARTMENT, BUREAU, BUREAU_SECTION = 11, 10, 20, 21
CONTENT, OTHER_CONTENT = b"\x01" * 32, b"\x02" * 32

CHIEF, CLERK, CLERK_TWO, HEAD, DEPUTY, DIRECTOR, BUREAU_DEPUTY, PUBLISHER = range(1, 9)

NAMES = {
    CHIEF: "課長",
    CLERK: "担当",
    CLERK_TWO: "担当二",
    HEAD: "部長",
    DEPUTY: "次長",
    DIRECTOR: "総合政策部長",
    BUREAU_DEPUTY: "総合政策部次長",
    PUBLISHER: "公表担当",
}


def holder(person: int, unit: int | None, rank: Rank | None, *, assignment: int = 0) -> Holder:
    """A person in a post; the assignment is the person's number unless it is a second one."""
    number = None if unit is None else assignment or person * 100
    return Holder(person, NAMES[person], number, unit, rank, NAMES[person])


OFFICE = (
    holder(CHIEF, SECTION, Rank.SECTION_CHIEF),
    holder(CLERK, SECTION, Rank.STAFF),
    holder(CLERK_TWO, SECTION, Rank.STAFF),
    holder(HEAD, DEPARTMENT, Rank.DIRECTOR),
    holder(DEPUTY, DEPARTMENT, Rank.DEPUTY_DIRECTOR),
    holder(DIRECTOR, BUREAU, Rank.DIRECTOR),
    holder(BUREAU_DEPUTY, BUREAU, Rank.DEPUTY_DIRECTOR),
)
PUBLISHERS = (holder(PUBLISHER, None, None),)

#: A sheet of another department, and one of the bureau's own.
OTHERS = {
    "lead_section": SECTION,
    "responsible_department": DEPARTMENT,
    "policy_bureau": BUREAU,
}
OWN = {**OTHERS, "responsible_department": BUREAU}


def facts(state: str = "draft", **changes: Any) -> EvaluationFacts:
    """A sheet in *state*, complete, with the whole office present."""
    plain = EvaluationFacts(
        state=state,
        round=1,
        units=OTHERS,
        content_hash=CONTENT,
        missing=0,
        roster=Roster(OFFICE, PUBLISHERS),
    )
    return replace(plain, **changes)


def signed(person: int, stage: str, *, round: int = 1, content: bytes = CONTENT) -> Signature:
    """A valid signature."""
    return Signature(person, stage, round, content)


def without(*people: int) -> Roster:
    """The office without these people."""
    return Roster(tuple(h for h in OFFICE if h.person_id not in people), PUBLISHERS)
