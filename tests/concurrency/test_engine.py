"""The engine meets itself and people: publications, ticks, deliveries, late imports."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from email.message import EmailMessage

import psycopg
import pytest

from tests.city import City
from tests.concurrency.together import PATIENCE, are_waiting, together, wait_until
from tests.databases import Database
from tests.plans import plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import OTHER_PUBLISHER, PUBLISHER, SHEETS
from workflow.application import Application
from workflow.errors import Conflict, HyokaError
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.services import delivery, gathering, publication, ticking
from workflow.services.ticking import Ticked

HOLD_CYCLE = "SELECT 1 FROM evaluation_cycle FOR UPDATE"
HOLD_SHEETS = "SELECT 1 FROM evaluation FOR UPDATE"
LATE_COST = with_cost("612", "612010", 99)


def approve_all(city: City) -> None:
    for code in SHEETS:
        city.bring_to(code, "approved")


def publish_events(city: City) -> int:
    return int(city.scalar("SELECT count(*) FROM event WHERE action = 'publish'"))


def test_two_publishers_ask_at_once_and_one_publication_is_made(
    city: City, city_database: Database
) -> None:
    approve_all(city)

    outcomes = together(
        city_database,
        HOLD_CYCLE,
        [
            lambda: city.request_publication(SHEETS, by=PUBLISHER, request_key="one"),
            lambda: city.request_publication(SHEETS, by=OTHER_PUBLISHER, request_key="two"),
        ],
    )

    refused = [o for o in outcomes if isinstance(o, HyokaError)]
    assert [(type(o), o.code) for o in refused] == [(Conflict, "publication_running")]
    assert city.scalar("SELECT count(*) FROM publication") == 1


def test_the_same_request_five_times_at_once_is_one_publication(
    city: City, city_database: Database
) -> None:
    approve_all(city)

    outcomes = together(
        city_database,
        HOLD_CYCLE,
        [lambda: city.request_publication(SHEETS, request_key="the same form")] * 5,
    )

    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], int)
    assert city.scalar("SELECT count(*) FROM publication") == 1


def test_two_workers_run_one_publication_and_it_is_published_once(
    city: City, application: Application
) -> None:
    approve_all(city)
    wanted = city.request_publication(SHEETS)
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait(PATIENCE)
        try:
            outcomes.append(publication.run(application, wanted, chunk=1))
        except Exception as error:
            outcomes.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)

    assert {type(outcome) for outcome in outcomes} == {bool}
    # One may leave early to the other; the tick would look again.
    publication.run(application, wanted)
    assert city.publication(wanted).state == "published"
    assert publish_events(city) == 5
    assert city.scalar("SELECT count(*) FROM snapshot") == 5
    assert city.publication(wanted).built == 5
    assert city.verify().broken == ()


def test_two_workers_flip_at_once_and_every_effect_is_there_once(
    city: City, application: Application, city_database: Database, clock: Clock
) -> None:
    approve_all(city)
    wanted = city.request_publication(SHEETS, at=clock.now + timedelta(hours=1))
    publication.run(application, wanted)
    clock.forward(hours=1)

    outcomes = together(
        city_database, HOLD_CYCLE, [lambda: publication.run(application, wanted)] * 2
    )

    assert outcomes == [True, True]
    assert publish_events(city) == 5
    assert city.scalar("SELECT count(*) FROM notice WHERE kind = 'published'") == len(
        city.rows(
            "SELECT DISTINCT evaluation_id, recipient_id FROM notice WHERE kind = 'published'"
        )
    )


def test_a_return_against_the_flip_is_published_or_returned_and_never_both(
    city: City, application: Application, city_database: Database, clock: Clock
) -> None:
    approve_all(city)
    wanted = city.request_publication(SHEETS, at=clock.now + timedelta(hours=1))
    publication.run(application, wanted)
    clock.forward(hours=1)
    seen = city.page(PUBLISHER, "611")

    _, returned = together(
        city_database,
        HOLD_SHEETS,
        [
            lambda: publication.run(application, wanted),
            lambda: city.act(
                PUBLISHER, "611", "return", target="draft", reason="待った", seen=seen
            ),
        ],
    )

    public = {row.code for row in city.rows("SELECT code FROM snapshot")}
    if isinstance(returned, HyokaError):
        assert (returned.code, city.state("611")) == ("moved_on", "published")
        assert "611" in public
    else:
        assert city.state("611") == "draft"
        assert "611" not in public
    assert city.verify().broken == ()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (HOLD_CYCLE, HOLD_SHEETS),
        (HOLD_SHEETS, "SELECT 1 FROM project FOR UPDATE"),
        (HOLD_SHEETS, "SELECT 1 FROM indicator FOR UPDATE"),
        (HOLD_SHEETS, "SELECT 1 FROM project_figure FOR UPDATE"),
    ],
)
def test_a_late_import_takes_its_locks_in_the_order_of_everybody_else(
    city: City, application: Application, city_database: Database, first: str, then: str
) -> None:
    """The cycle, the sheets, the figures: otherwise two could wait for each other for ever."""
    approve_all(city)
    with psycopg.connect(city_database.superuser_url) as other, ThreadPoolExecutor() as threads:
        other.execute(first.encode())
        importing = threads.submit(take_in, application, plan(LATE_COST))
        with psycopg.connect(city_database.superuser_url, autocommit=True) as watching:
            wait_until(lambda: are_waiting(watching, 1))

        other.execute("SET LOCAL lock_timeout = '2s'")
        other.execute(then.encode())
        other.rollback()

    assert importing.result().sent_back == 1


def test_an_approval_against_a_late_cost_never_covers_a_cost_that_was_not_seen(
    city: City, application: Application, city_database: Database
) -> None:
    city.bring_to("612", "bureau_approval")
    seen = city.page("morita.kenji", "612")

    approved, _ = together(
        city_database,
        HOLD_SHEETS,
        [
            lambda: city.act("morita.kenji", "612", "approve", seen=seen),
            lambda: take_in(application, plan(LATE_COST)),
        ],
    )

    assert city.state("612") == "department_review"
    assert city.scalar("SELECT count(*) FROM signature WHERE voided_at IS NULL") == 0
    if isinstance(approved, HyokaError):
        assert approved.code == "moved_on"
    assert city.verify().broken == ()


class SlowTransport(RecordingTransport):
    """Gives another worker time to come by."""

    def __init__(self) -> None:
        super().__init__()
        self.met = threading.Event()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
        """Wait a moment, then accept."""
        self.met.wait(0.02)
        super().send(message, sender=sender, recipient=recipient)
        return Attempt(Result.ACCEPTED)


def test_two_ticks_at_once_send_nothing_twice(city: City, clock: Clock) -> None:
    clock.set(date(2022, 6, 15), time(8, 45))
    transport = SlowTransport()
    did: list[object] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait(PATIENCE)
        try:
            did.append(ticking.tick(city.application, transport))
        except Exception as error:
            did.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)

    assert {type(d) for d in did} == {Ticked}
    # Digests wait while another tick still holds what falls due: then the next one writes them.
    clock.forward(seconds=30)
    did.append(city.tick(transport))
    ids = [str(message["Message-ID"]) for message in transport.sent]
    assert len(ids) == len(set(ids)) == city.scalar("SELECT count(*) FROM mail")
    # Eleven drafters: the opening at once, the reminder in the digest.
    assert len(ids) == 22
    assert sum(d.mails_sent for d in did if isinstance(d, Ticked)) == 22
    assert sum(d.timers for d in did if isinstance(d, Ticked)) == 5
    assert city.tick(transport) == Ticked(0, 0, 0, 0)


def test_two_workers_never_claim_the_same_mail(city: City, application: Application) -> None:
    gathering.gather_all(application)
    waiting = city.scalar("SELECT count(*) FROM mail WHERE state = 'queued'")
    claimed: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(PATIENCE)
        while True:
            with application.command(SYSTEM) as ctx:
                mails = delivery.claim(ctx, limit=2)
            if not mails:
                return
            claimed.extend(mail.id for mail in mails)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)

    assert len(claimed) == len(set(claimed)) == waiting
