"""My desk: what waits for whom and why; a fixed number of statements whatever their number."""

from __future__ import annotations

from datetime import date

import pytest

from tests.authority import acknowledge, answer, ask, away, back, hold, lift
from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
    TWO_POSTS,
)
from workflow.application import Application
from workflow.policy import Actor
from workflow.queries import desk
from workflow.queries.desk import Desk


def desk_of(city: City, name: str, actor: Actor | None = None) -> Desk:
    actor = actor or city.actor(name)
    with city.application.query(actor) as ctx:
        return desk.desk(ctx, city.posts(name))


def waiting(city: City, name: str) -> list[str]:
    return [item.code for item in desk_of(city, name).waiting]


def count(city: City, name: str) -> int:
    posts = city.posts(name)
    with city.application.query(city.actor(name)) as ctx:
        return desk.count_waiting(ctx, posts)


def test_at_the_opening_the_drafts_wait_for_their_sections_and_for_nobody_else(
    city: City,
) -> None:
    for name in (ADMINISTRATOR, APPROVER, PUBLISHER, OTHER_SECTION, *REVIEWERS.values()):
        assert waiting(city, name) == [], name
        assert count(city, name) == 0
    for code, name in (*DRAFTERS.items(), *COLLEAGUES.items()):
        assert waiting(city, name) == [code], name
        assert count(city, name) == 1


def test_what_waits_says_since_when_until_when_why_and_what_happened_last(
    city: City, clock: Clock
) -> None:
    clock.set(date(2022, 6, 6))
    city.submit("611")
    clock.set(date(2022, 6, 8))

    [item] = desk_of(city, REVIEWERS["611"]).waiting

    assert (item.code, item.measure) == ("611", "参画協働のまちづくり")
    assert (item.stage.key, item.why) == ("department_review", "市民自治部長")
    assert (item.due_on, item.days_left) == (date(2022, 7, 6), 28)
    assert item.other_post is None
    assert not item.came_back
    assert item.last is not None
    assert (item.last.action, item.last.label, item.last.who) == (
        "submit",
        "提出する",
        "佐藤 一郎",
    )


def test_a_returned_sheet_says_that_it_came_back_and_why(city: City) -> None:
    city.submit("611")
    city.give_back("611", reason="数字が合いません。")

    [item] = desk_of(city, DRAFTERS["611"]).waiting

    assert item.came_back
    assert item.last is not None
    assert item.last.reason == "数字が合いません。"


def test_the_soonest_deadline_comes_first_and_what_is_over_counts_below_zero(
    city: City, clock: Clock
) -> None:
    for code in ("612", "621", "631"):
        city.submit(code)
    city.approve("621")
    city.approve("631")
    city.approve("612")
    city.submit("632")
    city.approve("632")
    clock.set(date(2022, 7, 23))

    items = desk_of(city, APPROVER).waiting

    assert [item.code for item in items] == ["612", "621", "631", "632"]
    assert {item.days_left for item in items} == {-2}


def test_the_bureaus_own_sheets_wait_for_the_deputy_and_not_for_the_director(city: City) -> None:
    for code in ("611", "612", "621", "631"):
        city.submit(code)

    assert waiting(city, REVIEWERS["612"]) == ["612", "621", "631"]
    assert waiting(city, APPROVER) == []


def test_approved_sheets_wait_for_every_publisher(city: City) -> None:
    city.bring_to("611", "approved")

    assert waiting(city, PUBLISHER) == ["611"]
    assert waiting(city, "honda.takuya") == ["611"]
    assert desk_of(city, PUBLISHER).waiting[0].why == "公表担当"


def test_what_i_wrote_or_signed_is_awaited_with_who_has_it_now(city: City) -> None:
    city.submit("611")
    city.approve("611")

    for name in (DRAFTERS["611"], REVIEWERS["611"]):
        [item] = desk_of(city, name).awaited
        assert (item.code, item.why) == ("611", "総合政策部長 森田 健二")
    assert desk_of(city, COLLEAGUES["611"]).awaited == ()


def test_published_sheets_are_awaited_by_nobody(city: City) -> None:
    city.publish(["611"])

    for name in (DRAFTERS["611"], REVIEWERS["611"], APPROVER, PUBLISHER):
        page = desk_of(city, name)
        assert (page.waiting, page.awaited) == ((), ())


