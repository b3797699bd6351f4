"""保留: the clock stands still, nobody acts, and what is left of the time is kept."""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.authority import hold, lift
from tests.city import City
from tests.plans import plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport, body_of
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.clock import office_day
from workflow.errors import BadInput, Refused
from workflow.queries import board, sheets
from workflow.services import closed_days, date_changes, publication


def due(city: City, code: str = "611") -> tuple[date, list[date]]:
    """The last day of the present stage, and the days of the timers still to come."""
    entry = city.rows(
        "SELECT id, due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )[0]
    timers = city.rows(
        "SELECT due_at FROM timer WHERE stage_entry_id = :entry AND settled_at IS NULL"
        " ORDER BY due_at",
        entry=entry.id,
    )
    return entry.due_on, [office_day(row.due_at) for row in timers]


@pytest.mark.parametrize("name", [DRAFTERS["611"], APPROVER, PUBLISHER])
def test_only_whoever_has_it_stops_the_clock(city: City, name: str) -> None:
    city.submit("611")

    with pytest.raises(Refused):
        hold(city, name, "611")


def test_a_draft_is_not_put_on_hold(city: City) -> None:
    with pytest.raises(Refused, match="no_hold_here"):
        hold(city, DRAFTERS["611"], "611")


def test_a_hold_needs_a_reason(city: City) -> None:
    city.submit("611")

    with pytest.raises(BadInput):
        hold(city, REVIEWERS["611"], "611", reason=" ")


def test_while_it_is_on_hold_nobody_acts_not_even_who_holds_it(city: City) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")

    with pytest.raises(Refused, match="on_hold"):
        city.approve("611")
    with pytest.raises(Refused, match="on_hold"):
        city.give_back("611")
    with pytest.raises(Refused, match="on_hold"):
        hold(city, REVIEWERS["611"], "611")
    with pytest.raises(Refused):
        city.withdraw("611", by=DRAFTERS["611"])
    with pytest.raises(Refused):
        lift(city, DRAFTERS["611"], "611")


def test_lifting_moves_the_last_day_and_the_ladder_by_the_business_days_held(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    last_day, timers = due(city)
    hold(city, REVIEWERS["611"], "611")
    # From Wednesday 1 June over a weekend to Tuesday 7 June: four business days.
    clock.set(date(2022, 6, 7))
    lift(city, REVIEWERS["611"], "611")

    moved, later = due(city)
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        calendar = closed_days.load(ctx)
    assert moved == calendar.add_business_days(last_day, 4)
    assert later == [calendar.add_business_days(day, 4) for day in timers]
    city.approve("611")
    assert city.state("611") == "bureau_approval"


def test_lifting_on_the_same_day_moves_nothing(city: City) -> None:
    city.submit("611")
    before = due(city)
    hold(city, REVIEWERS["611"], "611")
    lift(city, REVIEWERS["611"], "611")

    assert due(city) == before
    with pytest.raises(Refused, match="not_on_hold"):
        lift(city, REVIEWERS["611"], "611")


def test_no_timer_fires_and_nothing_becomes_late_while_it_is_on_hold(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    city.tick(transport)
    transport.forget()
    clock.set(date(2022, 8, 31))
    city.tick(transport)

    assert transport.to(REVIEWERS["611"]) == []
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        [cycle] = sheets.cycles(ctx)
        late = {line.code for line in board.board(ctx, cycle).late}
    assert "611" not in late
    assert "612" in late


def test_a_late_import_ends_a_hold_with_the_stage(city: City) -> None:
    """決算額の取込み: the content changed, a new round begins and nothing is held in it."""
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    take_in(city.application, plan(with_cost("611", "611010", 1)))

    assert city.events("611")[-1] == "content_changed"
    assert (
        city.rows("SELECT 1 FROM stage_entry WHERE left_at IS NULL AND held_at IS NOT NULL") == []
    )
    city.approve("611")


def test_a_held_sheet_is_not_published(city: City) -> None:
    city.bring_to("611", "approved")
    hold(city, PUBLISHER, "611")

    with pytest.raises(BadInput) as refused:
        city.request_publication(["611"])
    assert refused.value.faults[0].code == "sheet_on_hold"
    lift(city, PUBLISHER, "611")
    city.publish(["611"])
    assert city.state("611") == "published"


def test_a_sheet_held_after_it_was_selected_is_left_out_with_the_reason(city: City) -> None:
    city.bring_to("611", "approved")
    city.bring_to("612", "approved")
    publication_id = city.request_publication(["611", "612"])
    hold(city, PUBLISHER, "611")
    assert publication.run(city.application, publication_id)

    assert (city.state("611"), city.state("612")) == ("approved", "published")
    assert [item[2] for item in city.publication(publication_id).left_out] == ["sheet_on_hold"]


def test_a_date_of_the_cycle_that_was_changed_meanwhile_is_not_moved_by_the_days_before_it(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 27))
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2022, 7, 4))
    with city.application.command(city.actor(PUBLISHER)) as ctx:
        date_changes.change_date(
            ctx, cycle_id=city.cycle(), wanted={"department_review": date(2022, 7, 13)}
        )
    clock.forward(hours=1)
    lift(city, REVIEWERS["611"], "611")

    assert due(city)[0] == date(2022, 7, 13)


