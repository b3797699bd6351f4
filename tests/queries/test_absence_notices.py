"""Which mails would go to others, were somebody away: foreseen, registered, and then it is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

import pytest

from tests.authority import assignment, away, back, give_post, grant, hold
from tests.city import City, on_route
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    PUBLISHER,
    REVIEWERS,
    TWO_POSTS,
)
from workflow.application import Application
from workflow.errors import Refused
from workflow.models import AbsenceKind
from workflow.queries import absence_notices
from workflow.queries.absence_notices import DAYS_AHEAD, AbsenceNotices, Recipient
from workflow.queries.coming_notices import ComingDay, coming_notices
from workflow.queries.imagined_absence import ImaginedAbsence
from workflow.services.absences import AbsenceForm

HEAD, SUBSTITUTE, CHIEF = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
DEPUTY = REVIEWERS["612"]
REVIEW, APPROVAL = "department_review", "bureau_approval"
#: Day, sheet's code, who, which kind.
Fact = tuple[date, str, int, str]


def form_of(
    city: City, first: date, last: date, named: Mapping[str, Sequence[str]] | None = None
) -> AbsenceForm:
    return AbsenceForm(
        first,
        last,
        AbsenceKind.BUSINESS_TRIP,
        {
            stage: [assignment(city, name) for name in names]
            for stage, names in (named or {}).items()
        },
    )


def looked_at(city: City, name: str, form: AbsenceForm, *, by: str | None = None) -> AbsenceNotices:
    before = city.counts()
    with city.application.query(city.actor(by or name)) as ctx:
        found = absence_notices.notices(ctx, city.person_id(name), form)
    assert city.counts() == before
    return found


def coming(city: City, imagined: ImaginedAbsence | None = None) -> tuple[ComingDay, ...]:
    with city.application.query(city.actor(PUBLISHER)) as ctx:
        return coming_notices(ctx, days=DAYS_AHEAD, imagined=imagined)


def facts_of(days: Sequence[ComingDay]) -> set[Fact]:
    return {
        (one.day, notice.code, mail.person_id, str(notice.kind))
        for one in days
        for mail in one.mails
        for notice in mail.notices
    }


def told(found: AbsenceNotices, way: str) -> set[Fact]:
    people: Mapping[str, list[tuple[date, str, tuple[Recipient, ...]]]] = {
        "before": [(one.day, code, one.before) for one in found.changes for code in one.codes],
        "after": [(one.day, code, one.after) for one in found.changes for code in one.codes],
    }
    return {
        (day, code, one.person_id, str(one.kind))
        for day, code, everybody in people[way]
        for one in everybody
    }


def foretold(
    city: City,
    name: str,
    first: date,
    last: date,
    named: Mapping[str, Sequence[str]] | None = None,
) -> tuple[set[Fact], set[Fact], AbsenceNotices]:
    """What the table says changes, held to what the preview says before and after registering.

    Returns what falls away, what comes, and the table.
    """
    form = form_of(city, first, last, named)
    person = city.person_id(name)
    found = looked_at(city, name, form)
    as_it_is, imagined = coming(city), coming(city, ImaginedAbsence(person, form))
    away(city, name, first=first, last=last, substitutes=named)
    registered = coming(city)

    assert imagined == registered
    before, after = told(found, "before"), told(found, "after")
    counted = {fact for fact in facts_of(as_it_is) | facts_of(registered)
               if fact[1] not in found.going_on}  # fmt: skip
    differ = (facts_of(as_it_is) ^ facts_of(registered)) & counted
    same = {fact for fact in facts_of(as_it_is) & facts_of(registered) & counted
            if fact[2] == person and first <= fact[0] <= last}  # fmt: skip
    assert same <= before & after
    assert {f for f in before ^ after if f[1] not in found.going_on} == differ
    assert before <= facts_of(as_it_is)
    assert after <= facts_of(registered)
    return before - after, after - before, found


# Whose absence one may look at


def test_nobody_looks_at_the_mails_of_somebody_elses_absence(city: City) -> None:
    form = form_of(city, date(2022, 6, 1), date(2022, 6, 2))

    for name in (SUBSTITUTE, APPROVER, PUBLISHER):
        with pytest.raises(Refused, match="own_absence_only"):
            looked_at(city, HEAD, form, by=name)
    assert looked_at(city, HEAD, form, by=ADMINISTRATOR).changes == ()


# What is foretold, and then registered


def test_a_substitute_gets_the_mails_of_an_absence_that_is_to_come(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 20))

    gone, comes, found = foretold(
        city, HEAD, date(2022, 7, 5), date(2022, 7, 7), {REVIEW: [SUBSTITUTE, CHIEF]}
    )

    head, instead = city.person_id(HEAD), city.person_id(SUBSTITUTE)
    assert gone == {
        (date(2022, 7, 6), "611", head, "reminder"),
        (date(2022, 7, 7), "611", head, "overdue"),
    }
    assert comes == {(day, code, instead, kind) for day, code, _, kind in gone}
    assert found.going_on == ()
    assert [(c.day.day, c.codes, [r.person for r in c.after], c.others) for c in found.changes] == [
        (6, ("611",), ["木村 大輔"], 0),
        (7, ("611",), ["木村 大輔"], 0),
    ]


def test_without_a_substitute_whoever_comes_next_gets_them(city: City, clock: Clock) -> None:
    unit = city.scalar("""
        SELECT u.name FROM evaluation e JOIN org_unit u ON u.id = e.responsible_department_id
        WHERE e.code = '611'""")
    give_post(city, SUBSTITUTE, str(unit), "次長", "deputy_director")
    city.submit("611")
    clock.set(date(2022, 6, 20))

    gone, comes, found = foretold(city, HEAD, date(2022, 7, 4), date(2022, 7, 15))

    assert {(day.day, kind) for day, _, _, kind in gone} == {
        (4, "reminder"),
        (6, "reminder"),
        (7, "overdue"),
    }
    assert {person for _, _, person, _ in comes} == {city.person_id(SUBSTITUTE)}
    assert len(comes) == len(gone)
    assert found.going_on == ()


def test_where_nobody_stands_in_for_the_approver_the_ladder_climbs_without_them(
    city: City, clock: Clock
) -> None:
    for code in ("611", "612"):
        city.bring_to(code, APPROVAL)
    clock.set(date(2022, 7, 15))

    gone, comes, found = foretold(city, APPROVER, date(2022, 7, 20), date(2022, 8, 3))

    approver = city.person_id(APPROVER)
    assert gone == {
        (date(2022, 7, day), code, approver, kind)
        for day, kind in ((21, "reminder"), (22, "overdue"))
        for code in ("611", "612")
    }
    assert comes == set()
    assert [(c.day.day, c.codes, c.after, c.others) for c in found.changes] == [
        (21, ("611", "612"), (), 0),
        (22, ("611", "612"), (), 0),
    ]
    assert city.counts()["absence"] == 1


def test_with_a_substitute_every_step_of_the_ladder_finds_its_people(
    city: City, clock: Clock
) -> None:
    city.bring_to("611", APPROVAL)
    clock.set(date(2022, 7, 15))
    away(city, DEPUTY, first=date(2022, 7, 27), last=date(2022, 7, 28))

    gone, comes, _found = foretold(
        city, APPROVER, date(2022, 7, 19), date(2022, 7, 25), {APPROVAL: [DEPUTY]}
    )

    assert {person for _, _, person, _ in comes} == {city.person_id(DEPUTY)}
    assert [day.day for day, *_ in sorted(comes)] == [19, 21, 22]
    assert len(gone) == 3


def test_what_the_rules_send_to_the_absent_person_stays_theirs_and_is_said(
    city: City, clock: Clock
) -> None:
    """Drafting knows no absence, and a chief whom a step names hears it with a substitute."""
    clock.set(date(2022, 6, 14))

    gone, comes, found = foretold(city, CHIEF, date(2022, 6, 15), date(2022, 6, 24))

    chief = city.person_id(CHIEF)
    assert (gone, comes) == (set(), set())
    assert {(c.day.day, *c.codes, one.person_id, str(one.kind))
            for c in found.changes for one in c.after} == {
        (15, "611", chief, "reminder"),
        (20, "611", chief, "reminder"),
        (22, "611", chief, "reminder"),
        (23, "611", chief, "overdue"),
    }  # fmt: skip
    assert all(c.before == c.after and c.others > 0 for c in found.changes)


def test_a_coordinator_is_told_of_what_climbs_even_when_away(city: City, clock: Clock) -> None:
    grant(city, HEAD, "coordinator")
    city.submit("611")
    clock.set(date(2022, 7, 4))

    gone, comes, found = foretold(
        city, HEAD, date(2022, 7, 5), date(2022, 7, 14), {REVIEW: [SUBSTITUTE]}
    )

    climbs = (date(2022, 7, 11), "611", city.person_id(HEAD), "escalation")
    assert climbs in told(found, "before") & told(found, "after")
    assert climbs not in gone | comes
    assert {person for _, _, person, _ in comes} == {city.person_id(SUBSTITUTE)}


def test_somebody_with_two_posts_is_replaced_in_each_by_its_own_department(
    city: City, clock: Clock
) -> None:
    other = city.scalar("""
        SELECT u.name FROM evaluation e JOIN org_unit u ON u.id = e.responsible_department_id
        WHERE e.code = '632'""")
    give_post(city, HEAD, str(other), "担当部長", "director")
    for code in ("611", "632"):
        city.submit(code)
    clock.set(date(2022, 6, 28))

    gone, comes, found = foretold(
        city, HEAD, date(2022, 7, 1), date(2022, 7, 6), {REVIEW: [SUBSTITUTE]}
    )

    assert {code for _, code, _, _ in gone} == {"611", "632"}
    assert {(code, person) for _, code, person, _ in comes} == {("611", city.person_id(SUBSTITUTE))}
    assert {c.others for c in found.changes if "632" in c.codes} == {1}


def test_a_substitute_who_goes_away_as_well_leaves_it_to_the_next(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 28))
    away(city, HEAD, first=date(2022, 7, 1), last=date(2022, 7, 8),
         substitutes={REVIEW: [SUBSTITUTE, CHIEF]})  # fmt: skip

    gone, comes, _found = foretold(city, SUBSTITUTE, date(2022, 7, 6), date(2022, 7, 7))

    assert {person for _, _, person, _ in gone} == {city.person_id(SUBSTITUTE)}
    assert {(day.day, person) for day, _, person, _ in comes} == {
        (6, city.person_id(CHIEF)),
        (7, city.person_id(CHIEF)),
    }


def test_an_absence_that_began_days_ago_counts_from_now_on(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(date(2022, 7, 6), time(8, 0))

    gone, comes, _found = foretold(
        city, HEAD, date(2022, 7, 1), date(2022, 7, 6), {REVIEW: [SUBSTITUTE]}
    )

    assert {day for day, *_ in gone | comes} == {date(2022, 7, 6)}


def test_a_clock_that_stands_still_tells_nobody_either_way(city: City, clock: Clock) -> None:
    city.submit("611")
    hold(city, HEAD, "611")
    clock.set(date(2022, 7, 4), time(8, 0))

    gone, comes, found = foretold(
        city, HEAD, date(2022, 7, 4), date(2022, 7, 8), {REVIEW: [SUBSTITUTE]}
    )

    assert (gone, comes, found.changes, found.going_on) == (set(), set(), (), ())


def test_what_is_read_afterwards_waits_for_the_return(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    """Passed over on Monday, back on Tuesday evening, and at once away again until Friday."""
    city.submit("611")
    clock.set(date(2022, 6, 6), time(18, 0))
    running = away(city, HEAD, first=date(2022, 6, 6), last=date(2022, 6, 7))
    city.tick(transport)
    assert city.state("611") == APPROVAL
    clock.set(date(2022, 6, 7), time(18, 0))
    back(city, running, by=HEAD)

    gone, comes, _found = foretold(city, HEAD, date(2022, 6, 7), date(2022, 6, 10))

    head = city.person_id(HEAD)
    assert gone == {(date(2022, 6, 7), "611", head, "post_review")}
    assert comes == {(date(2022, 6, 13), "611", head, "post_review")}


# Sheets that go on by themselves


def test_a_sheet_that_would_be_passed_over_is_named_and_not_counted_any_more(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    """On a day without any reminder; back on the day of one, which is then no longer theirs."""
    city.submit("611")
    clock.set(date(2022, 6, 30))

    gone, comes, found = foretold(city, HEAD, date(2022, 7, 5), date(2022, 7, 5))

    assert (gone, comes) == (set(), set())
    assert (found.changes, found.going_on) == ((), ("611",))
    clock.set(date(2022, 7, 5), time(9, 0))
    city.tick(transport)
    assert city.state("611") == APPROVAL


def test_what_is_told_before_a_sheet_goes_on_is_counted(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.set(date(2022, 6, 30))
    away(city, SUBSTITUTE, first=date(2022, 7, 6), last=date(2022, 7, 8))
    form = form_of(city, date(2022, 7, 4), date(2022, 7, 8), {REVIEW: [SUBSTITUTE]})

    found = looked_at(city, HEAD, form)

    assert found.going_on == ("611",)
    assert {day.day for day, *_ in told(found, "before")} == {4}
    assert {person for _, _, person, _ in told(found, "after")} == {city.person_id(SUBSTITUTE)}


@on_route("joint_external")
def test_a_joint_stage_that_its_last_day_settles_is_not_counted_after_it(
    route_city: City, clock: Clock, transport: RecordingTransport
) -> None:
    route_city.submit("612")
    route_city.approve("612")
    assert route_city.state("612") == "joint_agreement"
    due_on = route_city.scalar("SELECT max(due_on) FROM stage_entry WHERE left_at IS NULL "
                               "AND stage = 'joint_agreement'")  # fmt: skip
    assert isinstance(due_on, date)
    clock.set(due_on - timedelta(days=8))

    _gone, _comes, found = foretold(
        route_city,
        HEAD,
        due_on - timedelta(days=7),
        due_on + timedelta(days=7),
        {"joint_answer": [SUBSTITUTE]},
    )

    assert found.going_on == ("612",)
    assert max(day for day, *_ in told(found, "before")) == due_on
    assert {str(one.kind) for c in found.changes for one in c.before} == {"reminder"}
    clock.set(due_on + timedelta(days=1), time(9, 0))
    route_city.tick(transport)
    assert route_city.state("612") == APPROVAL


# And then it happens


def test_what_was_foretold_is_what_was_sent_day_by_day(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    for code in ("611", "612", "632"):
        city.bring_to(code, APPROVAL)
    clock.set(date(2022, 7, 15), time(18, 0))
    city.tick(transport)
    first, last = date(2022, 7, 19), date(2022, 7, 26)
    named = {APPROVAL: [DEPUTY, TWO_POSTS]}
    form = form_of(city, first, last, named)
    imagined = coming(city, ImaginedAbsence(city.person_id(APPROVER), form))
    away(city, APPROVER, first=first, last=last, substitutes=named)

    day = date(2022, 7, 16)
    while day <= date(2022, 8, 3):
        clock.set(day, time(9, 0))
        city.tick(transport)
        day += timedelta(days=1)

    rows = city.rows(
        "SELECT business_day, recipient_id FROM mail WHERE slot = 'digest' AND business_day > :day",
        day=date(2022, 7, 15),
    )
    sent = {(row.business_day, row.recipient_id) for row in rows}
    assert {(on, who) for on, _, who, _ in facts_of(imagined) if on <= date(2022, 8, 3)} == sent
    assert (date(2022, 7, 22), city.person_id(DEPUTY)) in sent
    assert (date(2022, 7, 22), city.person_id(APPROVER)) not in sent


def test_as_many_statements_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    """By the days that are looked at, and by nothing else."""
    city.submit("611")
    form = form_of(city, date(2022, 6, 20), date(2022, 7, 20), {REVIEW: [SUBSTITUTE]})

    def statements() -> int:
        with application.query(city.actor(HEAD)) as ctx, query_counter(application) as counted:
            absence_notices.notices(ctx, city.person_id(HEAD), form)
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert statements() == few
