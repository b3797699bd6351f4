"""Writing a draft: who may write what, what makes a revision, and what a stale form meets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.city import City
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
)
from workflow.application import Application
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.services import sheets
from workflow.services.sheets import LARGEST_COST, Costs

REVISIONS = "SELECT count(*) FROM revision WHERE evaluation_id = :id"


def revisions(city: City, code: str) -> int:
    return int(city.scalar(REVISIONS, id=city.evaluation(code)))


def authors(city: City, code: str) -> set[str]:
    return {
        row.sign_in_name
        for row in city.rows(
            """SELECT p.sign_in_name FROM authorship a JOIN person p ON p.id = a.person_id
               WHERE a.evaluation_id = :id""",
            id=city.evaluation(code),
        )
    }


@pytest.mark.parametrize(
    "name", [REVIEWERS["611"], APPROVER, PUBLISHER, ADMINISTRATOR, OTHER_SECTION, DRAFTERS["612"]]
)
def test_nobody_outside_the_lead_section_writes_the_narrative(city: City, name: str) -> None:
    before = city.counts()

    with pytest.raises(Refused, match="lead_section_only"):
        city.save("611", by=name, results="よその人の文章")

    assert city.counts() == before


def test_in_a_second_post_one_is_told_to_switch_before_writing(
    city: City, application: Application
) -> None:
    """経営企画課長 leads 631; as 政策室長 the same person writes no other section's costs."""
    here, elsewhere = city.actor("fujii.naoki"), city.actor("fujii.naoki", post="政策室長")
    foreign = min(city.page(here, "631").cost_codes - city.page(elsewhere, "631").cost_codes)

    with pytest.raises(Refused, match="other_post"), application.command(elsewhere) as ctx:
        sheets.save_project_costs(
            ctx,
            evaluation_id=city.evaluation("631"),
            costs={foreign: Costs(1, 1)},
            seen={},
        )


@pytest.mark.parametrize("name", [DRAFTERS["611"], COLLEAGUES["611"]])
def test_everybody_in_the_lead_section_may_write(city: City, name: str) -> None:
    saved = city.save("611", by=name, results="新しい成果。")

    assert saved.changed
    assert city.page(APPROVER, "611").content.results == "新しい成果。"
    assert authors(city, "611") == {name}


@pytest.mark.parametrize("stage", ["department_review", "bureau_approval", "approved", "published"])
def test_nobody_writes_once_it_is_submitted(city: City, stage: str) -> None:
    city.bring_to("611", stage)

    with pytest.raises(Refused, match="not_editable"):
        city.save("611", results="後から直した。")
    with pytest.raises(Refused, match="not_editable"):
        city.save_cost("611", "611010", 1, by=DRAFTERS["611"])


def test_after_a_return_the_drafter_writes_again(city: City) -> None:
    city.submit("611")
    city.give_back("611")

    assert city.save("611", results="直した成果。").changed


def test_saving_makes_one_revision_and_one_event_by_the_writer(city: City) -> None:
    before = revisions(city, "611")

    city.save("611", results="新しい成果。")

    assert revisions(city, "611") == before + 1
    assert city.events("611") == ["open", "save"]
    entry = city.page(APPROVER, "611").timeline[0]
    assert (entry.person, entry.capacity, entry.revision) == (
        "佐藤 一郎",
        "まちづくり推進課主査",
        2,
    )


def test_saving_without_a_change_makes_no_revision_no_event_and_no_author(city: City) -> None:
    before = city.counts()

    saved = city.save("611")

    assert not saved.changed
    assert city.counts() == before
    assert authors(city, "611") == set()


def test_autosave_writes_the_working_copy_alone(city: City) -> None:
    before = revisions(city, "611")

    saved = city.save("611", results="書きかけ", make_revision=False)

    assert saved.changed
    assert revisions(city, "611") == before
    assert city.events("611") == ["open"]
    assert city.page(DRAFTERS["611"], "611").content.results == "書きかけ"


def test_submission_freezes_what_autosave_left(city: City) -> None:
    city.save("611", results="自動保存の成果。", make_revision=False)

    city.submit("611")

    page = city.page(REVIEWERS["611"], "611")
    assert page.content.results == "自動保存の成果。"
    assert page.revision == 2


def test_a_colleagues_save_in_between_is_a_conflict_and_loses_nothing(city: City) -> None:
    stale = city.page(DRAFTERS["611"], "611")
    city.save("611", by=COLLEAGUES["611"], results="同僚の成果。")

    with pytest.raises(Conflict, match="edited_meanwhile"):
        city.save("611", seen=stale, objective="古い画面から書いた目標。")

    page = city.page(DRAFTERS["611"], "611")
    assert page.content.results == "同僚の成果。"
    assert "古い画面" not in page.content.objective


def test_a_second_post_of_the_same_save_changes_nothing(city: City) -> None:
    seen = city.page(DRAFTERS["611"], "611")
    city.save("611", seen=seen, results="一度だけ。", request_key="form-9")
    before = city.counts()

    again = city.save("611", seen=seen, results="一度だけ。", request_key="form-9")

    assert not again.changed
    assert city.counts() == before


def test_an_actual_is_kept_as_typed_and_as_an_exact_number(city: City) -> None:
    city.save("611", actuals={2: "１９，３１５．１０"})

    row = city.rows("""
        SELECT f.actual_text, f.actual_value FROM indicator_figure f
        JOIN indicator i ON i.id = f.indicator_id JOIN measure m ON m.id = i.measure_id
        WHERE m.code = '611' AND i.number = 2 AND f.fiscal_year = 2021
    """)[0]
    assert (row.actual_text, row.actual_value) == ("１９，３１５．１０", Decimal("19315.10"))


