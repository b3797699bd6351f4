"""A mail that was given up, or that may not have arrived, is sent again when a person says so."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import RecordingTransport
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.services import mail_retry

DEAD = Attempt(Result.REFUSED, "554 not today")
UNKNOWN = Attempt(Result.UNKNOWN, "connection lost after the final dot")


@pytest.fixture
def given_up(city: City, transport: RecordingTransport) -> int:
    """The id of a dead mail, the only one."""
    return first_mail(city, transport, DEAD)


def first_mail(city: City, transport: RecordingTransport, answer: Attempt) -> int:
    city.tick(transport)
    city.submit("611")
    transport.forget()
    transport.answers = [answer]
    city.tick(transport)
    found: int = city.scalar("SELECT max(id) FROM mail")
    return found


def retry(city: City, mail: int, *, by: str = ADMINISTRATOR) -> None:
    with city.application.command(city.actor(by)) as ctx:
        mail_retry.retry(ctx, mail)


def row_of(city: City, mail: int) -> Any:
    return city.rows("SELECT state, attempts, message_id FROM mail WHERE id = :id", id=mail)[0]


@pytest.mark.parametrize("name", [PUBLISHER, DRAFTERS["611"], REVIEWERS["611"]])
def test_only_administrators_send_again(city: City, given_up: int, name: str) -> None:
    with pytest.raises(Refused, match="administrators_only"):
        retry(city, given_up, by=name)

    assert row_of(city, given_up).state == "dead"


def test_what_was_sent_or_is_on_its_way_is_not_sent_again(
    city: City, given_up: int, transport: RecordingTransport
) -> None:
    for state in ("sent", "queued", "sending"):
        with city.application.command(SYSTEM) as ctx:
            ctx.permit(None)
            ctx.execute(
                sa.text("UPDATE mail SET state = :state WHERE id = :id"),
                {"state": state, "id": given_up},
            )
        with pytest.raises(Conflict, match="mail_not_given_up"):
            retry(city, given_up)
        assert row_of(city, given_up).state == state
    with pytest.raises(NotFound, match="no_such_mail"):
        retry(city, 0)


def test_nothing_is_sent_to_an_account_that_is_switched_off(city: City, given_up: int) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("""
            UPDATE person SET disabled_at = :now
            WHERE id = (SELECT recipient_id FROM mail WHERE id = :id)
            """),
            {"now": ctx.now, "id": given_up},
        )

    with pytest.raises(BadInput, match="recipient_disabled"):
        retry(city, given_up)
    assert row_of(city, given_up).state == "dead"


@pytest.mark.parametrize("answer", [DEAD, UNKNOWN])
def test_it_goes_out_under_its_message_id_to_the_address_of_today(
    city: City, transport: RecordingTransport, answer: Attempt
) -> None:
    mail = first_mail(city, transport, answer)
    before = row_of(city, mail)
    assert before.state in ("dead", "unknown")
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("""
            UPDATE person SET email = 'right@aose.example.jp'
            WHERE id = (SELECT recipient_id FROM mail WHERE id = :id)
            """),
            {"id": mail},
        )
    transport.forget()

    retry(city, mail)
    assert (row_of(city, mail).state, row_of(city, mail).attempts) == ("queued", 0)
    city.tick(transport)

    [sent] = transport.to("right@aose.example.jp")
    assert sent["Message-ID"] == before.message_id
    assert row_of(city, mail).state == "sent"