def test_in_another_post_the_desk_says_where_to_switch(city: City) -> None:
    posts = {post.capacity: post.assignment_id for post in city.posts(TWO_POSTS)}

    here = desk_of(city, TWO_POSTS, city.actor(TWO_POSTS, post="経営企画課長"))
    there = desk_of(city, TWO_POSTS, city.actor(TWO_POSTS, post="政策室長"))

    assert [item.other_post for item in here.waiting] == [None]
    assert [(item.code, item.other_post) for item in there.waiting] == [
        ("631", posts["経営企画課長"])
    ]


def test_what_i_lately_did_comes_newest_first_and_can_be_taken_back_until_it_is_opened(
    city: City, clock: Clock
) -> None:
    city.save("611", results="新しい成果。")
    clock.forward(minutes=1)
    city.submit("611")

    recent = desk_of(city, DRAFTERS["611"]).recent
    assert [(act.action, act.can_withdraw) for act in recent] == [("submit", True), ("save", False)]

    city.open_sheet(REVIEWERS["611"], "611")
    assert not desk_of(city, DRAFTERS["611"]).recent[0].can_withdraw


def test_can_withdraw_is_said_where_withdrawing_works_and_only_there(city: City) -> None:
    city.submit("611")
    city.submit("632", by=COLLEAGUES["632"])
    city.bring_to("612", "approved")

    for name in (DRAFTERS["611"], COLLEAGUES["632"], REVIEWERS["612"], APPROVER):
        for act in desk_of(city, name).recent:
            choices = city.page(name, act.code).actions
            works = any(c.action == "withdraw" and c.refusal is None for c in choices)
            assert act.can_withdraw == (works and act == desk_of(city, name).recent[0]), name


def test_the_next_deadline_is_of_what_is_on_its_way_to_the_reader_or_is_not_said(
    city: City, clock: Clock
) -> None:
    """Drafts are due on 22 June, the review on 6 July, the approval on 21 July."""

    def next_of(name: str) -> date | None:
        return desk_of(city, name).next_deadline

    assert next_of(ADMINISTRATOR) is None
    assert next_of(REVIEWERS["611"]) == date(2022, 7, 6)
    assert next_of(APPROVER) == date(2022, 7, 21)
    # Whoever has something to do is told that; whoever is done with it has nothing before them.
    assert next_of(DRAFTERS["611"]) is None
    city.bring_to("611", "bureau_approval")
    assert next_of(REVIEWERS["611"]) is None
    city.bring_to("632", "bureau_approval")
    assert next_of(DRAFTERS["611"]) is None
    clock.set(date(2022, 7, 7))
    assert next_of(REVIEWERS["632"]) is None


def test_an_empty_installation_promises_no_deadline(application: Application) -> None:
    with application.query(Actor(person_id=1, name="", assignment_id=None)) as ctx:
        assert desk.desk(ctx, ()).next_deadline is None


def test_what_i_have_as_a_substitute_says_for_whom(city: City) -> None:
    city.submit("612")
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes={"bureau_approval": [REVIEWERS["612"]]})

    items = {item.code: item for item in desk_of(city, REVIEWERS["612"]).waiting}

    assert (items["611"].instead_of, items["611"].why) == (
        "総合政策部長 森田 健二",
        "総合政策部次長",
    )
    assert items["612"].instead_of == ""
    assert waiting(city, APPROVER) == []
    assert count(city, REVIEWERS["612"]) == 2


def test_a_substitute_in_another_post_is_told_where_to_switch(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes={"bureau_approval": [TWO_POSTS]})

    here = desk_of(city, TWO_POSTS, city.actor(TWO_POSTS, post="経営企画課長"))
    there = desk_of(city, TWO_POSTS, city.actor(TWO_POSTS, post="政策室長"))

    assert [i.other_post is None for i in here.waiting if i.code == "611"] == [True]
    assert [i.other_post is None for i in there.waiting if i.code == "611"] == [False]


