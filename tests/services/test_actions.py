"""Submit, approve, return: what each does, and who and what is refused."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
    SHEETS,
)
from workflow.errors import BadInput, Refused
from workflow.policy import SYSTEM
from workflow.services.actions import LONGEST_REASON

REASON = "指標②の実績値に根拠資料がありません。"


@pytest.mark.parametrize(
    ("name", "action", "code"),
    [
        (ADMINISTRATOR, "submit", "not_your_turn"),
        (OTHER_SECTION, "submit", "not_your_turn"),
        (REVIEWERS["611"], "submit", "not_your_turn"),
        (PUBLISHER, "submit", "not_your_turn"),
        (APPROVER, "approve", "not_in_this_state"),
        (DRAFTERS["611"], "approve", "not_in_this_state"),
        (DRAFTERS["611"], "publish", "not_in_this_state"),
        (DRAFTERS["611"], "return", "not_in_this_state"),
        (DRAFTERS["611"], "withdraw", "not_in_this_state"),
        (DRAFTERS["611"], "burn", "not_in_this_state"),
    ],
)
def test_a_draft_is_submitted_by_its_own_section_and_nothing_else_is_done_to_it(
    city: City, name: str, action: str, code: str
) -> None:
    before = city.counts()

    with pytest.raises(Refused) as refused:
        city.act(name, "611", action)

    assert refused.value.code == code
    assert city.counts() == before
    assert city.state("611") == "draft"


@pytest.mark.parametrize("action", ["publish", "content_changed"])
def test_what_the_engine_does_no_person_may_do(city: City, action: str) -> None:
    city.bring_to("611", "approved")

    for name in (PUBLISHER, APPROVER, ADMINISTRATOR):
        with pytest.raises(Refused, match="engine_only"):
            city.act(name, "611", action)


def test_the_engine_cannot_do_what_people_do(city: City) -> None:
    with pytest.raises(Refused, match="people_only"):
        city.act(SYSTEM, "611", "submit")


def test_nothing_can_be_done_to_a_published_sheet(city: City) -> None:
    city.bring_to("611", "published")

    for action in ("submit", "approve", "return", "withdraw", "publish", "content_changed"):
        with pytest.raises(Refused, match="already_final"):
            city.act(PUBLISHER, "611", action)


def test_an_incomplete_sheet_is_not_submitted_and_the_gaps_are_counted(city: City) -> None:
    city.save("611", issues="", rating=None)

    with pytest.raises(Refused) as refused:
        city.submit("611")

    assert (refused.value.code, refused.value.values["count"]) == ("sheet_incomplete", 2)
    assert city.state("611") == "draft"


def test_a_sheet_walks_from_draft_to_approval_and_each_step_names_who_did_it(city: City) -> None:
    city.submit("611")
    city.approve("611")
    city.approve("611")

    assert city.state("611") == "approved"
    told = [
        (e.action, e.person, e.to_stage) for e in reversed(city.page(PUBLISHER, "611").timeline)
    ]
    assert told == [
        ("open", "hyoka", "作成中"),
        ("submit", "佐藤 一郎", "部局審査"),
        ("approve", "高橋 典子", "総合政策部承認"),
        ("approve", "森田 健二", "公表待ち"),
    ]
    page = city.page(PUBLISHER, "611")
    assert [e.capacity for e in page.approvals] == ["市民自治部長", "総合政策部長"]


def test_the_final_approval_is_dated_and_a_return_takes_the_date_away(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    city.approve("611")
    clock.forward(hours=3)
    city.approve("611")
    dated = "SELECT final_approved_at FROM evaluation WHERE code = '611'"
    assert city.scalar(dated) == clock.now

    city.give_back("611")

    assert city.scalar(dated) is None


def test_all_five_sheets_get_to_published(city: City) -> None:
    city.publish(SHEETS)

    assert {city.state(code) for code in SHEETS} == {"published"}
    assert city.verify().broken == ()


@pytest.mark.parametrize("reason", ["", "  　\n "])
def test_a_return_without_a_reason_is_refused(city: City, reason: str) -> None:
    city.submit("611")

    with pytest.raises(Refused, match="reason_required"):
        city.give_back("611", reason=reason)

    assert city.state("611") == "department_review"


def test_a_reason_that_is_a_book_or_holds_control_characters_is_refused(city: City) -> None:
    city.submit("611")

    for reason, code in (
        ("長" * (LONGEST_REASON + 1), "too_long"),
        ("a\x07b", "control_character"),
    ):
        with pytest.raises(BadInput) as refused:
            city.give_back("611", reason=reason)
        assert [(f.path, f.code) for f in refused.value.faults] == [("reason", code)]

    city.give_back("611", reason="長" * LONGEST_REASON)
    assert city.state("611") == "draft"


@pytest.mark.parametrize(
    ("stage", "target"),
    [
        ("department_review", "draft"),
        ("bureau_approval", "draft"),
        ("bureau_approval", "department_review"),
        ("approved", "draft"),
    ],
)
def test_a_sheet_can_be_returned_to_each_earlier_stage_that_the_definition_names(
    city: City, stage: str, target: str
) -> None:
    city.bring_to("611", stage)

    city.give_back("611", target=target, reason=REASON)

    assert city.state("611") == target
    page = city.page(PUBLISHER, "611")
    assert (page.round, page.timeline[0].reason) == (2, REASON)
    # Signatures at the stage it went back to, or later, no longer count.
    assert page.approvals == ()


def test_a_return_to_a_stage_that_the_definition_does_not_name_is_refused(city: City) -> None:
    city.bring_to("611", "approved")

    for target in ("department_review", "approved", "published", "nowhere"):
        with pytest.raises(Refused, match="not_in_this_state"):
            city.give_back("611", target=target)


def test_a_returned_sheet_walks_to_published_in_its_second_round(city: City) -> None:
    city.bring_to("612", "bureau_approval")
    city.give_back("612", target="draft")

    city.publish(["612"])

    assert city.state("612") == "published"
    assert city.verify().broken == ()
