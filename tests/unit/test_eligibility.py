"""Who may act: the ordered selectors, four eyes, and giving way."""

from __future__ import annotations

import pytest

from tests.unit.facts import (
    BUREAU,
    BUREAU_DEPUTY,
    CHIEF,
    CLERK,
    CLERK_TWO,
    CONTENT,
    DEPARTMENT,
    DEPUTY,
    DIRECTOR,
    HEAD,
    OFFICE,
    OTHERS,
    OWN,
    PUBLISHER,
    PUBLISHERS,
    SECTION,
    facts,
    holder,
    signed,
    without,
)
from workflow.definition.eligibility import Eligibility, eligible
from workflow.definition.facts import EvaluationFacts, Rank, Reply, Roster, Verdict
from workflow.definition.load import named, standard


def answer(stage: str, state: EvaluationFacts) -> Eligibility:
    return eligible(standard(), standard().stage(stage), state)


def people(stage: str, state: EvaluationFacts) -> list[int]:
    return [found.person_id for found in answer(stage, state).holders]


def barred(stage: str, state: EvaluationFacts) -> dict[int, str]:
    return {person: refusal.code for person, refusal in answer(stage, state).barred.items()}


def test_a_draft_is_for_everybody_in_its_section_and_nobody_else() -> None:
    assert people("draft", facts()) == [CHIEF, CLERK, CLERK_TWO]


def test_the_departments_head_reviews_and_the_deputy_waits() -> None:
    state = facts("department_review")

    assert people("department_review", state) == [HEAD]
    assert barred("department_review", state) == {DEPUTY: "another_acts_first"}


def test_without_a_head_the_deputy_reviews() -> None:
    assert people("department_review", facts("department_review", roster=without(HEAD))) == [DEPUTY]


def test_nobody_signs_a_stage_that_they_have_signed_in_this_round() -> None:
    """Two stages may be made one while a cycle runs; what was signed at both stands there then."""
    state = facts("department_review", signatures=(signed(HEAD, "department_review"),))

    assert people("department_review", state) == [DEPUTY]
    assert barred("department_review", state) == {HEAD: "signed_earlier_stage"}


def test_the_bureaus_director_approves() -> None:
    state = facts("bureau_approval", signatures=(signed(HEAD, "department_review"),))

    assert people("bureau_approval", state) == [DIRECTOR]


def test_publishers_publish_by_grant_from_no_post() -> None:
    [found] = answer("approved", facts("approved")).holders

    assert (found.person_id, found.assignment_id) == (PUBLISHER, None)


def test_nobody_acts_on_what_is_final() -> None:
    assert people("published", facts("published")) == []


# Four eyes


def test_whoever_wrote_does_not_review_and_the_next_in_order_does() -> None:
    state = facts("department_review", authors=frozenset({HEAD}))

    assert people("department_review", state) == [DEPUTY]
    assert barred("department_review", state) == {HEAD: "wrote_the_sheet"}


def test_whoever_wrote_in_an_earlier_round_still_does_not_sign() -> None:
    for round_now in (1, 2, 7):
        state = facts("bureau_approval", round=round_now, authors=frozenset({DIRECTOR}))
        assert people("bureau_approval", state) == []


def test_whoever_reviewed_does_not_approve_as_long_as_the_review_stands() -> None:
    """In whatever round it was given: what the sheet goes back over is void and not among these."""
    roster = Roster((*OFFICE, holder(HEAD, BUREAU, Rank.DIRECTOR, assignment=777)), PUBLISHERS)
    reviewed = (signed(HEAD, "department_review"),)

    for round_now in (1, 2, 7):
        state = facts("bureau_approval", roster=roster, round=round_now, signatures=reviewed)
        assert people("bureau_approval", state) == [DIRECTOR]
        assert barred("bureau_approval", state) == {HEAD: "signed_earlier_stage"}
    voided = facts("bureau_approval", roster=roster, round=2)
    assert people("bureau_approval", voided) == [DIRECTOR, HEAD]


def test_four_eyes_looks_at_the_person_and_not_at_the_post() -> None:
    """The clerk who wrote is head of the department from a second post: barred there as well."""
    second = holder(CLERK, DEPARTMENT, Rank.DIRECTOR, assignment=999)
    state = facts(
        "department_review",
        roster=Roster((*without(HEAD).holders, second), PUBLISHERS),
        authors=frozenset({CLERK}),
    )

    assert people("department_review", state) == [DEPUTY]
    assert barred("department_review", state)[CLERK] == "wrote_the_sheet"


