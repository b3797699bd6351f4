"""No mail on a closed day, none before the morning of an open one; nothing is lost by waiting."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, DRAFTERS, REVIEWERS
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.queries import health
from workflow.services import delivery, gathering

#: Friday, the Saturday after it, and the Monday.
FRIDAY, SATURDAY, MONDAY = date(2022, 6, 3), date(2022, 6, 4), date(2022, 6, 6)
DIGEST = time(8, 45)
DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def codes(city: City) -> set[str]:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        return {found.code for found in health.status(ctx).findings}


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        (SATURDAY, time(0, 0, 30)),
        (SATURDAY, time(23, 0)),
        (date(2022, 6, 5), time(10, 0)),
        (MONDAY, time(0, 0, 30)),
        (MONDAY, time(8, 44, 59)),
        # 海の日, and the turn of the year.
        (date(2022, 7, 18), time(12, 0)),
        (date(2022, 12, 29), time(12, 0)),
    ],
)
def test_nothing_is_written_or_sent_on_a_closed_day_or_before_the_morning(
    city: City, clock: Clock, quiet: RecordingTransport, day: date, hour: time
) -> None:
    city.submit("611")
    clock.set(day, hour)
    city.give_back("611", reason="直してください。")
    before = city.scalar("SELECT count(*) FROM mail")

    city.tick(quiet)

    assert quiet.sent == []
    assert city.scalar("SELECT count(*) FROM mail") == before
    assert city.scalar("SELECT count(*) FROM notice WHERE gathered_at IS NULL") > 0


def test_what_happened_on_a_saturday_night_is_told_on_monday_morning(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    clock.set(SATURDAY, time(23, 0))
    city.give_back("611", reason="直してください。")
    city.tick(quiet)
    clock.set(MONDAY, DIGEST)
    city.tick(quiet)

    [mail] = quiet.to(DRAFTER)
    assert "差し戻されました" in mail["Subject"]
    assert ".now-" in mail["Message-ID"]
    assert quiet.to(REVIEWER) == []


def test_in_the_morning_too_there_is_one_mail_in_five_minutes(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    reviewer = REVIEWERS["612"]
    clock.set(SATURDAY, time(20, 0))
    for code in ("612", "621"):
        city.submit(code)
        city.tick(quiet)
    clock.set(MONDAY, DIGEST)
    city.tick(quiet)
    assert len(quiet.to(reviewer)) == 1
    city.submit("631")
    clock.forward(minutes=4)
    city.tick(quiet)
    assert len(quiet.to(reviewer)) == 1
    clock.forward(minutes=1)
    city.tick(quiet)
    assert len(quiet.to(reviewer)) == 2


def test_a_mail_that_waits_for_the_mail_server_is_not_sent_in_the_night_or_at_the_weekend(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(FRIDAY, time(23, 30))
    city.submit("611")
    quiet.answers = [Attempt(Result.LATER, "421 come again")]
    city.tick(quiet)
    quiet.forget()
    for day, hour in ((SATURDAY, time(0, 5)), (SATURDAY, time(12)), (MONDAY, time(8))):
        clock.set(day, hour)
        city.tick(quiet)
        assert quiet.sent == []
    clock.set(MONDAY, DIGEST)
    city.tick(quiet)

    assert len(quiet.to(REVIEWER)) == 1


def test_a_day_that_is_closed_while_mails_wait_keeps_them(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    gathering.gather_all(city.application)
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(sa.text("INSERT INTO closed_day (day, name, origin) "
                            "VALUES (:day, '台風', 'city')"), {"day": ctx.today})  # fmt: skip

    assert delivery.deliver_all(city.application, quiet) == 0


def test_where_the_calendar_ends_what_goes_at_once_still_goes_on_any_day(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.now += timedelta(days=3650)
    city.submit("611")
    quiet.answers = [Attempt(Result.LATER, "421 come again")] * 40
    city.tick(quiet)
    clock.forward(days=1)
    quiet.forget()
    quiet.answers = []
    city.tick(quiet)

    assert any("ご確認" in str(message["Subject"]) for message in quiet.sent)


def test_what_waits_for_the_morning_is_nobodys_fault(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.tick(quiet)
    clock.set(FRIDAY, time(23, 50))
    city.submit("611")
    quiet.answers = [Attempt(Result.LATER, "421 come again")]
    city.tick(quiet)
    clock.set(SATURDAY, time(9, 0))
    city.submit("612")
    for day, hour in ((SATURDAY, time(12)), (MONDAY, time(8, 30)), (MONDAY, time(9, 10))):
        clock.set(day, hour)
        assert not codes(city) & {"notices_wait", "mails_wait"}, (day, hour)

    clock.set(MONDAY, time(9, 20))

    assert codes(city) >= {"notices_wait", "mails_wait"}


def test_only_mails_that_no_digest_covered_count_as_lost(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    quiet.answers = [Attempt(Result.UNKNOWN, "cut")]
    city.tick(quiet)
    assert "mails_lost" in codes(city)

    clock.set(date(2022, 6, 2), DIGEST)
    city.tick(quiet)

    assert "mails_lost_none" in codes(city)


# A sheet that somebody is acting on when its timer falls due


def test_a_digest_waits_for_a_sheet_that_somebody_is_acting_on(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 22), DIGEST)
    with city.application.command(SYSTEM) as somebody:
        somebody.permit(None)
        somebody.execute(sa.text("SELECT 1 FROM evaluation WHERE code = '611' FOR UPDATE"))
        city.tick(quiet)
        assert quiet.sent == [], "half a digest"

    clock.forward(seconds=30)
    city.tick(quiet)

    assert "評価シート1件のご提出" in quiet.to(DRAFTER)[0]["Subject"]
    assert len(quiet.to(DRAFTERS["612"])) == 1


def test_a_digest_waits_until_the_tick_has_told_of_what_fell_due(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """The doorbell of a colleague's act rings before the tick comes by."""
    city.publish(["612"])
    clock.set(date(2022, 6, 22), DIGEST)
    gathering.gather_all(city.application)
    digests = "SELECT count(*) FROM mail WHERE slot = 'digest' AND business_day = '2022-06-22'"
    assert city.scalar(digests) == 0

    city.tick(quiet)

    assert city.scalar(digests) > 0


def test_a_digest_waits_five_minutes_and_not_longer(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    with city.application.command(SYSTEM) as somebody:
        somebody.permit(None)
        somebody.execute(sa.text("SELECT 1 FROM evaluation WHERE code = '611' FOR UPDATE"))
        clock.set(date(2022, 6, 22), time(8, 49, 59))
        city.tick(quiet)
        assert quiet.sent == []
        clock.set(date(2022, 6, 22), time(8, 50))
        city.tick(quiet)

    assert len(quiet.to(DRAFTERS["612"])) == 1
