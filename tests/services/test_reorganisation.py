"""1 April: tried, refused, applied ahead of time, called off, confirmed by who handed it in."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest

from tests.city import City
from tests.databases import Database
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER
from tests.transfers import (
    FIRST_OF_APRIL,
    applied,
    file_of,
    move,
    row,
    sample_file,
    tried,
)
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.exchange.faults import FileRefused
from workflow.models import AbsenceKind
from workflow.policy import SYSTEM
from workflow.services import absences, reorganisation, reorganisation_plan
from workflow.services.absences import AbsenceForm
from workflow.services.reorganisation_lines import RoleLine

EVE = FIRST_OF_APRIL - timedelta(days=1)
RENAMED = row("改称", unit="まちづくり推進課", successor="地域協働課")


def codes(city: City, *rows: dict[str, str]) -> list[tuple[str, str]]:
    """(place, code) of everything that the organisation has against the rows."""
    with pytest.raises(FileRefused) as refused:
        tried(city, *rows)
    return [
        (fault.path.removeprefix("異動.csv:"), str(fault.code)) for fault in refused.value.faults
    ]


def posts_on(city: City, name: str, day: date) -> list[str]:
    return [
        f"{found.unit} {found.title}"
        for found in city.rows(
            """
            SELECT u.name AS unit, o.title FROM assignment a
            JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
            WHERE a.person_id = :person AND a.valid_from <= :day
              AND (a.valid_until IS NULL OR a.valid_until >= :day)
            ORDER BY a.is_primary DESC, a.id
            """,
            person=city.person_id(name),
            day=day,
        )
    ]


# Forbidden


@pytest.mark.parametrize("name", [DRAFTERS["611"], APPROVER, PUBLISHER])
def test_only_administrators_try_and_apply(city: City, name: str) -> None:
    actor = city.actor(name)
    before = city.counts()

    with city.application.query(actor) as ctx, pytest.raises(Refused) as trying:
        reorganisation_plan.plan(ctx, file_of(RENAMED), effective_on=FIRST_OF_APRIL)
    with pytest.raises(Refused):
        applied(city, RENAMED, by=actor)

    assert trying.value.code == "administrators_only"
    assert city.counts() == before


def test_a_day_in_the_past_is_refused(city: City, clock: Clock) -> None:
    clock.set(FIRST_OF_APRIL)

    with pytest.raises(BadInput) as refused:
        tried(city, RENAMED, on=EVE)

    assert [fault.code for fault in refused.value.faults] == ["day_in_the_past"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([move("sato.ichirou", "市民課", "主査")], [("E2 利用者名", "no_such_person")]),
        ([row("異動", sign_in_name="sato.ichiro", name="佐藤 二郎", unit="市民課", title="主査",
              rank="担当")], [("F2 氏名", "name_differs")]),
        ([move("sato.ichiro", "市民税務課", "主査")], [("B2 部署", "no_such_unit")]),
        ([move("sato.ichiro", "市民自治部", "部長", "次長")], [("J2 職位", "rank_differs")]),
        ([move("sato.ichiro", "まちづくり推進課", "主査")], [("I2 職名", "already_there")]),
        ([row("解任", sign_in_name="sato.ichiro", unit="市民課", title="課長")],
         [("I2 職名", "not_in_post")]),
        ([row("採用", sign_in_name="sato.ichiro", name="佐藤 一郎", kana="さとう", unit="市民課",
              email="x@aose.example.jp", title="主査", rank="担当")],
         [("E2 利用者名", "person_exists")]),
        ([row("採用", sign_in_name="aoyama", name="青山 遥", kana="あおやま", unit="市民課",
              email="SATO.ichiro@aose.example.jp", title="主査", rank="担当")],
         [("H2 メール", "address_taken")]),
        ([row("設置", unit="市民課", parent="市民自治部")], [("B2 部署", "unit_exists")]),
        ([row("設置", unit="危機管理課", parent="総務局")], [("C2 上位部局", "not_a_department")]),
        ([row("改称", unit="市民課", successor="市民課")], [("D2 引継ぎ先", "nothing_changes")]),
        ([row("改称", unit="市民課", successor="市民相談課")],
         [("D2 引継ぎ先", "unit_exists")]),
        ([row("統合", unit="市民相談課", successor="市民窓口課")],
         [("D2 引継ぎ先", "no_such_unit")]),
        ([row("統合", unit="会計室", successor="総務課")], [("D2 引継ぎ先", "successor_kind")]),
        ([row("廃止", unit="市民自治部", successor="総務部")], [("B2 部署", "sections_left")]),
        # Contradictions
        ([RENAMED, row("廃止", unit="まちづくり推進課")], [("B3 部署", "contradiction")]),
        ([RENAMED, move("kimura.daisuke", "まちづくり推進課", "課長", "課長")],
         [("B3 部署", "unit_ends")]),
        ([row("統合", unit="市民相談課", successor="市民課"),
          row("改称", unit="市民課", successor="市民窓口課")],
         [("D2 引継ぎ先", "unit_ends")]),
        ([move("sato.ichiro", "市民課", "主査"), move("sato.ichiro", "市民税課", "主査")],
         [("E3 利用者名", "contradiction")]),
        ([move("sato.ichiro", "市民課", "主査"), row("退職", sign_in_name="sato.ichiro")],
         [("E3 利用者名", "contradiction")]),
        ([row("兼務", sign_in_name="sato.ichiro", unit="市民課", title="主査", rank="担当")] * 2,
         [("I3 職名", "contradiction")]),
    ],
)  # fmt: skip
def test_each_row_that_the_organisation_forbids_is_told_with_its_cell(
    city: City, rows: list[dict[str, str]], found: list[tuple[str, str]]
) -> None:
    before = city.counts()

    assert codes(city, *rows) == found
    assert city.counts() == before


def test_a_post_given_to_nobody_is_refused(city: City) -> None:
    found = codes(city, row("異動", unit="市民課", title="課長", rank="課長"))

    assert found == [("E2 利用者名", "post_for_nobody")]


def test_the_bureau_does_not_end_without_a_successor(city: City) -> None:
    found = codes(city, row("廃止", unit="総合政策部"))

    assert ("D2 引継ぎ先", "bureau_ends") in found


def test_all_faults_of_the_file_and_of_the_organisation_come_at_once(city: City) -> None:
    found = codes(
        city,
        row("設置"),
        move("nobody", "市民課", "主査"),
        row("退職", sign_in_name="sato.ichiro", name="違う 名前"),
        move("kondo.ayumi", "ない課", "主査"),
    )

    assert found == [
        ("B2 部署", "cell_missing"),
        ("E3 利用者名", "no_such_person"),
        ("F4 氏名", "name_differs"),
        ("B5 部署", "no_such_unit"),
    ]


def test_a_refused_file_changes_nothing(city: City) -> None:
    before = city.counts()

    with pytest.raises(FileRefused):
        applied(city, RENAMED, move("nobody", "市民課", "主査"))

    assert city.counts() == before
    assert city.scalar("SELECT count(*) FROM org_unit WHERE valid_until IS NOT NULL") == 0


def test_reorganisations_follow_each_other_in_time(city: City) -> None:
    applied(city, RENAMED)

    with pytest.raises(BadInput) as refused:
        tried(city, row("廃止", unit="管財課"), on=EVE)

    assert refused.value.faults[0].code == "reorganisation_order"
    assert tried(city, row("廃止", unit="地域協働課"), on=date(2023, 7, 1)).units


# The dry run


def test_a_dry_run_writes_nothing(city: City) -> None:
    before = city.counts()

    with city.application.query(SYSTEM) as ctx:
        reorganisation_plan.plan(ctx, sample_file(), effective_on=FIRST_OF_APRIL)

    assert city.counts() == before


def test_it_lists_every_sheet_that_changes_hands_and_per_stage_from_whom_to_whom(
    city: City,
) -> None:
    city.bring_to("611", "department_review")

    with city.application.query(SYSTEM) as ctx:
        report = reorganisation_plan.plan(ctx, sample_file(), effective_on=FIRST_OF_APRIL).report

    by_code = {line.code: line for line in report.sheets}
    assert set(by_code) == {"611", "612", "621", "631", "632"}
    assert by_code["611"].roles == (RoleLine("lead_section", "まちづくり推進課", "地域協働課"),)
    # The reviewer of 611 stays; what is behind the sheet (its drafting) is not ahead of it.
    assert [(s.label, s.before, s.after) for s in by_code["611"].stages] == [
        ("総合政策部承認", ("総合政策部長 森田 健二",), ("総合政策部長 岡本 幸子",))
    ]
    review = next(s for s in by_code["621"].stages if s.label == "部局審査")
    assert (review.before, review.after) == (
        ("総合政策部次長 岡本 幸子",), ("総合政策部次長 藤井 直樹",)
    )  # fmt: skip
    assert ("611010", "地域協働課") in {(m.code, m.roles[0].after) for m in report.measures}
    assert report.ownerless == ()
    assert {(line.code, line.person) for line in report.drafters} == {
        ("612", "広報・シティプロモーション課長 松井 明"),
        ("631", "経営企画課長 藤井 直樹"),
    }


def test_it_lists_what_is_left_without_an_owner(city: City) -> None:
    report = tried(
        city,
        row("廃止", unit="まちづくり推進課"),
        row("退職", sign_in_name="ogawa.tetsuo"),
        row("退職", sign_in_name="hasegawa.ryo"),
    )

    found = {(item.kind, item.what, item.role) for item in report.ownerless}
    assert found >= {
        ("sheet", "611 参画協働のまちづくり", "lead_section"),
        ("stage", "611 参画協働のまちづくり", "作成中"),
        ("measure", "611 参画協働のまちづくり", "lead_section"),
        ("project", "611010 参画協働施策推進事業", "project_section"),
        ("stage", "632 人材育成", "部局審査"),
        ("post", "総務部長", ""),
        ("unit", "総務部", ""),
        ("grant", "administrator", ""),
    }
    assert report.unplaced == ("まちづくり推進課長 山田 花子", "まちづくり推進課主査 佐藤 一郎")


def test_it_lists_posts_that_two_people_would_hold(city: City) -> None:
    report = tried(city, move("okamoto.sachiko", "総合政策部", "部長", "部長"))

    assert report.crowded == ("総合政策部長: 森田 健二、岡本 幸子",)


# Applied ahead of its day


def test_posts_change_by_themselves_on_the_day(city: City, clock: Clock) -> None:
    clock.set(date(2023, 3, 20))
    applied(city, file=sample_file())

    assert posts_on(city, "sato.ichiro", EVE) == ["まちづくり推進課 主査"]
    assert posts_on(city, "sato.ichiro", FIRST_OF_APRIL) == ["経営企画課 主査"]
    # Everybody else of the renamed section goes on in the new one.
    assert posts_on(city, "yamada.hanako", FIRST_OF_APRIL) == ["地域協働課 課長"]
    # A transfer ends the main post; the second one goes on.
    assert posts_on(city, "fujii.naoki", FIRST_OF_APRIL) == ["総合政策部 次長", "政策室 室長"]
    assert posts_on(city, "morita.kenji", EVE) == ["総合政策部 部長"]
    assert posts_on(city, "morita.kenji", FIRST_OF_APRIL) == []
    assert posts_on(city, "aoyama.haruka", EVE) == []
    assert posts_on(city, "aoyama.haruka", FIRST_OF_APRIL) == ["地域協働課 主事"]
    assert city.actor("sato.ichiro").capacity == "まちづくり推進課主査"
    clock.set(FIRST_OF_APRIL)
    assert city.actor("sato.ichiro").capacity == "経営企画課主査"


def test_rows_that_ended_and_began_say_by_what(city: City) -> None:
    number = applied(city, RENAMED)

    ended = city.rows(
        "SELECT u.name, s.name AS successor FROM org_unit u JOIN org_unit s "
        "ON s.id = u.successor_id WHERE u.ended_by = :by AND s.begun_by = :by",
        by=number,
    )
    assert [tuple(line) for line in ended] == [("まちづくり推進課", "地域協働課")]
    assert city.scalar("SELECT count(*) FROM assignment WHERE ended_by = :by", by=number) == 2
    assert city.scalar("SELECT count(*) FROM assignment WHERE begun_by = :by", by=number) == 2


def test_who_moves_away_from_a_draft_is_asked_for_a_note(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2023, 3, 20))
    city.save("611", results="書きかけ")
    city.tick(transport)
    transport.forget()

    clock.forward(minutes=10)
    applied(city, move("sato.ichiro", "市民課", "主査"))
    city.tick(transport)

    (mail,) = transport.to("sato.ichiro")
    assert str(mail["Subject"]).endswith("異動の前に評価シート1件の引継ぎをお願いします")
    assert transport.to("yamada.hanako") == []


def test_a_renamed_department_takes_its_sections_and_their_people_along(city: City) -> None:
    applied(city, row("改称", unit="市民自治部", successor="市民協働部"))

    assert posts_on(city, "takahashi.noriko", FIRST_OF_APRIL) == ["市民協働部 部長"]
    assert posts_on(city, "sato.ichiro", FIRST_OF_APRIL) == ["まちづくり推進課 主査"]
    parents = city.rows(
        "SELECT DISTINCT p.name FROM org_unit u JOIN org_unit p ON p.id = u.parent_id "
        "WHERE u.name = 'まちづくり推進課' AND u.valid_until IS NULL"
    )
    assert [line.name for line in parents] == ["市民協働部"]


def test_a_section_moves_to_another_department(city: City) -> None:
    applied(city, row("改称", unit="市民相談課", successor="市民相談課", parent="総務部"))

    assert city.scalar(
        "SELECT p.name FROM org_unit u JOIN org_unit p ON p.id = u.parent_id "
        "WHERE u.name = '市民相談課' AND u.valid_until IS NULL"
    ) == "総務部"  # fmt: skip


# Called off


def test_called_off_before_its_day_everything_is_as_it_was(city: City, clock: Clock) -> None:
    clock.set(date(2023, 3, 20))
    dated = (
        "SELECT 'u', id, name, valid_from, valid_until, successor_id FROM org_unit UNION ALL "
        "SELECT 'p', id, title, valid_from, valid_until, NULL FROM post UNION ALL "
        "SELECT 'a', id, '', valid_from, valid_until, ended_by FROM assignment UNION ALL "
        "SELECT 'g', id, role, valid_from, valid_until, NULL FROM role_grant ORDER BY 1, 2"
    )
    before = city.rows(dated)
    number = applied(city, file=sample_file())
    assert city.rows(dated) != before

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        reorganisation.call_off(ctx, reorganisation_id=number)

    assert city.rows(dated) == before
    clock.set(FIRST_OF_APRIL)
    city.tick()
    assert city.scalar("SELECT state FROM reorganisation") == "called_off"
    assert "change_hands" not in city.events("611")
    # The corrected file can be taken in; the new person of the first one is no hindrance.
    assert applied(city, file=sample_file())


def test_a_substitute_by_a_post_that_was_to_begin_goes_with_it(city: City, clock: Clock) -> None:
    clock.set(date(2023, 3, 20))
    number = applied(city, file=sample_file())
    # 藤井 is to be 次長 from 1 April and stands in for 岡本, who is to be 部長.
    to_come = city.scalar(
        "SELECT a.id FROM assignment a WHERE a.begun_by = :by AND a.person_id = :person",
        by=number,
        person=city.person_id("fujii.naoki"),
    )
    with city.application.command(city.actor("okamoto.sachiko")) as ctx:
        absences.register(
            ctx,
            person_id=city.person_id("okamoto.sachiko"),
            form=AbsenceForm(
                date(2023, 4, 3), date(2023, 4, 7), AbsenceKind.LEAVE,
                {"bureau_approval": [to_come]},
            ),
        )  # fmt: skip

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        reorganisation.call_off(ctx, reorganisation_id=number)

    assert city.scalar("SELECT count(*) FROM absence_substitute") == 0
    assert city.scalar("SELECT count(*) FROM absence") == 1


def test_it_is_not_called_off_twice_nor_on_its_day(city: City, clock: Clock) -> None:
    number = applied(city, RENAMED)
    clock.set(FIRST_OF_APRIL)

    with city.application.command(SYSTEM) as ctx, pytest.raises(Conflict) as over:
        reorganisation.call_off(ctx, reorganisation_id=number)
    with city.application.command(SYSTEM) as ctx, pytest.raises(NotFound):
        reorganisation.call_off(ctx, reorganisation_id=number + 1)

    assert over.value.code == "reorganisation_over"


def test_the_database_itself_keeps_rows_that_took_effect(
    city: City, clock: Clock, city_database: Database
) -> None:
    applied(city, RENAMED)
    clock.set(FIRST_OF_APRIL)
    city.tick()

    for table in ("assignment", "post", "org_unit"):
        with (
            psycopg.connect(city_database.app_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608


# Proposed and confirmed


def test_a_proposal_is_confirmed_by_the_person_who_saw_its_result(city: City) -> None:
    administrator = city.actor(ADMINISTRATOR)
    with city.application.command(administrator) as ctx:
        number = reorganisation.propose(ctx, file_of(RENAMED), effective_on=FIRST_OF_APRIL)
    assert city.scalar("SELECT count(*) FROM org_unit WHERE valid_until IS NOT NULL") == 0

    with city.application.command(SYSTEM) as ctx, pytest.raises(Refused) as another:
        reorganisation.confirm(ctx, reorganisation_id=number)
    with city.application.command(administrator) as ctx:
        reorganisation.confirm(ctx, reorganisation_id=number)
    with city.application.command(administrator) as ctx, pytest.raises(Conflict) as again:
        reorganisation.confirm(ctx, reorganisation_id=number)

    assert another.value.code == "not_your_proposal"
    assert again.value.code == "reorganisation_decided"
    assert city.scalar("SELECT applied_by FROM reorganisation") == administrator.person_id


def test_what_would_come_out_differently_than_shown_is_not_applied(city: City) -> None:
    administrator = city.actor(ADMINISTRATOR)
    with city.application.command(administrator) as ctx:
        number = reorganisation.propose(ctx, sample_file(), effective_on=FIRST_OF_APRIL)
    city.bring_to("612", "department_review")
    before = city.counts()

    with city.application.command(administrator) as ctx, pytest.raises(Conflict) as differs:
        reorganisation.confirm(ctx, reorganisation_id=number)

    assert differs.value.code == "plan_differs"
    assert city.counts() == before
    with city.application.command(administrator) as ctx:
        reorganisation.renew(ctx, reorganisation_id=number)
    with city.application.command(administrator) as ctx:
        reorganisation.confirm(ctx, reorganisation_id=number)
    assert city.scalar("SELECT state FROM reorganisation") == "scheduled"


def test_a_newer_proposal_puts_the_older_one_aside(city: City) -> None:
    administrator = city.actor(ADMINISTRATOR)
    with city.application.command(administrator) as ctx:
        first = reorganisation.propose(ctx, file_of(RENAMED), effective_on=FIRST_OF_APRIL)
    with city.application.command(administrator) as ctx:
        reorganisation.propose(ctx, sample_file(), effective_on=FIRST_OF_APRIL)

    with city.application.command(administrator) as ctx, pytest.raises(Conflict):
        reorganisation.confirm(ctx, reorganisation_id=first)