def test_who_wrote_may_go_on_writing_and_may_publish() -> None:
    """Neither is a signing-off."""
    wrote = frozenset({CLERK, PUBLISHER})

    assert CLERK in people("draft", facts(authors=wrote))
    assert people("approved", facts("approved", authors=wrote)) == [PUBLISHER]


def test_when_everybody_wrote_nobody_is_left_and_each_is_told_why() -> None:
    state = facts("department_review", authors=frozenset({HEAD, DEPUTY}))

    assert people("department_review", state) == []
    assert barred("department_review", state) == {
        HEAD: "wrote_the_sheet",
        DEPUTY: "wrote_the_sheet",
    }


# Giving way


def test_on_the_bureaus_own_sheets_its_director_gives_way_to_the_deputy() -> None:
    state = facts("department_review", units=OWN)

    assert people("department_review", state) == [BUREAU_DEPUTY]
    refusal = answer("department_review", state).barred[DIRECTOR]
    assert (refusal.code, refusal.values["stage"]) == ("needed_later", "総合政策部承認")


def test_then_the_director_approves_and_the_deputy_does_not() -> None:
    state = facts(
        "bureau_approval", units=OWN, signatures=(signed(BUREAU_DEPUTY, "department_review"),)
    )

    assert people("bureau_approval", state) == [DIRECTOR]


def test_on_other_departments_sheets_nobody_gives_way() -> None:
    assert people("department_review", facts("department_review", units=OTHERS)) == [HEAD]


def test_where_a_second_director_could_approve_the_first_need_not_give_way() -> None:
    second = holder(HEAD, BUREAU, Rank.DIRECTOR, assignment=555)
    state = facts("department_review", units=OWN, roster=Roster((*OFFICE, second), PUBLISHERS))

    assert people("department_review", state) == [DIRECTOR, HEAD]


def test_nobody_gives_way_where_nobody_else_can_act() -> None:
    """Without a deputy the director reviews; that nobody approves then is found by the checker."""
    state = facts("department_review", units=OWN, roster=without(BUREAU_DEPUTY))

    assert people("department_review", state) == [DIRECTOR]


def test_a_deputy_who_wrote_cannot_be_given_way_to() -> None:
    state = facts("department_review", units=OWN, authors=frozenset({BUREAU_DEPUTY}))

    assert people("department_review", state) == [DIRECTOR]


def test_who_alone_can_review_leaves_the_drafting_to_colleagues() -> None:
    """A signing-off later is worth more than a submission now, where a colleague can submit."""
    alone = holder(CLERK, DEPARTMENT, Rank.DIRECTOR, assignment=888)
    state = facts(roster=Roster((*without(HEAD, DEPUTY).holders, alone), PUBLISHERS))

    assert people("draft", state) == [CHIEF, CLERK_TWO]
    assert barred("draft", state) == {CLERK: "needed_later"}


def test_once_they_wrote_there_is_nothing_left_to_give_way_for() -> None:
    alone = holder(CLERK, DEPARTMENT, Rank.DIRECTOR, assignment=888)
    roster = Roster((*without(HEAD, DEPUTY).holders, alone), PUBLISHERS)

    assert CLERK in people("draft", facts(roster=roster, authors=frozenset({CLERK})))


# Posts


def test_a_second_post_in_the_same_unit_is_a_second_seat_of_one_person() -> None:
    second = holder(CLERK, SECTION, Rank.SECTION_CHIEF, assignment=333)
    found = answer("draft", facts(roster=Roster((*OFFICE, second), PUBLISHERS)))

    assert [h.assignment_id for h in found.find(CLERK)] == [CLERK * 100, 333]
    assert found.find(HEAD) == ()


@pytest.mark.parametrize("unit", ["lead_section", "responsible_department", "policy_bureau"])
def test_a_unit_that_is_not_known_selects_nobody(unit: str) -> None:
    """No bureau is set yet: nobody may approve, rather than everybody without a unit."""
    unknown = facts("bureau_approval", units={**OTHERS, unit: None})
    stage = {
        "lead_section": "draft",
        "responsible_department": "department_review",
        "policy_bureau": "bureau_approval",
    }[unit]

    assert people(stage, unknown) == []


def test_what_a_later_stage_asks_binds_the_earlier_one_while_the_later_answer_counts() -> None:
    """An external review is answered, and the sheet goes back to be agreed to jointly again."""
    route = named("joint_external")
    reply = Reply(HEAD, "external_review", Verdict.AGREE, CONTENT)
    state = facts("joint_agreement", related=(DEPARTMENT,), replies=(reply,))

    found = eligible(route, route.stage("joint_agreement"), state)

    assert [holder.person_id for holder in found.holders] == [DEPUTY]
    assert found.barred[HEAD].code == "signed_earlier_stage"
