"""Claim, send, finish: promises, leases, fencing, attempts, refused addresses."""

from __future__ import annotations

import itertools
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tests.city import City
from tests.recorders import Clock, RecordingDoorbell, RecordingTransport
from tests.sample_people import DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application
from workflow.errors import Refused
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.services import delivery, gathering
from workflow.services.delivery import MOST_ATTEMPTS, Claimed, lease_of

LATER = Attempt(Result.LATER, "451 try again")
REFUSED = Attempt(Result.REFUSED, "554 no")
NO_SUCH_BOX = Attempt(Result.REFUSED, "550 no such box", address_refused=True)
UNKNOWN = Attempt(Result.UNKNOWN, "SMTPServerDisconnected")

ROW = """SELECT m.state, m.attempts, m.last_error, m.next_attempt_at, m.sent_at, m.lease_until
         FROM mail m JOIN person p ON p.id = m.recipient_id
         WHERE p.sign_in_name = :name ORDER BY m.id DESC LIMIT 1"""


def mail_of(city: City, name: str) -> sa.Row[tuple[object, ...]]:
    return city.rows(ROW, name=name)[0]


@pytest.fixture
def waiting(city: City, clock: Clock, transport: RecordingTransport) -> str:
    """One mail waits: an ordinary one (at most once). Returns who gets it."""
    city.tick(transport)
    transport.forget()
    clock.forward(minutes=10)
    city.submit("611")
    gathering.gather_all(city.application)
    return REVIEWERS["611"]


@pytest.fixture
def returned(city: City, waiting: str, clock: Clock, transport: RecordingTransport) -> str:
    """One mail waits that must arrive: a return. Returns who gets it."""
    delivery.deliver_all(city.application, transport)
    clock.forward(minutes=10)
    city.give_back("611")
    gathering.gather_all(city.application)
    transport.forget()
    return DRAFTERS["611"]


def lease(city: City) -> float:
    return lease_of(city.application.settings).total_seconds()


def claim(city: City, limit: int = 1) -> list[Claimed]:
    with city.application.command(SYSTEM) as ctx:
        return delivery.claim(ctx, limit=limit)


def finish(city: City, mail: Claimed, attempt: Attempt) -> bool:
    with city.application.command(SYSTEM) as ctx:
        return delivery.finish(ctx, mail, attempt)


