"""Costs of projects: written by the sections that carry them, and by the one that leads."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    DRAFTERS,
    OTHER_SECTION,
    PUBLISHER,
    REVIEWERS,
)
from tests.services.test_sheets import authors
from workflow.application import Application
from workflow.errors import BadInput, Conflict, NotFound, Refused
from workflow.services import sheets
from workflow.services.sheets import LARGEST_COST, Costs


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
