"""合議: related departments agree, object or stay silent; what is kept and what is asked again."""

from __future__ import annotations

from datetime import date

import pytest

from tests.authority import ask, end_posts, give_post, grant, hold, reply
from tests.city import City, on_route
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.definition.facts import Verdict
from workflow.errors import BadInput, Conflict, Refused
from workflow.services import extensions

pytestmark = on_route("joint_external")

#: 関連部局 of 612: 総務部, 市議会事務局, 市民自治部; and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")


def to_joint(city: City, code: str = "612") -> None:
    city.submit(code)
    city.approve(code)
    assert city.state(code) == "joint_agreement"


def pending(city: City, code: str = "612") -> list[str]:
    return [holder.title for holder in city.page(APPROVER, code).holders]


def test_nobody_else_answers(route_city: City) -> None:
    to_joint(route_city)

    for name, code in (
        (APPROVER, "not_your_turn"),
        (DRAFTERS["612"], "wrote_the_sheet"),
        (REVIEWERS["612"], "signed_earlier_stage"),
        ("imai.kazuo", "not_your_turn"),
    ):
        with pytest.raises(Refused) as refused:
            reply(route_city, name, "612")
        assert refused.value.code == code, name
    assert route_city.rows("SELECT 1 FROM joint_reply") == []


def test_whoever_wrote_or_reviewed_answers_for_no_department(route_city: City) -> None:
    give_post(route_city, DRAFTERS["612"], "総務部", "部長", "director")
    give_post(route_city, REVIEWERS["612"], "市議会事務局", "局長心得", "director")
    end_posts(route_city, ASKED[0])
    end_posts(route_city, ASKED[1])
    to_joint(route_city)

    with pytest.raises(Refused, match="wrote_the_sheet"):
        reply(route_city, route_city.actor(DRAFTERS["612"], post="総務部長"), "612")
    with pytest.raises(Refused, match="signed_earlier_stage"):
        reply(route_city, route_city.actor(REVIEWERS["612"], post="市議会事務局長心得"), "612")
    assert pending(route_city) == ["市民自治部長"]


def test_a_sheet_without_related_departments_passes_straight_through(route_city: City) -> None:
    route_city.submit("611")
    route_city.approve("611")

    assert route_city.state("611") == "bureau_approval"
    assert route_city.events("611")[-1] == "agreed"


def test_when_all_have_agreed_the_sheet_goes_on_by_itself(route_city: City) -> None:
    to_joint(route_city)

    for name in ASKED[:2]:
        reply(route_city, name, "612")
        assert route_city.state("612") == "joint_agreement"
    reply(
        route_city,
        ASKED[2],
        "612",
        Verdict.AGREE_WITH_OPINION,
        opinion="市民への説明を早めてください。",
    )

    assert route_city.state("612") == "bureau_approval"
    assert route_city.events("612")[-4:] == ["agree", "agree", "agree_with_opinion", "agreed"]
    assert route_city.verify().broken == ()