def test_an_emptied_actual_is_none_and_the_sheet_incomplete(city: City) -> None:
    city.save("611", actuals={1: " "})

    page = city.page(DRAFTERS["611"], "611")
    assert 2021 not in page.content.indicators[0].actuals
    assert [gap.path for gap in page.missing] == ["indicators[1].actuals[2021]"]


def test_an_actual_that_is_not_touched_makes_no_author(city: City) -> None:
    typed = {i.number: i.actuals[2021] for i in city.page(APPROVER, "611").content.indicators}

    assert not city.save("611", actuals=typed).changed


def test_every_bad_figure_is_listed_and_nothing_is_written(city: City) -> None:
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        city.save("611", actuals={1: "たくさん", 2: "1,12", 9: "5"}, results="書かれない成果。")

    assert [(f.path, f.code) for f in refused.value.faults] == [
        ("actuals-1", "not_a_figure"),
        ("actuals-2", "not_a_figure"),
        ("actuals-9", "no_such_indicator"),
    ]
    assert city.counts() == before
    assert city.page(APPROVER, "611").content.results != "書かれない成果。"


# Costs of projects


def test_another_section_writes_the_costs_of_its_own_projects(city: City) -> None:
    page = city.page(OTHER_SECTION, "612")
    assert page.edit_refusal is not None
    assert page.cost_codes
    project = min(page.cost_codes)

    assert city.save_cost("612", project, 12345, by=OTHER_SECTION).changed

    line = next(p for p in city.page(APPROVER, "612").content.projects if p.code == project)
    assert line.project_cost == 12345
    assert authors(city, "612") == {OTHER_SECTION}
    assert city.events("612") == ["open", "save"]


def test_another_section_does_not_write_the_costs_of_others(city: City) -> None:
    others = {p.code for p in city.page(APPROVER, "612").content.projects} - city.page(
        OTHER_SECTION, "612"
    ).cost_codes
    assert others

    for project in others:
        with pytest.raises(Refused, match="project_sections_only"):
            city.save_cost("612", project, 1, by=OTHER_SECTION)


def test_one_foreign_project_in_a_form_refuses_the_whole_form(
    city: City, application: Application
) -> None:
    own = min(city.page(OTHER_SECTION, "612").cost_codes)
    foreign = min(
        {p.code for p in city.page(APPROVER, "612").content.projects}
        - city.page(OTHER_SECTION, "612").cost_codes
    )
    before = city.rows("SELECT * FROM project_figure ORDER BY 1, 2, 3")

    with (
        pytest.raises(Refused, match="project_sections_only"),
        application.command(city.actor(OTHER_SECTION)) as ctx,
    ):
        sheets.save_project_costs(
            ctx,
            evaluation_id=city.evaluation("612"),
            costs={own: Costs(1, 1), foreign: Costs(1, 1)},
            seen={},
        )

    assert city.rows("SELECT * FROM project_figure ORDER BY 1, 2, 3") == before


def test_the_lead_section_writes_every_projects_costs(city: City) -> None:
    codes = {p.code for p in city.page(APPROVER, "612").content.projects}

    assert city.page(DRAFTERS["612"], "612").cost_codes == codes


@pytest.mark.parametrize("name", [REVIEWERS["612"], APPROVER, PUBLISHER, ADMINISTRATOR])
def test_whoever_signs_or_administers_writes_no_costs(city: City, name: str) -> None:
    with pytest.raises(Refused, match="project_sections_only"):
        city.save_cost("612", "612010", 1, by=name)


def test_a_cost_that_a_colleague_changed_in_between_is_a_conflict(city: City) -> None:
    project = min(city.page(OTHER_SECTION, "612").cost_codes)
    line = next(p for p in city.page(APPROVER, "612").content.projects if p.code == project)
    stale = Costs(line.project_cost, line.personnel_cost)
    city.save_cost("612", project, 777, by=DRAFTERS["612"])

    with pytest.raises(Conflict, match="edited_meanwhile"):
        city.save_cost("612", project, 888, by=OTHER_SECTION, seen=stale)

    content = city.page(APPROVER, "612").content
    assert next(p for p in content.projects if p.code == project).project_cost == 777


def test_the_total_follows_the_costs(city: City) -> None:
    before = city.page(APPROVER, "612").content
    line = next(p for p in before.projects if p.code == "612010")

    city.save_cost("612", "612010", (line.project_cost or 0) + 1000, by=DRAFTERS["612"])

    after = city.page(APPROVER, "612").content
    assert after.total_project_cost == before.total_project_cost + 1000


def test_a_project_of_another_sheet_is_not_found(city: City, application: Application) -> None:
    with (
        pytest.raises(NotFound, match="no_such_project"),
        application.command(city.actor(DRAFTERS["612"])) as ctx,
    ):
        sheets.save_project_costs(
            ctx,
            evaluation_id=city.evaluation("612"),
            costs={"611010": Costs(1, 1)},
            seen={},
        )


@pytest.mark.parametrize("cost", [-1, LARGEST_COST + 1])
def test_a_cost_that_no_sheet_can_show_is_bad_input(city: City, cost: int) -> None:
    with pytest.raises(BadInput) as refused:
        city.save_cost("612", "612010", cost, by=DRAFTERS["612"])

    assert [(f.path, f.code) for f in refused.value.faults] == [
        ("costs-612010", "cost_out_of_range")
    ]
