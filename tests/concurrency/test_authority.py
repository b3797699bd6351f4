"""決裁 by two people at the same moment: answers, holds, absences, superiors; one wins.

The forms were opened before either acted. The loser gets a reason that has a sentence, never a
fault of the program; nobody waits for ever; what is left is a place that the route knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.authority import away, give_post, hold, open_reviews, redraft, take_back
from tests.city import City, on_route
from tests.concurrency.test_actions import HOLD, codes, press
from tests.concurrency.together import together
from tests.databases import Cluster, Database
from tests.recorders import Clock
from tests.sample_people import COLLEAGUES, DRAFTERS, REVIEWERS
from workflow.definition.facts import Verdict
from workflow.errors import Conflict, HyokaError, Refused
from workflow.messages import MESSAGES
from workflow.services import absence_days, holding, joint, post_reviews, timers
from workflow.services.actions import Receipt

KEYS: Iterator[str] = (f"meeting-{n}" for n in itertools.count(1))
#: 関連部局 of 612, and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")
#: 課長 of the section that leads 611.
CHIEF = COLLEAGUES["611"]


@pytest.fixture
def database(route_city: City, cluster: Cluster) -> Database:
    """The database of ``route_city``."""
    url = route_city.application.settings.database_url.get_secret_value()
    return cluster.existing(url.rpartition("/")[2].partition("?")[0])


def meet(
    city: City, db: Database, code: str, first: Callable[[], Any], second: Callable[[], Any]
) -> list[Any]:
    """Both wait for the sheet, *first* stands before *second*; whoever lost was told why."""
    outcomes = together(db, HOLD.format(code), [first, second])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            assert isinstance(outcome, (Refused, Conflict)), repr(outcome)
            assert outcome.code in MESSAGES
    assert city.verify().broken == ()
    return outcomes


def won(outcomes: list[Any]) -> list[bool]:
    """Who of them was not refused."""
    return [not isinstance(outcome, HyokaError) for outcome in outcomes]


def answering(
    city: City, name: str, code: str, verdict: Verdict = Verdict.AGREE
) -> Callable[[], Receipt]:
    """An answer on a form that is open already."""
    actor, key = city.actor(name), next(KEYS)
    seen = city.page(actor, code)

    def answer() -> Receipt:
        with city.application.command(actor) as ctx:
            return joint.reply(
                ctx, evaluation_id=seen.id, verdict=verdict, expected_version=seen.version,
                seen_hash=bytes.fromhex(seen.seen_hash), request_key=key, opinion="意見",
            )  # fmt: skip

    return answer


def holding_it(city: City, name: str, code: str) -> Callable[[], Receipt]:
    """A hold on a form that is open already."""
    actor, key = city.actor(name), next(KEYS)
    seen = city.page(actor, code)

    def stop() -> Receipt:
        with city.application.command(actor) as ctx:
            return holding.hold(ctx, evaluation_id=seen.id, expected_version=seen.version,
                                request_key=key, reason="照会中です。")  # fmt: skip

    return stop


def to_joint(city: City) -> None:
    """612 waits for three departments."""
    city.submit("612")
    city.approve("612")


@on_route("joint_external")
@pytest.mark.parametrize("settling", [Verdict.AGREE, Verdict.OBJECT])
def test_the_last_two_answers_settle_a_joint_stage_once(
    route_city: City, database: Database, settling: Verdict
) -> None:
    to_joint(route_city)
    answering(route_city, ASKED[0], "612")()

    outcomes = meet(
        route_city, database, "612",
        answering(route_city, ASKED[1], "612"),
        answering(route_city, ASKED[2], "612", settling),
    )  # fmt: skip

    assert won(outcomes) == [True, True]
    settled = {Verdict.AGREE: ("agreed", "bureau_approval"), Verdict.OBJECT: ("objected", "draft")}
    action, state = settled[settling]
    assert route_city.events("612").count(action) == 1
    assert route_city.state("612") == state


def taking_back(city: City, name: str, code: str) -> Callable[[], Receipt]:
    """An answer taken back on a form that is open already."""
    seen = city.page(name, code)
    return lambda: take_back(city, name, code, seen=seen, key=next(KEYS))


@on_route("joint_external")
@pytest.mark.parametrize("back_first", [True, False])
def test_an_answer_is_taken_back_before_the_last_one_or_not_at_all(
    route_city: City, database: Database, back_first: bool
) -> None:
    to_joint(route_city)
    answering(route_city, ASKED[0], "612")()
    answering(route_city, ASKED[1], "612")()
    both = [taking_back(route_city, ASKED[0], "612"), answering(route_city, ASKED[2], "612")]

    outcomes = meet(route_city, database, "612", *(both if back_first else both[::-1]))

    assert won(outcomes) == ([True, True] if back_first else [True, False])
    assert route_city.state("612") == ("joint_agreement" if back_first else "bureau_approval")
    assert ("take_back" in route_city.events("612")) == back_first


@on_route("joint_external")
def test_after_an_objection_the_next_answer_finds_the_sheet_gone(
    route_city: City, database: Database
) -> None:
    to_joint(route_city)

    outcomes = meet(
        route_city, database, "612",
        answering(route_city, ASKED[0], "612", Verdict.OBJECT),
        answering(route_city, ASKED[1], "612"),
    )  # fmt: skip

    assert codes(outcomes) == ["Receipt", "moved_on"]
    assert route_city.state("612") == "draft"
    assert route_city.scalar("SELECT count(*) FROM joint_reply") == 1


@on_route("joint_external")
def test_one_person_answers_once_from_two_browsers(route_city: City, database: Database) -> None:
    to_joint(route_city)

    outcomes = meet(
        route_city, database, "612",
        answering(route_city, ASKED[0], "612"),
        answering(route_city, ASKED[0], "612", Verdict.OBJECT),
    )  # fmt: skip

    assert codes(outcomes) == ["Receipt", "already_replied"]
    assert route_city.scalar("SELECT verdict FROM joint_reply") == "agree"


@on_route("joint_external")
@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_an_answer_and_the_withdrawal_of_what_is_asked(
    route_city: City, database: Database, withdrawn_first: bool
) -> None:
    to_joint(route_city)
    jobs = [
        press(route_city, REVIEWERS["612"], "612", "withdraw", "withdrawal"),
        answering(route_city, ASKED[0], "612"),
    ]
    if not withdrawn_first:
        jobs.reverse()

    outcomes = meet(route_city, database, "612", jobs[0], jobs[1])

    assert won(outcomes) == [True, False]
    assert codes(outcomes) == ["Receipt", "moved_on" if withdrawn_first else "already_opened"]
    state = route_city.state("612")
    assert state == ("department_review" if withdrawn_first else "joint_agreement")
    answers = route_city.scalar("SELECT count(*) FROM joint_reply")
    assert answers == (0 if withdrawn_first else 1)


@pytest.mark.parametrize("held_first", [True, False])
def test_a_hold_and_an_approval(city: City, city_database: Database, held_first: bool) -> None:
    give_post(city, "aoki.shizuka", "市民自治部", "部長心得", "director")
    city.submit("611")
    other = city.actor("aoki.shizuka", post="市民自治部長心得")
    seen = city.page(other, "611")

    def approve() -> Receipt:
        return city.act(other, "611", "approve", seen=seen)

    jobs = [holding_it(city, REVIEWERS["611"], "611"), approve]
    if not held_first:
        jobs.reverse()

    outcomes = meet(city, city_database, "611", jobs[0], jobs[1])

    assert codes(outcomes) == ["Receipt", "on_hold" if held_first else "moved_on"]
    assert city.state("611") == ("department_review" if held_first else "bureau_approval")


def test_two_holds_of_one_sheet_have_one_effect(city: City, city_database: Database) -> None:
    city.submit("611")

    outcomes = meet(
        city, city_database, "611",
        holding_it(city, REVIEWERS["611"], "611"), holding_it(city, REVIEWERS["611"], "611"),
    )  # fmt: skip

    assert codes(outcomes) == ["Receipt", "on_hold"]
    assert city.events("611").count("hold") == 1


def test_the_tick_leaves_a_sheet_alone_that_somebody_is_lifting(
    city: City, city_database: Database, clock: Clock
) -> None:
    city.submit("611")
    hold(city, REVIEWERS["611"], "611")
    clock.set(date(2022, 8, 31))
    actor = city.actor(REVIEWERS["611"])
    seen = city.page(actor, "611")

    with city.application.command(actor) as ctx:
        holding.lift(ctx, evaluation_id=seen.id, expected_version=seen.version, request_key="lift")
        timers.fire_due(city.application)

    fired = city.rows(
        "SELECT 1 FROM timer WHERE outcome = 'fired' AND stage_entry_id = "
        "(SELECT max(id) FROM stage_entry WHERE evaluation_id = :id)",
        id=seen.id,
    )
    assert fired == []
    due = city.scalar("SELECT min(due_at) FROM timer WHERE evaluation_id = :id AND "
                      "settled_at IS NULL", id=seen.id)  # fmt: skip
    assert due > clock.now
    assert city.events("611")[-1] == "lift_hold"


@pytest.mark.parametrize("absence_first", [True, False])
def test_an_absence_begins_while_the_absent_person_approves(
    city: City, city_database: Database, clock: Clock, absence_first: bool
) -> None:
    """The form was opened the day before. The engine may pass the stage over, or find it gone."""
    tomorrow = date(2022, 6, 2)
    city.submit("611")
    away(city, REVIEWERS["611"], first=tomorrow, last=tomorrow + timedelta(days=3))
    approve = press(city, REVIEWERS["611"], "611", "approve", "yesterday's form")
    clock.set(tomorrow)

    def begin() -> int:
        return absence_days.begin_due(city.application)

    jobs: list[Callable[[], Any]] = [begin, approve] if absence_first else [approve, begin]
    outcomes = meet(city, city_database, "611", jobs[0], jobs[1])

    approval = outcomes[1 if absence_first else 0]
    assert isinstance(approval, HyokaError)
    assert approval.code == ("moved_on" if absence_first else "you_are_absent")
    assert city.state("611") == "bureau_approval"
    assert city.events("611") == ["open", "submit", "pass_over"]
    assert [review[2] for review in open_reviews(city, REVIEWERS["611"])] == ["department_review"]


@on_route("two_levels")
@pytest.mark.parametrize("pulled_first", [True, False])
def test_a_superior_pulls_up_what_is_being_approved(
    route_city: City, database: Database, pulled_first: bool
) -> None:
    route_city.submit("611")
    jobs = [
        press(route_city, REVIEWERS["611"], "611", "pull_up", "up"),
        press(route_city, CHIEF, "611", "approve", "approval"),
    ]
    if not pulled_first:
        jobs.reverse()

    outcomes = meet(route_city, database, "611", jobs[0], jobs[1])

    assert codes(outcomes) == ["Receipt", "moved_on"]
    assert won(outcomes) == [True, False]
    assert route_city.state("611") == "department_review"
    signed = route_city.scalar("SELECT count(*) FROM signature")
    assert signed == (0 if pulled_first else 1)


@pytest.mark.parametrize("order", [("reject", "approve"), ("approve", "reject")])
def test_one_rejects_and_the_other_approves(
    city: City, city_database: Database, order: tuple[str, str]
) -> None:
    give_post(city, "aoki.shizuka", "市民自治部", "部長心得", "director")
    city.submit("611")
    other = city.actor("aoki.shizuka", post="市民自治部長心得")
    seen = city.page(other, "611")

    def second() -> Receipt:
        return city.act(other, "611", order[1], seen=seen, reason="理由")

    first = press(city, REVIEWERS["611"], "611", order[0], "first")
    outcomes = meet(city, city_database, "611", first, second)

    assert codes(outcomes) == ["Receipt", "moved_on"]
    assert won(outcomes) == [True, False]
    assert isinstance(outcomes[1], Conflict)
    assert "高橋 典子" in outcomes[1].values["who"]
    assert city.state("611") == {"reject": "rejected", "approve": "bureau_approval"}[order[0]]


def test_two_colleagues_begin_the_same_sheet_anew(city: City, city_database: Database) -> None:
    city.act(DRAFTERS["611"], "611", "abandon", reason="施策が統合されたため。")
    actors = [city.actor(by["611"]) for by in (DRAFTERS, COLLEAGUES)]

    outcomes = meet(
        city, city_database, "611",
        lambda: redraft(city, actors[0], "611"), lambda: redraft(city, actors[1], "611"),
    )  # fmt: skip

    assert codes(outcomes) == ["int", "redrafted_already"]
    assert city.scalar("SELECT count(*) FROM evaluation WHERE code = '611'") == 2
    assert city.scalar("SELECT count(*) FROM evaluation WHERE code = '611' AND attempt = 2") == 1


def test_read_afterwards_in_two_browsers_is_read_once(city: City, city_database: Database) -> None:
    away(city, REVIEWERS["611"])
    city.submit("611")
    [(review, *_)] = open_reviews(city, REVIEWERS["611"])
    actor = city.actor(REVIEWERS["611"])

    def read(key: str) -> Callable[[], Any]:
        def acknowledge() -> Any:
            with city.application.command(actor) as ctx:
                return post_reviews.acknowledge(ctx, post_review_id=review, request_key=key)

        return acknowledge

    outcomes = meet(city, city_database, "611", read("one"), read("two"))

    assert [outcome.repeated for outcome in outcomes] == [False, True]
    assert len({outcome.event_id for outcome in outcomes}) == 1
    assert city.events("611").count("post_review") == 1
