"""Absences as people look at them; what would become of the sheets, by the very rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from tests.authority import assignment, away, back, end_posts, give_post, hold, today
from tests.city import City, on_route
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
    TWO_POSTS,
)
from workflow.application import Application
from workflow.definition.load import named, parse
from workflow.errors import NotFound, Refused
from workflow.models import AbsenceKind
from workflow.policy import SYSTEM, Permission
from workflow.queries import absence_forecast, absences, frame, substitutes
from workflow.queries.absence_forecast import Fate
from workflow.queries.absences import Standing
from workflow.queries.approver_loads import AbsenceLoads
from workflow.services import cycles
from workflow.services.absences import AbsenceForm

HEAD, SUBSTITUTE, CHIEF = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
DEPUTY = REVIEWERS["612"]
REVIEW, APPROVAL = "department_review", "bureau_approval"
DAY = timedelta(days=1)


def forecast(
    city: City,
    name: str,
    named: Mapping[str, Sequence[str]] | None = None,
    *,
    by: str | None = None,
    last: date | None = None,
) -> list[tuple[str, Fate, list[str], str | None]]:
    form = AbsenceForm(
        today(),
        last or today(),
        AbsenceKind.LEAVE,
        {
            stage: [assignment(city, who) for who in people]
            for stage, people in (named or {}).items()
        },
    )
    before = city.counts()
    with city.application.query(city.actor(by or name)) as ctx:
        found = absence_forecast.forecast(ctx, city.person_id(name), form)
    assert city.counts() == before
    return [
        (one.code, one.fate, [h.title for h in one.holders], one.enters.key if one.enters else None)
        for one in found
    ]


def steps(city: City, name: str) -> list[str]:
    with city.application.query(city.actor(name)) as ctx:
        return [step.value for step in substitutes.steps_for(ctx, city.person_id(name))]


# Whose absences one may look at


def test_nobody_looks_at_the_absences_of_somebody_else(city: City) -> None:
    away(city, HEAD)
    person = city.person_id(HEAD)

    for name in (SUBSTITUTE, APPROVER, PUBLISHER):
        with city.application.query(city.actor(name)) as ctx:
            with pytest.raises(Refused, match="own_absence_only"):
                absences.of_person(ctx, person)
            with pytest.raises(Refused, match="own_absence_only"):
                absences.name_of(ctx, person)
            with pytest.raises(Refused, match="administrators_only"):
                absences.everybody(ctx)
        with pytest.raises(Refused, match="own_absence_only"):
            forecast(city, HEAD, by=name)


def test_an_administrator_looks_at_everybodys_but_not_at_nobodys(city: City) -> None:
    away(city, HEAD)

    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        assert [line.name for line in absences.everybody(ctx)] == ["高橋 典子"]
        with pytest.raises(NotFound, match="no_such_account"):
            absences.name_of(ctx, 987654)


def test_absences_come_by_their_days_and_what_is_over_comes_last(city: City, clock: Clock) -> None:
    clock.set(today() - 5 * DAY)
    away(city, HEAD, first=today() - 5 * DAY, last=today() - 5 * DAY)
    clock.set(today())
    called_off = away(city, HEAD, first=today() + 9 * DAY, last=today() + 9 * DAY)
    back(city, called_off, by=HEAD)
    away(city, HEAD, first=today() + 5 * DAY, last=today() + 6 * DAY, by=ADMINISTRATOR)
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})

    with city.application.query(city.actor(HEAD)) as ctx:
        lines = absences.of_person(ctx, city.person_id(HEAD))
        running = frame.around(ctx).absence

    assert [(line.standing, (line.first_day - today()).days) for line in lines] == [
        (Standing.RUNNING, 0),
        (Standing.TO_COME, 5),
        (Standing.OVER, 9),
        (Standing.OVER, -5),
    ]
    assert [line.registered_by for line in lines] == ["", "長谷川 亮", "", ""]
    assert lines[2].ended_on == today()
    [at] = lines[0].substitutes
    assert (at.step, at.people) == (
        REVIEW,
        ("市民課長 木村 大輔", "まちづくり推進課長 山田 花子"),
    )
    assert running is not None
    assert (running.id, running.last_day) == (lines[0].id, today())


def test_for_whom_i_stand_in_is_said_with_the_stage_and_the_place(city: City) -> None:
    away(city, APPROVER, substitutes={REVIEW: [DEPUTY], APPROVAL: [TWO_POSTS, DEPUTY]})
    away(city, TWO_POSTS, first=today() + 60 * DAY, last=today() + 61 * DAY)
    ended = away(city, APPROVER, first=today() + DAY, last=today() + DAY,
                 substitutes={APPROVAL: [DEPUTY]})  # fmt: skip
    back(city, ended, by=APPROVER)

    with city.application.query(city.actor(DEPUTY)) as ctx:
        [one] = absences.standing_in(ctx)
    with city.application.query(city.actor(HEAD)) as ctx:
        assert absences.standing_in(ctx) == ()
        assert frame.around(ctx).absence is None

    assert (one.name, one.posts, one.is_running) == ("森田 健二", ("総合政策部長",), True)
    assert list(one.places) == [(REVIEW, 1), (APPROVAL, 2)]


# Where somebody may stand in, and who


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (DRAFTERS["611"], []),
        (CHIEF, ["section_review"]),
        (ADMINISTRATOR, []),
        (PUBLISHER, []),
        (HEAD, [REVIEW, "joint_answer"]),
        (DEPUTY, [REVIEW, "joint_answer", APPROVAL]),
        (APPROVER, [REVIEW, "joint_answer", APPROVAL]),
        ("imai.kazuo", [REVIEW, "joint_answer"]),
    ],
)
def test_only_kinds_of_steps_that_my_posts_may_have_are_offered(
    city: City, name: str, expected: list[str]
) -> None:
    assert steps(city, name) == expected


def test_they_are_the_same_while_no_cycle_runs(city: City) -> None:
    """What begins later has its substitutes already."""
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("UPDATE evaluation_cycle SET closed_at = :now"), {"now": ctx.now})

    assert steps(city, APPROVER) == [REVIEW, "joint_answer", APPROVAL]
    assert steps(city, CHIEF) == ["section_review"]


@on_route("two_levels")
def test_a_step_that_a_running_route_gives_a_post_is_offered_to_it(route_city: City) -> None:
    """The route asks the department's head in the place of the lead section's."""
    text = named("two_levels").source.replace(
        'who = [{ select = "head_of", unit = "lead_section" }]',
        'who = [{ select = "head_of", unit = "responsible_department" }]',
    )
    assert text != named("two_levels").source
    with route_city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        cycles.pin(ctx, parse(text))
        ctx.execute(
            sa.text("UPDATE evaluation_cycle SET definition_hash = :hash"),
            {"hash": parse(text).content_hash},
        )

    assert steps(route_city, HEAD) == ["section_review", REVIEW, "joint_answer"]


def test_candidates_come_in_the_order_of_the_offices_with_the_days_they_are_away(
    city: City,
) -> None:
    away(city, "ishida.makoto", first=today() + 3 * DAY, last=today() + 4 * DAY)

    with city.application.query(city.actor(APPROVER)) as ctx:
        found = substitutes.possible_substitutes(ctx, city.person_id(APPROVER))

    assert [one.title for one in found][:2] == ["総合政策部次長", "政策室長"]
    assert {one.title for one in found[1:]} == {
        "政策室長", "経営企画課長", "広報・シティプロモーション課長", "デジタル戦略室長",
    }  # fmt: skip
    assert {one.name: one.away for one in found if one.away} == {
        "石田 誠": ((today() + 3 * DAY, today() + 4 * DAY),)
    }


# What would become of the sheets


def test_a_substitute_would_stand_in(city: City) -> None:
    city.submit("611")

    assert forecast(city, HEAD, {REVIEW: [SUBSTITUTE, CHIEF]}) == [
        ("611", Fate.SUBSTITUTE, ["市民課長"], None)
    ]


def test_without_a_substitute_it_would_be_passed_over(city: City) -> None:
    city.submit("611")

    assert forecast(city, HEAD) == [("611", Fate.PASSED_OVER, [], APPROVAL)]


def test_whoever_wrote_the_sheet_would_not_stand_in(city: City) -> None:
    city.save("611", by=CHIEF, results="課長が書き直した成果。")
    city.submit("611")

    assert forecast(city, HEAD, {REVIEW: [CHIEF]}) == [("611", Fate.PASSED_OVER, [], APPROVAL)]
    assert forecast(city, HEAD, {REVIEW: [CHIEF, SUBSTITUTE]}) == [
        ("611", Fate.SUBSTITUTE, ["市民課長"], None)
    ]


def test_the_next_in_order_would_act(city: City) -> None:
    give_post(city, "shimada.hiroko", "市民自治部", "次長", "deputy_director")
    city.submit("611")

    assert forecast(city, HEAD) == [("611", Fate.NEXT_IN_ORDER, ["市民自治部次長"], None)]


def test_the_last_approval_would_wait_with_nobody_and_a_held_sheet_would_stay(city: City) -> None:
    city.bring_to("611", APPROVAL)
    city.bring_to("632", APPROVAL)
    city.submit("612")
    hold(city, APPROVER, "632")

    assert forecast(city, APPROVER) == [
        ("611", Fate.NOBODY, [], None),
        ("632", Fate.ON_HOLD, [], None),
    ]
    assert forecast(city, DEPUTY) == [("612", Fate.PASSED_OVER, [], APPROVAL)]


def test_what_i_have_as_a_substitute_would_go_to_the_next_one(city: City) -> None:
    city.submit("611")
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})

    [(code, fate, titles, _)] = forecast(city, SUBSTITUTE)
    assert (code, fate, titles) == ("611", Fate.NEXT_IN_ORDER, ["まちづくり推進課長"])


def expected(
    city: City,
    name: str,
    first: date,
    last: date,
    substitutes: Mapping[str, Sequence[str]] | None = None,
) -> AbsenceLoads:
    form = AbsenceForm(
        first,
        last,
        AbsenceKind.LEAVE,
        {
            stage: [assignment(city, one) for one in people]
            for stage, people in (substitutes or {}).items()
        },
    )
    with city.application.query(city.actor(name)) as ctx:
        return absence_forecast.loads(ctx, city.person_id(name), form)


def test_nobody_counts_the_sheets_of_somebody_elses_absence(city: City) -> None:
    form = AbsenceForm(date(2022, 7, 6), date(2022, 7, 6), AbsenceKind.LEAVE, {})
    with (
        pytest.raises(Refused, match="own_absence_only"),
        city.application.query(city.actor(SUBSTITUTE)) as ctx,
    ):
        absence_forecast.loads(ctx, city.person_id(HEAD), form)


def test_what_is_due_during_the_absence_lands_on_the_substitute(city: City) -> None:
    """The last day of 部局審査 is 6 July; 市民自治部 reviews 611 alone."""
    city.submit("611")
    day = date(2022, 7, 6)
    found = expected(city, HEAD, day, day, {REVIEW: [SUBSTITUTE]})

    assert [(load.day, load.person, load.before, load.after) for load in found.loads] == [
        (day, "市民自治部長 高橋 典子", 1, 0),
        (day, "市民課長 木村 大輔", 0, 1),
    ]
    assert found.without_anybody == ()


def test_what_is_due_on_other_days_is_not_counted(city: City) -> None:
    city.submit("611")

    assert expected(city, HEAD, date(2022, 7, 7), date(2022, 7, 8)) == AbsenceLoads((), ())


def test_a_sheet_whose_last_day_nobody_could_meet_is_named(city: City) -> None:
    city.bring_to("611", APPROVAL)
    due: date = city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation("611"),
    )
    found = expected(city, APPROVER, due, due)

    assert found.without_anybody == ("611",)
    assert {(load.before, load.after) for load in found.loads} == {(5, 0)}


@on_route("joint_external")
def test_a_department_of_a_joint_stage_would_be_passed_over_while_others_are_asked(
    route_city: City,
) -> None:
    route_city.submit("612")
    route_city.approve("612")
    assert route_city.state("612") == "joint_agreement"

    assert forecast(route_city, "kubota.masaru") == [
        ("612", Fate.PASSED_OVER, ["総務部長", "市民自治部長"], None)
    ]
    assert forecast(route_city, "ogawa.tetsuo", {"joint_answer": ["miyake.yoshiko"]}) == [
        ("612", Fate.SUBSTITUTE, ["研修厚生課長"], None)
    ]


def test_what_is_foretold_is_what_happens(city: City) -> None:
    city.save("611", by=CHIEF, results="課長が書き直した成果。")
    for code in ("611", "632"):
        city.submit(code)
    told = forecast(city, HEAD, {REVIEW: [CHIEF, SUBSTITUTE]}) + forecast(city, REVIEWERS["632"])

    away(city, HEAD, substitutes={REVIEW: [CHIEF, SUBSTITUTE]})
    away(city, REVIEWERS["632"])
    city.tick()

    for code, fate, titles, enters in told:
        if fate is Fate.PASSED_OVER:
            assert city.state(code) == enters
        else:
            assert [h.title for h in city.page(ADMINISTRATOR, code).holders] == titles


def test_the_number_of_statements_is_the_same_for_one_sheet_and_for_sixty(
    city: City,
    application: Application,
    clock: Clock,
    query_counter: QueryCounter,
) -> None:
    form = AbsenceForm(today(), today(), AbsenceKind.LEAVE, {})

    def statements() -> tuple[int, int]:
        name = REVIEWERS["632"]
        actor, person = city.actor(name), city.person_id(name)
        with query_counter(application) as counted, application.query(actor) as ctx:
            found = absence_forecast.forecast(ctx, person, form)
        return len(found), len(counted)

    city.submit("632")
    statements()
    one = statements()
    take_in(application, large_plan(60, 1))
    for row in city.rows("SELECT code FROM evaluation WHERE code < '200' ORDER BY code"):
        city.act(DRAFTERS["632"], row.code, "submit")
    many = statements()

    assert (one[0], many[0]) == (1, 61)
    assert many[1] == one[1]


REVIEW_DAY = date(2022, 7, 6)


def test_a_last_day_that_is_over_is_no_load_of_an_absence_said_afterwards(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    clock.set(REVIEW_DAY + DAY)

    assert expected(city, HEAD, REVIEW_DAY, REVIEW_DAY + DAY) == AbsenceLoads((), ())


def test_a_sheet_that_nobody_could_act_on_before_is_not_blamed_on_the_absence(city: City) -> None:
    city.bring_to("611", APPROVAL)
    due: date = city.scalar("SELECT due_on FROM cycle_deadline WHERE stage = :s", s=APPROVAL)
    end_posts(city, APPROVER)

    assert expected(city, HEAD, due, due).without_anybody == ()


def test_a_substitute_who_is_away_already_on_that_day_does_not_count_then(city: City) -> None:
    """HEAD is away on the last day of the review; CHIEF comes after SUBSTITUTE in the order."""
    city.submit("611")
    away(city, HEAD, first=REVIEW_DAY, last=REVIEW_DAY, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})

    found = expected(city, SUBSTITUTE, REVIEW_DAY, REVIEW_DAY)

    assert [(load.person, load.before, load.after) for load in found.loads] == [
        ("まちづくり推進課長 山田 花子", 0, 1),
        ("市民課長 木村 大輔", 1, 0),
    ]


def test_as_many_statements_for_the_loads_whatever_the_number_of_sheets(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    form = AbsenceForm(REVIEW_DAY, REVIEW_DAY, AbsenceKind.LEAVE, {})

    def statements() -> int:
        actor, person = city.actor(REVIEWERS["632"]), city.person_id(REVIEWERS["632"])
        with application.query(actor) as ctx, query_counter(application) as counted:
            absence_forecast.loads(ctx, person, form)
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert statements() == few
