"""Addresses that a server refused: marked for their own fault alone, and good again one day."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from structlog.testing import capture_logs

from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.unit.test_mail_bounce import MESSAGE_ID, a_report, recipient
from workflow.errors import Conflict, NotFound, Refused
from workflow.mail.bounce import read_bounces
from workflow.mail.smtp import Attempt, Result
from workflow.queries import administration
from workflow.services import mail_addresses, mail_retry
from workflow.services.mail_addresses import take_bounces

NO_SUCH_BOX = Attempt(Result.REFUSED, "550 5.1.1 no such box", address_refused=True)
REVIEWER = REVIEWERS["611"]


@pytest.fixture
def refused(city: City, clock: Clock, transport: RecordingTransport) -> int:
    """The id of a person whose address is marked."""
    city.tick(transport)
    clock.forward(minutes=10)
    city.submit("611")
    transport.answers = [NO_SUCH_BOX]
    city.tick(transport)
    transport.forget()
    return city.person_id(REVIEWER)


def confirm(city: City, person: int, *, by: str = ADMINISTRATOR) -> None:
    with city.application.command(city.actor(by)) as ctx:
        mail_addresses.confirm(ctx, person_id=person)


def marked(city: City) -> list[str]:
    return [row.sign_in_name for row in city.rows(
        "SELECT sign_in_name FROM person WHERE mail_state = 'refused' OR mail_refusal IS NOT NULL"
    )]  # fmt: skip


@pytest.mark.parametrize("name", [PUBLISHER, DRAFTERS["611"], REVIEWER])
def test_only_administrators_say_that_an_address_is_right(
    city: City, refused: int, name: str
) -> None:
    with pytest.raises(Refused, match="administrators_only"):
        confirm(city, refused, by=name)

    assert marked(city) == [REVIEWER]


def test_an_address_that_nobody_refused_is_not_confirmed(city: City, refused: int) -> None:
    with pytest.raises(Conflict, match="address_not_refused"):
        confirm(city, city.person_id(PUBLISHER))
    with pytest.raises(NotFound, match="no_such_account"):
        confirm(city, 0)

    assert marked(city) == [REVIEWER]


def test_who_is_said_to_have_the_right_address_gets_mails_again(
    city: City, clock: Clock, refused: int, transport: RecordingTransport
) -> None:
    clock.forward(minutes=10)
    with capture_logs() as logs:
        confirm(city, refused)
    city.withdraw("611", by=DRAFTERS["611"])
    city.submit("611")
    city.tick(transport)

    assert marked(city) == []
    [entry] = [one for one in logs if one["event"] == "mail_address_confirmed"]
    assert (entry["person"], entry["by"]) == (refused, city.person_id(ADMINISTRATOR))
    assert len(transport.to(REVIEWER)) == 1


def test_an_address_that_takes_a_mail_is_good_again(
    city: City, refused: int, transport: RecordingTransport
) -> None:
    mail = city.scalar("SELECT id FROM mail WHERE state = 'dead'")
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        mail_retry.retry(ctx, mail)
    city.tick(transport)

    assert len(transport.to(REVIEWER)) == 1
    assert marked(city) == []


def test_the_pages_name_those_whose_address_is_marked_and_no_other(
    city: City, refused: int
) -> None:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        people = administration.people(ctx)

    found = {one.sign_in_name: one.mail_refusal for one in people if one.mail_refusal is not None}
    assert found == {REVIEWER: "550 5.1.1 no such box"}


def test_a_relay_that_trusts_nobody_silences_nobody(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    """What ``mail.smtp`` makes of "554 5.7.1 Relay access denied" (tests/unit/test_smtp.py)."""
    transport.answers = [Attempt(Result.REFUSED, "554 5.7.1 Relay access denied")] * 40
    city.tick(transport)
    transport.answers = []
    transport.forget()
    clock.now += timedelta(minutes=10)
    city.submit("611")
    city.tick(transport)

    assert marked(city) == []
    assert len(transport.to(REVIEWER)) == 1


# What a relay finds out later


def bounced(city: City, data: bytes, *, by: str = ADMINISTRATOR) -> list[str]:
    with city.application.command(city.actor(by)) as ctx:
        return [one.outcome.value for one in take_bounces(ctx, read_bounces(data, name="in"))]


@pytest.fixture
def sent(city: City, clock: Clock, transport: RecordingTransport) -> str:
    """The Message-ID of a mail that the relay took."""
    city.tick(transport)
    clock.forward(minutes=10)
    city.submit("611")
    transport.forget()
    city.tick(transport)
    [mail] = transport.to(REVIEWER)
    return str(mail["Message-ID"])


def test_only_administrators_and_the_shell_take_bounces(city: City, sent: str) -> None:
    with pytest.raises(Refused, match="administrators_only"):
        bounced(city, a_report(message_id=sent), by=PUBLISHER)

    assert marked(city) == []


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (a_report(recipient(status="5.2.2")), "other_reason"),
        (a_report(recipient(status="5.7.1")), "other_reason"),
        (a_report(recipient(action="delayed", status="4.1.1")), "no_failure"),
        (a_report(recipient(to="nobody@aose.example.jp")), "not_ours"),
        (b"From: a@aose.example.jp\nSubject: On leave\n\nUntil Friday.\n", "no_report"),
    ],
)
def test_what_says_nothing_against_an_address_is_told_and_marks_nobody(
    city: City, sent: str, data: bytes, outcome: str
) -> None:
    mine = data.replace(MESSAGE_ID.encode(), sent.encode())

    assert bounced(city, mine) == [outcome]
    assert marked(city) == []
    assert city.scalar("SELECT count(*) FROM mail WHERE state = 'dead'") == 0


def test_a_report_about_a_mail_that_was_never_sent_to_that_person_marks_nobody(
    city: City, sent: str
) -> None:
    """Anybody may write to the address to which mails return."""
    assert bounced(city, a_report(message_id="<invented@aose.example.jp>")) == ["not_ours"]
    without_mail = a_report(message_id=sent).replace(b"text/rfc822-headers", b"text/plain")
    assert bounced(city, without_mail) == ["not_ours"]
    assert bounced(city, a_report(message_id=sent, to=f"{APPROVER}@aose.example.jp")) == [
        "not_ours"
    ]
    assert marked(city) == []


def test_an_address_that_does_not_exist_is_marked_in_the_servers_words_once(
    city: City, sent: str
) -> None:
    data = a_report(message_id=sent).replace(b"takahashi", b"Takahashi")
    assert bounced(city, data) == ["marked"]
    assert bounced(city, data) == ["marked_before"]

    assert marked(city) == [REVIEWER]
    assert "User unknown" in city.scalar(
        "SELECT mail_refusal FROM person WHERE mail_state <> 'good'"
    )
    assert [row.message_id for row in city.rows("SELECT message_id FROM mail WHERE state = 'dead'")
            ] == [sent]  # fmt: skip


def test_a_report_that_is_read_again_after_the_address_was_confirmed_marks_nobody(
    city: City, sent: str
) -> None:
    bounced(city, a_report(message_id=sent))
    confirm(city, city.person_id(REVIEWER))

    assert bounced(city, a_report(message_id=sent)) == ["marked_before"]
    assert marked(city) == []


def test_one_odd_report_keeps_no_other_from_being_taken(city: City, sent: str) -> None:
    mbox = b"From a\n%PDF\n\nFrom b\n" + a_report(message_id=sent)

    assert bounced(city, mbox) == ["unreadable", "marked"]
    assert marked(city) == [REVIEWER]


def test_what_came_back_is_told_again_once_the_address_is_right(
    city: City, clock: Clock, sent: str, transport: RecordingTransport
) -> None:
    bounced(city, a_report(message_id=sent))
    confirm(city, city.person_id(REVIEWER))
    transport.forget()
    clock.set(date(2022, 6, 2), time(8, 45))
    city.tick(transport)

    assert len(transport.to(REVIEWER)) == 1
