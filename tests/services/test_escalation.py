"""The ladder after the last day: the person, the 課長, the department, the bureau."""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.authority import away, end_posts, grant
from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS

#: 市民相談課; a coordinator (庶務担当) of 市民自治部 by grant.
COORDINATOR = "nakano.rie"


@pytest.fixture
def quiet(city: City, transport: RecordingTransport) -> RecordingTransport:
    """After the mails about the opening."""
    grant(city, COORDINATOR, "coordinator")
    city.tick(transport)
    transport.forget()
    return transport


def bodies(transport: RecordingTransport, name: str) -> str:
    return "\n".join(
        str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        for mail in transport.to(name)
    )


def on(city: City, clock: Clock, transport: RecordingTransport, day: date) -> None:
    clock.set(day, time(8, 45))
    transport.forget()
    city.tick(transport)


def test_up_to_the_last_day_nobody_above_is_told(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    for day in (date(2022, 6, 15), date(2022, 6, 20), date(2022, 6, 22)):
        on(city, clock, quiet, day)
        assert quiet.to(COORDINATOR) == []
        assert quiet.to(PUBLISHER) == []


def test_the_ladder_climbs_with_the_business_days(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    on(city, clock, quiet, date(2022, 6, 23))
    assert "期限を過ぎているシート" in bodies(quiet, DRAFTERS["611"])
    assert quiet.to(COORDINATOR) == []

    on(city, clock, quiet, date(2022, 6, 27))
    chief = bodies(quiet, COLLEAGUES["611"])
    assert "期限を過ぎて止まっているシート" in chief, "the 課長 could draft as well"
    assert "611" in chief
    assert quiet.to(DRAFTERS["611"]) == []
    assert quiet.to(COORDINATOR) == []

    on(city, clock, quiet, date(2022, 6, 29))
    told = bodies(quiet, COORDINATOR)
    assert "611" in told
    assert "612" not in told, "another department's sheet"
    assert "いまの担当: " in told
    assert "佐藤 一郎" in told
    bureau = bodies(quiet, PUBLISHER)
    assert all(code in bureau for code in ("611", "612", "621", "631", "632"))
    assert len(quiet.to(PUBLISHER)) == 1, "one mail with all of them"


def test_a_sheet_that_was_submitted_stops_the_ladder_at_once(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)
    on(city, clock, quiet, date(2022, 6, 29))

    assert quiet.to(COORDINATOR) == []
    assert "611" not in bodies(quiet, PUBLISHER)


def test_somebody_whose_turn_it_is_gets_the_overdue_notice_and_no_copy(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """The 課長 of the lead section drafts as well: told once about the sheet, not twice."""
    on(city, clock, quiet, date(2022, 6, 23))

    assert bodies(quiet, COLLEAGUES["611"]).count("・611") == 1


def test_every_step_that_fires_tells_somebody(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    for day in (23, 24, 27, 28, 29, 30):
        on(city, clock, quiet, date(2022, 6, day))

    silent = city.rows("""
        SELECT t.kind, t.rung FROM timer t
        WHERE t.outcome = 'fired' AND NOT EXISTS (
            SELECT 1 FROM notice n WHERE n.stage_entry_id = t.stage_entry_id
            AND n.kind = t.kind AND n.rung = t.rung)
    """)
    # Escalation 5 is the copy on the day of the overdue notice: the only 課長 drafts as well.
    assert {(row.kind, row.rung) for row in silent} == {("escalation", 5)}


def test_where_the_head_is_missing_the_next_step_is_told_already(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    end_posts(city, COLLEAGUES["611"], last_day=date(2022, 6, 24))
    on(city, clock, quiet, date(2022, 6, 27))

    assert "611" in bodies(quiet, COORDINATOR)
    assert "611" in bodies(quiet, PUBLISHER)
    assert "612" not in bodies(quiet, PUBLISHER), "its 課長 is there"


def test_who_stands_in_for_an_absent_coordinator_is_told_as_well(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 28), time(9, 0))
    away(
        city,
        COORDINATOR,
        first=date(2022, 6, 29),
        last=date(2022, 6, 29),
        substitutes={"department_review": [COLLEAGUES["611"]]},
    )
    on(city, clock, quiet, date(2022, 6, 29))

    assert "611" in bodies(quiet, COORDINATOR)
    assert "期限を過ぎて止まっているシート" in bodies(quiet, COLLEAGUES["611"])


def test_a_review_that_is_late_reaches_the_department_and_the_bureau(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    city.submit("611")
    city.tick(quiet)
    on(city, clock, quiet, date(2022, 7, 7))
    assert quiet.to(REVIEWERS["611"]) != []
    assert quiet.to(COORDINATOR) == []
    on(city, clock, quiet, date(2022, 7, 11))
    assert "高橋 典子" in bodies(quiet, COORDINATOR)
    on(city, clock, quiet, date(2022, 7, 13))
    assert "611" in bodies(quiet, PUBLISHER)


def test_after_days_of_outage_one_mail_tells_the_present_state(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    on(city, clock, quiet, date(2022, 7, 1))

    for name in (DRAFTERS["611"], COORDINATOR, PUBLISHER):
        assert len(quiet.to(name)) == 1, name
    assert "日超過" in bodies(quiet, DRAFTERS["611"])
