"""Double clicks, back buttons, stale pages: one effect, or a refusal that says what happened."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import APPROVER, DRAFTERS, REVIEWERS
from workflow.application import Application
from workflow.errors import Conflict, NotFound, Refused
from workflow.services import actions


def test_a_second_post_of_the_same_form_changes_nothing_and_says_so(city: City) -> None:
    page = city.page(DRAFTERS["611"], "611")
    first = city.act(DRAFTERS["611"], "611", "submit", seen=page, request_key="form-1")
    before = city.counts()

    second = city.act(DRAFTERS["611"], "611", "submit", seen=page, request_key="form-1")

    assert (first.repeated, second.repeated) == (False, True)
    assert second.event_id == first.event_id
    assert city.counts() == before


def test_the_key_of_a_form_for_one_sheet_says_nothing_about_another(city: City) -> None:
    city.act(DRAFTERS["611"], "611", "submit", request_key="form-1")

    receipt = city.act(DRAFTERS["632"], "632", "submit", request_key="form-1")

    assert not receipt.repeated
    assert city.state("632") == "department_review"


def test_a_stale_page_is_refused_and_says_who_did_what_since(city: City, clock: Clock) -> None:
    city.submit("611")
    stale = city.page(REVIEWERS["611"], "611")
    clock.forward(minutes=10)
    city.give_back("611")
    city.submit("611")

    with pytest.raises(Conflict) as conflict:
        city.act(REVIEWERS["611"], "611", "approve", seen=stale)

    assert conflict.value.code == "moved_on"
    assert conflict.value.values["who"] == "まちづくり推進課主査 佐藤 一郎"
    assert conflict.value.values["at"] == clock.now
    assert conflict.value.values["stage"] == "部局審査"
    assert city.state("611") == "department_review"


def test_the_back_button_after_an_approval_is_a_stale_page_and_not_a_wrong_state(
    city: City,
) -> None:
    city.submit("611")
    seen = city.page(REVIEWERS["611"], "611")
    city.act(REVIEWERS["611"], "611", "approve", seen=seen)

    with pytest.raises(Conflict, match="moved_on"):
        city.act(REVIEWERS["611"], "611", "approve", seen=seen)


def test_what_is_submitted_is_what_was_seen(city: City) -> None:
    seen = city.page(DRAFTERS["611"], "611")
    city.save("611", results="別の人が書き換えた成果。", by="yamada.hanako")

    with pytest.raises(Conflict, match="content_changed"):
        city.act(DRAFTERS["611"], "611", "submit", seen=seen)

    assert city.state("611") == "draft"


def test_what_is_signed_is_what_was_seen(city: City, application: Application) -> None:
    city.submit("611")
    seen = city.page(REVIEWERS["611"], "611")

    for seen_hash in (None, b"\x00" * 32):
        with (
            pytest.raises(Conflict, match="content_changed"),
            application.command(city.actor(REVIEWERS["611"])) as ctx,
        ):
            actions.act(
                ctx,
                evaluation_id=seen.id,
                action="approve",
                expected_version=seen.version,
                seen_hash=seen_hash,
                request_key="approval",
            )

    assert city.state("611") == "department_review"


def test_a_signature_keeps_the_hash_of_the_content_that_was_seen(city: City) -> None:
    city.submit("611")
    seen = city.page(REVIEWERS["611"], "611")
    city.act(REVIEWERS["611"], "611", "approve", seen=seen)

    assert city.scalar("SELECT encode(content_hash, 'hex') FROM signature") == seen.seen_hash


def test_there_is_no_such_sheet(city: City, application: Application) -> None:
    with (
        pytest.raises(NotFound, match="no_such_evaluation"),
        application.command(city.actor(APPROVER)) as ctx,
    ):
        actions.act(
            ctx,
            evaluation_id=10**9,
            action="approve",
            expected_version=1,
            seen_hash=None,
            request_key="nothing",
        )


def test_with_a_one_time_password_one_may_do_nothing(city: City, application: Application) -> None:
    strict = Application(
        application.settings.model_copy(update={"keep_one_time_passwords": False}),
        clock=application._clock,
    )
    try:
        newcomer = City(strict, city.passwords)
        with pytest.raises(Refused, match="change_password_first"):
            newcomer.act(DRAFTERS["611"], "611", "submit")
    finally:
        strict.dispose()
