"""The day itself: the tick hands measures and open sheets over, once, and says so in the ledger."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.concurrency.together import together
from tests.databases import Database
from tests.plans import plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport
from tests.transfers import FIRST_OF_APRIL, applied, row, sample_file
from workflow.errors import Conflict
from workflow.policy import SYSTEM
from workflow.services import reorganisation_day

MORNING = time(0, 5)
RENAMED = row("改称", unit="まちづくり推進課", successor="地域協働課")


def units_of(city: City, code: str) -> tuple[str, str]:
    """Lead section and responsible department of a sheet."""
    (found,) = city.rows(
        "SELECT l.name AS lead, r.name AS responsible FROM evaluation e "
        "JOIN org_unit l ON l.id = e.lead_section_id "
        "JOIN org_unit r ON r.id = e.responsible_department_id WHERE e.id = :id",
        id=city.evaluation(code),
    )
    return found.lead, found.responsible


def reasons(city: City, code: str) -> list[str]:
    return [
        json.loads(found.canonical)["reason"]
        for found in city.rows(
            "SELECT n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id "
            "WHERE v.evaluation_id = :id AND v.action = 'change_hands' ORDER BY v.sequence",
            id=city.evaluation(code),
        )
    ]


@pytest.fixture
def in_march(clock: Clock) -> Clock:
    """Some days before the first of April."""
    clock.set(date(2023, 3, 20))
    return clock


def test_nothing_is_handed_over_before_the_day(city: City, in_march: Clock) -> None:
    number = applied(city, file=sample_file())
    in_march.set(date(2023, 3, 31), time(23, 59))

    city.tick()
    with city.application.command(SYSTEM) as ctx:
        ctx.asked = True
        assert not reorganisation_day.carry_out(ctx, number)

    assert units_of(city, "611") == ("まちづくり推進課", "市民自治部")
    assert "change_hands" not in city.events("611")


def test_on_the_day_sheets_measures_and_projects_go_to_the_successors(
    city: City, in_march: Clock
) -> None:
    applied(city, file=sample_file())
    in_march.set(FIRST_OF_APRIL, MORNING)

    city.tick()

    assert units_of(city, "611") == ("地域協働課", "市民自治部")
    assert city.scalar(
        "SELECT u.name FROM measure m JOIN org_unit u ON u.id = m.lead_section_id "
        "WHERE m.code = '611'"
    ) == "地域協働課"  # fmt: skip
    assert city.scalar(
        "SELECT u.name FROM project p JOIN project_section s ON s.project_id = p.id "
        "JOIN org_unit u ON u.id = s.unit_id WHERE p.code = '631160'"
    ) == "施設マネジメント課"  # fmt: skip
    assert city.page("yamada.hanako", "611").edit_refusal is None
    assert city.page("sato.ichiro", "611").edit_refusal is not None
    assert city.page("sato.ichiro", "631").edit_refusal is None


def test_it_is_done_exactly_once(city: City, in_march: Clock, city_database: Database) -> None:
    applied(city, file=sample_file())
    in_march.set(FIRST_OF_APRIL, MORNING)

    def due() -> int:
        return reorganisation_day.carry_out_due(city.application)

    done = together(city_database, "SELECT 1 FROM municipality FOR UPDATE", [due, due, due])
    city.tick()

    assert done == [1, 0, 0]
    assert city.events("611").count("change_hands") == 1
    assert city.scalar("SELECT handed_over FROM reorganisation") == 3
    assert city.verify().broken == ()


def test_the_event_says_what_moved_to_whom(city: City, in_march: Clock) -> None:
    applied(city, file=sample_file())
    in_march.set(FIRST_OF_APRIL, MORNING)

    city.tick()

    assert reasons(city, "611") == [
        "令和5年4月1日の組織改編・異動。主担当課: まちづくり推進課 → 地域協働課、"
        "作成中を離れる職員: まちづくり推進課主査 佐藤 一郎、"
        "加わる職員: 地域協働課主事 青山 遥"
    ]
    assert reasons(city, "621") == [], "nobody at its present stage changed"
    page = city.page("yamada.hanako", "611")
    assert page.timeline[0].label == "担当が変わった"


def test_a_late_tick_makes_up_for_it(city: City, in_march: Clock) -> None:
    applied(city, RENAMED)
    in_march.set(date(2023, 4, 10))

    city.tick()

    assert units_of(city, "611") == ("地域協働課", "市民自治部")
    assert reasons(city, "611")[0].startswith("令和5年4月1日")


def test_what_takes_effect_today_is_carried_out_at_once(city: City, clock: Clock) -> None:
    clock.set(FIRST_OF_APRIL)

    applied(city, RENAMED)

    assert units_of(city, "611") == ("地域協働課", "市民自治部")
    assert city.scalar("SELECT state FROM reorganisation") == "carried_out"


def test_departments_that_merge_are_named_once(city: City, in_march: Clock) -> None:
    """611 is related to none; make it related to two that become one."""
    with city.application.command(SYSTEM) as ctx:
        ctx.asked = True
        ctx.execute(sa.text("DELETE FROM measure_related_department"))
        ctx.execute(
            sa.text(
                "INSERT INTO measure_related_department (measure_id, position, unit_id) "
                "SELECT m.id, n, u.id FROM measure m, (VALUES (0, '総務部'), (1, '会計室'), "
                "(2, '財政基盤部')) AS v(n, name) JOIN org_unit u "
                "ON u.name = v.name AND u.parent_id IS NULL WHERE m.code = '611'"
            )
        )
    applied(city, row("統合", unit="会計室", successor="総務部"))
    in_march.set(FIRST_OF_APRIL)

    city.tick()

    related = city.rows(
        "SELECT u.name FROM measure_related_department d JOIN org_unit u ON u.id = d.unit_id "
        "JOIN measure m ON m.id = d.measure_id WHERE m.code = '611' ORDER BY d.position"
    )
    assert [found.name for found in related] == ["総務部", "財政基盤部"]


def test_the_approving_bureau_is_handed_over_too(city: City, in_march: Clock) -> None:
    city.bring_to("611", "bureau_approval")
    applied(city, row("改称", unit="総合政策部", successor="企画部"))
    in_march.set(FIRST_OF_APRIL)

    city.tick()

    assert city.scalar(
        "SELECT u.name FROM municipality m JOIN org_unit u ON u.id = m.policy_bureau_id"
    ) == "企画部"  # fmt: skip
    assert units_of(city, "621") == ("デジタル戦略室", "企画部")
    city.approve("611")
    assert city.state("611") == "approved"


def test_whoever_retires_is_signed_out_and_cannot_come_back(city: City, in_march: Clock) -> None:
    applied(city, row("退職", sign_in_name="morita.kenji"))
    assert city.actor("morita.kenji")
    in_march.set(FIRST_OF_APRIL)

    city.tick()

    assert city.scalar("SELECT disabled_at IS NOT NULL FROM person WHERE name = '森田 健二'")


def test_somebody_who_comes_back_can_sign_in_from_the_day_on(city: City, in_march: Clock) -> None:
    applied(city, row("退職", sign_in_name="morita.kenji"))
    in_march.set(FIRST_OF_APRIL)
    city.tick()
    hired = row("採用", sign_in_name="morita.kenji", name="森田 健二", kana="もりた けんじ",
                email="morita.kenji@aose.example.jp", unit="政策室", title="参与",
                rank="担当")  # fmt: skip

    applied(city, hired, on=date(2023, 5, 1))
    city.tick()
    still = city.scalar("SELECT disabled_at IS NOT NULL FROM person WHERE name = '森田 健二'")
    in_march.set(date(2023, 5, 1))
    city.tick()

    assert still
    assert city.actor("morita.kenji").capacity == "政策室参与"


def test_those_whose_turn_it_becomes_are_told(
    city: City, in_march: Clock, transport: RecordingTransport
) -> None:
    city.bring_to("611", "bureau_approval")
    applied(city, file=sample_file())
    city.tick(transport)
    transport.forget()
    in_march.set(FIRST_OF_APRIL, MORNING)

    city.tick(transport)
    assert transport.sent == [], "nobody is mailed on a Saturday"
    in_march.set(date(2023, 4, 3), time(8, 45))
    city.tick(transport)

    # Beside it comes the digest of that morning.
    (mail,) = [m for m in transport.to("okamoto.sachiko") if ".now-" in str(m["Message-ID"])]
    assert "評価シート1件のご確認について" in str(mail["Subject"])


def test_administrators_are_told_when_nobody_is_left(
    city: City, in_march: Clock, transport: RecordingTransport
) -> None:
    city.bring_to("632", "department_review")
    applied(city, row("退職", sign_in_name="ogawa.tetsuo"))
    city.tick(transport)
    transport.forget()
    in_march.set(FIRST_OF_APRIL, MORNING)

    city.tick(transport)
    assert transport.sent == [], "nobody is mailed on a Saturday"
    in_march.set(date(2023, 4, 3), time(8, 45))
    city.tick(transport)

    (mail,) = [m for m in transport.to("hasegawa.ryo") if "account-" not in str(m["Message-ID"])]
    assert "処理できる職員がいません" in str(mail["Subject"])
    assert reasons(city, "632")[0].endswith("（処理できる職員がいません）")


def test_a_page_from_the_eve_is_stale(city: City, in_march: Clock) -> None:
    """Who opened the check page on 31 March submits under names that the sheet no longer has."""
    applied(city, RENAMED)
    seen = city.page("yamada.hanako", "611")
    in_march.set(FIRST_OF_APRIL, MORNING)
    city.tick()

    with pytest.raises(Conflict):
        city.act("yamada.hanako", "611", "submit", seen=seen)

    assert city.page("yamada.hanako", "611").content.lead_section == "地域協働課"
    city.submit("611", by="yamada.hanako")


def test_a_published_sheet_keeps_the_units_under_which_it_was_published(
    city: City, in_march: Clock
) -> None:
    city.publish(["611"])
    applied(city, RENAMED)
    in_march.set(FIRST_OF_APRIL)

    city.tick()

    assert units_of(city, "611") == ("まちづくり推進課", "市民自治部")
    assert "change_hands" not in city.events("611")


def test_one_that_fails_keeps_the_mails_going(
    city: City, in_march: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(city, RENAMED)
    in_march.set(FIRST_OF_APRIL)
    working = reorganisation_day.carry_out

    def fails(*_words: object) -> bool:
        raise RuntimeError("no")

    monkeypatch.setattr(reorganisation_day, "carry_out", fails)
    city.tick()
    assert city.scalar("SELECT state FROM reorganisation") == "scheduled"
    monkeypatch.setattr(reorganisation_day, "carry_out", working)
    city.tick()

    assert city.scalar("SELECT state FROM reorganisation") == "carried_out"


def renamed_plan(tree: dict[str, Any]) -> None:
    """The plan file of the next import: the same figures, the units of 1 April."""
    text = json.dumps(tree, ensure_ascii=False)
    for old, new in (
        ("まちづくり推進課", "地域協働課"),
        ("市民相談課", "市民課"),
        ("管財課", "施設マネジメント課"),
    ):
        text = text.replace(old, new)
    changed = json.loads(text)
    # The organisation is known already.
    del changed["organisation"]
    tree.clear()
    tree.update(changed)


def test_an_import_under_the_new_names_voids_no_signature_and_no_publication(
    city: City, in_march: Clock
) -> None:
    """631 was approved and 611 published under names that ended on 31 March."""
    city.publish(["611"])
    city.bring_to("631", "approved")
    applied(city, file=sample_file())
    in_march.set(FIRST_OF_APRIL)
    city.tick()

    report = take_in(city.application, plan(renamed_plan))

    assert report.sent_back == 0
    assert (city.state("611"), city.state("631")) == ("published", "approved")


def test_an_import_that_changes_more_than_names_still_voids_what_was_signed(
    city: City, in_march: Clock
) -> None:
    city.bring_to("631", "approved")
    applied(city, file=sample_file())
    in_march.set(FIRST_OF_APRIL)
    city.tick()

    def costlier(tree: dict[str, Any]) -> None:
        renamed_plan(tree)
        with_cost("631", "631140", 99)(tree)

    assert take_in(city.application, plan(costlier)).sent_back == 1
    assert city.state("631") == "department_review"
