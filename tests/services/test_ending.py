"""却下・廃案・引用起案: a sheet ends without publication, and a new one quotes it."""

from __future__ import annotations

import pytest

from tests.authority import give_post, redraft
from tests.city import City
from tests.recorders import RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
)
from workflow.errors import Conflict, Refused
from workflow.services import redrafting

REASON = "施策が統合されたため。"


@pytest.mark.parametrize("name", [DRAFTERS["611"], APPROVER, PUBLISHER, ADMINISTRATOR])
def test_nobody_rejects_what_is_not_theirs_to_decide(city: City, name: str) -> None:
    city.submit("611")

    with pytest.raises(Refused):
        city.act(name, "611", "reject", reason=REASON)


def test_ending_needs_a_reason(city: City) -> None:
    with pytest.raises(Refused, match="reason_required"):
        city.act(DRAFTERS["611"], "611", "abandon")
    city.submit("611")
    with pytest.raises(Refused, match="reason_required"):
        city.act(REVIEWERS["611"], "611", "reject")


def test_a_rejected_sheet_is_over_and_those_who_worked_on_it_are_told(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("611")
    city.approve("611")
    city.act(APPROVER, "611", "reject", reason=REASON)
    city.tick(transport)

    assert city.state("611") == "rejected"
    closed = city.rows("SELECT closed_at FROM evaluation WHERE code = '611'")[0].closed_at
    assert closed is not None
    for name in (DRAFTERS["611"], REVIEWERS["611"], PUBLISHER):
        assert any("却下" in str(mail["Subject"]) for mail in transport.to(name)), name
    assert transport.to(APPROVER) == [] or all(
        "却下" not in str(mail["Subject"]) for mail in transport.to(APPROVER)
    )
    for action in ("submit", "approve", "return", "withdraw", "reject"):
        with pytest.raises(Refused, match="already_final"):
            city.act(APPROVER, "611", action, reason=REASON)


def test_an_ended_sheet_waits_for_nobody_and_can_not_be_published(city: City) -> None:
    city.act(DRAFTERS["611"], "611", "abandon", reason=REASON)

    assert city.page(DRAFTERS["611"], "611").holders == ()
    assert city.rows("SELECT 1 FROM timer WHERE settled_at IS NULL AND evaluation_id = :id",
                     id=city.evaluation("611")) == []  # fmt: skip


def test_only_the_lead_section_quotes_an_ended_sheet(city: City) -> None:
    city.act(DRAFTERS["611"], "611", "abandon", reason=REASON)

    for name in (DRAFTERS["612"], APPROVER, ADMINISTRATOR):
        with pytest.raises(Refused, match="lead_section_quotes"):
            redraft(city, name, "611")


def test_a_sheet_that_runs_or_was_published_is_not_quoted(city: City) -> None:
    with pytest.raises(Refused, match="not_ended"):
        redraft(city, DRAFTERS["611"], "611")
    city.publish(["611"])
    with pytest.raises(Refused, match="not_ended"):
        redraft(city, DRAFTERS["611"], "611")


def test_a_new_sheet_quotes_the_text_and_goes_its_own_way_to_publication(city: City) -> None:
    city.save("611", results="引用される成果。")
    city.submit("611")
    ended = city.evaluation("611")
    city.act(REVIEWERS["611"], "611", "reject", reason=REASON)

    new = redraft(city, COLLEAGUES["611"], "611")

    row = city.rows("SELECT key, attempt, quotes_id FROM evaluation WHERE id = :id", id=new)[0]
    assert (row.key, row.attempt, row.quotes_id) == ("ex_post-2021-1/611#2", 2, ended)
    assert city.evaluation("611") == new
    assert city.page(DRAFTERS["611"], "611").content.results == "引用される成果。"
    city.publish(["611"])
    assert city.state("611") == "published"
    assert city.verify().broken == ()


def test_an_ended_sheet_is_quoted_once(city: City) -> None:
    city.act(DRAFTERS["611"], "611", "abandon", reason=REASON)
    first = city.evaluation("611")
    redraft(city, DRAFTERS["611"], "611")

    with (
        pytest.raises(Conflict, match="redrafted_already"),
        city.application.command(city.actor(DRAFTERS["611"])) as ctx,
    ):
        redrafting.redraft(ctx, evaluation_id=first)


def test_whoever_wrote_the_quoted_text_is_an_author_of_the_new_sheet_too(city: City) -> None:
    """Four eyes looks at who wrote what is signed, whatever sheet it was written for."""
    city.save("611", by=DRAFTERS["611"], results="前のシートで書いた成果。")
    city.act(DRAFTERS["611"], "611", "abandon", reason=REASON)
    redraft(city, COLLEAGUES["611"], "611")
    city.submit("611", by=COLLEAGUES["611"])
    give_post(city, DRAFTERS["611"], "市民自治部", "部長", "director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(DRAFTERS["611"], post="市民自治部長"), "611", "approve")


def test_who_quotes_a_sheet_stands_for_it_and_never_signs_it(city: City) -> None:
    city.act(DRAFTERS["611"], "611", "abandon", reason=REASON)
    redraft(city, COLLEAGUES["611"], "611")
    city.submit("611")
    give_post(city, COLLEAGUES["611"], "市民自治部", "次長", "director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(COLLEAGUES["611"], post="市民自治部次長"), "611", "approve")
