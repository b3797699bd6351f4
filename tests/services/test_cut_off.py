"""Another cut-off while a cycle runs: the last moment of each last day moves, and little else."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from tests.authority import hold, lift
from tests.city import City
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.services.test_date_changes import LAST_DAY, change, due, pending
from tests.services.test_extensions import ask, decide
from workflow.clock import OFFICE_ZONE
from workflow.errors import BadInput, NotFound, Refused
from workflow.queries import cut_off_forecast
from workflow.queries.cut_off_forecast import CutOffForecast
from workflow.services import cut_off, cut_off_plan
from workflow.services.cut_off_plan import CutOffPlan

USUAL, EARLY, LATE = time(17, 15), time(8, 0), time(19, 0)
#: The reminder of the last day: the third of the ladder.
LAST_REMINDER = ("reminder", 3)


def set_to(city: City, wanted: time, *, by: str = PUBLISHER) -> CutOffPlan:
    cycle = city.cycle()
    with city.application.command(city.actor(by)) as ctx:
        return cut_off.change(ctx, cycle_id=cycle, cut_off=wanted)


def foreseen(city: City, wanted: time) -> CutOffForecast:
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        planned = cut_off_plan.plan(ctx, cycle_id=city.cycle(), cut_off=wanted)
        return cut_off_forecast.forecast(ctx, planned)


def end(city: City, code: str = "611") -> datetime:
    found: datetime = city.scalar(
        "SELECT due_at FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found.astimezone(OFFICE_ZONE)


def at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, OFFICE_ZONE)


def reminders(transport: RecordingTransport, name: str = DRAFTERS["611"]) -> list[str]:
    return [str(mail["Subject"]) for mail in transport.to(name)]


@pytest.mark.parametrize("name", [ADMINISTRATOR, APPROVER, DRAFTERS["611"]])
def test_only_the_bureau_sets_it(city: City, name: str) -> None:
    before = city.counts()
    with pytest.raises(Refused, match="publishers_only"):
        set_to(city, EARLY, by=name)

    assert city.counts() == before
    assert end(city) == at(LAST_DAY, USUAL)


def test_bad_input_changes_nothing(city: City) -> None:
    before = city.counts()
    with pytest.raises(BadInput, match="nothing_changed"):
        set_to(city, USUAL)
    with (
        pytest.raises(NotFound, match="no_such_cycle"),
        city.application.command(city.actor(PUBLISHER)) as ctx,
    ):
        cut_off.change(ctx, cycle_id=999, cut_off=EARLY)

    assert city.counts() == before
    assert end(city) == at(LAST_DAY, USUAL)


def test_every_last_moment_moves_no_last_day_does_and_each_sheet_has_its_event(city: City) -> None:
    city.submit("631")
    ask(city, wanted=date(2022, 6, 29))
    decide(city)
    before = {code: (due(city, code), pending(city, code)) for code in ("611", "612", "631")}
    set_to(city, time(17, 0))

    for code, kept in before.items():
        assert (due(city, code), pending(city, code)) == kept
        assert end(city, code) == at(kept[0], time(17, 0))
        assert city.events(code)[-1] == "move_deadline"
    assert {
        row.due_at.astimezone(OFFICE_ZONE).time()
        for row in city.rows("SELECT due_at FROM cycle_deadline")
    } == {time(17, 0)}
    told = city.scalar("""
        SELECT n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id
        WHERE v.action = 'move_deadline' ORDER BY v.id DESC LIMIT 1
    """)
    assert "締切時刻が変更されたため: 17:15 → 17:00" in told
    assert city.verify().broken == ()


def test_who_comes_later_comes_under_the_new_one(city: City) -> None:
    set_to(city, EARLY)
    city.submit("611")

    assert end(city).time() == EARLY
    assert ("reminder", 2) not in pending(city, "611"), "the review's reminder of the last day"


def test_a_day_that_is_over_before_the_digest_has_no_reminder_on_its_morning_and_it_is_not_hurried(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 21), time(9, 0))
    city.tick(transport)
    transport.forget()
    before = pending(city, "611")
    set_to(city, EARLY)
    city.tick(transport)
    assert reminders(transport) == []
    assert pending(city, "611") == {
        step: moment for step, moment in before.items() if step != LAST_REMINDER
    }

    clock.set(LAST_DAY, time(8, 50))
    city.tick(transport)
    assert reminders(transport) == []
    clock.set(date(2022, 6, 23), time(9, 0))
    city.tick(transport)
    assert any("期限が過ぎています" in subject for subject in reminders(transport))


def test_on_the_last_day_itself_a_reminder_that_the_tick_has_not_told_is_not_told_any_more(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 21), time(9, 0))
    city.tick(transport)
    transport.forget()
    clock.set(LAST_DAY, time(8, 50))
    set_to(city, EARLY)
    city.tick(transport)

    assert reminders(transport) == []


def test_there_and_back_leaves_the_timers_as_they_were(city: City, clock: Clock) -> None:
    clock.set(date(2022, 6, 14), time(9, 0))
    before = pending(city, "611")
    rows = city.scalar("SELECT count(*) FROM timer")
    rungs = city.rows("SELECT * FROM cycle_rung ORDER BY stage, kind, rung")
    set_to(city, EARLY)
    assert pending(city, "611") != before
    set_to(city, USUAL)

    assert pending(city, "611") == before
    assert city.scalar("SELECT count(*) FROM timer") == rows
    assert city.rows("SELECT * FROM cycle_rung ORDER BY stage, kind, rung") == [
        row for row in rungs if row.kind != "reminder" or row.due_at > clock.now
    ]


@pytest.mark.parametrize("moment", [time(8, 45), time(9, 0)])
def test_what_was_told_is_not_told_again(
    city: City, clock: Clock, transport: RecordingTransport, moment: time
) -> None:
    clock.set(LAST_DAY, moment)
    city.tick(transport)
    transport.forget()
    set_to(city, EARLY)
    assert sum(one.sheets for one in foreseen(city, LATE).steps) == 0
    set_to(city, LATE)
    city.tick(transport)

    assert reminders(transport) == []
    assert end(city) == at(LAST_DAY, LATE)


def test_a_reminder_whose_morning_is_over_does_not_come_back(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 21), time(9, 0))
    city.tick(transport)
    transport.forget()
    set_to(city, EARLY)
    clock.set(LAST_DAY, time(12, 0))
    assert "draft" not in [one.stage.key for one in foreseen(city, USUAL).steps]
    set_to(city, USUAL)
    city.tick(transport)

    assert reminders(transport) == []
    assert LAST_REMINDER not in pending(city, "611")


def test_a_sheet_that_came_under_an_early_one_gets_the_reminder_of_its_last_day(
    city: City,
) -> None:
    set_to(city, EARLY)
    city.submit("611")
    set_to(city, USUAL)

    moment = pending(city, "611")["reminder", 2]
    assert moment.astimezone(OFFICE_ZONE) == at(due(city), time(8, 45))


def test_after_another_date_it_is_the_reminder_of_that_date_that_goes_and_comes(
    city: City,
) -> None:
    change(city, "draft", date(2022, 6, 24))
    before = pending(city, "611")
    set_to(city, EARLY)
    assert LAST_REMINDER not in pending(city, "611")
    set_to(city, USUAL)

    assert pending(city, "611") == before


def test_a_sheet_on_hold_gets_all_its_days_back_and_comes_back_under_the_new_one(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.submit("611")
    city.submit("612")
    day = due(city)
    clock.set(date(2022, 6, 24), time(9, 0))
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2022, 6, 28), time(9, 0))
    set_to(city, time(17, 0))
    assert city.scalar("SELECT count(*) FROM stage_entry WHERE dated_at IS NOT NULL") == 0
    assert foreseen(city, USUAL).held == 1
    clock.set(date(2022, 7, 1), time(9, 0))
    lift(city, REVIEWERS["611"], "611")

    # From Friday the 24th to Friday the 1st: five business days.
    assert (due(city) - day).days == 7
    assert end(city) == at(due(city), time(17, 0))
    assert end(city, "612") == at(day, time(17, 0))


def test_the_reminder_of_a_sheet_on_hold_goes_and_comes_by_its_own_clock(
    city: City, clock: Clock
) -> None:
    """On the 24th its last day, the 22nd, is over for the office and still ahead for the sheet."""
    city.submit("631")
    change(city, "department_review", LAST_DAY)
    hold(city, REVIEWERS["631"], "631")
    clock.set(date(2022, 6, 24), time(9, 0))
    set_to(city, EARLY)
    assert ("reminder", 2) not in pending(city, "631")
    set_to(city, USUAL)
    lift(city, REVIEWERS["631"], "631")

    moment = pending(city, "631")["reminder", 2]
    assert moment.astimezone(OFFICE_ZONE) == at(due(city, "631"), time(8, 45))


def test_what_is_late_at_once_and_what_no_longer_is_was_foreseen(city: City, clock: Clock) -> None:
    city.submit("631")
    clock.set(LAST_DAY, time(12, 0))
    ask(city, wanted=date(2022, 6, 29))
    decide(city)

    said = foreseen(city, time(11, 0))
    assert [sheet.code for sheet in said.late] == ["612", "621", "632"]
    assert said.no_longer_late == ()
    assert said.sheets == 5
    set_to(city, time(11, 0))
    back = foreseen(city, USUAL)
    assert [sheet.code for sheet in back.no_longer_late] == ["612", "621", "632"]
    assert back.late == ()


@pytest.mark.parametrize("way", [(EARLY,), (EARLY, USUAL), (LATE,)])
def test_the_reminders_that_were_foreseen_are_those_that_go_and_come(
    city: City, clock: Clock, way: tuple[time, ...]
) -> None:
    clock.set(date(2022, 6, 14), time(9, 0))
    city.submit("631")
    for earlier in way[:-1]:
        set_to(city, earlier)
    said = foreseen(city, way[-1])
    codes = ("611", "612", "621", "631", "632")
    before = {(code, *step) for code in codes for step in pending(city, code)}
    set_to(city, way[-1])
    after = {(code, *step) for code in codes for step in pending(city, code)}

    assert sum(one.sheets for one in said.steps if not one.comes) == len(before - after)
    assert sum(one.sheets for one in said.steps if one.comes) == len(after - before)
    assert bool(said.steps) == (way != (LATE,))
