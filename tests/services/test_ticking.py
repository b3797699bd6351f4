"""What falls due by time alone: reminders, late notices, digests, with a clock that is moved."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import COLLEAGUES, DRAFTERS, REVIEWERS
from workflow.clock import OFFICE_ZONE
from workflow.services import cycles
from workflow.services.ticking import Ticked

#: The draft of every sheet is due on Wednesday 22 June 2022; reminders 5 and 2 business days
#: before and on the day; late from Thursday on.
DUE = date(2022, 6, 22)
DIGEST = time(8, 45)


def tick_on(
    city: City, clock: Clock, transport: RecordingTransport, day: date, at: time = DIGEST
) -> Ticked:
    clock.set(day, at)
    return city.tick(transport)


@pytest.fixture
def quiet(city: City, transport: RecordingTransport) -> RecordingTransport:
    """The mails of the opening are out; what comes now is news."""
    city.tick(transport)
    assert transport.sent
    transport.forget()
    return transport


def subjects(transport: RecordingTransport, name: str) -> list[str]:
    return [str(message["Subject"]) for message in transport.to(name)]


def test_reminders_come_on_the_planned_mornings_and_a_late_notice_after_the_deadline(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    came: dict[str, list[str]] = {}
    day = date(2022, 6, 13)
    while day <= date(2022, 6, 30):
        for hour in (0, 8, 12, 18):
            tick_on(city, clock, quiet, day, time(hour, 44))
        tick_on(city, clock, quiet, day)
        if told := subjects(quiet, DRAFTERS["611"]):
            came[f"{day:%m-%d}"] = told
        quiet.forget()
        day += timedelta(days=1)

    due = "【期限 6/22】評価シート1件"
    assert came == {
        "06-15": [f"{due}のご提出について"],
        "06-20": [f"{due}のご提出について"],
        "06-22": [f"{due}のご提出について"],
        "06-23": [f"{due}の期限が過ぎています"],
    }


def test_nothing_comes_a_minute_before_the_digest(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    tick_on(city, clock, quiet, date(2022, 6, 15), time(8, 44, 59))
    assert quiet.sent == []

    tick_on(city, clock, quiet, date(2022, 6, 15), time(8, 45))
    assert subjects(quiet, DRAFTERS["611"])


def test_a_digest_that_was_missed_on_friday_waits_for_monday_not_for_saturday(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """The system stood still on Friday morning; weekends bring no digest."""
    overdue_since = date(2022, 6, 23)
    clock.set(overdue_since, time(8, 40))
    for day in (date(2022, 6, 25), date(2022, 6, 26)):
        assert tick_on(city, clock, quiet, day, time(10, 0)).mails_sent == 0

    tick_on(city, clock, quiet, date(2022, 6, 27))

    assert len(quiet.to(DRAFTERS["611"])) == 1


@pytest.mark.parametrize(
    ("due", "silent", "spoken"),
    [
        # 海の日 on Monday 18 July 2022 and the weekend before it
        (date(2022, 7, 15), [16, 17, 18], date(2022, 7, 19)),
        # the turn of the year
        (date(2022, 12, 28), [29, 30, 31], date(2023, 1, 4)),
    ],
)
def test_no_digest_on_weekends_national_holidays_and_at_the_turn_of_the_year(
    city: City,
    clock: Clock,
    quiet: RecordingTransport,
    due: date,
    silent: list[int],
    spoken: date,
) -> None:
    move_draft_deadline(city, due)
    clock.set(due, time(17, 0))
    city.tick(quiet)
    quiet.forget()

    closed = [due.replace(day=day) for day in silent]
    day = due + timedelta(days=1)
    while day < spoken:
        closed.append(day)
        day += timedelta(days=1)
    for day in closed:
        assert tick_on(city, clock, quiet, day, time(12, 0)).mails_sent == 0
    tick_on(city, clock, quiet, spoken)

    assert "期限が過ぎています" in subjects(quiet, DRAFTERS["611"])[0]


def move_draft_deadline(city: City, due: date) -> None:
    """The first stage of a cycle of its own gets this last day; the sample's is put to rest."""
    from tests.services.test_cycles import a_spec, open_cycle

    with city.application.command(city.actor("sakai.megumi")) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE timer SET settled_at = :now, outcome = 'superseded'"), {"now": ctx.now}
        )
    late = date(2023, 3, 1)
    others = dict.fromkeys(("department_review", "bureau_approval", "approved"), late)
    open_cycle(city, a_spec(city, deadlines={"draft": due, **others}))


