"""合議: whoever answered takes the answer back, until the stage is settled; and what was said."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.authority import away, hold, open_reviews, reply, take_back
from tests.city import City, on_route
from tests.sample_people import APPROVER, DRAFTERS, REVIEWERS
from workflow.definition.facts import Verdict
from workflow.errors import Conflict, Refused
from workflow.policy import SYSTEM, Permission
from workflow.queries import desk

pytestmark = on_route("joint_external")

#: 関連部局 of 612: 総務部, 市議会事務局, 市民自治部; and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")
DRAFTER = DRAFTERS["612"]


def to_joint(city: City) -> None:
    city.submit("612")
    city.approve("612")


def given(city: City) -> int:
    [view] = [v for v in city.page(APPROVER, "612").joint if v.stage.key == "joint_agreement"]
    return view.given


def waits_for(city: City, name: str) -> bool:
    with city.application.query(city.actor(name)) as ctx:
        return "612" in {sheet.code for sheet in desk.desk(ctx, city.posts(name)).waiting}


def opinions(city: City) -> list[tuple[str, str, str]]:
    page = city.page(DRAFTER, "612")
    return [(said.action, said.capacity, said.reason) for said in page.opinions]


def test_the_department_is_asked_again_and_the_next_answer_counts(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="早めの説明を。")
    assert (given(route_city), waits_for(route_city, ASKED[0])) == (1, False)

    take_back(route_city, ASKED[0], "612")
    assert (given(route_city), waits_for(route_city, ASKED[0])) == (0, True)
    assert opinions(route_city) == []

    for name in ASKED:
        reply(route_city, name, "612")
    assert route_city.state("612") == "bureau_approval"
    answers = ["agree_with_opinion", "take_back", "agree", "agree", "agree", "agreed"]
    assert route_city.events("612")[-6:] == answers
    assert route_city.verify().broken == ()


def test_twice_is_once_and_a_settled_stage_gives_no_answer_back(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    seen = route_city.page(ASKED[0], "612")
    first = take_back(route_city, ASKED[0], "612", seen=seen, key="once")
    again = take_back(route_city, ASKED[0], "612", seen=seen, key="once")
    assert (again.repeated, again.event_id) == (True, first.event_id)

    reply(route_city, ASKED[0], "612")
    stale = route_city.page(ASKED[0], "612")
    for name in ASKED[1:]:
        reply(route_city, name, "612")
    with pytest.raises(Conflict, match="moved_on"):
        take_back(route_city, ASKED[0], "612", seen=stale)
    with pytest.raises(Refused, match="not_in_this_state"):
        take_back(route_city, ASKED[0], "612")


def test_only_ones_own_answer_over_what_stands_and_not_while_it_is_on_hold(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")

    for name in (ASKED[1], APPROVER, DRAFTER, REVIEWERS["612"]):
        with pytest.raises(Refused, match="no_answer_of_yours"):
            take_back(route_city, name, "612")
    hold(route_city, ASKED[1], "612")
    with pytest.raises(Refused, match="on_hold"):
        take_back(route_city, ASKED[0], "612")
    assert given(route_city) == 1


def test_what_the_absent_one_was_to_read_goes_with_a_substitutes_answer(route_city: City) -> None:
    away(route_city, ASKED[0], substitutes={"joint_answer": ["miyake.yoshiko"]})
    to_joint(route_city)
    reply(route_city, "miyake.yoshiko", "612")
    assert len(open_reviews(route_city, ASKED[0])) == 1

    take_back(route_city, "miyake.yoshiko", "612")
    assert open_reviews(route_city, ASKED[0]) == []

    reply(route_city, "miyake.yoshiko", "612")
    assert len(open_reviews(route_city, ASKED[0])) == 1


def test_what_was_read_afterwards_stays_for_the_programs_role(route_city: City) -> None:
    away(route_city, ASKED[0], substitutes={"joint_answer": ["miyake.yoshiko"]})
    to_joint(route_city)
    receipt = reply(route_city, "miyake.yoshiko", "612")
    with route_city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(
            sa.text(
                "UPDATE post_review SET acknowledged_at = :now, acknowledged_event_id = :event"
            ),
            {"now": ctx.now, "event": receipt.event_id},
        )

    def delete() -> None:
        with route_city.application.command(SYSTEM) as ctx:
            ctx.require(Permission.IMPORT)
            ctx.execute(sa.text("DELETE FROM post_review"))

    with pytest.raises(sa.exc.ProgrammingError, match="what was read afterwards stays"):
        delete()


def test_all_opinions_stand_before_the_drafter_and_not_the_objectors_alone(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="早めの説明を。")
    reply(route_city, ASKED[1], "612")
    reply(route_city, ASKED[2], "612", Verdict.OBJECT, opinion="数字が違います。")
    said = [
        ("agree_with_opinion", "総務部長", "早めの説明を。"),
        ("object", "市民自治部長", "数字が違います。"),
    ]
    assert (route_city.state("612"), opinions(route_city)) == ("draft", said)

    # Also while it is written anew, and until it is answered again.
    route_city.save("612", results="数字を改めました。")
    assert opinions(route_city) == said
    to_joint(route_city)
    assert opinions(route_city) == said
    for name in ASKED:
        reply(route_city, name, "612")
    assert opinions(route_city) == []


def test_an_opinion_over_what_stands_is_kept_when_another_answer_is_asked_again(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="早めの説明を。")
    reply(route_city, ASKED[1], "612", Verdict.OBJECT, opinion="承知できません。")
    to_joint(route_city)
    reply(route_city, ASKED[1], "612")

    assert opinions(route_city) == [("agree_with_opinion", "総務部長", "早めの説明を。")]
