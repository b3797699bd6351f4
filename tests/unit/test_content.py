"""The sheet's content: what it accepts, what people may write in it, judging its figures."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.sheet_examples import a_project, a_sheet, an_indicator, error_types
from workflow.calendar.era import parse_fiscal_year
from workflow.sheet.changes import Change, changes
from workflow.sheet.content import (
    EditableFields,
    Indicator,
    editable_part,
    judge_indicator,
    with_edits,
)
from workflow.sheet.fields import TEXT_LIMIT
from workflow.sheet.judging import Direction, Verdict


def test_line_ends_and_composition_are_normalised() -> None:
    sheet = a_sheet(
        objective="か\u3099くしゅう\r\n二行目\r三行目\n", lead_section=" ひ\u309aあの課　"
    )

    assert sheet.objective == "がくしゅう\n二行目\n三行目\n"
    assert sheet.lead_section == "ぴあの課"


def test_width_is_kept_as_typed() -> None:
    sheet = a_sheet(objective="ＩＣＴとICT、㈱と①", indicators=[an_indicator(actuals={2021: "３"})])

    assert sheet.objective == "ＩＣＴとICT、㈱と①"
    assert sheet.indicators[0].actuals[2021] == "３"


@pytest.mark.parametrize(
    "char", ["\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u202e", "\u2066"]
)
def test_control_and_reordering_characters_are_refused_with_their_place(char: str) -> None:
    with pytest.raises(ValidationError) as caught:
        a_sheet(results=f"前{char}後")

    [error] = caught.value.errors()
    assert (error["type"], error["loc"]) == ("control_character", ("results",))
    assert error["ctx"] == {"code": f"U+{ord(char):04X}", "line": 1, "column": 2}


def test_tabs_and_line_breaks_belong_to_texts_and_not_to_names() -> None:
    assert a_sheet(results="一\t二\n三").results == "一\t二\n三"
    assert error_types(lambda: a_sheet(lead_section="一\n二")) == [
        ("single_line", ("lead_section",))
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"surprise": 1}, [("extra_forbidden", ("surprise",))]),
        ({"schema_version": 2}, [("literal_error", ("schema_version",))]),
        ({"target_fiscal_year": "2021"}, [("int_type", ("target_fiscal_year",))]),
        ({"target_fiscal_year": 1885}, [("greater_than_equal", ("target_fiscal_year",))]),
        ({"target_fiscal_year": 2118}, [("less_than_equal", ("target_fiscal_year",))]),
        ({"target_fiscal_year": 3}, [("greater_than_equal", ("target_fiscal_year",))]),
        ({"rating": 0}, [("greater_than_equal", ("rating",))]),
        ({"rating": 5}, [("less_than_equal", ("rating",))]),
        ({"rating": "4"}, [("int_type", ("rating",))]),
        ({"rating": True}, [("int_type", ("rating",))]),
        ({"lead_section": "　"}, [("too_short", ("lead_section",))]),
        ({"objective": None}, [("string_type", ("objective",))]),
        ({"total_project_cost": 93664}, [("total_mismatch", ())]),
        ({"projects": [a_project(cost=1), a_project(cost=2)], "total_project_cost": 3},
         [("repeated_row", ())]),
        ({"indicators": [an_indicator(1), an_indicator(1)]}, [("repeated_row", ())]),
        ({"indicators": [an_indicator(actuals={2021: "－"})]},
         [("not_a_figure", ("indicators", 0, "actuals", 2021))]),
        ({"indicators": [an_indicator(actuals={2021: 341})]},
         [("string_type", ("indicators", 0, "actuals", 2021))]),
        ({"indicators": [an_indicator(actuals={"R3": "341"})]},
         [("not_a_year", ("indicators", 0, "actuals", "R3", "[key]"))]),
        ({"indicators": [an_indicator(actuals={"2021.0": "341"})]},
         [("not_a_year", ("indicators", 0, "actuals", "2021.0", "[key]"))]),
        ({"indicators": [an_indicator(baseline="x")]},
         [("not_a_figure", ("indicators", 0, "baseline"))]),
        ({"indicators": [an_indicator(direction="↑")]},
         [("enum", ("indicators", 0, "direction"))]),
        ({"indicators": [an_indicator(lower_bound="20", upper_bound="17")]},
         [("bounds_reversed", ("indicators", 0))]),
        ({"projects": [a_project(cost=-1)], "total_project_cost": 0},
         [("greater_than_equal", ("projects", 0, "project_cost"))]),
        ({"projects": [a_project(is_major_project=1)], "total_project_cost": 0},
         [("bool_type", ("projects", 0, "is_major_project"))]),
        ({"attachments": [{"name": "図.png", "sha256": "AB" * 32, "size": 1}]},
         [("string_pattern_mismatch", ("attachments", 0, "sha256"))]),
        ({"attachments": [{"name": "図.png", "sha256": "ab" * 32 + "\n", "size": 1}]},
         [("string_pattern_mismatch", ("attachments", 0, "sha256"))]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_kind_and_place(
    fields: dict[str, Any], expected: list[tuple[str, tuple[int | str, ...]]]
) -> None:
    assert error_types(lambda: a_sheet(**fields)) == expected


@pytest.mark.parametrize("year", [1886, 2117])
def test_every_fiscal_year_that_has_a_japanese_name_is_accepted(year: int) -> None:
    assert a_sheet(target_fiscal_year=year).target_fiscal_year == parse_fiscal_year(str(year))


def test_costs_reach_to_a_thousand_billion_thousand_yen() -> None:
    most = 10**12

    assert a_sheet(projects=[a_project(cost=most)], total_project_cost=most)
    assert error_types(lambda: a_sheet(projects=[a_project(cost=most + 1)])) == [
        ("less_than_equal", ("projects", 0, "project_cost"))
    ]


def test_a_band_may_be_a_single_value() -> None:
    [indicator] = a_sheet(indicators=[an_indicator(lower_bound="0", upper_bound="0")]).indicators

    assert indicator.lower_bound == indicator.upper_bound == "0"


def test_a_project_without_a_known_cost_does_not_count_in_the_total() -> None:
    sheet = a_sheet(projects=[a_project(), a_project("612023", None)], total_project_cost=0)

    assert sheet.total_project_cost == 0


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([410], 410),
        ([0, 93665, 743, 11503, 0], 105911),
        ([1413, 46370, 68755, 701, 34100, 4905, 5940], 162184),
        ([589, 0, 359, 21176, 0, 373931, 4574, 28923, 332085, 39829, 33349, 30575, 4697, 4963,
          9350, 466135, 3887, 0, 0], 1354422),
        ([23690, 7108, 389], 31187),
    ],
)  # fmt: skip
def test_the_published_totals_are_the_sums_of_the_projects(costs: list[int], total: int) -> None:
    projects = [a_project(str(n), cost) for n, cost in enumerate(costs)]

    assert a_sheet(projects=projects, total_project_cost=total).total_project_cost == total
    assert error_types(lambda: a_sheet(projects=projects, total_project_cost=total + 1)) == [
        ("total_mismatch", ())
    ]


def test_nothing_in_a_sheet_can_be_changed() -> None:
    sheet = a_sheet()

    with pytest.raises(ValidationError, match="frozen"):
        sheet.rating = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        sheet.indicators[0].actuals[2021] = "999"  # type: ignore[index]


def editable(**fields: Any) -> EditableFields:
    return EditableFields.model_validate({**editable_part(a_sheet()).model_dump(), **fields})


def test_a_text_may_have_four_thousand_characters_and_no_more() -> None:
    longest = "あ" * TEXT_LIMIT

    assert editable(results=longest).results == longest
    assert error_types(lambda: editable(results=longest + "い")) == [
        ("text_too_long", ("results",))
    ]


def test_the_limit_counts_what_is_stored() -> None:
    """Windows line ends and decomposed kana count as the one character they become."""
    assert len(editable(results="か\u3099\r\n" * (TEXT_LIMIT // 2)).results) == TEXT_LIMIT


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\u202e"])
def test_control_characters_in_a_box_are_refused(char: str) -> None:
    assert error_types(lambda: editable(issues=char)) == [("control_character", ("issues",))]


def test_everything_people_write_may_be_empty() -> None:
    empty = dict.fromkeys(EditableFields.model_fields, "") | {"rating": None}

    assert EditableFields.model_validate(empty).rating is None


def test_edits_replace_what_people_write_and_nothing_else() -> None:
    sheet = a_sheet()

    edited = with_edits(sheet, editable(rating=2, issues="書き直した。"))

    assert changes(sheet, edited) == (
        Change("rating", "4", "2"),
        Change("issues", "速さ。", "書き直した。"),
    )
    assert with_edits(edited, editable_part(sheet)) == sheet


def test_an_indicator_is_judged_from_what_is_printed() -> None:
    indicator = Indicator.model_validate(an_indicator(actuals={2021: "５０１"}))

    assert judge_indicator(indicator, 2021).verdict == Verdict.ACHIEVED
    assert judge_indicator(indicator, 2022).verdict == Verdict.NOT_MEASURED


def test_a_printed_band_is_used() -> None:
    fields = {
        "direction": Direction.MAINTAIN,
        "targets": {2021: "17"},
        "actuals": {2021: "16.8"},
        "lower_bound": "17",
        "upper_bound": "20",
    }
    indicator = Indicator.model_validate(an_indicator(3, **fields))

    assert judge_indicator(indicator, 2021).verdict == Verdict.NEARLY_ACHIEVED
    strict = judge_indicator(indicator, 2021, tolerance=Decimal("0.01"))
    assert strict.verdict == Verdict.NOT_ACHIEVED
