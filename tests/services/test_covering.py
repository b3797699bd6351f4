"""What was lost comes in the next digest, once, and only what still holds; old mails never go."""

from __future__ import annotations

from datetime import date, time

import pytest
import sqlalchemy as sa

from tests.authority import away
from tests.city import City
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import ADMINISTRATOR, DRAFTERS, REVIEWERS
from workflow.errors import Conflict
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.queries.coming_notices import coming_notices
from workflow.services import delivery, gathering, mail_addresses, mail_retry
from workflow.services.delivery import MOST_ATTEMPTS

UNKNOWN = Attempt(Result.UNKNOWN, "cut after the dot")
DEAD = Attempt(Result.REFUSED, "554 5.7.1 Relay access denied")
LATER = Attempt(Result.LATER, "421 come again")
NO_SUCH_BOX = Attempt(Result.REFUSED, "550 5.1.1 no such box", address_refused=True)

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]
#: Last day of the drafts, and the business days after it.
LAST_DAY, NEXT, THIRD = date(2022, 6, 22), date(2022, 6, 23), date(2022, 6, 24)
DIGEST = time(8, 45)


def tick(city: City, transport: RecordingTransport, answer: Attempt | None = None) -> None:
    """Everything that is due now, each mail with the same answer."""
    transport.forget()
    transport.answers = [answer] * 60 if answer else []
    city.tick(transport)
    transport.answers = []


def mails_of(city: City, name: str) -> list[tuple[str, str, bool]]:
    """Slot (its first word), state, whether covered; oldest first, without the opening's."""
    rows = city.rows(
        """SELECT m.slot, m.state, m.covered_at IS NOT NULL AS covered
           FROM mail m JOIN person p ON p.id = m.recipient_id
           WHERE p.sign_in_name = :name ORDER BY m.id""",
        name=name,
    )
    return [(row.slot.partition("-")[0], row.state, row.covered) for row in rows]


@pytest.mark.parametrize("answer", [UNKNOWN, DEAD])
def test_a_turn_whose_mail_was_lost_is_told_in_the_next_digest_once(
    city: City, clock: Clock, quiet: RecordingTransport, answer: Attempt
) -> None:
    city.submit("611")
    tick(city, quiet, answer)
    clock.forward(hours=5)
    tick(city, quiet)
    assert quiet.to(REVIEWER) == [], "not on the same day"

    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    [mail] = quiet.to(REVIEWER)
    assert mail["Subject"] == "【期限 7/6】評価シート1件のご確認について"
    assert ".digest@" in mail["Message-ID"]
    assert mails_of(city, REVIEWER) == [
        ("now", str(_state(answer)), True),
        ("digest", "sent", False),
    ]
    assert city.scalar("""
        SELECT count(*) FROM notice n JOIN mail m ON m.id = n.mail_id
        JOIN person p ON p.id = n.recipient_id
        WHERE p.sign_in_name = :name AND m.slot = 'digest'""", name=REVIEWER) == 1  # fmt: skip
    for later in (date(2022, 6, 3), date(2022, 6, 6)):
        clock.set(later, DIGEST)
        tick(city, quiet)
        assert quiet.to(REVIEWER) == []


def _state(answer: Attempt) -> str:
    return "unknown" if answer is UNKNOWN else "dead"


def test_what_no_longer_holds_is_not_told_again(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet, UNKNOWN)
    city.approve("611")
    tick(city, quiet)

    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    assert quiet.to(REVIEWER) == []
    assert mails_of(city, REVIEWER) == [("now", "unknown", True)]
    assert city.scalar("SELECT count(*) FROM mail WHERE covered_by IS NOT NULL") == 0


def test_a_digest_that_was_lost_comes_again_with_the_next_one_as_one_mail(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(LAST_DAY, DIGEST)
    tick(city, quiet, UNKNOWN)
    clock.set(NEXT, DIGEST)
    tick(city, quiet)

    [mail] = quiet.to(DRAFTER)
    assert mail["Subject"] == "【期限 6/22】評価シート1件の期限が過ぎています"
    assert body_of(mail).count("・611 ") == 1
    assert "1日超過" in body_of(mail)
    clock.set(THIRD, DIGEST)
    tick(city, quiet)
    assert quiet.to(DRAFTER) == []


def test_after_days_without_a_mail_server_comes_one_mail_with_the_present_state(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    for day in (date(2022, 6, 20), LAST_DAY, NEXT):
        for hour in (DIGEST, time(13, 0)):
            clock.set(day, hour)
            tick(city, quiet, LATER)
    clock.set(THIRD, DIGEST)
    tick(city, quiet)

    [mail] = quiet.to(DRAFTER)
    assert mail["Subject"] == "【期限 6/22】評価シート1件の期限が過ぎています"
    assert "2日超過" in body_of(mail)
    assert "本日" not in body_of(mail)
    states = [(slot, state, covered) for slot, state, covered in mails_of(city, DRAFTER)[-4:]]
    assert states == [("digest", "superseded", True)] * 3 + [("digest", "sent", False)]
    assert city.scalar("SELECT count(*) FROM mail WHERE state = 'queued'") == 0


def test_what_moved_on_during_the_outage_is_not_told(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 20), DIGEST)
    tick(city, quiet, LATER)
    city.submit("611")
    clock.set(date(2022, 6, 21), time(7, 0))
    tick(city, quiet)
    assert quiet.sent == [], "nothing of yesterday"
    clock.set(date(2022, 6, 21), time(13, 0))
    tick(city, quiet)

    assert quiet.to(DRAFTER) == []
    assert len(quiet.to(REVIEWER)) == 1


def test_a_return_that_was_not_sent_on_its_day_keeps_its_promise_in_the_digest(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet)
    city.give_back("611", reason="指標を直してください。")
    tick(city, quiet, LATER)

    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet, UNKNOWN)
    clock.forward(minutes=5)
    again = quiet.to(DRAFTER)
    tick(city, quiet)

    [first], [second] = again, quiet.to(DRAFTER)
    assert "差し戻されました" in first["Subject"]
    assert first["Message-ID"] == second["Message-ID"]
    assert mails_of(city, DRAFTER)[-2:] == [("now", "superseded", True), ("digest", "sent", False)]


