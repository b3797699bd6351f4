"""不在・代決・後閲: who may register what, and what becomes of the sheets that wait meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest

from tests.authority import (
    acknowledge,
    assignment,
    away,
    back,
    end_posts,
    give_post,
    grant,
    hold,
    lift,
    open_reviews,
    today,
)
from tests.city import City, on_route
from tests.concurrency.together import together
from tests.databases import Database
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
from workflow.errors import BadInput, NotFound, Refused
from workflow.models import AbsenceKind
from workflow.services import absence_days, absences
from workflow.services.absences import AbsenceForm

#: 市民自治部長 reviews 611; 市民課長 and まちづくり推進課長 may stand in.
HEAD, SUBSTITUTE, CHIEF = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
DEPUTY = REVIEWERS["612"]
REVIEW, APPROVAL = "department_review", "bureau_approval"
DAY = timedelta(days=1)


def register(
    city: City,
    name: str,
    *,
    first: date | None = None,
    last: date | None = None,
    named: Sequence[int] = (),
    stage: str = REVIEW,
) -> int:
    """Register one's own absence, with assignments as they are given."""
    form = AbsenceForm(first or today(), last or today(), AbsenceKind.LEAVE, {stage: named})
    with city.application.command(city.actor(name)) as ctx:
        return absences.register(ctx, person_id=city.person_id(name), form=form)


def faults(city: City, name: str, **fields: object) -> list[tuple[str, str]]:
    before = city.counts()
    with pytest.raises(BadInput) as refused:
        register(city, name, **fields)  # type: ignore[arg-type]
    assert city.counts() == before
    return [(fault.path, fault.code) for fault in refused.value.faults]


def having(city: City, code: str) -> list[str]:
    """Who has the sheet: title, and for whom."""
    return [
        holder.title + (f"（{holder.instead_of.title}の代理）" if holder.instead_of else "")
        for holder in city.page(ADMINISTRATOR, code).holders
    ]


def told(city: City, code: str, kind: str = "your_turn") -> list[str]:
    """Whom notices of this kind were written for at the present stage, in order."""
    rows = city.rows(
        """
        SELECT p.sign_in_name FROM notice n JOIN person p ON p.id = n.recipient_id
        JOIN stage_entry s ON s.id = n.stage_entry_id
        WHERE n.evaluation_id = :id AND n.kind = :kind AND s.left_at IS NULL ORDER BY n.id
        """,
        id=city.evaluation(code),
        kind=kind,
    )
    return [row.sign_in_name for row in rows]


# Who may not register what


def test_nobody_registers_the_absence_of_somebody_else(city: City) -> None:
    for name in (DRAFTERS["611"], APPROVER, PUBLISHER, SUBSTITUTE):
        with pytest.raises(Refused, match="own_absence_only"):
            away(city, HEAD, by=name)
    assert city.rows("SELECT 1 FROM absence") == []


def test_nobody_ends_the_absence_of_somebody_else(city: City) -> None:
    absence = away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})

    for name in (SUBSTITUTE, APPROVER, PUBLISHER):
        with pytest.raises(Refused, match="own_absence_only"):
            back(city, absence, by=name)
    assert city.scalar("SELECT ended_at FROM absence") is None


def test_an_administrator_registers_and_ends_it_for_somebody_who_cannot(city: City) -> None:
    absence = away(city, HEAD, by=ADMINISTRATOR, substitutes={REVIEW: [SUBSTITUTE]})
    back(city, absence, by=ADMINISTRATOR)

    [row] = city.rows("SELECT registered_by, ended_by FROM absence")
    assert set(row) == {city.person_id(ADMINISTRATOR)}


def test_nobody_is_away_who_has_no_account(city: City) -> None:
    form = AbsenceForm(today(), today(), AbsenceKind.LEAVE, {})
    with (
        pytest.raises(NotFound, match="no_such_account"),
        city.application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        absences.register(ctx, person_id=987654, form=form)
    with pytest.raises(NotFound, match="no_such_absence"):
        back(city, 987654, by=ADMINISTRATOR)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (2, 1, ("last_day", "period_upside_down")),
        (-3, -1, ("last_day", "period_over")),
        (0, 366, ("last_day", "period_too_long")),
        (3, 9, ("first_day", "absence_overlaps")),
        (5, 7, ("first_day", "absence_overlaps")),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    city: City, first: int, last: int, fault: tuple[str, str]
) -> None:
    away(city, HEAD, first=today() + 5 * DAY, last=today() + 7 * DAY)

    assert faults(city, HEAD, first=today() + first * DAY, last=today() + last * DAY) == [fault]


