"""決裁 on a sheet's page: what is drawn is exactly what the services accept, with their reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.authority import acknowledge, answer, ask, away, hold, open_reviews, redraft, reply
from tests.city import City, on_route
from tests.conftest import QueryCounter
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
from workflow.application import Context
from workflow.definition.facts import Verdict
from workflow.definition.refusal import Refusal
from workflow.errors import HyokaError
from workflow.policy import SYSTEM, Actor
from workflow.queries import sheet_page
from workflow.queries.sheet_joint import SeatState
from workflow.queries.sheet_page import SheetPage
from workflow.services import consulting, holding, joint, redrafting

#: 関連部局 of 612: 総務部, 市議会事務局, 市民自治部; and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")
PEOPLE = (
    DRAFTERS["612"],
    COLLEAGUES["612"],
    REVIEWERS["612"],
    APPROVER,
    PUBLISHER,
    ADMINISTRATOR,
    OTHER_SECTION,
    *ASKED,
)


def to_draft(city: City) -> None:
    """As it is opened."""


def to_review(city: City) -> None:
    city.submit("612")


def to_joint(city: City) -> None:
    city.submit("612")
    city.approve("612")


def to_held_joint(city: City) -> None:
    to_joint(city)
    reply(city, ASKED[0], "612")
    hold(city, ASKED[1], "612")


def to_answered(city: City) -> None:
    to_joint(city)
    for name in ASKED:
        reply(city, name, "612")


def to_rejected(city: City) -> None:
    to_answered(city)
    city.act(APPROVER, "612", "reject", reason="施策を統合します。")


STATES = (to_draft, to_review, to_joint, to_held_joint, to_answered, to_rejected)


class RolledBackError(Exception):
    """Ends a trial: the action was accepted and must not happen."""


def tried(city: City, actor: Actor, page: SheetPage, verb: str) -> str:
    """What the service says to a press, without letting it happen."""
    stands = {"evaluation_id": page.id, "expected_version": page.version, "request_key": verb}
    asked = {"evaluation_id": page.id, "request_key": verb, "question": "？"}
    person = city.person_id("imai.kazuo")
    presses: dict[str, Callable[[Context], object]] = {
        "hold": lambda ctx: holding.hold(ctx, reason="理由", **stands),
        "lift": lambda ctx: holding.lift(ctx, **stands),
        "consult": lambda ctx: consulting.ask(ctx, person_id=person, **asked),
        "reply": lambda ctx: joint.reply(
            ctx, verdict=Verdict.AGREE, seen_hash=bytes.fromhex(page.seen_hash), **stands
        ),
        "redraft": lambda ctx: redrafting.redraft(ctx, evaluation_id=page.id),
    }
    try:
        with city.application.command(actor) as ctx:
            presses[verb](ctx)
            raise RolledBackError
    except HyokaError as error:
        return error.code
    except RolledBackError:
        return "accepted"
    raise AssertionError("a trial ends in one of the two ways")


@on_route("joint_external")
@pytest.mark.parametrize("walk", STATES, ids=lambda walk: walk.__name__)
def test_each_button_is_shown_exactly_where_the_service_accepts_and_says_the_same_reason(
    route_city: City, walk: Callable[[City], None]
) -> None:
    walk(route_city)
    everybody = [route_city.actor(name) for name in PEOPLE]
    everybody += [route_city.actor(TWO_POSTS, post="政策室長"), SYSTEM]

    for actor in everybody:
        page = route_city.page(actor, "612")
        for verb in ("hold", "lift", "consult", "reply", "redraft"):
            shown = getattr(page.beside, verb)
            said = shown.code if isinstance(shown, Refusal) else "accepted"
            assert tried(route_city, actor, page, verb) == said, (actor.name, verb)


@on_route("joint_external")
def test_a_quoted_sheet_is_refused_as_the_service_refuses_it(route_city: City) -> None:
    to_rejected(route_city)
    old = route_city.page(SYSTEM, "612")
    new = redraft(route_city, DRAFTERS["612"], "612")
    drafter = route_city.actor(DRAFTERS["612"])

    with route_city.application.query(drafter) as ctx:
        page = sheet_page.sheet_page(ctx, old.id)
        fresh = sheet_page.sheet_page(ctx, new)

    assert page.beside.redraft == Refusal("redrafted_already")
    assert tried(route_city, drafter, page, "redraft") == "redrafted_already"
    assert page.quoted_by is not None
    assert fresh.quotes is not None
    assert (page.quoted_by.id, fresh.quotes.id) == (new, old.id)


@on_route("joint_external")
def test_every_answer_stands_with_its_words_and_the_others_are_still_to_come(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[1], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めて。")

    view = route_city.page(APPROVER, "612").joint[0]

    assert (view.given, view.asked) == (1, 3)
    assert [(s.unit, s.state, s.verdict, s.opinion, s.person) for s in view.seats] == [
        ("総務部", SeatState.WAITING, None, "", "小川 哲夫"),
        (
            "市議会事務局",
            SeatState.ANSWERED,
            Verdict.AGREE_WITH_OPINION,
            "説明を早めて。",
            "久保田 勝",
        ),
        ("市民自治部", SeatState.WAITING, None, "", "高橋 典子"),
    ]


@on_route("joint_external")
def test_an_absent_department_is_passed_over_only_once_the_sheet_is_there(
    route_city: City,
) -> None:
    away(route_city, ASKED[1])
    before = route_city.page(APPROVER, "612").joint[0]
    to_joint(route_city)
    here = route_city.page(APPROVER, "612").joint[0]
    for name in (ASKED[0], ASKED[2]):
        reply(route_city, name, "612")
    behind = route_city.page(APPROVER, "612").joint[0]

    assert [seat.state for seat in before.seats] == [SeatState.WAITING] * 3
    assert here.seats[1].state is SeatState.PASSED_OVER
    assert route_city.state("612") == "bureau_approval"
    assert [s.state for s in behind.seats] == [
        SeatState.ANSWERED,
        SeatState.PASSED_OVER,
        SeatState.ANSWERED,
    ]


@on_route("joint_external")
def test_a_sheet_that_ended_before_a_joint_stage_has_nobody_silent_there(route_city: City) -> None:
    to_rejected(route_city)

    agreement, external = route_city.page(APPROVER, "612").joint

    assert [seat.state for seat in agreement.seats] == [SeatState.ANSWERED] * 3
    assert [seat.state for seat in external.seats] == [SeatState.VACANT]


def test_questions_and_readings_stand_with_who_when_and_the_words(city: City) -> None:
    away(city, REVIEWERS["611"])
    city.submit("611")
    ask(city, APPROVER, "611", "ogawa.tetsuo", question="出典は。\n二つ目の行。")
    answer(city, "ogawa.tetsuo", "611", words="決算書です。")
    ask(city, APPROVER, "611", "ogawa.tetsuo", question="もう一つ。")

    asked = city.page("ogawa.tetsuo", "611").consultations
    [reading] = city.page(REVIEWERS["611"], "611").reviews
    acknowledge(city, REVIEWERS["611"], open_reviews(city, REVIEWERS["611"])[0][0])
    [read] = city.page(REVIEWERS["611"], "611").reviews

    assert [(a.question, a.answer, a.for_reader) for a in asked] == [
        ("もう一つ。", "", True),
        ("出典は。\n二つ目の行。", "決算書です。", False),
    ]
    assert asked[1].asked_by == "総合政策部長 森田 健二"
    assert asked[1].answered_by == "総務部長 小川 哲夫"
    assert (reading.stage, reading.cause, reading.for_reader) == (
        "department_review",
        "absence",
        True,
    )
    assert read.acknowledged_at is not None
    assert not read.for_reader


@on_route("joint_external")
def test_the_number_of_statements_does_not_grow_with_answers_questions_and_readings(
    route_city: City, query_counter: QueryCounter
) -> None:
    application = route_city.application

    def statements() -> int:
        evaluation_id = route_city.evaluation("612")
        with query_counter(application) as counted, application.query(SYSTEM) as ctx:
            sheet_page.sheet_page(ctx, evaluation_id)
        return len(counted)

    to_joint(route_city)
    before = statements()
    for name in ASKED[:2]:
        ask(route_city, name, "612", "imai.kazuo")
        answer(route_city, "imai.kazuo", "612")
        reply(route_city, name, "612")

    assert statements() == before
