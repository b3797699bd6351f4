"""A closed day or another date while a cycle runs: open sheets move, each with its reason."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.clock import office_day
from workflow.errors import BadInput, NotFound, Refused
from workflow.queries import date_forecast
from workflow.services import closed_days, date_changes, date_plan
from workflow.services.date_plan import DatePlan

#: The last day of 作成中 in the sample's cycle: a Wednesday.
LAST_DAY = date(2022, 6, 22)


def close(city: City, day: date, *, by: str = ADMINISTRATOR, name: str = "創立記念日") -> DatePlan:
    with city.application.command(city.actor(by)) as ctx:
        return date_changes.close_day(ctx, day=day, name=name)


def reopen(city: City, day: date, *, by: str = ADMINISTRATOR) -> DatePlan:
    with city.application.command(city.actor(by)) as ctx:
        return date_changes.open_day(ctx, day=day)


def change(city: City, stage: str, day: date, *, by: str = PUBLISHER) -> DatePlan:
    cycle = city.cycle()
    with city.application.command(city.actor(by)) as ctx:
        return date_changes.change_date(ctx, cycle_id=cycle, wanted={stage: day})


def due(city: City, code: str = "611") -> date:
    found: date = city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found


@pytest.mark.parametrize("name", [PUBLISHER, APPROVER, DRAFTERS["611"]])
def test_only_administrators_keep_the_calendar(city: City, name: str) -> None:
    with pytest.raises(Refused, match="administrators_only"):
        close(city, LAST_DAY, by=name)
    with pytest.raises(Refused, match="administrators_only"):
        reopen(city, date(2022, 7, 18), by=name)


@pytest.mark.parametrize("name", [ADMINISTRATOR, APPROVER, DRAFTERS["611"]])
def test_only_the_bureau_sets_dates(city: City, name: str) -> None:
    with pytest.raises(Refused, match="publishers_only"):
        change(city, "draft", date(2022, 6, 24), by=name)


def test_bad_input_changes_nothing(city: City) -> None:
    before = city.counts()

    for attempt in (
        lambda: close(city, LAST_DAY, name=" "),
        lambda: close(city, date(2100, 1, 4)),
        lambda: change(city, "nowhere", date(2022, 6, 24)),
        lambda: change(city, "draft", date(2022, 12, 1)),
        lambda: change(city, "bureau_approval", date(2099, 1, 1)),
    ):
        with pytest.raises(BadInput):
            attempt()
    with pytest.raises(NotFound, match="no_such_closed_day"):
        reopen(city, LAST_DAY)

    assert city.counts() == before
    assert due(city) == LAST_DAY


def test_a_closed_day_moves_what_is_due_then_with_its_ladder_and_an_event_for_each_sheet(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.submit("632")
    planned = close(city, LAST_DAY)

    assert [(m.stage, m.before, m.after, m.why, len(m.entries)) for m in planned.moved] == [
        ("draft", LAST_DAY, date(2022, 6, 23), "創立記念日", 4)
    ]
    assert due(city) == date(2022, 6, 23)
    assert city.events("611")[-1] == "move_deadline"
    assert "move_deadline" not in city.events("632")
    stored = city.scalar("SELECT moved_because FROM cycle_deadline WHERE stage = 'draft'")
    assert stored == "moved_closed_day:創立記念日"
    city.tick(transport)
    transport.forget()
    # The reminder of the old last day is not sent, the one of the new one is.
    clock.set(date(2022, 6, 22), time(9, 0))
    city.tick(transport)
    assert transport.to(DRAFTERS["611"]) == []
    clock.set(date(2022, 6, 23), time(9, 0))
    city.tick(transport)
    assert len(transport.to(DRAFTERS["611"])) == 1
    assert city.verify().broken == ()


def test_a_day_that_opens_again_moves_it_back(city: City) -> None:
    close(city, LAST_DAY)
    reopen(city, LAST_DAY)

    assert due(city) == LAST_DAY
    assert city.scalar("SELECT moved_because FROM cycle_deadline WHERE stage = 'draft'") is None


def test_a_closed_day_on_which_nothing_is_due_still_moves_the_ladder(city: City) -> None:
    close(city, date(2022, 6, 15))

    rung = city.scalar(
        "SELECT min(due_at) FROM cycle_rung WHERE stage = 'draft' AND kind = 'reminder'"
    )
    assert rung.astimezone().date() <= date(2022, 6, 14)


def pending(city: City, code: str) -> dict[tuple[str, int], datetime]:
    rows = city.rows(
        "SELECT t.kind, t.rung, t.due_at FROM timer t JOIN stage_entry s ON s.id = t.stage_entry_id"
        " WHERE s.evaluation_id = :id AND s.left_at IS NULL AND t.settled_at IS NULL",
        id=city.evaluation(code),
    )
    return {(row.kind, row.rung % 100): row.due_at for row in rows}


def test_sheets_that_wait_move_along_when_only_the_ladder_moves(city: City, clock: Clock) -> None:
    """15 June is the day of the reminder five business days before the last one."""
    clock.set(date(2022, 6, 10), time(9, 0))
    before = pending(city, "611")
    planned = close(city, date(2022, 6, 20))

    assert planned.moved == ()
    assert due(city) == LAST_DAY
    after = pending(city, "611")
    assert {step for step in before if before[step] != after[step]} == {
        step for step in before if before[step].date() < date(2022, 6, 20)
    }
    stored = city.rows("SELECT kind, rung, due_at FROM cycle_rung WHERE stage = 'draft'")
    assert after == {(row.kind, row.rung): row.due_at for row in stored}
    assert "move_deadline" not in city.events("611")


@pytest.mark.parametrize("day", [date(2022, 6, 16), date(2022, 6, 20), date(2022, 6, 24)])
def test_the_reminders_that_were_foreseen_to_move_are_those_that_move(
    city: City, clock: Clock, day: date
) -> None:
    clock.set(date(2022, 6, 14), time(9, 0))
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        closed = date_plan.with_closed(closed_days.load(ctx), day, "創立記念日")
        foreseen = date_forecast.forecast(ctx, date_plan.plan(ctx, closed)).reminders
    before = pending(city, "611")
    close(city, day)
    after = pending(city, "611")

    moved = [
        (step[0], office_day(before[step]), office_day(after[step]))
        for step in before
        if before[step] > clock.now and office_day(before[step]) != office_day(after[step])
    ]
    assert moved
    assert sorted(moved) == sorted(
        (one.kind, one.before, one.after)
        for one in foreseen
        if one.open_sheets and one.stage.key == "draft"
    )


def test_a_step_that_the_closed_day_puts_into_the_past_comes_at_once_and_once(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 14), time(9, 0))
    city.tick(transport)
    transport.forget()
    # The reminder of the 15th would have gone out on the 14th at 8:45, a quarter of an hour ago.
    close(city, date(2022, 6, 16))
    city.tick(transport)
    clock.set(date(2022, 6, 15), time(9, 0))
    city.tick(transport)
    clock.set(date(2022, 6, 17), time(8, 0))
    city.tick(transport)

    assert len(transport.to(DRAFTERS["611"])) == 1


def test_what_was_sent_is_not_sent_again_when_a_day_opens(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    close(city, date(2022, 6, 20))
    clock.set(date(2022, 6, 14), time(9, 0))
    city.tick(transport)
    transport.forget()
    # Without the closed day that reminder would come tomorrow.
    reopen(city, date(2022, 6, 20))
    clock.set(date(2022, 6, 15), time(9, 0))
    city.tick(transport)

    assert transport.to(DRAFTERS["611"]) == []


def test_what_is_planned_is_what_is_applied(city: City) -> None:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        calendar = date_plan.with_closed(closed_days.load(ctx), LAST_DAY, "創立記念日")
        foreseen = date_plan.plan(ctx, calendar).moved
    assert due(city) == LAST_DAY

    assert close(city, LAST_DAY).moved == foreseen


def test_another_date_moves_the_sheets_at_its_stage_and_those_that_come(city: City) -> None:
    city.submit("611")
    change(city, "department_review", date(2022, 7, 9))

    # A Saturday: the next open day is Monday.
    assert due(city) == date(2022, 7, 11)
    assert due(city, "612") == LAST_DAY
    city.submit("612")
    assert due(city, "612") == date(2022, 7, 11)


def test_an_earlier_date_makes_late_what_is_late_and_says_it_once(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.tick(transport)
    transport.forget()
    clock.set(date(2022, 6, 10), time(9, 0))
    change(city, "draft", date(2022, 6, 8))
    city.tick(transport)

    assert len(transport.to(DRAFTERS["611"])) == 1
    assert "期限が過ぎています" in str(transport.to(DRAFTERS["611"])[0]["Subject"])


def test_a_published_sheet_moves_no_more(city: City) -> None:
    city.publish(["611"])
    before = city.events("611")
    close(city, LAST_DAY)

    assert city.events("611") == before


def test_the_reviewer_of_a_moved_sheet_approves_from_the_page_that_was_open(city: City) -> None:
    city.submit("611")
    page = city.page(REVIEWERS["611"], "611")
    change(city, "department_review", date(2022, 7, 11))

    city.act(REVIEWERS["611"], "611", "approve", seen=page)
    assert city.state("611") == "bureau_approval"