def test_somebody_answers_once(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")

    with pytest.raises(Refused, match="already_replied"):
        reply(route_city, ASKED[0], "612", Verdict.OBJECT, opinion="考え直しました。")

    assert pending(route_city) == ["市議会事務局長", "市民自治部長"]


@pytest.mark.parametrize("verdict", [Verdict.OBJECT, Verdict.AGREE_WITH_OPINION])
def test_an_objection_or_an_opinion_needs_words(route_city: City, verdict: Verdict) -> None:
    to_joint(route_city)

    with pytest.raises(BadInput) as refused:
        reply(route_city, ASKED[0], "612", verdict, opinion="  ")

    assert refused.value.faults[0].code == "opinion_required"
    assert route_city.state("612") == "joint_agreement"


def test_one_objection_sends_the_sheet_back_with_its_words_and_asks_that_department_again(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    reply(route_city, ASKED[1], "612", Verdict.OBJECT, opinion="議会への報告が先です。")

    assert route_city.state("612") == "draft"
    told = route_city.rows(
        "SELECT recipient_id, remark FROM notice WHERE kind = 'came_back' ORDER BY id DESC LIMIT 1"
    )
    assert [(row.recipient_id, row.remark) for row in told] == [
        (route_city.person_id(DRAFTERS["612"]), "議会への報告が先です。")
    ]
    route_city.submit("612")
    route_city.approve("612")
    # The content is unchanged: who agreed is not asked again, who objected is.
    assert pending(route_city) == ["市議会事務局長", "市民自治部長"]


def test_changed_content_asks_everybody_again(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    reply(route_city, ASKED[1], "612", Verdict.OBJECT, opinion="議会への報告が先です。")
    route_city.save("612", results="議会への報告を済ませた。")
    route_city.submit("612")
    route_city.approve("612")

    assert pending(route_city) == ["総務部長", "市議会事務局長", "市民自治部長"]


def test_a_member_returns_the_sheet_and_given_answers_are_kept_while_the_content_stays(
    route_city: City,
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    route_city.act(ASKED[2], "612", "return", reason="担当課の記載が違います。")
    assert route_city.state("612") == "draft"

    route_city.submit("612")
    route_city.approve("612")

    assert pending(route_city) == ["市議会事務局長", "市民自治部長"]
    reply(route_city, ASKED[1], "612")
    reply(route_city, ASKED[2], "612")
    assert route_city.state("612") == "bureau_approval"


def test_the_reviewer_withdraws_until_somebody_asked_has_opened_it(route_city: City) -> None:
    to_joint(route_city)
    route_city.withdraw("612", by=REVIEWERS["612"])
    assert route_city.state("612") == "department_review"
    route_city.approve("612")
    route_city.open_sheet(ASKED[1], "612")

    with pytest.raises(Refused, match="already_opened"):
        route_city.withdraw("612", by=REVIEWERS["612"])


def test_once_somebody_has_answered_or_asked_it_is_not_withdrawn(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")

    with pytest.raises(Refused, match="already_opened"):
        route_city.withdraw("612", by=REVIEWERS["612"])

    route_city.act(ASKED[1], "612", "return", reason="書き直してください。")
    route_city.submit("612")
    ask(route_city, REVIEWERS["612"], "612", ASKED[0])
    with pytest.raises(Refused, match="already_opened"):
        route_city.withdraw("612", by=DRAFTERS["612"])


def test_going_back_to_the_joint_stage_itself_asks_everybody_again(route_city: City) -> None:
    to_joint(route_city)
    for name in ASKED:
        reply(route_city, name, "612")
    route_city.act(
        APPROVER, "612", "return", target="joint_agreement", reason="もう一度協議してください。"
    )

    assert route_city.state("612") == "joint_agreement"
    assert pending(route_city) == ["総務部長", "市議会事務局長", "市民自治部長"]


def test_silence_until_the_last_day_counts_as_told(route_city: City, clock: Clock) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    due = route_city.scalar(
        "SELECT due_at FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=route_city.evaluation("612"),
    )
    clock.now = due
    route_city.tick()
    assert route_city.state("612") == "joint_agreement"

    clock.set(date(2022, 8, 31))
    route_city.tick()
    route_city.tick()

    assert route_city.state("612") == "bureau_approval"
    # The last day of the stage that follows is over as well.
    assert route_city.events("612")[-2:] == ["agreed", "move_deadline"]


def test_who_has_asked_for_more_time_is_not_settled_before_the_answer(
    route_city: City, clock: Clock
) -> None:
    to_joint(route_city)
    page = route_city.page(ASKED[0], "612")
    with route_city.application.command(route_city.actor(ASKED[0])) as ctx:
        extensions.ask(
            ctx,
            evaluation_id=page.id,
            expected_version=page.version,
            wanted_on=date(2022, 9, 15),
            reason="部内で検討しています。",
            request_key="ask",
        )
    clock.set(date(2022, 8, 31))
    route_city.tick()
    assert route_city.state("612") == "joint_agreement"

    request = route_city.scalar("SELECT id FROM extension_request")
    with route_city.application.command(route_city.actor(PUBLISHER)) as ctx:
        extensions.decide(
            ctx, request_id=request, granted=False, remark="日程上できません。", request_key="no"
        )
    route_city.tick()
    assert route_city.state("612") == "bureau_approval"


def test_a_hold_keeps_even_the_last_day_from_settling_the_stage(
    route_city: City, clock: Clock
) -> None:
    to_joint(route_city)
    hold(route_city, ASKED[0], "612")
    clock.set(date(2022, 8, 31))
    route_city.tick()

    assert route_city.state("612") == "joint_agreement"
    with pytest.raises(Refused, match="on_hold"):
        reply(route_city, ASKED[1], "612")


def test_a_vacant_department_is_told_to_nobody_and_the_rest_settle_at_the_last_day(
    route_city: City, clock: Clock
) -> None:
    end_posts(route_city, ASKED[1])
    to_joint(route_city)
    for name in (ASKED[0], ASKED[2]):
        reply(route_city, name, "612")

    assert route_city.state("612") == "joint_agreement"
    assert pending(route_city) == []
    clock.set(date(2022, 8, 31))
    route_city.tick()
    assert route_city.state("612") == "bureau_approval"


def test_a_new_head_is_not_asked_for_a_department_that_has_answered(route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    end_posts(route_city, ASKED[0])
    give_post(route_city, "aoki.shizuka", "総務部", "部長", "director")

    assert pending(route_city) == ["市議会事務局長", "市民自治部長"]


def test_somebody_who_joins_late_answers_for_a_department_that_has_not(route_city: City) -> None:
    to_joint(route_city)
    end_posts(route_city, ASKED[0])
    give_post(route_city, "aoki.shizuka", "総務部", "部長", "director")

    reply(route_city, route_city.actor("aoki.shizuka", post="総務部長"), "612")

    assert pending(route_city) == ["市議会事務局長", "市民自治部長"]


def test_whoever_agreed_for_a_department_does_not_approve(route_city: City) -> None:
    to_joint(route_city)
    give_post(route_city, ASKED[0], "総合政策部", "部長心得", "director")
    for name in ASKED:
        reply(route_city, name, "612")

    with pytest.raises(Refused, match="signed_earlier_stage"):
        route_city.act(
            route_city.actor(ASKED[0], post="総合政策部長心得"), "612", "approve", reason="可"
        )
    route_city.act(APPROVER, "612", "approve", reason="合議の意見を踏まえ承認する。")
    assert route_city.state("612") == "external_review"


def test_a_committee_without_members_is_vacant_and_the_administrators_are_told(
    route_city: City,
) -> None:
    route_city.submit("611")
    route_city.approve("611")
    route_city.act(APPROVER, "611", "approve", reason="承認する。")

    assert route_city.state("611") == "external_review"
    told = route_city.rows("SELECT recipient_id FROM notice WHERE kind = 'nobody_left'")
    assert [row.recipient_id for row in told] == [route_city.person_id(ADMINISTRATOR)]


def test_an_approval_without_the_comment_that_its_stage_asks_for_is_refused(
    route_city: City,
) -> None:
    route_city.submit("611")
    route_city.approve("611")

    with pytest.raises(Refused, match="comment_required"):
        route_city.act(APPROVER, "611", "approve")

    assert route_city.state("611") == "bureau_approval"


def test_two_of_three_external_reviewers_are_enough_and_an_objection_is_noted(
    route_city: City,
) -> None:
    for name in ("aoki.shizuka", "noguchi.tomoko", "iwasaki.yui"):
        grant(route_city, name, "external_reviewer")
    route_city.submit("611")
    route_city.approve("611")
    route_city.act(APPROVER, "611", "approve", reason="承認する。")

    reply(route_city, "aoki.shizuka", "611", Verdict.OBJECT, opinion="指標が目的に合いません。")
    assert route_city.state("611") == "external_review"
    reply(route_city, "iwasaki.yui", "611")

    assert route_city.state("611") == "approved"
    with pytest.raises(Refused):
        reply(route_city, "noguchi.tomoko", "611")


def test_an_answer_covers_what_was_seen(route_city: City) -> None:
    to_joint(route_city)
    seen = route_city.page(ASKED[0], "612")
    route_city.act(ASKED[2], "612", "return", reason="直してください。")
    route_city.save("612", results="直した成果。")
    route_city.submit("612")
    route_city.approve("612")

    with pytest.raises(Conflict):
        reply(route_city, ASKED[0], "612", seen=seen)

    assert route_city.rows("SELECT 1 FROM joint_reply") == []


def test_somebody_who_heads_two_related_departments_answers_once_for_both(
    route_city: City,
) -> None:
    """兼務: one person, one answer; asked a second time it could not even be written."""
    end_posts(route_city, ASKED[1])
    give_post(route_city, ASKED[0], "市議会事務局", "局長心得", "director")
    to_joint(route_city)
    assert pending(route_city) == ["総務部長", "市議会事務局長心得", "市民自治部長"]

    reply(route_city, ASKED[0], "612")

    assert pending(route_city) == ["市民自治部長"]
    with pytest.raises(Refused, match="already_replied"):
        reply(route_city, route_city.actor(ASKED[0], post="市議会事務局長心得"), "612")
    reply(route_city, ASKED[2], "612")
    assert route_city.state("612") == "bureau_approval"
