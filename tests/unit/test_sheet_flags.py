"""What an approver is told to look at twice, and what differs from last year's sheet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sheet_examples import a_project, an_indicator, sheet_fields
from workflow.sheet.changes import Change
from workflow.sheet.content import SheetContent
from workflow.sheet.flags import copied, disagrees, folded, folded_texts, same_texts
from workflow.sheet.year_on_year import year_on_year


def a_sheet(**fields: Any) -> SheetContent:
    return SheetContent.model_validate(sheet_fields(**fields))


def last_year(**fields: Any) -> SheetContent:
    """A sheet of the year before with an indicator and a project of its own."""
    own = {
        "target_fiscal_year": 2020,
        "indicators": [an_indicator(actuals={2020: "300"})],
        "projects": [a_project(cost=100)],
        "total_project_cost": 100,
    }
    return a_sheet(**(own | fields))


def this_year(**fields: Any) -> SheetContent:
    own = {
        "indicators": [an_indicator(actuals={2020: "300", 2021: "341"})],
        "projects": [a_project(cost=120)],
        "total_project_cost": 120,
    }
    return a_sheet(**(own | fields))


def same(earlier: SheetContent, later: SheetContent) -> tuple[str, ...]:
    return same_texts(folded_texts(earlier), folded_texts(later))


@pytest.mark.parametrize(
    ("rating", "actual", "expected"),
    [
        (None, "341", False),
        (4, "341", True),
        (2, "341", False),
        (4, "500", False),
        (1, "500", True),
    ],
)
def test_stars_and_indicators_may_tell_different_stories(
    rating: int | None, actual: str, expected: bool
) -> None:
    sheet = a_sheet(rating=rating, indicators=[an_indicator(actuals={2021: actual})])

    assert disagrees(sheet) is expected


def test_white_space_and_width_do_not_make_another_text() -> None:
    assert folded("令和３年度は　ＰＲ を\n行った。") == folded("令和3年度はPRを行った。")


def test_an_empty_text_is_the_same_as_no_other() -> None:
    assert same(a_sheet(issues=""), a_sheet(issues=" 　")) == tuple(
        name for name in folded_texts(a_sheet()) if name != "issues"
    )


def test_the_fields_that_are_last_years_are_named_in_the_order_of_the_sheet() -> None:
    earlier = a_sheet(results="Ａ を届けた。", issues="課題。", annual_plan="昨年の計画。")
    later = a_sheet(results="Aを届けた。", issues="別の課題。", annual_plan="今年の計画。")

    assert same(earlier, later) == ("objective", "rating_reason", "results", "next_year_actions")


def test_an_objective_that_stays_is_no_reason_for_a_flag() -> None:
    assert not copied(("objective",))
    assert not copied(())
    assert copied(("objective", "issues"))


def test_a_year_on_year_comparison_tells_what_was_written_measured_and_spent() -> None:
    found = year_on_year(
        last_year(rating=3, results="昨年。"), this_year(rating=4, results="今年。")
    )

    assert found == (
        Change("rating", "3", "4"),
        Change("results", "昨年。", "今年。"),
        Change("indicators[2].actuals", "300", "341"),
        Change("projects[612010].project_cost", "100", "120"),
        Change("total_project_cost", "100", "120"),
    )


def test_labels_of_years_codes_and_units_are_no_difference() -> None:
    earlier = last_year(
        measure={"code": "433", "name": "前の名称", "is_regional_revitalization": True},
        pillar={"code": "4", "name": "前の大綱"},
        lead_section="前の課",
        projects=[a_project(code="433010", cost=120, budget_accounts=["99"])],
        total_project_cost=120,
        indicators=[an_indicator(number=1, targets={2020: "1"}, actuals={2020: "341"})],
    )

    assert year_on_year(earlier, this_year()) == ()


def test_what_came_and_what_went_is_told_with_nothing_on_the_other_side() -> None:
    earlier = last_year(
        indicators=[an_indicator(number=5, name="やめた指標", actuals={2020: "9"})],
        projects=[a_project(code="612099", name="やめた事業", cost=100)],
    )

    found = year_on_year(earlier, this_year())

    assert Change("indicators[2].actuals", None, "341") in found
    assert Change("indicators[5].actuals", "9", None) in found
    assert Change("projects[612010].project_cost", None, "120") in found
    assert Change("projects[612099].project_cost", "100", None) in found


def test_another_thing_under_the_same_number_is_not_compared_with_it() -> None:
    earlier = last_year(indicators=[an_indicator(name="別の指標", actuals={2020: "9"})])

    [change] = [c for c in year_on_year(earlier, this_year()) if c.path.startswith("indicators")]

    assert change == Change("indicators[2].actuals", None, "341")
