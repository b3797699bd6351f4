"""Truth 3: who wrote never signs, in any round; who reviewed does not approve; from no post."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import RecordingTransport
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    BUREAUS_OWN,
    COLLEAGUES,
    DRAFTERS,
    REVIEWERS,
    SHEETS,
    TWO_POSTS,
)
from workflow.application import Application
from workflow.errors import Refused
from workflow.policy import SYSTEM, Permission


def give_post(city: City, name: str, unit: str, title: str, rank: str) -> None:
    """A further post for somebody, from the day on which the sample city begins."""
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(
            sa.text("""
                WITH made AS (
                    INSERT INTO post (unit_id, title, rank, valid_from)
                    SELECT id, :title, :rank, DATE '2021-04-01' FROM org_unit WHERE name = :unit
                    ON CONFLICT (unit_id, title, valid_from) DO UPDATE SET rank = excluded.rank
                    RETURNING id
                )
                INSERT INTO assignment (person_id, post_id, is_primary, valid_from)
                SELECT :person, id, false, DATE '2021-04-01' FROM made
            """),
            {"title": title, "rank": rank, "unit": unit, "person": city.person_id(name)},
        )


def end_posts(city: City, name: str) -> None:
    """The person leaves all posts."""
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(
            sa.text("UPDATE assignment SET valid_until = '2022-05-31' WHERE person_id = :person"),
            {"person": city.person_id(name)},
        )


@pytest.mark.parametrize("code", SHEETS)
def test_whoever_drafted_a_sheet_cannot_sign_it(city: City, code: str) -> None:
    drafter = DRAFTERS[code]
    give_post(city, drafter, "総合政策部", "部長", "director")
    city.submit(code)

    with pytest.raises(Refused):
        city.approve(code, by=drafter)

    city.approve(code)
    seat = city.actor(drafter, post="総合政策部長")
    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(seat, code, "approve")
    city.approve(code)
    assert city.state(code) == "approved"


@pytest.mark.parametrize("code", BUREAUS_OWN)
def test_the_bureaus_director_gives_way_on_the_bureaus_own_sheets(city: City, code: str) -> None:
    city.submit(code)

    with pytest.raises(Refused) as refused:
        city.approve(code, by=APPROVER)
    assert refused.value.code == "needed_later"
    assert refused.value.values["stage"] == "総合政策部承認"

    city.approve(code, by="okamoto.sachiko")
    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.approve(code, by="okamoto.sachiko")
    city.approve(code, by=APPROVER)
    assert city.state(code) == "approved"


@pytest.mark.parametrize("code", ["611", "632"])
def test_the_bureaus_deputy_reviews_no_other_departments_sheets(city: City, code: str) -> None:
    city.submit(code)

    with pytest.raises(Refused, match="not_your_turn"):
        city.approve(code, by="okamoto.sachiko")


def test_whoever_reviewed_does_not_approve_not_even_from_a_second_post(city: City) -> None:
    reviewer = REVIEWERS["611"]
    give_post(city, reviewer, "総合政策部", "部長事務取扱", "director")
    city.submit("611")
    city.approve("611")

    for actor in (city.actor(reviewer), city.actor(reviewer, post="総合政策部長事務取扱")):
        with pytest.raises(Refused, match="signed_earlier_stage"):
            city.act(actor, "611", "approve")

    city.approve("611", by=APPROVER)
    assert city.state("611") == "approved"


def test_whoever_holds_both_seats_alone_gives_way_where_a_deputy_can_review(city: City) -> None:
    """One person heads the responsible department and the bureau: only one of the two signs."""
    end_posts(city, REVIEWERS["611"])
    give_post(city, APPROVER, "市民自治部", "部長事務取扱", "director")
    give_post(city, "nakano.rie", "市民自治部", "次長", "deputy_director")
    city.submit("611")

    with pytest.raises(Refused, match="needed_later"):
        city.act(city.actor(APPROVER, post="市民自治部長事務取扱"), "611", "approve")

    city.act(city.actor("nakano.rie", post="市民自治部次長"), "611", "approve")
    city.approve("611", by=APPROVER)
    assert city.state("611") == "approved"


def test_a_writer_never_signs_even_after_a_return_and_a_colleagues_submission(city: City) -> None:
    writer, colleague = DRAFTERS["611"], COLLEAGUES["611"]
    city.save("611", by=writer, results="一度だけ書いた。")
    city.submit("611", by=colleague)
    city.give_back("611")
    city.save("611", by=colleague, results="全て書き直した。")
    city.submit("611", by=colleague)
    end_posts(city, REVIEWERS["611"])
    give_post(city, writer, "市民自治部", "部長", "director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(writer, post="市民自治部長"), "611", "approve")

    assert city.page(writer, "611").round == 2


def test_who_alone_can_review_gives_way_to_a_colleague_when_it_is_submitted(city: City) -> None:
    end_posts(city, REVIEWERS["611"])
    give_post(city, DRAFTERS["611"], "市民自治部", "部長", "director")

    with pytest.raises(Refused, match="needed_later"):
        city.submit("611", by=DRAFTERS["611"])

    city.submit("611", by=COLLEAGUES["611"])
    city.act(city.actor(DRAFTERS["611"], post="市民自治部長"), "611", "approve")
    assert city.state("611") == "bureau_approval"


def test_autosave_alone_makes_an_author(city: City) -> None:
    city.save(
        "611", by=COLLEAGUES["611"], results="保存ボタンは押していない。", make_revision=False
    )
    city.submit("611", by=DRAFTERS["611"])
    give_post(city, COLLEAGUES["611"], "市民自治部", "部長", "director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(COLLEAGUES["611"], post="市民自治部長"), "611", "approve")


def test_who_submits_stands_for_the_text_also_without_typing_it(city: City) -> None:
    city.submit("611", by=COLLEAGUES["611"])
    give_post(city, COLLEAGUES["611"], "市民自治部", "部長", "director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(COLLEAGUES["611"], post="市民自治部長"), "611", "approve")


def test_whoever_only_typed_a_projects_cost_is_an_author_too(city: City) -> None:
    city.save_cost("612", "612010", 5, by="nakano.rie")
    city.submit("612")
    give_post(city, "nakano.rie", "総合政策部", "次長", "deputy_director")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor("nakano.rie", post="総合政策部次長"), "612", "approve")


def test_in_another_post_one_is_told_to_switch(city: City) -> None:
    """経営企画課長 leads 631; as 政策室長 the same person is told where the sheet waits."""
    with pytest.raises(Refused) as refused:
        city.act(city.actor(TWO_POSTS, post="政策室長"), "631", "submit")

    assert refused.value.code == "other_post"
    assert refused.value.values["post"] == "経営企画課長"
    city.act(city.actor(TWO_POSTS, post="経営企画課長"), "631", "submit")
    assert city.state("631") == "department_review"


def test_a_post_that_ended_yesterday_signs_nothing_today(city: City) -> None:
    city.submit("611")
    end_posts(city, REVIEWERS["611"])

    with pytest.raises(Refused):
        city.approve("611")


def test_when_nobody_is_left_the_administrators_are_told_and_nobody_can_act(
    city: City, transport: RecordingTransport
) -> None:
    city.save("611", results="次の部長が書いた成果。")
    end_posts(city, REVIEWERS["611"])
    give_post(city, DRAFTERS["611"], "市民自治部", "部長", "director")

    city.submit("611")

    with pytest.raises(Refused, match="wrote_the_sheet"):
        city.act(city.actor(DRAFTERS["611"], post="市民自治部長"), "611", "approve")
    with pytest.raises(Refused, match="nobody_left"):
        city.approve("611", by=APPROVER)
    told = city.rows("SELECT recipient_id FROM notice WHERE kind = 'nobody_left'")
    assert [row.recipient_id for row in told] == [city.person_id(ADMINISTRATOR)]
    city.tick(transport)
    [mail] = transport.to(ADMINISTRATOR)
    assert mail["Subject"] == "【行政評価】評価シート1件を処理できる職員がいません"


def test_a_disabled_person_signs_nothing(city: City, application: Application) -> None:
    city.submit("611")
    reviewer = city.actor(REVIEWERS["611"])
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.ADMINISTER)
        ctx.execute(
            sa.text("UPDATE person SET disabled_at = :now WHERE id = :id"),
            {"now": ctx.now, "id": reviewer.person_id},
        )

    with pytest.raises(Refused):
        city.act(reviewer, "611", "approve")
