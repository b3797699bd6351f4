"""What happens between selecting and publishing, and from one publication to the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.plans import plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.services.test_publication import public, run
from workflow.application import Application
from workflow.errors import Conflict, Refused
from workflow.policy import SYSTEM
from workflow.services import publication


def test_a_sheet_that_was_returned_meanwhile_is_left_out_with_the_reason(city: City) -> None:
    for code in ("611", "632"):
        city.bring_to(code, "approved")
    wanted = city.request_publication(["611", "632"])
    city.give_back("632")

    assert run(city, wanted)

    assert set(public(city)) == {"611"}
    assert [(code, why) for code, _, why in city.publication(wanted).left_out] == [
        ("632", "not_approved")
    ]
    assert city.state("632") == "draft"


def test_a_late_cost_after_the_snapshot_was_built_leaves_the_sheet_out(
    city: City, application: Application, clock: Clock
) -> None:
    for code in ("611", "612"):
        city.bring_to(code, "approved")
    wanted = city.request_publication(["611", "612"], at=clock.now + timedelta(hours=1))
    run(city, wanted)
    take_in(application, plan(with_cost("612", "612010", 99)))
    clock.forward(hours=1)

    assert run(city, wanted)

    assert set(public(city)) == {"611"}
    assert city.state("612") == "department_review"
    assert city.verify().broken == ()


def test_a_sheet_approved_anew_with_other_content_is_left_out(
    city: City, application: Application, clock: Clock
) -> None:
    """What was selected is the content that was approved then, not whatever comes later."""
    for code in ("611", "612"):
        city.bring_to(code, "approved")
    wanted = city.request_publication(["611", "612"], at=clock.now + timedelta(hours=1))
    run(city, wanted)
    take_in(application, plan(with_cost("612", "612010", 99)))
    city.bring_to("612", "approved")
    clock.forward(hours=1)

    run(city, wanted)

    assert set(public(city)) == {"611"}
    assert [why for _, _, why in city.publication(wanted).left_out] == ["approval_void"]
    assert city.state("612") == "approved"


def test_when_nothing_is_left_the_publication_fails_and_says_so(city: City) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"])
    city.give_back("611")

    assert not run(city, wanted)

    view = city.publication(wanted)
    assert (view.state, view.last_error) == ("failed", "nothing_left_to_publish")


def test_a_publisher_whose_grant_ended_meanwhile_publishes_nothing(
    city: City, application: Application, clock: Clock
) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"], at=clock.now + timedelta(days=1))
    run(city, wanted)
    end_grant(city, PUBLISHER)
    clock.forward(days=1)

    assert not run(city, wanted)

    view = city.publication(wanted)
    assert (view.state, view.last_error) == ("failed", "publishers_only")
    assert city.state("611") == "approved"


def end_grant(city: City, name: str) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE role_grant SET valid_until = :today WHERE person_id = :person"),
            {"today": ctx.today, "person": city.person_id(name)},
        )


def test_a_publication_that_was_called_off_publishes_nothing(
    city: City, application: Application, clock: Clock
) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"], at=clock.now + timedelta(hours=1))
    run(city, wanted)
    with (
        pytest.raises(Refused, match="publishers_only"),
        application.command(city.actor(APPROVER)) as ctx,
    ):
        publication.cancel(ctx, publication_id=wanted)
    with application.command(city.actor(PUBLISHER)) as ctx:
        publication.cancel(ctx, publication_id=wanted)
    clock.forward(hours=1)

    assert not run(city, wanted)

    assert city.publication(wanted).state == "cancelled"
    assert city.state("611") == "approved"
    with (
        pytest.raises(Conflict, match="publication_over"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        publication.cancel(ctx, publication_id=wanted)


def test_what_is_published_cannot_be_called_off(city: City, application: Application) -> None:
    wanted = city.publish(["611"])

    with (
        pytest.raises(Conflict, match="publication_over"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        publication.cancel(ctx, publication_id=wanted)


def test_the_second_publication_carries_the_sheets_of_the_first(city: City, clock: Clock) -> None:
    city.publish(["611"])
    first = public(city)["611"]
    clock.forward(days=7)

    second = city.publish(["632"])

    after = public(city)
    assert set(after) == {"611", "632"}
    assert after["611"].content_hash == first.content_hash
    assert after["611"].first_published_at == first.first_published_at
    assert after["632"].first_published_at == clock.now
    assert city.publication(second).version == 2
    assert (after["611"].cycle.version, after["611"].cycle.published_at) == (2, clock.now)


def test_those_who_wrote_and_signed_are_told_but_not_the_publisher(
    city: City, transport: RecordingTransport
) -> None:
    city.bring_to("611", "approved")
    city.tick()
    city.publish(["611"])

    rows = city.rows("""
        SELECT p.sign_in_name FROM notice n JOIN person p ON p.id = n.recipient_id
        WHERE n.kind = 'published'
    """)

    assert {row.sign_in_name for row in rows} == {DRAFTERS["611"], REVIEWERS["611"], APPROVER}


def test_published_sheets_are_closed_and_have_no_timers_left(city: City) -> None:
    city.publish(["611"])

    assert city.scalar("SELECT closed_at IS NOT NULL FROM evaluation WHERE code = '611'")
    open_timers = """
        SELECT count(*) FROM timer t JOIN evaluation e ON e.id = t.evaluation_id
        WHERE e.code = '611' AND t.settled_at IS NULL
    """
    assert city.scalar(open_timers) == 0
