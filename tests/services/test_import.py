"""Taking in a plan file: what it gives, what a second time does; a refusal writes nothing."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.city import City
from tests.plans import large_plan, measure, plan, take_in, with_cost
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import APPROVER, PUBLISHER, REVIEWERS, SHEETS
from workflow.application import Application
from workflow.errors import BadInput, Refused
from workflow.exchange.faults import FileRefused
from workflow.exchange.plan_file import read_plan_file
from workflow.policy import SYSTEM
from workflow.services import plan_import

TOTALS = {"611": 410, "612": 105_911, "621": 162_184, "631": 1_354_422, "632": 31_187}
#: The project stands at 0 in the sample.
LATE_COST = with_cost("612", "612010", 99)
#: The report's transcription lies beside the checkout where the project is developed; there it is
#: one more file that must be taken.
FILES = [
    Path(__file__).parents[2] / "sample/city.json",
    *(Path(__file__).parents[3] / "shared/itami-r3").glob("sheets.json"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_five_sheets_add_up_to_the_printed_totals(
    empty_application: Application, path: Path
) -> None:
    report = take_in(empty_application, read_plan_file(path.read_bytes()))

    assert (report.measures, report.projects, report.indicators) == (5, 35, 15)
    assert (report.opened, report.changed, report.sent_back) == (5, 0, 0)
    assert report.total_project_cost == sum(TOTALS.values())
    city = City(empty_application, {})
    for code, total in TOTALS.items():
        assert city.page(SYSTEM, code).content.total_project_cost == total
        assert city.state(code) == "draft"
    summed = city.rows("""
        SELECT m.code, sum(f.project_cost) AS total FROM measure m
        JOIN project p ON p.measure_id = m.id JOIN project_figure f ON f.project_id = p.id
        WHERE f.fiscal_year = 2021 AND f.kind = 'settlement' GROUP BY m.code
    """)
    assert {row.code: row.total for row in summed} == TOTALS
    assert city.verify().broken == ()


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"municipality": "隣市"}, "municipality", "other_municipality"),
        ({"policy_bureau": "総務部"}, "policy_bureau", "other_bureau"),
        ({"rating_scale": ("Ｃ", "Ｂ", "Ａ")}, "rating_scale", "other_scale"),
    ],
)
def test_a_file_that_contradicts_what_is_registered_is_refused(
    city: City, change: dict[str, object], path: str, code: str
) -> None:
    before = city.counts()

    with pytest.raises(FileRefused) as refused:
        take_in(city.application, plan().model_copy(update=change))

    assert [(f.path, str(f.code)) for f in refused.value.faults] == [(path, code)]
    assert city.counts() == before


def test_the_sheet_holds_what_the_file_says(city: City) -> None:
    file = plan()
    for expected in file.measures:
        content = city.page(SYSTEM, expected.code).content
        assert content.objective == expected.objective
        assert content.rating == expected.rating
        assert content.responsible_department == expected.responsible_department
        assert list(content.related_departments) == list(expected.related_departments)
        assert [(i.number, dict(i.targets), dict(i.actuals)) for i in content.indicators] == [
            (i.number, dict(i.targets), dict(i.actuals)) for i in expected.indicators
        ]
        assert [
            (p.code, p.project_cost, p.personnel_cost, p.budget_accounts, p.responsible_sections)
            for p in content.projects
        ] == [
            (p.code, p.project_cost, p.personnel_cost, p.accounts, p.responsible_sections)
            for p in expected.projects
        ]


def test_the_same_file_again_changes_nothing(city: City, application: Application) -> None:
    city.bring_to("611", "approved")
    city.bring_to("612", "bureau_approval")
    before, contents = city.counts(), city.rows("SELECT * FROM evaluation ORDER BY id")

    report = take_in(application, plan())

    assert (report.opened, report.changed, report.sent_back) == (0, 0, 0)
    assert city.counts() == before
    assert city.rows("SELECT * FROM evaluation ORDER BY id") == contents


def test_an_import_never_overwrites_what_people_wrote(city: City, application: Application) -> None:
    city.save("611", results="課が書いた成果。")

    take_in(application, plan())

    assert city.page(SYSTEM, "611").content.results == "課が書いた成果。"


@pytest.mark.parametrize("stage", ["department_review", "bureau_approval", "approved"])
def test_a_late_cost_voids_the_approvals_and_begins_a_new_round_of_review(
    city: City, application: Application, stage: str
) -> None:
    city.bring_to("612", stage)
    before = city.page(APPROVER, "612")

    report = take_in(application, plan(LATE_COST))

    page = city.page(APPROVER, "612")
    assert (report.changed, report.sent_back) == (0, 1)
    assert (page.stage.key, page.round) == ("department_review", before.round + 1)
    assert page.approvals == ()
    assert page.content.total_project_cost == TOTALS["612"] + 99
    assert (page.timeline[0].action, page.timeline[0].person) == ("content_changed", "hyoka")
    assert {city.state(code) for code in SHEETS if code != "612"} == {"draft"}
    assert city.verify().broken == ()


def test_the_mail_after_a_voided_approval_says_by_which_file_and_what_changed(
    city: City, application: Application, transport: RecordingTransport, clock: Clock
) -> None:
    city.bring_to("612", "approved")
    city.tick(transport)
    clock.forward(minutes=10)
    transport.forget()
    with application.command(SYSTEM) as ctx:
        plan_import.import_plan(ctx, plan(LATE_COST), source="決算_確定.json")

    city.tick(transport)

    [mail] = transport.to(REVIEWERS["612"])
    for part in ("plain", "html"):
        body = mail.get_body((part,))
        assert body is not None
        said = body.get_content()
        assert (
            "承認が無効になりました（ファイル「決算_確定.json」の取込み、自動処理 hyoka）" in said
        )
        assert re.search(r"変更: 事業 6120\d\d \S.*：事業費 [\d,]+千円 → [\d,]+千円", said)
        assert "変更: 事業費合計 105,911千円 → 106,010千円" in said


def test_a_change_before_anybody_approved_voids_nothing_and_says_so(
    city: City, application: Application, transport: RecordingTransport, clock: Clock
) -> None:
    city.bring_to("612", "department_review")
    city.tick(transport)
    clock.forward(minutes=10)
    transport.forget()
    take_in(application, plan(LATE_COST))

    city.tick(transport)

    [mail] = transport.to(REVIEWERS["612"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert "内容が変わりました（取込み、自動処理 hyoka）" in body.get_content()
    assert "無効" not in body.get_content()


def test_after_a_late_cost_whoever_approved_before_may_approve_the_new_content(
    city: City, application: Application
) -> None:
    city.bring_to("612", "approved")
    take_in(application, plan(LATE_COST))

    city.publish(["612"])

    assert city.state("612") == "published"


def test_a_late_cost_tells_the_reviewer_that_it_is_their_turn(
    city: City, application: Application
) -> None:
    city.bring_to("612", "approved")
    before = city.scalar("SELECT count(*) FROM notice WHERE kind = 'your_turn'")

    take_in(application, plan(LATE_COST))

    told = city.rows("SELECT recipient_id FROM notice WHERE kind = 'your_turn' ORDER BY id")
    assert [r.recipient_id for r in told[before:]] == [city.person_id(REVIEWERS["612"])]


def test_a_late_cost_of_a_draft_is_a_new_revision_and_no_move(
    city: City, application: Application
) -> None:
    report = take_in(application, plan(LATE_COST))

    assert (report.changed, report.sent_back) == (1, 0)
    assert (city.state("612"), city.page(SYSTEM, "612").round) == ("draft", 1)
    assert city.events("612") == ["open", "content_changed"]
    assert city.page(SYSTEM, "612").revision == 2


def test_a_figure_of_a_published_sheet_is_not_changed_by_an_import(
    city: City, application: Application
) -> None:
    city.publish(["612"])
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        take_in(application, plan(LATE_COST))

    assert refused.value.code == "published_would_change"
    assert [f.path for f in refused.value.faults] == ["measures[612]"]
    assert city.counts() == before
    assert city.page(SYSTEM, "612").content.total_project_cost == TOTALS["612"]


def test_people_without_the_grant_take_nothing_in(city: City, application: Application) -> None:
    before = city.counts()

    for name in (PUBLISHER, APPROVER, REVIEWERS["611"]):
        with pytest.raises(Refused, match="administrators_only"):
            take_in(application, plan(LATE_COST), by=city.actor(name))

    assert city.counts() == before


def test_an_unknown_department_is_refused_and_nothing_is_written(
    empty_application: Application,
) -> None:
    city = City(empty_application, {})
    before = city.counts()

    def without_organisation(tree: dict[str, object]) -> None:
        del tree["organisation"]

    with pytest.raises(FileRefused) as refused:
        take_in(empty_application, plan(without_organisation))

    assert refused.value.faults
    assert city.counts() == before


def test_without_organisation_the_units_of_the_city_are_taken(
    city: City, application: Application
) -> None:
    def without_organisation(tree: dict[str, object]) -> None:
        del tree["organisation"]

    report = take_in(application, plan(without_organisation))

    assert report.measures == 5


def test_a_fault_in_the_last_step_leaves_no_row_of_the_first(
    empty_application: Application,
) -> None:
    city = City(empty_application, {})
    before = city.counts()

    def import_with_dates_out_of_order() -> None:
        with empty_application.command(SYSTEM) as ctx:
            plan_import.import_plan(
                ctx,
                plan(),
                deadlines={"draft": date(2022, 7, 29), "department_review": date(2022, 7, 1)},
            )

    with pytest.raises(BadInput, match="invalid_form"):
        import_with_dates_out_of_order()

    assert city.counts() == before


def test_the_next_years_file_opens_a_cycle_of_its_own_and_leaves_the_old_one(
    city: City, application: Application
) -> None:
    city.bring_to("611", "published")

    def next_year(tree: dict[str, object]) -> None:
        tree["target_fiscal_year"] = 2022
        tree["fiscal_year_label"] = "令和４年度"

    report = take_in(application, plan(next_year))

    assert report.opened == 5
    states = city.rows("""
        SELECT c.target_fiscal_year AS year, e.state FROM evaluation e
        JOIN evaluation_cycle c ON c.id = e.cycle_id WHERE e.code = '611' ORDER BY 1
    """)
    assert [tuple(row) for row in states] == [(2021, "published"), (2022, "draft")]


def test_a_measure_that_a_later_file_adds_gets_its_evaluation(
    city: City, application: Application
) -> None:
    def one_more(tree: dict[str, list[dict[str, object]]]) -> None:
        tree["measures"].append(
            {**measure(tree, "611"), "code": "613", "projects": [], "total_project_cost": 0}
        )

    report = take_in(application, plan(one_more))

    assert (report.measures, report.opened) == (6, 1)
    assert city.state("613") == "draft"
    assert city.verify().broken == ()


def test_300_measures_and_3000_projects_are_taken_in_one_go(
    empty_application: Application,
) -> None:
    told: list[tuple[int, int]] = []
    with empty_application.command(SYSTEM) as ctx:
        report = plan_import.import_plan(
            ctx, large_plan(300, 10), progress=lambda *at: told.append(at)
        )

    city = City(empty_application, {})
    assert (report.opened, report.projects) == (300, 3000)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert city.scalar("SELECT count(*) FROM evaluation WHERE state = 'draft'") == 300
    assert city.scalar("SELECT count(*) FROM project") == 3000
    assert (city.verify().events, city.verify().broken) == (300, ())