def test_a_worker_that_died_in_the_evening_leaves_nothing_behind_for_a_whole_day(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    gathering.gather_all(city.application)
    with city.application.command(SYSTEM) as ctx:
        assert delivery.claim(ctx)

    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    assert len(quiet.to(REVIEWER)) == 1
    assert mails_of(city, REVIEWER) == [("now", "unknown", True), ("digest", "sent", False)]


def test_what_a_marked_address_missed_comes_once_somebody_says_that_it_is_right(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet, NO_SUCH_BOX)
    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)
    assert mails_of(city, REVIEWER) == [("now", "dead", False)]

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        mail_addresses.confirm(ctx, person_id=city.person_id(REVIEWER))
    tick(city, quiet)

    assert len(quiet.to(REVIEWER)) == 1
    assert mails_of(city, REVIEWER) == [("now", "dead", True), ("digest", "sent", False)]


def test_what_is_read_afterwards_still_waits_for_the_return_of_who_is_away(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet, UNKNOWN)
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("""UPDATE notice SET kind = 'post_review'
                       WHERE kind = 'your_turn' AND recipient_id = :who"""),
            {"who": city.person_id(REVIEWER)},
        )
    away(city, REVIEWER, first=date(2022, 6, 2), last=date(2022, 6, 3))
    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    assert quiet.to(REVIEWER) == []
    told = "SELECT count(*) FROM notice WHERE kind = 'post_review' AND gathered_at IS NOT NULL"
    assert city.scalar(told) == 0
    assert mails_of(city, REVIEWER) == [("now", "unknown", True)]


def test_a_covered_mail_is_not_sent_again(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet, UNKNOWN)
    mail = city.scalar("SELECT max(id) FROM mail")
    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    with (
        pytest.raises(Conflict, match="mail_covered"),
        city.application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        mail_retry.retry(ctx, mail)
    assert city.scalar("SELECT state FROM mail WHERE id = :id", id=mail) == "unknown"


@pytest.mark.parametrize("when", [(date(2022, 6, 4), time(10, 0)), (date(2022, 6, 2), time(7, 0))])
def test_what_an_administrator_sends_again_is_a_mail_of_that_day_at_any_hour(
    city: City, clock: Clock, quiet: RecordingTransport, when: tuple[date, time]
) -> None:
    city.submit("611")
    tick(city, quiet, UNKNOWN)
    [first] = quiet.to(REVIEWER)
    mail = city.scalar("SELECT max(id) FROM mail")
    clock.set(*when)

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        mail_retry.retry(ctx, mail)
    tick(city, quiet)

    [again] = quiet.to(REVIEWER)
    assert again["Message-ID"] == first["Message-ID"]
    clock.set(date(2022, 6, 6), DIGEST)
    tick(city, quiet)
    assert quiet.to(REVIEWER) == []


def test_todays_digest_that_is_sent_again_stays_the_digest_of_the_day(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(LAST_DAY, DIGEST)
    tick(city, quiet, DEAD)
    mail = city.scalar(
        "SELECT max(id) FROM mail WHERE recipient_id = :who", who=city.person_id(DRAFTER)
    )
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        mail_retry.retry(ctx, mail)
    tick(city, quiet)

    assert len(quiet.to(DRAFTER)) == 1
    assert mails_of(city, DRAFTER)[-1] == ("digest", "sent", False)


def test_a_mail_that_kills_every_worker_is_covered_too(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    for _ in range(MOST_ATTEMPTS):
        tick(city, quiet, LATER)
        clock.forward(hours=1)
    assert mails_of(city, REVIEWER) == [("now", "dead", False)]

    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    assert len(quiet.to(REVIEWER)) == 1


def test_what_was_lost_is_foreseen_for_the_digest_that_will_cover_it(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    tick(city, quiet, UNKNOWN)
    clock.set(date(2022, 6, 1), time(18, 0))
    lost = _foreseen(city)
    clock.set(date(2022, 6, 2), DIGEST)
    tick(city, quiet)

    assert (date(2022, 6, 2), city.person_id(REVIEWER), "your_turn") in lost
    assert len(quiet.to(REVIEWER)) == 1
    assert city.person_id(REVIEWER) not in {
        person for day, person, _ in _foreseen(city) if day < date(2022, 6, 20)
    }


def _foreseen(city: City) -> set[tuple[date, int, str]]:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        return {
            (one.day, mail.person_id, str(notice.kind))
            for one in coming_notices(ctx)
            for mail in one.mails
            for notice in mail.notices
        }
