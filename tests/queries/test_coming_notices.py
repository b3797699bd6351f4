"""Who will be told what: foreseen by the tick's own rules, and then it happens exactly so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

from tests.authority import away, hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application
from workflow.queries.coming_notices import ComingDay, coming_notices
from workflow.services.gathering import DIGEST

Fact = tuple[date, int, int, str]


def foreseen(city: City, *, days: int = 14) -> tuple[ComingDay, ...]:
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        return coming_notices(ctx, days=days)


def facts_of(days: Sequence[ComingDay]) -> set[tuple[date, int]]:
    """Who gets a digest on which day."""
    return {(day.day, mail.person_id) for day in days for mail in day.mails}


def sent(city: City) -> set[tuple[date, int]]:
    rows = city.rows("SELECT business_day, recipient_id FROM mail WHERE slot = 'digest'")
    return {(row.business_day, row.recipient_id) for row in rows}


def test_nothing_is_foreseen_on_closed_days(city: City) -> None:
    days = [one.day for one in foreseen(city, days=30)]

    assert all(day.weekday() < 5 for day in days)
    assert days[:2] == [date(2022, 6, 1), date(2022, 6, 2)]


def test_the_preview_says_who_gets_what_on_which_day_and_why(city: City) -> None:
    days = {one.day: one for one in foreseen(city)}

    mails = {mail.person_id: mail for mail in days[date(2022, 6, 15)].mails}
    mine = mails[city.person_id(DRAFTERS["611"])]
    assert [(n.code, str(n.kind), n.days_left) for n in mine.notices] == [("611", "reminder", 7)]
    assert mine.notices[0].why == "まちづくり推進課主査"
    assert mine.reaches


def test_what_is_on_hold_is_not_foreseen(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 30))
    before = facts_of(foreseen(city))
    hold(city, REVIEWERS["611"], "611")

    reviewer = city.person_id(REVIEWERS["611"])
    assert any(person == reviewer for _, person in before)
    assert not any(person == reviewer for _, person in facts_of(foreseen(city)))


def test_a_substitute_is_foreseen_for_the_days_of_the_absence(city: City, clock: Clock) -> None:
    city.bring_to("611", "bureau_approval")
    clock.set(date(2022, 7, 15))
    away(
        city,
        APPROVER,
        first=date(2022, 7, 21),
        last=date(2022, 7, 21),
        substitutes={"bureau_approval": ["okamoto.sachiko"]},
    )

    told = facts_of(foreseen(city))
    assert (date(2022, 7, 21), city.person_id("okamoto.sachiko")) in told
    assert (date(2022, 7, 22), city.person_id(APPROVER)) in told


def test_what_was_foreseen_every_evening_is_what_was_sent_over_a_whole_cycle(
    city: City, clock: Clock
) -> None:
    """A cycle is lived day by day; each evening the next morning is foreseen, then it comes."""
    acts = {
        date(2022, 6, 20): lambda: city.submit("611"),
        date(2022, 6, 23): lambda: city.submit("612"),
        date(2022, 6, 28): lambda: city.submit("621", by=COLLEAGUES["621"]),
        date(2022, 7, 4): lambda: city.give_back("611"),
        date(2022, 7, 6): lambda: city.submit("611"),
        date(2022, 7, 8): lambda: city.approve("612"),
        date(2022, 7, 12): lambda: city.approve("611"),
        date(2022, 7, 26): lambda: city.approve("612"),
    }
    transport = RecordingTransport()
    expected: set[tuple[date, int]] = set()
    kinds: set[str] = set()
    day = date(2022, 6, 1)
    while day < date(2022, 8, 10):
        clock.set(day, time(8, 45))
        city.tick(transport)
        clock.set(day, time(16, 0))
        if day in acts:
            acts[day]()
        clock.set(day, time(18, 0))
        # What is still to come today, and the next morning.
        coming = foreseen(city, days=5)[: 2 if day.weekday() < 5 else 1]
        expected |= facts_of(coming)
        kinds |= {str(n.kind) for one in coming for mail in one.mails for n in mail.notices}
        city.tick(transport)
        day += timedelta(days=1)

    assert sent(city) == {(on, person) for on, person in expected if on < date(2022, 8, 10)}
    assert {"reminder", "overdue", "escalation"} <= kinds <= {str(kind) for kind in DIGEST}


def test_as_many_statements_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    """By the mornings that are looked at, and by nothing else."""

    def statements() -> int:
        with application.query(city.actor(PUBLISHER)) as ctx, query_counter(application) as counted:
            coming_notices(ctx, days=30)
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert statements() == few