def test_all_sheets_of_a_person_are_gathered_in_one_digest(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """岡本次長 reviews 612, 621 and 631: one mail, three sheets, each with its link."""
    for code in ("612", "621", "631"):
        city.submit(code)
    city.tick(quiet)
    quiet.forget()

    tick_on(city, clock, quiet, date(2022, 7, 4))

    [mail] = quiet.to(REVIEWERS["612"])
    assert mail["Subject"] == "【期限 7/6】評価シート3件のご提出について"
    text = body_of(mail)
    for code in ("612", "621", "631"):
        assert f"・{code} " in text
        assert f"http://localhost:8000/sheets/{city.evaluation(code)}" in text
    assert "あと2日" in text
    assert len({str(m["Message-ID"]) for m in quiet.sent}) == len(quiet.sent)


def test_one_digest_per_person_and_day_whatever_falls_due_later(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    tick_on(city, clock, quiet, date(2022, 6, 15))
    quiet.forget()
    with city.application.command(city.actor("sakai.megumi")) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text(
                "UPDATE timer SET due_at = :now WHERE settled_at IS NULL AND kind <> 'escalation'"
            ),
            {"now": ctx.now},
        )

    for hours in range(1, 9):
        clock.forward(hours=1)
        assert city.tick(quiet).mails_sent == 0, hours

    assert tick_on(city, clock, quiet, date(2022, 6, 16)).mails_sent > 0


def test_a_reminder_for_a_sheet_that_moved_on_is_not_sent(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)
    quiet.forget()

    tick_on(city, clock, quiet, date(2022, 6, 15))

    assert quiet.to(DRAFTERS["611"]) == []
    assert quiet.to(COLLEAGUES["611"]) == []
    assert quiet.to(DRAFTERS["612"])
    outcomes = city.rows("""
        SELECT DISTINCT t.outcome FROM timer t JOIN evaluation e ON e.id = t.evaluation_id
        JOIN stage_entry s ON s.id = t.stage_entry_id
        WHERE e.code = '611' AND s.stage = 'draft'
    """)
    assert [row.outcome for row in outcomes] == ["superseded"]


def test_a_sheet_that_moves_between_the_timer_and_the_mail_is_left_out_of_the_digest(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    from workflow.services import gathering, timers

    clock.set(date(2022, 6, 15), time(8, 45))
    timers.fire_due(city.application)
    city.submit("611")

    gathering.gather_all(city.application)
    city.tick(quiet)

    assert quiet.to(COLLEAGUES["611"]) == []


def test_the_timers_of_the_next_stage_start_with_the_move(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)
    quiet.forget()

    tick_on(city, clock, quiet, date(2022, 7, 4))

    assert subjects(quiet, REVIEWERS["611"]) == ["【期限 7/6】評価シート1件のご提出について"]
    assert subjects(quiet, DRAFTERS["611"]) == []


def test_a_tick_says_what_it_did_and_leaves_a_heartbeat(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    did = city.tick(transport)

    assert did == Ticked(timers=0, mails_written=11, mails_sent=11, published=0)
    assert city.scalar("SELECT beat_at FROM heartbeat WHERE name = 'tick'") == clock.now


def test_ticking_again_and_again_sends_nothing_twice(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 15), time(8, 45))
    city.tick(transport)
    sent = len(transport.sent)

    for _ in range(5):
        assert city.tick(transport) == Ticked(0, 0, 0, 0)

    assert len(transport.sent) == sent


def test_the_days_left_are_counted_in_tokyo(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    tick_on(city, clock, quiet, DUE, time(8, 45))

    assert clock.now.date() == date(2022, 6, 21)
    assert clock.now.astimezone(OFFICE_ZONE).date() == DUE
    assert "（本日）" in body_of(quiet.to(DRAFTERS["611"])[0])


def test_the_sample_was_opened_with_the_usual_days() -> None:
    """What the dates in this module rest on."""
    assert (cycles.FIRST_STAGE_DAYS, cycles.NEXT_STAGE_DAYS) == (15, 10)
