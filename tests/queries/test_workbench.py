"""The workbench: what waits for whose signature, its flags, and what stands beside a sheet."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from tests.authority import answer, ask, away, give_post, hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.other_cycles import open_other_cycle, texts_of
from tests.plans import large_plan, plan, take_in, with_cost
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
)
from workflow.application import Application
from workflow.models import CycleKind
from workflow.policy import SYSTEM, Permission
from workflow.queries import sheet_page, workbench
from workflow.queries.bench_turns import Asked
from workflow.queries.workbench import Earlier, QueueItem
from workflow.services import actions

TEXTS = ("objective", "annual_plan", "rating_reason", "results", "issues", "next_year_actions")


def queue(city: City, name: str, *, post: str | None = None) -> tuple[QueueItem, ...]:
    with city.application.query(city.actor(name, post=post)) as ctx:
        return workbench.queue(ctx, city.posts(name))


def item(city: City, name: str, code: str) -> QueueItem:
    return next(found for found in queue(city, name) if found.code == code)


def earlier(city: City, name: str, code: str) -> Earlier:
    evaluation_id = city.evaluation(code)
    with city.application.query(city.actor(name)) as ctx:
        return workbench.earlier(ctx, evaluation_id)


# What waits


def test_drafts_and_sheets_that_wait_for_publication_ask_for_no_signature(city: City) -> None:
    city.bring_to("611", "approved")

    for name in (ADMINISTRATOR, PUBLISHER, APPROVER, DRAFTERS["612"], REVIEWERS["611"]):
        assert queue(city, name) == (), name


def test_whoever_wrote_a_sheet_or_signed_it_before_never_has_it_in_the_queue(city: City) -> None:
    city.bring_to("612", "bureau_approval")

    assert queue(city, DRAFTERS["612"]) == ()
    assert queue(city, COLLEAGUES["612"]) == ()
    assert queue(city, REVIEWERS["612"]) == ()
    assert [found.code for found in queue(city, APPROVER)] == ["612"]


def test_the_soonest_deadline_comes_first_and_each_says_in_which_post(
    city: City, clock: Clock
) -> None:
    for code in ("612", "631", "621"):
        city.submit(code)
    clock.set(date(2022, 7, 8))

    found = queue(city, REVIEWERS["612"])

    assert [one.code for one in found] == ["612", "621", "631"]
    assert {one.why for one in found} == {"総合政策部次長"}
    assert {one.stage.key for one in found} == {"department_review"}
    assert {(one.due_on, one.days_left) for one in found} == {(date(2022, 7, 6), -2)}
    assert {one.flags.late_days for one in found} == {2}


def test_what_would_be_signed_is_what_the_sheets_page_shows(city: City) -> None:
    city.submit("611")

    found = item(city, REVIEWERS["611"], "611")

    page = city.page(REVIEWERS["611"], "611")
    assert (found.version, found.content_hash.hex()) == (page.version, page.seen_hash)


def test_a_sheet_of_another_post_says_where_to_switch(city: City) -> None:
    reviewer = REVIEWERS["611"]
    give_post(city, reviewer, "総務部", "部長", "director")
    city.submit("611")
    city.submit("632")
    there = next(p.assignment_id for p in city.posts(reviewer) if p.capacity == "総務部長")

    found = {one.code: (one.why, one.other_post) for one in queue(city, reviewer)}

    assert found == {"611": ("市民自治部長", None), "632": ("総務部長", there)}


def test_a_substitute_sees_in_whose_place_they_would_sign(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    deputy = REVIEWERS["612"]
    assert queue(city, deputy) == ()
    away(city, APPROVER, substitutes={"bureau_approval": [deputy]})

    [found] = queue(city, deputy)

    assert (found.code, found.instead_of) == ("611", "総合政策部長 森田 健二")
    assert queue(city, APPROVER) == ()


# Flags


def test_a_sheet_like_any_other_has_no_flag(city: City) -> None:
    city.submit("632")

    flags = item(city, REVIEWERS["632"], "632").flags
    assert (flags.same_texts, flags.changed, flags.late_days) == ((), False, 0)


def test_stars_that_disagree_with_the_indicators_are_flagged(city: City) -> None:
    # 6 of 6 indicators met and three stars, as it was published.
    city.submit("621")
    disagreeing = item(city, REVIEWERS["621"], "621").flags.disagrees
    city.give_back("621")
    city.save("621", rating=4)
    city.submit("621")

    assert disagreeing
    assert not item(city, REVIEWERS["621"], "621").flags.disagrees


def test_texts_that_are_last_years_word_for_word_are_flagged_by_field(city: City) -> None:
    before = texts_of(city, "611")
    open_other_cycle(
        city,
        {
            "611": {
                **before,
                "results": before["results"].replace("。", "。　\n"),
                "issues": "昨年は別の課題でした。",
                "next_year_actions": "昨年は別の対策でした。",
                "annual_plan": "昨年の計画。",
                "rating_reason": "昨年の理由。",
            }
        },
    )
    judged = city.scalar(
        "SELECT e.id FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id"
        " WHERE e.code = '611' AND c.target_fiscal_year = 2021"
    )
    _submit(city, DRAFTERS["611"], judged)

    assert item(city, REVIEWERS["611"], "611").flags.same_texts == ("objective", "results")


def test_an_objective_that_stays_for_the_plan_is_not_flagged_by_itself(city: City) -> None:
    others = {name: f"昨年の{name}" for name in TEXTS[1:]}
    fields = texts_of(city, "611", **others)
    judged = city.evaluation("611")
    open_other_cycle(city, {"611": fields})
    _submit(city, DRAFTERS["611"], judged)

    assert item(city, REVIEWERS["611"], "611").flags.same_texts == ()


def test_a_sheet_on_hold_is_nobodys_turn(city: City) -> None:
    city.submit("611")
    assert len(queue(city, REVIEWERS["611"])) == 1
    hold(city, REVIEWERS["611"], "611")

    assert queue(city, REVIEWERS["611"]) == ()


def test_answers_and_questions_stand_beside_what_is_to_be_signed(city: City) -> None:
    """Whose draft it is and where it stands does not matter to whoever is asked about it."""
    deputy = REVIEWERS["612"]
    city.submit("612")
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", deputy)
    ask(city, deputy, "612", REVIEWERS["611"])

    found = {one.code: one for one in queue(city, deputy)}

    assert [*found] == ["612", "611"]
    assert found["612"].asked == {Asked.SIGNATURE}
    assert (found["611"].asked, found["611"].why) == ({Asked.QUESTION}, "")
    answer(city, deputy, "611")
    assert [one.code for one in queue(city, deputy)] == ["612"]
    city.give_back("612")
    assert [one.asked for one in queue(city, REVIEWERS["611"]) if one.code == "612"] == [
        {Asked.QUESTION}
    ]


def test_a_sheet_that_comes_again_is_flagged_only_if_it_changed(city: City, clock: Clock) -> None:
    reviewer = REVIEWERS["611"]
    city.submit("611")
    assert not item(city, reviewer, "611").flags.changed
    city.give_back("611")
    clock.forward(minutes=5)
    city.submit("611")
    assert not item(city, reviewer, "611").flags.changed
    city.give_back("611")
    city.save("611", issues="課題を書き直した。")
    city.submit("611")

    assert item(city, reviewer, "611").flags.changed


# What stands beside a sheet


def test_where_nothing_was_seen_before_it_says_so(city: City) -> None:
    city.submit("611")
    city.open_sheet(REVIEWERS["611"], "611")

    beside = earlier(city, REVIEWERS["611"], "611")

    assert beside == Earlier(None, None)


def test_last_seen_is_what_one_last_acted_on(city: City, clock: Clock) -> None:
    reviewer = REVIEWERS["611"]
    city.save("611", issues="初めの課題。")
    city.submit("611")
    clock.forward(minutes=5)
    city.give_back("611")
    returned_at = clock()
    clock.forward(minutes=5)
    city.save("611", issues="直した課題。")
    city.submit("611")

    for _ in range(2):
        seen = earlier(city, reviewer, "611").last_seen
        assert seen is not None
        assert (seen.content.issues, seen.at) == ("初めの課題。", returned_at)
        # Having opened it now must not hide what changed since last time.
        clock.forward(minutes=5)
        city.open_sheet(reviewer, "611")


def test_last_seen_is_also_what_one_only_opened(city: City, clock: Clock) -> None:
    city.save("611", issues="見ただけの課題。")
    city.bring_to("611", "bureau_approval")
    clock.forward(minutes=5)
    city.open_sheet(APPROVER, "611")
    opened_at = clock()
    clock.forward(minutes=5)
    # Costs are taken in late: the sheet goes back to the review by itself.
    line = city.page(APPROVER, "611").content.projects[0]
    assert line.project_cost is not None
    take_in(city.application, plan(with_cost("611", line.code, line.project_cost + 7)))
    assert city.state("611") == "department_review"
    city.approve("611")

    beside = earlier(city, APPROVER, "611")

    assert beside.last_seen is not None
    assert beside.last_seen.at == opened_at
    assert beside.last_seen.content.projects[0].project_cost == line.project_cost
    assert item(city, APPROVER, "611").flags.changed
    assert earlier(city, PUBLISHER, "611").last_seen is None


def test_last_year_is_the_sheet_as_it_was_published(city: City) -> None:
    judged = city.evaluation("611")
    open_other_cycle(city, {"611": texts_of(city, "611", results="公表した昨年の成果。")})
    content = city.page(PUBLISHER, "611").content
    city.save("611", actuals={one.number: "1" for one in content.indicators})
    for project in content.projects:
        if project.project_cost is None:
            city.save_cost("611", project.code, 1, by=DRAFTERS["611"])
    city.publish(["611"])

    beside = _earlier_of(city, REVIEWERS["611"], judged)

    assert beside.last_year is not None
    assert beside.last_year.published
    assert beside.last_year.content.target_fiscal_year == 2020
    assert beside.last_year.content.results == "公表した昨年の成果。"


def test_last_year_is_found_across_plans(city: City, application: Application) -> None:
    open_other_cycle(city, {"612": texts_of(city, "612", results="前の計画での成果。")})
    judged = city.scalar("SELECT min(id) FROM evaluation WHERE code = '611'")
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(
            sa.text("""
                UPDATE measure SET predecessor_id = (SELECT id FROM measure WHERE code = '612')
                WHERE code = '611'
            """)
        )
        # The measure itself was not in that cycle; its predecessor was.
        ctx.execute(
            sa.text("""
                UPDATE evaluation SET subject_id = -1 WHERE code = '611' AND cycle_id = :cycle
            """),
            {"cycle": city.cycle()},
        )

    beside = _earlier_of(city, REVIEWERS["611"], judged)

    assert beside.last_year is not None
    assert beside.last_year.content.results == "前の計画での成果。"


def test_a_sheet_that_was_never_published_is_compared_as_it_stands(city: City) -> None:
    judged = city.evaluation("611")
    open_other_cycle(city, {"611": texts_of(city, "611", results="昨年の下書き。")})

    beside = _earlier_of(city, REVIEWERS["611"], judged)

    assert beside.last_year is not None
    assert not beside.last_year.published
    assert beside.last_year.content.results == "昨年の下書き。"


@pytest.mark.parametrize(
    ("year", "kind"), [(2019, CycleKind.EX_POST), (2022, CycleKind.EX_POST),
                       (2020, CycleKind.INTERIM)]
)  # fmt: skip
def test_another_year_or_another_kind_is_not_last_year(
    city: City, year: int, kind: CycleKind
) -> None:
    judged = city.evaluation("611")
    open_other_cycle(city, {"611": texts_of(city, "611")}, year=year, kind=kind)

    assert _earlier_of(city, REVIEWERS["611"], judged).last_year is None


# However long the queue


@pytest.fixture
def hundred(city: City, application: Application) -> City:
    """A hundred sheets that wait for 総務部長."""
    take_in(application, large_plan(100, 1))
    for row in city.rows("SELECT code FROM evaluation WHERE code < '200' ORDER BY code"):
        city.act(DRAFTERS["632"], row.code, "submit")
    return city


def test_the_number_of_statements_is_the_same_for_one_sheet_and_for_a_hundred(
    city: City,
    application: Application,
    query_counter: QueryCounter,
    request: pytest.FixtureRequest,
) -> None:
    reviewer = REVIEWERS["632"]

    def statements() -> int:
        actor, posts = city.actor(reviewer), city.posts(reviewer)
        with query_counter(application) as counted, application.query(actor) as ctx:
            sizes.append(len(workbench.queue(ctx, posts)))
        return len(counted)

    sizes: list[int] = []
    city.submit("632")
    one = statements()
    request.getfixturevalue("hundred")
    many = statements()

    assert sizes == [1, 101]
    assert many == one


def _submit(city: City, name: str, evaluation_id: int) -> None:
    actor = city.actor(name)
    with city.application.query(actor) as ctx:
        page = sheet_page.sheet_page(ctx, evaluation_id)
    with city.application.command(actor) as ctx:
        actions.act(
            ctx,
            evaluation_id=evaluation_id,
            action="submit",
            expected_version=page.version,
            seen_hash=bytes.fromhex(page.seen_hash),
            request_key=f"submit-{evaluation_id}",
        )


def _earlier_of(city: City, name: str, evaluation_id: int) -> Earlier:
    with city.application.query(city.actor(name)) as ctx:
        return workbench.earlier(ctx, evaluation_id)