def test_periods_that_only_touch_are_two_absences(city: City) -> None:
    away(city, HEAD, first=today() + 5 * DAY, last=today() + 7 * DAY)
    away(city, HEAD, first=today(), last=today() + 4 * DAY)
    away(city, HEAD, first=today() + 8 * DAY, last=today() + 9 * DAY)

    assert city.scalar("SELECT count(*) FROM absence") == 3


def test_an_absence_that_was_over_by_itself_stands_in_the_way_of_none(
    city: City, clock: Clock
) -> None:
    old = away(city, HEAD)
    clock.forward(days=1)

    # Its first day is said as it was: ill since yesterday.
    away(city, HEAD, first=today(), last=today() + DAY)
    with pytest.raises(BadInput, match="absence_over"):
        back(city, old, by=HEAD)


def test_two_registrations_at_once_see_each_others_period(
    city: City, city_database: Database
) -> None:
    outcomes = together(
        city_database,
        "SELECT 1 FROM person FOR UPDATE",
        [lambda: away(city, HEAD), lambda: away(city, HEAD)],
    )

    assert [type(outcome) for outcome in outcomes] == [int, BadInput]
    assert city.scalar("SELECT count(*) FROM absence") == 1


def test_only_chiefs_of_the_same_department_stand_in(city: City) -> None:
    for other in (HEAD, DRAFTERS["611"], APPROVER, TWO_POSTS, ADMINISTRATOR):
        named = [assignment(city, other)]
        assert faults(city, HEAD, named=named) == [(f"substitutes-{REVIEW}", "not_a_substitute")]
    assert faults(city, HEAD, named=[987654]) == [(f"substitutes-{REVIEW}", "not_a_substitute")]


def test_nobody_is_named_twice_not_even_from_two_posts(city: City) -> None:
    both = [post.assignment_id for post in city.posts(TWO_POSTS)]

    for named in (both, [both[0], both[0]]):
        found = faults(city, APPROVER, named=named, stage=APPROVAL)
        assert found == [(f"substitutes-{APPROVAL}", "substitute_twice")]


def test_nobody_stands_in_at_what_is_no_kind_of_step(city: City) -> None:
    named = [assignment(city, SUBSTITUTE)]

    for stage in ("draft", "approved", "published", "nowhere"):
        assert faults(city, HEAD, named=named, stage=stage) == [
            (f"substitutes-{stage}", "unknown_stage")
        ]


def test_everything_that_is_wrong_is_said_at_once(city: City) -> None:
    away(city, SUBSTITUTE)
    named = [assignment(city, name) for name in (SUBSTITUTE, DRAFTERS["611"])]

    assert faults(city, HEAD, first=today() + DAY, named=named) == [
        ("last_day", "period_upside_down"),
        (f"substitutes-{REVIEW}", "not_a_substitute"),
    ]
    assert faults(city, HEAD, named=named) == [
        (f"substitutes-{REVIEW}", "not_a_substitute"),
        (f"substitutes-{REVIEW}", "substitute_is_absent"),
    ]


# What nobody does during an absence


def test_the_absent_person_does_not_act_and_is_told_why(city: City) -> None:
    city.submit("611")
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})

    with pytest.raises(Refused, match="you_are_absent"):
        city.approve("611")


def test_the_second_substitute_does_not_act_while_the_first_is_there(city: City) -> None:
    city.submit("611")
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})

    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]
    with pytest.raises(Refused, match="not_your_turn"):
        city.approve("611", by=CHIEF)


def test_whoever_wrote_the_sheet_does_not_stand_in_and_the_next_one_does(city: City) -> None:
    city.save("611", by=CHIEF, results="課長が書き直した成果。")
    city.submit("611")
    away(city, HEAD, substitutes={REVIEW: [CHIEF, SUBSTITUTE]})

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.approve("611", by=CHIEF)
    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]


