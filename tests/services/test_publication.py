"""Publishing: what may be selected, what is left out, what carries over, what the public sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.city import City
from tests.recorders import Clock, RecordingDoorbell, RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    DRAFTERS,
    OTHER_PUBLISHER,
    PUBLISHER,
    REVIEWERS,
    SHEETS,
)
from workflow.application import Application
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.policy import SYSTEM
from workflow.queries import publications
from workflow.queries.publications import PublicSheet
from workflow.services import publication


def public(city: City) -> dict[str, PublicSheet]:
    """What anybody can read, by code."""
    with city.application.query() as ctx:
        _, sheets = publications.public_sheets(ctx, "ex_post", 2021, 1)
    return {sheet.content.measure.code: sheet for sheet in sheets}


def run(city: City, publication_id: int) -> bool:
    return publication.run(city.application, publication_id)


def test_only_publishers_publish(city: City) -> None:
    city.bring_to("611", "approved")
    before = city.counts()

    for name in (ADMINISTRATOR, APPROVER, REVIEWERS["611"], DRAFTERS["611"]):
        with pytest.raises(Refused, match="publishers_only"):
            city.request_publication(["611"], by=name)
    with pytest.raises(Refused, match="publishers_only"):
        city.request_publication(["611"], by=SYSTEM)

    assert city.counts() == before


def test_people_do_not_run_the_job(city: City, application: Application) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"])

    with (
        pytest.raises(Refused, match="engine_only"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        publication.build_chunk(ctx, wanted)


@pytest.mark.parametrize("stage", ["draft", "department_review", "bureau_approval", "published"])
def test_what_is_not_approved_cannot_be_selected_and_every_such_sheet_is_named(
    city: City, stage: str
) -> None:
    city.bring_to("611", "approved")
    city.bring_to("612", stage)
    city.bring_to("632", stage)
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        city.request_publication(["611", "612", "632"])

    assert [(f.code, f.values.get("sheet")) for f in refused.value.faults] == [
        ("not_approved", "612"),
        ("not_approved", "632"),
    ]
    assert city.counts() == before


def test_nothing_selected_a_time_in_the_past_and_a_foreign_sheet_are_refused(
    city: City, application: Application, clock: Clock
) -> None:
    city.bring_to("611", "approved")
    cycle_id = city.cycle()

    for ids, at, code in (
        ([], None, "nothing_selected"),
        ([city.evaluation("611")], clock.now, "time_in_the_past"),
        ([10**9], None, "no_such_evaluation"),
    ):
        with (
            pytest.raises(BadInput) as refused,
            application.command(city.actor(PUBLISHER)) as ctx,
        ):
            publication.request(
                ctx, cycle_id=cycle_id, evaluation_ids=ids, publish_at=at, request_key="k"
            )
        assert [f.code for f in refused.value.faults] == [code]

    with (
        pytest.raises(NotFound, match="no_such_cycle"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        publication.request(
            ctx, cycle_id=10**9, evaluation_ids=[1], publish_at=None, request_key="k"
        )


def test_the_public_reads_nothing_before_and_all_selected_sheets_after(city: City) -> None:
    for code in ("611", "632"):
        city.bring_to(code, "approved")
    wanted = city.request_publication(["611", "632"])
    with pytest.raises(NotFound, match="nothing_published"):
        public(city)

    assert run(city, wanted)

    assert set(public(city)) == {"611", "632"}
    assert {code: city.state(code) for code in SHEETS} == {
        "611": "published", "632": "published",
        "612": "draft", "621": "draft", "631": "draft",
    }  # fmt: skip
    view = city.publication(wanted)
    assert (view.state, view.version, view.built, view.total) == ("published", 1, 2, 2)
    assert city.verify().broken == ()


def test_the_ledger_names_the_publisher_who_asked(city: City) -> None:
    city.publish(["611"], by=OTHER_PUBLISHER)

    entry = city.page(SYSTEM, "611").timeline[0]
    assert (entry.action, entry.person, entry.capacity) == ("publish", "本田 拓也", "政策室主任")


def test_it_waits_for_its_time_and_the_tick_publishes_it_then(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"], at=clock.now + timedelta(hours=2))

    assert not run(city, wanted)
    assert city.publication(wanted).state == "ready"
    clock.forward(minutes=119, seconds=59)
    assert city.tick(transport).published == 0
    clock.forward(seconds=1)
    assert city.tick(transport).published == 1

    assert city.publication(wanted).published_at == clock.now
    assert set(public(city)) == {"611"}


def test_a_second_post_of_the_same_form_asks_for_nothing_twice(city: City) -> None:
    city.bring_to("611", "approved")

    first = city.request_publication(["611"], request_key="form-1")
    before = city.counts()

    assert city.request_publication(["611"], request_key="form-1") == first
    assert city.counts() == before


def test_one_publication_of_a_cycle_runs_at_a_time(city: City) -> None:
    for code in ("611", "632"):
        city.bring_to(code, "approved")
    first = city.request_publication(["611"])

    with pytest.raises(Conflict, match="publication_running"):
        city.request_publication(["632"])

    run(city, first)
    assert city.request_publication(["632"])


def test_a_request_rings_for_a_worker_and_the_flip_for_the_mails(
    city: City, doorbell: RecordingDoorbell
) -> None:
    city.bring_to("611", "approved")
    doorbell.rings.clear()
    wanted = city.request_publication(["611"])
    assert doorbell.rings == [("tasks.run_publication", (wanted,))]

    run(city, wanted)

    assert doorbell.rings[-1] == ("tasks.gather_notices", ())