def test_a_held_sheet_is_nobodys_turn_and_stands_apart_until_it_is_lifted(city: City) -> None:
    deputy = REVIEWERS["612"]
    for code in ("612", "621", "631"):
        city.submit(code)
    hold(city, deputy, "612")

    page = desk_of(city, deputy)

    assert [item.code for item in page.waiting] == ["621", "631"]
    assert [(item.code, item.held_by) for item in page.held] == [("612", "岡本 幸子")]
    assert page.held[0].held_since is not None
    assert (count(city, deputy), len(page.turns)) == (2, 2)
    lift(city, deputy, "612")
    assert waiting(city, deputy) == ["612", "621", "631"]
    assert desk_of(city, deputy).held == ()


def test_questions_stand_with_whom_they_were_put_to_until_they_are_answered(city: City) -> None:
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", APPROVER, question="部の考えを聞かせてください。")

    [question] = desk_of(city, APPROVER).questions
    assert (question.code, question.words, question.asked_by) == (
        "611",
        "部の考えを聞かせてください。",
        "市民自治部長 高橋 典子",
    )
    for name in (REVIEWERS["611"], DRAFTERS["611"], ADMINISTRATOR):
        assert desk_of(city, name).questions == (), name
    answer(city, APPROVER, "611")
    assert desk_of(city, APPROVER).questions == ()


def test_what_i_have_to_read_says_why_and_what_was_done_by_whom(city: City) -> None:
    away(city, REVIEWERS["611"], substitutes={"department_review": ["kimura.daisuke"]})
    away(city, REVIEWERS["632"])
    for code in ("611", "632"):
        city.submit(code)
    city.approve("611", by="kimura.daisuke")

    [stood_in] = desk_of(city, REVIEWERS["611"]).readings
    [passed] = desk_of(city, REVIEWERS["632"]).readings

    assert (stood_in.code, stood_in.cause, stood_in.action, stood_in.who) == (
        "611", "substitute", "approve", "市民課長 木村 大輔",
    )  # fmt: skip
    assert (passed.code, passed.cause, passed.action) == ("632", "absence", "pass_over")
    assert desk_of(city, "kimura.daisuke").readings == ()
    acknowledge(city, REVIEWERS["611"], stood_in.id)
    assert desk_of(city, REVIEWERS["611"]).readings == ()


@pytest.fixture
def many(city: City, application: Application, clock: Clock) -> City:
    """Sixty more sheets in 研修厚生課, all waiting for 総務部長."""
    take_in(application, large_plan(60, 1))
    codes = city.rows("SELECT code FROM evaluation WHERE code < '200' ORDER BY code")
    for row in codes:
        city.act(DRAFTERS["632"], row.code, "submit")
    return city


def test_the_number_of_statements_is_the_same_with_questions_and_readings(
    city: City, application: Application, query_counter: QueryCounter
) -> None:
    head = REVIEWERS["611"]

    def statements() -> int:
        actor, posts = city.actor(head), city.posts(head)
        with query_counter(application) as counted, application.query(actor) as ctx:
            page = desk.desk(ctx, posts)
        sizes.append(len(page.questions) + len(page.readings))
        return len(counted)

    sizes: list[int] = []
    city.submit("611")
    city.submit("612")
    statements()
    none = statements()
    for _ in range(3):
        ask(city, REVIEWERS["612"], "612", head)
    absence = away(city, head)
    city.tick()
    city.give_back("611", target="department_review")
    city.tick()
    # Here again, with something to do: an empty desk looks for its next deadline besides.
    back(city, absence, by=head)
    city.give_back("611", target="department_review")

    assert statements() == none
    assert sizes == [0, 0, 5]


def test_the_number_of_statements_is_the_same_for_one_sheet_and_for_sixty(
    city: City,
    application: Application,
    query_counter: QueryCounter,
    request: pytest.FixtureRequest,
) -> None:
    def statements(name: str) -> tuple[int, int]:
        actor, posts = city.actor(name), city.posts(name)
        desk_of(city, name)
        with query_counter(application) as listed, application.query(actor) as ctx:
            page = desk.desk(ctx, posts)
        with query_counter(application) as counted, application.query(actor) as ctx:
            assert desk.count_waiting(ctx, posts) == len(page.waiting)
        sizes.append(len(page.waiting))
        return len(listed), len(counted)

    sizes: list[int] = []
    city.submit("632")
    one = statements(REVIEWERS["632"])
    request.getfixturevalue("many")
    sixty = statements(REVIEWERS["632"])

    assert sizes == [1, 61]
    assert sixty == one