def test_whoever_stood_in_at_the_review_does_not_approve(city: City) -> None:
    give_post(city, APPROVER, "市民自治部", "次長", "deputy_director")
    second_post = city.actor(APPROVER, post="市民自治部次長").assignment_id
    assert second_post is not None
    city.submit("611")
    register(city, HEAD, named=[second_post, assignment(city, SUBSTITUTE)])

    # Without the director nobody would be left to approve: the director gives way.
    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]


@on_route("two_levels")
def test_a_substitute_whom_a_later_stage_needs_gives_way_to_another_or_to_passing_over(
    route_city: City,
) -> None:
    """部長 would be alone at 部局審査: standing in for 課長, the sheet would reach nobody there."""
    register(
        route_city,
        CHIEF,
        named=[assignment(route_city, HEAD), assignment(route_city, SUBSTITUTE)],
        stage="section_review",
    )
    route_city.submit("611")
    assert having(route_city, "611") == ["市民課長（まちづくり推進課長の代理）"]
    end_posts(route_city, SUBSTITUTE)
    route_city.tick()

    assert route_city.state("611") == REVIEW
    assert having(route_city, "611") == ["市民自治部長"]
    assert [stage for _, _, stage, _ in open_reviews(route_city, CHIEF)] == ["section_review"]


def test_a_substitute_who_is_away_as_well_is_passed_by_and_has_no_substitute(city: City) -> None:
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})
    city.submit("611")
    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]
    # Somebody stands in for 市民課長 too, but not for what 市民課長 stands in for.
    away(city, SUBSTITUTE, substitutes={REVIEW: [CHIEF]})

    with pytest.raises(Refused):
        city.approve("611", by=CHIEF)
    city.tick()
    assert city.state("611") == APPROVAL
    assert open_reviews(city, HEAD)
    assert open_reviews(city, SUBSTITUTE) == []


def test_a_substitute_stands_in_for_the_posts_of_the_own_department_alone(city: City) -> None:
    """One head of two departments: each is stood in for by the people of that department."""
    give_post(city, HEAD, "総務部", "部長事務取扱", "director")
    end_posts(city, REVIEWERS["632"])
    city.submit("611")
    city.submit("632")
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE, "miyake.yoshiko"]})

    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]
    assert having(city, "632") == ["研修厚生課長（総務部長事務取扱の代理）"]


def test_an_absence_does_not_count_where_people_draft(city: City) -> None:
    away(city, DRAFTERS["611"], last=today() + 3 * DAY)

    city.save("611", results="休みの日に直した成果。")
    city.submit("611")

    assert city.state("611") == REVIEW


def test_an_absence_of_an_administrator_or_a_publisher_changes_nothing_for_the_sheets(
    city: City,
) -> None:
    away(city, ADMINISTRATOR)
    away(city, PUBLISHER)
    city.bring_to("611", "approved")

    city.publish(["611"])

    assert city.state("611") == "published"


@on_route("joint_external")
def test_an_external_reviewer_without_a_post_may_be_away_and_it_counts_nowhere(
    route_city: City,
) -> None:
    grant(route_city, "iwasaki.yui", "external_reviewer")
    end_posts(route_city, "iwasaki.yui")
    route_city.submit("611")
    route_city.approve("611")
    route_city.act(APPROVER, "611", "approve", reason="異存ありません。")
    assert route_city.state("611") == "external_review"

    away(route_city, "iwasaki.yui")
    route_city.tick()

    assert having(route_city, "611") == ["外部評価委員"]


# What becomes of the sheets


def test_what_waits_when_the_absence_begins_goes_to_the_substitute_who_is_told_once(
    city: City,
) -> None:
    city.submit("611")
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})

    for _ in range(3):
        city.tick()

    assert told(city, "611") == [HEAD, SUBSTITUTE]
    city.approve("611", by=SUBSTITUTE)
    [row] = city.rows("SELECT basis, on_behalf_of FROM event WHERE action = 'approve'")
    assert (row.basis, row.on_behalf_of) == ("substitute", city.person_id(HEAD))
    assert [(code, cause) for _, code, _, cause in open_reviews(city, HEAD)] == [
        ("611", "substitute")
    ]


