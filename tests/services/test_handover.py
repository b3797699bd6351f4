"""引継ぎ: who may leave a note with a draft, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, REVIEWERS
from workflow.errors import BadInput, NotFound, Refused
from workflow.policy import SYSTEM, Actor
from workflow.services import handover
from workflow.services.handover import LONGEST_NOTE

DRAFTER = DRAFTERS["611"]


def note(city: City, by: str | Actor, text: str, key: str | None = None) -> bool:
    """Leave a note with 611; whether it was a repetition."""
    actor = city.actor(by) if isinstance(by, str) else by
    with city.application.command(actor) as ctx:
        return handover.leave_note(
            ctx, evaluation_id=city.evaluation("611"), note=text, request_key=key
        ).repeated


@pytest.mark.parametrize("by", [REVIEWERS["611"], APPROVER, ADMINISTRATOR, DRAFTERS["612"], SYSTEM])
def test_only_the_lead_section_leaves_notes(city: City, by: str | Actor) -> None:
    with pytest.raises(Refused) as refused:
        note(city, by, "よろしく")

    assert refused.value.code == "lead_section_only"
    assert "hand_over" not in city.events("611")


def test_notes_are_left_with_drafts_alone(city: City) -> None:
    city.submit("611")

    with pytest.raises(Refused) as refused:
        note(city, DRAFTER, "よろしく")

    assert refused.value.code == "not_editable"


@pytest.mark.parametrize(
    ("text", "code"),
    [(" \n", "required"), ("あ" * (LONGEST_NOTE + 1), "too_long"), ("a\x00b", "control_character")],
)
def test_what_is_no_note_is_refused(city: City, text: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        note(city, DRAFTER, text)

    assert [fault.code for fault in refused.value.faults] == [code]
    assert "hand_over" not in city.events("611")


def test_there_must_be_a_sheet(city: City) -> None:
    with pytest.raises(NotFound), city.application.command(city.actor(DRAFTER)) as ctx:
        handover.leave_note(ctx, evaluation_id=0, note="よろしく")


def test_a_note_is_an_event_with_its_words_in_the_narrative(city: City) -> None:
    version = city.page(DRAFTER, "611").version

    note(city, DRAFTER, "数字は人事課に確認済み。\r\n課題の欄は未着手。")

    page = city.page("yamada.hanako", "611")
    assert page.timeline[0].action == "hand_over"
    assert page.timeline[0].reason == "数字は人事課に確認済み。\n課題の欄は未着手。"
    assert page.timeline[0].capacity == "まちづくり推進課主査"
    assert (page.version, city.state("611")) == (version, "draft")
    assert city.verify().broken == ()


def test_the_same_form_counts_once(city: City) -> None:
    assert not note(city, DRAFTER, "よろしく", key="key-a")
    assert note(city, DRAFTER, "よろしく", key="key-a")

    assert city.events("611").count("hand_over") == 1


def test_whoever_only_leaves_a_note_is_no_author(city: City) -> None:
    note(city, DRAFTER, "よろしく")

    assert city.scalar("SELECT count(*) FROM authorship") == 0
