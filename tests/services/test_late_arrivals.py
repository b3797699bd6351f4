"""A sheet that comes to a stage after its last day gets one of its own, and a ladder from there."""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.authority import grant
from tests.city import City
from tests.plans import large_plan, take_in
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS

COORDINATOR = "nakano.rie"
DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]
#: Monday 4 July; the last day of 作成中 was 22 June.
LATER = date(2022, 7, 4)


@pytest.fixture
def returned(city: City, clock: Clock, transport: RecordingTransport) -> RecordingTransport:
    """Handed in on time, returned twelve days after the last day of drafting."""
    grant(city, COORDINATOR, "coordinator")
    city.submit("611")
    city.tick(transport)
    clock.set(LATER, time(17, 30))
    city.tick(transport)
    transport.forget()
    city.act(REVIEWER, "611", "return", reason="目標の根拠を書いてください。")
    city.tick(transport)
    return transport


def due(city: City, code: str) -> date:
    found: date = city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found


def test_a_sheet_that_comes_back_is_not_late_at_once_and_nobody_above_is_told(
    city: City, returned: RecordingTransport
) -> None:
    assert due(city, "611") == date(2022, 7, 7)
    told = {str(mail["To"]).partition("@")[0].split("<")[-1] for mail in returned.sent}
    assert told == {DRAFTER}
    [mail] = returned.to(DRAFTER)
    assert "【期限 7/7】" in str(mail["Subject"])


def test_the_history_says_from_which_day_to_which_and_the_mail_who_returned_it(
    city: City, returned: RecordingTransport
) -> None:
    assert city.events("611")[-2:] == ["return", "move_deadline"]
    told = city.scalar("""
        SELECT n.canonical FROM event_narrative n JOIN event e ON e.id = n.event_id
        WHERE e.action = 'move_deadline'
    """)
    assert "期限を過ぎて回ってきたため: 令和4年6月22日（水） → 令和4年7月7日（木）" in told
    assert "前の処理: 市民自治部長 高橋 典子" in body_of(returned.to(DRAFTER)[0])
    assert city.verify().broken == ()


def test_its_ladder_begins_anew_and_climbs(
    city: City, clock: Clock, returned: RecordingTransport
) -> None:
    days: dict[str, list[str]] = {DRAFTER: [], COLLEAGUES["611"]: [], COORDINATOR: []}
    for day in (5, 6, 7, 8, 11, 12, 13, 14, 15):
        returned.forget()
        clock.set(date(2022, 7, day), time(8, 45))
        city.tick(returned)
        for name, found in days.items():
            if any("611" in body_of(mail) for mail in returned.to(name)):
                found.append(f"7/{day}")

    assert days == {
        DRAFTER: ["7/5", "7/7", "7/8"],
        COLLEAGUES["611"]: ["7/5", "7/7", "7/8", "7/12"],
        COORDINATOR: ["7/14"],
    }


def test_who_takes_a_late_sheet_back_has_days_as_well(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(LATER)
    city.act(DRAFTER, "611", "withdraw")

    assert due(city, "611") == date(2022, 7, 7)


def test_a_review_that_begins_after_its_last_day_has_days_of_its_own(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 8, 1))
    city.submit("611")
    city.tick(transport)

    assert due(city, "611") == date(2022, 8, 4)
    kinds = city.rows("""
        SELECT DISTINCT n.kind FROM notice n JOIN stage_entry s ON s.id = n.stage_entry_id
        JOIN evaluation e ON e.id = n.evaluation_id
        WHERE e.code = '611' AND s.stage = 'department_review'
    """)
    assert {row.kind for row in kinds} == {"your_turn"}


def test_in_time_the_date_of_the_cycle_counts(city: City, clock: Clock) -> None:
    clock.set(date(2022, 7, 6), time(17, 0))
    city.submit("611")

    assert due(city, "611") == date(2022, 7, 6)
    assert "move_deadline" not in city.events("611")


def test_a_measure_that_is_taken_in_late_has_days_of_its_own(city: City, clock: Clock) -> None:
    clock.set(LATER)
    take_in(city.application, large_plan(3, 1))

    found = city.rows("""
        SELECT DISTINCT s.due_on FROM stage_entry s JOIN evaluation e ON e.id = s.evaluation_id
        WHERE s.left_at IS NULL AND e.code NOT IN ('611', '612', '621', '631', '632')
    """)
    assert [row.due_on for row in found] == [date(2022, 7, 7)]
    assert due(city, "611") == date(2022, 6, 22)


def test_approvers_and_publishers_too(city: City, clock: Clock) -> None:
    city.bring_to("611", "bureau_approval")
    clock.set(date(2022, 12, 1))
    city.act(APPROVER, "611", "approve")

    assert due(city, "611") == date(2022, 12, 6)