def test_an_absence_that_begins_tomorrow_changes_nothing_today(city: City, clock: Clock) -> None:
    city.submit("611")
    away(city, HEAD, first=today() + DAY, last=today() + DAY, substitutes={REVIEW: [SUBSTITUTE]})
    city.tick()
    assert having(city, "611") == ["市民自治部長"]
    assert told(city, "611") == [HEAD]

    clock.set(today() + DAY, time(0, 5))
    city.tick()

    assert having(city, "611") == ["市民課長（市民自治部長の代理）"]
    assert told(city, "611") == [HEAD, SUBSTITUTE]


def test_what_waits_is_passed_over_where_nobody_stands_in(city: City) -> None:
    city.submit("611")
    away(city, HEAD)
    assert city.state("611") == REVIEW

    city.tick()
    city.tick()

    assert city.state("611") == APPROVAL
    assert city.events("611").count("pass_over") == 1
    assert [(code, cause) for _, code, _, cause in open_reviews(city, HEAD)] == [("611", "absence")]


def test_the_last_approval_is_never_passed_over_and_the_administrators_are_told(
    city: City,
) -> None:
    city.bring_to("611", APPROVAL)
    away(city, APPROVER)

    for _ in range(2):
        city.tick()

    assert city.state("611") == APPROVAL
    assert having(city, "611") == []
    assert told(city, "611", "nobody_left") == [ADMINISTRATOR]


def test_with_head_and_deputy_away_the_stage_is_passed_over_and_the_head_reads_it(
    city: City,
) -> None:
    give_post(city, SUBSTITUTE, "市民自治部", "次長", "deputy_director")
    city.submit("611")
    away(city, HEAD)
    city.tick()
    # The deputy acts in the own right, and has to be told.
    assert having(city, "611") == ["市民自治部次長"]
    assert told(city, "611") == [HEAD, SUBSTITUTE]

    away(city, SUBSTITUTE)
    city.tick()

    assert city.state("611") == APPROVAL
    assert len(open_reviews(city, HEAD)) == 1
    assert open_reviews(city, SUBSTITUTE) == []


def test_when_the_substitutes_post_ends_overnight_the_next_one_is_told(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    away(city, HEAD, last=today() + DAY, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})
    city.tick()
    end_posts(city, SUBSTITUTE, last_day=today())
    clock.forward(days=1)
    city.tick()

    assert having(city, "611") == ["まちづくり推進課長（市民自治部長の代理）"]
    assert told(city, "611") == [HEAD, SUBSTITUTE, CHIEF]


def test_when_the_last_substitutes_post_ends_overnight_the_sheet_is_passed_over(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    away(city, HEAD, last=today() + DAY, substitutes={REVIEW: [SUBSTITUTE]})
    city.tick()
    end_posts(city, SUBSTITUTE, last_day=today())
    assert city.state("611") == REVIEW

    clock.forward(days=1)
    city.tick()

    assert city.state("611") == APPROVAL
    assert len(open_reviews(city, HEAD)) == 1


def test_the_same_person_stands_in_for_two_people_and_signs_one_sheet_once(city: City) -> None:
    give_post(city, "ishida.makoto", "市民相談課", "課長", "section_chief")
    there = city.actor("ishida.makoto", post="市民相談課長")
    assert there.assignment_id is not None
    register(city, HEAD, named=[there.assignment_id])
    away(city, APPROVER, substitutes={APPROVAL: ["ishida.makoto", DEPUTY]})
    for code in ("611", "632"):
        city.submit(code)
    assert having(city, "611") == ["市民相談課長（市民自治部長の代理）"]
    city.act(there, "611", "approve")
    city.approve("632")

    assert having(city, "611") == ["総合政策部次長（総合政策部長の代理）"]
    assert having(city, "632") == ["デジタル戦略室長（総合政策部長の代理）"]
    city.approve("611", by=DEPUTY)
    city.approve("632", by="ishida.makoto")
    assert [stage for _, _, stage, _ in open_reviews(city, HEAD)] == [REVIEW]
    assert [stage for _, _, stage, _ in open_reviews(city, APPROVER)] == [APPROVAL, APPROVAL]


def test_a_page_that_the_substitute_opened_is_refused_kindly_when_the_head_is_back(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    absence = away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})
    seen = city.page(SUBSTITUTE, "611")
    clock.forward(minutes=5)
    back(city, absence, by=HEAD)
    before = city.counts()

    with pytest.raises(Refused) as refused:
        city.act(SUBSTITUTE, "611", "approve", seen=seen)

    assert refused.value.code == "not_your_turn"
    assert "市民自治部長 高橋 典子" in refused.value.values["who"]
    assert city.counts() == before
    city.approve("611")


