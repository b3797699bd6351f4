"""A step that waited for somebody is kept over a reorganisation; nothing else is."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.facts import (
    BUREAU,
    DEPARTMENT,
    DEPUTY,
    DIRECTOR,
    HEAD,
    OFFICE,
    PUBLISHERS,
    SECTION,
    facts,
    holder,
    without,
)
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder, Kept, Rank, Roster
from workflow.definition.load import standard
from workflow.definition.model import Basis

#: The head moved away; somebody new is in the post.
SUCCESSOR = replace(holder(HEAD, DEPARTMENT, Rank.DIRECTOR), person_id=90, name="新部長")
MOVED = replace(holder(HEAD, DEPARTMENT, Rank.DIRECTOR), kept=True)
AFTER = Roster((*without(HEAD).holders, SUCCESSOR), PUBLISHERS)


def review(**changes: object) -> EvaluationFacts:
    kept = Kept("department_review", (MOVED,), frozenset({HEAD}))
    return facts("department_review", **{"roster": AFTER, "kept": kept, **changes})


def who(stage: str, state: EvaluationFacts) -> list[int]:
    found = eligible(standard(), standard().stage(stage), state)
    return [item.person_id for item in found.holders]


def test_whoever_wrote_keeps_nothing() -> None:
    assert who("department_review", review(authors=frozenset({HEAD}))) == [90]


def test_a_draft_is_not_kept() -> None:
    clerk = replace(holder(HEAD, SECTION, Rank.STAFF), kept=True)
    state = facts("draft", roster=AFTER, kept=Kept("draft", (clerk,), frozenset({HEAD})))

    assert HEAD not in who("draft", state)


def test_no_other_step_is_kept() -> None:
    assert who("bureau_approval", review()) == [DIRECTOR]


def test_the_step_stays_with_whom_it_waited_for_and_the_successor_is_told_why_not() -> None:
    found = eligible(standard(), standard().stage("department_review"), review())

    assert found.holders == (MOVED,)
    assert found.holders[0].basis is Basis.KEPT
    assert found.barred[90].code == "another_acts_first"
    assert found.barred[DEPUTY].code == "another_acts_first"


def test_who_waited_too_and_is_still_there_acts_as_before() -> None:
    """Two heads; one of them moved."""
    second = replace(holder(HEAD, DEPARTMENT, Rank.DIRECTOR), person_id=91, name="もう一人")
    roster = Roster((*AFTER.holders, second), PUBLISHERS)
    state = review(roster=roster, kept=Kept("department_review", (MOVED,), frozenset({HEAD, 91})))

    assert sorted(who("department_review", state)) == [HEAD, 91]


def test_who_keeps_the_step_and_would_be_away_keeps_it_no_more() -> None:
    assert who("department_review", review().with_absence(HEAD, {})) == [90]


def test_when_those_who_moved_are_gone_the_organisation_of_the_day_counts() -> None:
    state = review(kept=Kept("department_review", (), frozenset({HEAD})))

    assert who("department_review", state) == [90]


def test_who_moved_and_came_back_into_the_post_acts_in_it() -> None:
    state = review(roster=Roster(OFFICE, PUBLISHERS))
    found: tuple[Holder, ...] = eligible(
        standard(), standard().stage("department_review"), state
    ).holders

    assert [(item.person_id, item.kept) for item in found] == [(HEAD, False)]


def test_who_alone_can_approve_later_gives_way_even_where_the_step_was_kept() -> None:
    """The kept reviewer became the bureau's only director, and its deputy may not approve."""
    director = replace(holder(HEAD, BUREAU, Rank.DIRECTOR))
    rest = tuple(h for h in AFTER.holders if h.unit_id != BUREAU)
    state = review(roster=Roster((*rest, director), PUBLISHERS))

    assert who("department_review", state) == [90]
