"""引き戻し: until the next person has opened the sheet, and by whoever moved it, alone."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.recorders import RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.errors import Refused


@pytest.mark.parametrize(
    ("stage", "mover", "target"),
    [
        ("department_review", DRAFTERS["611"], "draft"),
        ("bureau_approval", REVIEWERS["611"], "department_review"),
        ("approved", APPROVER, "bureau_approval"),
    ],
)
def test_the_mover_takes_an_unopened_sheet_back(
    city: City, stage: str, mover: str, target: str
) -> None:
    city.bring_to("611", stage)

    city.withdraw("611", by=mover)

    assert city.state("611") == target
    assert city.verify().broken == ()


def test_nobody_but_the_mover_takes_it_back(city: City) -> None:
    city.submit("611")

    for name in (COLLEAGUES["611"], REVIEWERS["611"], APPROVER, PUBLISHER, ADMINISTRATOR):
        with pytest.raises(Refused, match="not_your_move"):
            city.withdraw("611", by=name)

    assert city.state("611") == "department_review"


def test_once_the_next_person_opened_it_it_cannot_be_taken_back(city: City) -> None:
    city.submit("611")
    assert city.open_sheet(REVIEWERS["611"], "611")

    with pytest.raises(Refused, match="already_opened"):
        city.withdraw("611", by=DRAFTERS["611"])

    assert city.state("611") == "department_review"


def test_only_somebody_whose_turn_it_is_counts_as_having_opened_it(city: City) -> None:
    city.submit("611")

    for name in (DRAFTERS["611"], COLLEAGUES["611"], APPROVER, PUBLISHER, ADMINISTRATOR):
        assert not city.open_sheet(name, "611")

    city.withdraw("611", by=DRAFTERS["611"])
    assert city.state("611") == "draft"


def test_a_publisher_who_opens_an_approved_sheet_ends_the_right_to_withdraw(city: City) -> None:
    city.bring_to("611", "approved")
    assert city.open_sheet(PUBLISHER, "611")

    with pytest.raises(Refused, match="already_opened"):
        city.withdraw("611", by=APPROVER)


def test_the_first_opening_is_noted_once_with_its_time(city: City) -> None:
    city.submit("612")
    assert city.open_sheet("okamoto.sachiko", "612")
    assert not city.open_sheet("okamoto.sachiko", "612")

    noted = city.rows("""
        SELECT p.sign_in_name, s.first_opened_at IS NOT NULL AS dated
        FROM stage_entry s JOIN person p ON p.id = s.first_opened_by
    """)
    assert [tuple(row) for row in noted] == [("okamoto.sachiko", True)]


def test_opening_a_published_sheet_notes_nothing(city: City) -> None:
    city.bring_to("611", "published")
    before = city.rows("SELECT id, first_opened_at FROM stage_entry ORDER BY id")

    assert not city.open_sheet(PUBLISHER, "611")

    assert city.rows("SELECT id, first_opened_at FROM stage_entry ORDER BY id") == before


def test_taken_back_it_waits_for_no_reviewer_and_nobody_is_told(
    city: City, transport: RecordingTransport
) -> None:
    city.tick(transport)
    transport.forget()

    city.submit("611")
    city.withdraw("611", by=DRAFTERS["611"])
    city.tick(transport)

    assert transport.sent == []


def test_a_withdrawn_approval_no_longer_counts_and_can_be_given_again(city: City) -> None:
    city.bring_to("611", "approved")
    city.withdraw("611", by=APPROVER)
    assert [e.from_stage for e in city.page(APPROVER, "611").approvals] == ["部局審査"]

    city.approve("611")

    assert [e.from_stage for e in city.page(APPROVER, "611").approvals] == [
        "部局審査",
        "総合政策部承認",
    ]


def test_after_a_withdrawal_the_drafter_writes_again_and_still_cannot_sign(city: City) -> None:
    city.submit("611")
    city.withdraw("611", by=DRAFTERS["611"])
    city.save("611", results="直した成果。")
    city.submit("611")

    with pytest.raises(Refused):
        city.approve("611", by=DRAFTERS["611"])
    city.approve("611")
    assert city.state("611") == "bureau_approval"


@pytest.mark.parametrize("how", ["return", "withdraw"])
def test_what_was_sent_back_is_no_move_that_its_sender_takes_further_back(
    city: City, how: str
) -> None:
    """To the department by the director, or by its own head: neither takes it on to the draft."""
    city.bring_to("611", "bureau_approval")
    sender = APPROVER if how == "return" else REVIEWERS["611"]
    city.act(sender, "611", how, target="department_review", reason="見直してください。")

    with pytest.raises(Refused, match="not_your_move"):
        city.withdraw("611", by=sender)

    assert city.state("611") == "department_review"