def test_whoever_comes_back_early_is_told_of_what_came_meanwhile(city: City, clock: Clock) -> None:
    absence = away(city, HEAD, last=today() + 9 * DAY, substitutes={REVIEW: [SUBSTITUTE]})
    city.tick()
    city.submit("611")
    assert told(city, "611") == [SUBSTITUTE]
    clock.forward(minutes=5)
    back(city, absence, by=HEAD)

    city.tick()
    city.tick()

    assert told(city, "611") == [SUBSTITUTE, HEAD]
    assert having(city, "611") == ["市民自治部長"]


def test_the_day_after_the_last_one_the_sheets_are_theirs_again_who_were_away(
    city: City, clock: Clock
) -> None:
    away(city, HEAD, substitutes={REVIEW: [SUBSTITUTE]})
    city.tick()
    city.submit("611")
    clock.forward(days=1)
    with pytest.raises(Refused, match="not_your_turn"):
        city.approve("611", by=SUBSTITUTE)

    city.tick()
    city.tick()

    assert told(city, "611") == [SUBSTITUTE, HEAD]
    city.approve("611")


def test_what_was_passed_over_stays_so_when_the_head_comes_back_the_same_day(
    city: City, clock: Clock
) -> None:
    city.submit("611")
    absence = away(city, HEAD)
    city.tick()
    clock.forward(minutes=5)
    back(city, absence, by=HEAD)
    city.tick()

    assert city.state("611") == APPROVAL
    [(review, *_)] = open_reviews(city, HEAD)
    acknowledge(city, HEAD, review)
    # In the next round the head reviews as always.
    city.give_back("611", target=REVIEW)
    assert having(city, "611") == ["市民自治部長"]
    city.approve("611")
    assert open_reviews(city, HEAD) == []


def test_a_mistake_that_is_taken_back_at_once_leaves_nothing(city: City) -> None:
    city.submit("611")
    back(city, away(city, HEAD), by=HEAD)

    city.tick()

    assert having(city, "611") == ["市民自治部長"]
    assert open_reviews(city, HEAD) == []


def test_a_sheet_on_hold_stays_until_somebody_lifts_it(city: City, clock: Clock) -> None:
    city.submit("611")
    hold(city, HEAD, "611")
    away(city, HEAD, last=today())
    city.tick()
    assert city.state("611") == REVIEW
    assert told(city, "611", "nobody_left") == [ADMINISTRATOR]

    clock.forward(days=1)
    lift(city, HEAD, "611")
    city.approve("611")


def test_a_vacant_post_is_no_absence(city: City) -> None:
    end_posts(city, HEAD)
    city.submit("611")
    city.tick()

    assert city.state("611") == REVIEW
    assert having(city, "611") == []
    assert open_reviews(city, HEAD) == []


# Two workers


def test_two_workers_at_once_pass_a_sheet_over_once(city: City, city_database: Database) -> None:
    city.submit("611")
    city.submit("632")
    away(city, HEAD)
    away(city, REVIEWERS["632"])

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(absence_days.begin_due, city.application) for _ in range(4)]
    changed = [job.result() for job in jobs]

    assert sum(changed) == 2
    for code in ("611", "632"):
        assert city.events(code).count("pass_over") == 1
    assert city.verify().broken == ()


def test_only_the_engine_looks_absences_through(city: City) -> None:
    absence = away(city, HEAD)

    with (
        pytest.raises(Refused, match="engine_only"),
        city.application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        absence_days._look_through(ctx, absence)
    assert city.scalar("SELECT begun_at FROM absence") is None
    absence_days.begin_due(city.application)
    assert city.scalar("SELECT begun_at FROM absence") is not None