def test_where_the_calendar_ends_a_hold_is_not_lifted_and_it_says_so(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2040, 6, 27))

    with pytest.raises(BadInput, match="calendar_not_covered"):
        lift(city, REVIEWERS["611"], "611")


def test_a_closed_day_takes_nothing_of_the_days_that_a_hold_gives_back(
    city: City, clock: Clock
) -> None:
    """Closed on the last day while the sheet is held, after the moment of its first reminder."""
    city.submit("611")
    last_day, timers = due(city)
    first = timers[0]
    hold(city, REVIEWERS["611"], "611")
    clock.set(first)
    clock.forward(days=1)
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        date_changes.close_day(ctx, day=last_day, name="停電")
    clock.forward(days=1)
    lift(city, REVIEWERS["611"], "611")

    with city.application.query(city.actor(PUBLISHER)) as ctx:
        calendar = closed_days.load(ctx)
    held = calendar.business_days_between(date(2022, 6, 1), clock.now.date())
    moved, later = due(city)
    assert held > 0
    assert moved == calendar.add_business_days(calendar.next_open(last_day), held)
    before = {calendar.business_days_between(day, last_day) for day in timers if day <= last_day}
    assert {calendar.business_days_between(day, moved) for day in later if day <= moved} == before
    assert len(later) == len(timers)


def test_a_mail_about_a_turn_waits_for_the_end_of_a_hold(
    city: City, quiet: RecordingTransport
) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    city.tick(quiet)
    assert quiet.to(REVIEWERS["611"]) == []

    lift(city, REVIEWERS["611"], "611")
    city.tick(quiet)

    assert len(quiet.to(REVIEWERS["611"])) == 1


def test_what_pressed_before_a_hold_is_not_mailed_during_it(
    city: City, clock: Clock, quiet: RecordingTransport
) -> None:
    """The reminder falls due at night; the sheet is put on hold before the digest of the day."""
    city.submit("611")
    city.tick(quiet)
    before = len(quiet.to(REVIEWERS["611"]))
    reminded_on = due(city)[1][0]
    clock.set(reminded_on, time(6, 0))
    city.tick(quiet)
    assert city.scalar("SELECT count(*) FROM notice WHERE kind = 'reminder'") > 0
    hold(city, REVIEWERS["611"], "611")

    clock.set(reminded_on, time(9, 0))
    city.tick(quiet)

    assert "・611 " not in "".join(body_of(m) for m in quiet.to(REVIEWERS["611"])[before:])
