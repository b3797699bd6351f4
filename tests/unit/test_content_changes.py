"""What differs between two contents of a sheet."""

from hypothesis import given

from tests.unit.sheet_examples import a_project, a_sheet, an_indicator, sheet_fields, sheets
from workflow.sheet.changes import Change, changes
from workflow.sheet.content import SheetContent, canonical_text


def test_changes_name_the_field_by_what_is_printed_beside_it() -> None:
    before = a_sheet(indicators=[an_indicator(1), an_indicator(2)])
    after = a_sheet(
        objective="新しい目標。",
        measure={"code": "612", "name": "市政情報", "is_regional_revitalization": True},
        related_departments=["総務部"],
        indicators=[an_indicator(1), an_indicator(2, actuals={2021: "342"}, baseline=None)],
        projects=[a_project(cost=5, is_major_project=None), a_project("612023", 93665)],
        total_project_cost=93670,
    )

    assert changes(before, after) == (
        Change("measure.name", "市政情報の積極的な提供と共有", "市政情報"),
        Change("measure.is_regional_revitalization", "false", "true"),
        Change("related_departments", "総務部\n市議会事務局\n市民自治部", "総務部"),
        Change("objective", "市の情報を届ける。", "新しい目標。"),
        Change("indicators[2].baseline", "451", None),
        Change("indicators[2].actuals[2021]", "341", "342"),
        Change("projects[612010].is_major_project", "false", None),
        Change("projects[612010].project_cost", "0", "5"),
        Change("total_project_cost", "93665", "93670"),
    )


def test_the_printed_form_of_a_figure_is_a_change() -> None:
    before = a_sheet(indicators=[an_indicator(actuals={2021: "3.1"})])
    after = a_sheet(indicators=[an_indicator(actuals={2021: "3.10"})])

    assert changes(before, after) == (Change("indicators[2].actuals[2021]", "3.1", "3.10"),)


def test_a_figure_that_came_has_no_before() -> None:
    before = a_sheet(indicators=[an_indicator(actuals={})])

    assert changes(before, a_sheet()) == (Change("indicators[2].actuals[2021]", None, "341"),)


def test_a_row_that_went_shows_with_all_it_held() -> None:
    went = changes(a_sheet(), a_sheet(projects=[a_project("612023", 93665)]))

    assert went[0] == Change("projects", "612010\n612023", "612023")
    assert Change("projects[612010].name", "市民広聴事業", None) in went
    assert Change("projects[612010].project_cost", "0", None) in went
    assert all(change.path.startswith("projects") for change in went)


def test_rows_in_another_order_are_one_change() -> None:
    rows = sheet_fields()["projects"]

    assert changes(a_sheet(), a_sheet(projects=rows[::-1])) == (
        Change("projects", "612010\n612023", "612023\n612010"),
    )


@given(sheets(), sheets())
def test_there_are_changes_exactly_when_the_texts_differ(
    one: SheetContent, other: SheetContent
) -> None:
    assert bool(changes(one, other)) is (canonical_text(one) != canonical_text(other))
    assert changes(one, one) == ()


@given(sheets(), sheets())
def test_changes_read_backwards_are_the_changes_back(
    one: SheetContent, other: SheetContent
) -> None:
    there = {(change.path, change.before, change.after) for change in changes(one, other)}
    back = {(change.path, change.after, change.before) for change in changes(other, one)}

    assert there == back