def test_an_accepted_mail_is_sent_once(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    assert delivery.deliver_all(city.application, transport) == 1
    clock.forward(hours=3)
    assert delivery.deliver_all(city.application, transport) == 0
    clock.forward(days=3)
    assert delivery.deliver_all(city.application, transport) == 0

    row = mail_of(city, waiting)
    assert (row.state, row.attempts, row.last_error) == ("sent", 1, None)
    assert len(transport.sent) == 1


def test_a_mail_that_must_wait_is_tried_again_later_and_later_under_the_same_message_id(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    transport.answers = [LATER] * 4
    waits = []
    for _ in range(4):
        delivery.deliver_all(city.application, transport)
        row = mail_of(city, waiting)
        assert (row.state, row.last_error) == ("queued", "451 try again")
        waits.append((row.next_attempt_at - clock.now) // timedelta(minutes=1))
        clock.now = row.next_attempt_at - timedelta(seconds=1)
        before = len(transport.sent)
        delivery.deliver_all(city.application, transport)
        assert len(transport.sent) == before
        clock.forward(seconds=1)

    assert waits == [1, 2, 4, 8]
    assert delivery.deliver_all(city.application, transport) == 1
    assert len({str(message["Message-ID"]) for message in transport.sent}) == 1


def test_after_the_last_attempt_a_mail_is_dead_and_shown(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    transport.answers = [LATER] * (MOST_ATTEMPTS + 3)

    for _ in range(MOST_ATTEMPTS + 3):
        delivery.deliver_all(city.application, transport)
        clock.forward(hours=1)

    row = mail_of(city, waiting)
    assert (row.state, row.attempts) == ("dead", MOST_ATTEMPTS)
    assert len(transport.sent) == MOST_ATTEMPTS


def test_a_refused_mail_is_dead_but_its_address_stays_good(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    transport.answers = [REFUSED]
    delivery.deliver_all(city.application, transport)
    clock.forward(hours=3)
    delivery.deliver_all(city.application, transport)

    assert mail_of(city, waiting).state == "dead"
    assert len(transport.sent) == 1
    assert city.scalar("SELECT count(*) FROM person WHERE mail_state <> 'good'") == 0


def test_a_refused_address_is_marked_with_the_servers_words(
    city: City, waiting: str, transport: RecordingTransport
) -> None:
    transport.answers = [NO_SUCH_BOX]
    delivery.deliver_all(city.application, transport)

    rows = city.rows("SELECT sign_in_name, mail_refusal FROM person WHERE mail_state = 'refused'")
    assert [tuple(row) for row in rows] == [(waiting, "550 no such box")]


def test_an_address_that_was_corrected_meanwhile_is_not_marked(
    city: City, waiting: str, transport: RecordingTransport
) -> None:
    [mail] = claim(city)
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(sa.text("UPDATE person SET email = 'right.' || id || '@aose.example.jp'"))

    finish(city, mail, NO_SUCH_BOX)

    assert city.scalar("SELECT count(*) FROM person WHERE mail_state = 'refused'") == 0


def test_a_mail_that_perhaps_arrived_is_not_sent_again_but_shown(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    transport.answers = [UNKNOWN]
    delivery.deliver_all(city.application, transport)
    clock.forward(hours=3)
    delivery.deliver_all(city.application, transport)

    assert mail_of(city, waiting).state == "unknown"
    assert len(transport.sent) == 1


def test_a_return_that_perhaps_arrived_is_sent_again_under_the_same_message_id(
    city: City, returned: str, clock: Clock, transport: RecordingTransport
) -> None:
    transport.answers = [UNKNOWN]
    delivery.deliver_all(city.application, transport)
    clock.forward(minutes=5)
    delivery.deliver_all(city.application, transport)

    first, second = transport.to(returned)
    assert first["Message-ID"] == second["Message-ID"]
    assert mail_of(city, returned).state == "sent"


def test_the_attempt_is_committed_before_the_server_is_asked(city: City, waiting: str) -> None:
    """A worker that dies in the middle leaves the attempt behind, and the lease."""
    seen = []

    class Watching:
        def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Attempt:
            seen.append(mail_of(city, waiting))
            return Attempt(Result.ACCEPTED)

    delivery.deliver_all(city.application, Watching())

    assert [(row.state, row.attempts) for row in seen] == [("sending", 1)]


def test_a_claimed_mail_is_nobody_elses_while_the_lease_holds(
    city: City, waiting: str, clock: Clock
) -> None:
    assert len(claim(city)) == 1
    clock.forward(seconds=lease(city) - 1)

    assert claim(city) == []


def test_when_the_worker_does_not_come_back_an_ordinary_mail_is_unknown_and_not_repeated(
    city: City, waiting: str, clock: Clock, transport: RecordingTransport
) -> None:
    claim(city)
    clock.forward(seconds=lease(city) + 1)

    delivery.deliver_all(city.application, transport)

    row = mail_of(city, waiting)
    assert (row.state, row.last_error) == ("unknown", "the worker did not come back")
    assert transport.sent == []


def test_when_the_worker_does_not_come_back_a_return_is_sent_by_another(
    city: City, returned: str, clock: Clock, transport: RecordingTransport
) -> None:
    claim(city)
    clock.forward(seconds=lease(city) + 1)

    assert delivery.deliver_all(city.application, transport) == 1

    assert mail_of(city, returned).attempts == 2


def test_a_worker_that_comes_back_too_late_changes_nothing(
    city: City, returned: str, clock: Clock
) -> None:
    [slow] = claim(city)
    clock.forward(seconds=lease(city) + 1)
    [fast] = claim(city)

    assert not finish(city, slow, NO_SUCH_BOX)
    assert mail_of(city, returned).state == "sending"
    assert city.scalar("SELECT count(*) FROM person WHERE mail_state = 'refused'") == 0

    assert finish(city, fast, Attempt(Result.ACCEPTED))
    assert mail_of(city, returned).state == "sent"


def test_a_worker_that_slept_longer_than_its_lease_sends_nothing_any_more(
    city: City, waiting: str, transport: RecordingTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped between claiming and sending: the mail is another's business by now."""
    seconds = itertools.chain((0, 0), itertools.repeat(lease(city) + 1))
    monkeypatch.setattr(delivery.time, "monotonic", lambda: next(seconds))

    with capture_logs() as logs:
        assert delivery.deliver_all(city.application, transport) == 0

    assert transport.sent == []
    assert [entry["event"] for entry in logs] == ["mail_fenced"]


def test_a_slow_mail_server_takes_a_share_of_the_time_and_then_somebody_goes_on(
    city: City, transport: RecordingTransport, doorbell: RecordingDoorbell
) -> None:
    """Otherwise every child of a worker might be sending mails, and none would tick."""
    gathering.gather_all(city.application)
    doorbell.rings.clear()

    sent = delivery.deliver_all(city.application, transport, budget=timedelta(0))

    assert sent == len(transport.sent) == 0
    assert doorbell.rings == [("tasks.deliver_mails", ())]
    doorbell.rings.clear()
    assert delivery.deliver_all(city.application, transport) == 11
    assert doorbell.rings == []


def test_a_mail_is_finished_once(city: City, waiting: str) -> None:
    [mail] = claim(city)

    assert finish(city, mail, Attempt(Result.ACCEPTED))
    assert not finish(city, mail, LATER)
    assert mail_of(city, waiting).state == "sent"


def test_a_mail_that_no_message_can_carry_is_dead_and_stops_no_other(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    """An address that passed the import and yet is none (two dots) must not block the queue."""
    gathering.gather_all(city.application)
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text(
                "UPDATE mail SET address = 'two..dots@aose.example.jp' WHERE recipient_id = :p"
            ),
            {"p": city.person_id(DRAFTERS["611"])},
        )

    assert delivery.deliver_all(city.application, transport) == 10

    row = mail_of(city, DRAFTERS["611"])
    assert (row.state, row.attempts) == ("dead", 1)
    assert row.last_error


def test_people_do_not_deliver(city: City, application: Application) -> None:
    with (
        pytest.raises(Refused, match="engine_only"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        delivery.claim(ctx)
