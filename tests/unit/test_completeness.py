"""What keeps a sheet from submission, and how many printed lines a text takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sheet_examples import a_project, a_sheet, an_indicator
from workflow.sheet.completeness import (
    LINE_LIMITS,
    LineLimit,
    Missing,
    MissingCode,
    Overflow,
    lines_left,
    missing,
    page_fit,
    printed_lines,
)
from workflow.sheet.content import EditableFields, SheetContent


def test_a_complete_sheet_misses_nothing() -> None:
    assert missing(a_sheet()) == ()


@pytest.mark.parametrize(
    "path",
    ["objective", "annual_plan", "rating_reason", "results", "issues", "next_year_actions"],
)
@pytest.mark.parametrize("empty", ["", " ", "\u3000\n\t\n"])
def test_a_text_of_nothing_but_spaces_is_missing(path: str, empty: str) -> None:
    assert missing(a_sheet(**{path: empty})) == (Missing(path, MissingCode.TEXT_EMPTY),)


def test_stars_are_missing() -> None:
    assert missing(a_sheet(rating=None)) == (Missing("rating", MissingCode.RATING_MISSING),)


def test_an_actual_value_is_asked_for_the_target_year_only() -> None:
    rows = [
        an_indicator(1, actuals={2020: "3", 2022: "4"}),
        an_indicator(2, actuals={2021: "0"}),
        an_indicator(3, actuals={}),
    ]

    assert missing(a_sheet(indicators=rows)) == (
        Missing("indicators[1].actuals[2021]", MissingCode.ACTUAL_MISSING),
        Missing("indicators[3].actuals[2021]", MissingCode.ACTUAL_MISSING),
    )


def test_a_cost_of_nothing_is_a_cost_and_an_unknown_one_is_missing() -> None:
    rows = [a_project("612010", 0), a_project("612023", None, personnel_cost=None)]

    assert missing(a_sheet(projects=rows, total_project_cost=0)) == (
        Missing("projects[612023].project_cost", MissingCode.COST_MISSING),
    )


def test_everything_missing_comes_in_the_order_of_the_sheet() -> None:
    empty = dict.fromkeys(EditableFields.model_fields, "") | {"rating": None}
    sheet = a_sheet(
        **empty,
        indicators=[an_indicator(actuals={})],
        projects=[a_project(cost=None)],
        total_project_cost=0,
    )

    assert [gap.path for gap in missing(sheet)] == [
        "objective",
        "annual_plan",
        "rating",
        "rating_reason",
        "results",
        "indicators[2].actuals[2021]",
        "issues",
        "next_year_actions",
        "projects[612010].project_cost",
    ]


# Printed lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, 0),
        (" \n\u3000\n", 5, 0),
        ("あ", 5, 1),
        ("あいうえお", 5, 1),
        ("あいうえおか", 5, 2),
        ("abcdefghij", 5, 1),
        ("abcdefghijk", 5, 2),
        ("あいうえo", 5, 1),
        ("あいうえoo", 5, 1),
        ("あいうえooo", 5, 2),
        ("ｱｲｳｴｵｶｷｸｹｺ", 5, 1),
        ("①②③④⑤", 5, 1),
        ("①②③④⑤⑥", 5, 2),
        ("か\u3099き\u3099く\u3099け\u3099こ\u3099", 5, 1),
        ("あ\tうえお", 5, 1),
        ("あ\tうえおk", 5, 2),
        # hard breaks
        ("あ\nい", 5, 2),
        ("あ\n\nい", 5, 3),
        ("あ\nい\n\n", 5, 2),
        ("\nあ", 5, 2),
        ("あいうえお\nか", 5, 2),
        # no line begins with these: the character before goes along
        ("あいうえお。", 5, 2),
        ("あいうえおかきくけ。", 5, 2),
        ("あいうえお。かきくけ", 5, 3),
        ("あいうえおかきくけこ", 5, 2),
        ("あいうえ」。かきくけ", 5, 3),
        ("あいうえ」。かき", 5, 2),
        # no line ends with these: it goes along to the next
        ("あいうえ「おかきく」", 5, 3),
        ("あいうえ「おかき」", 5, 2),
        # nothing but such characters: broken where the line is full
        ("。。。。。。。", 5, 2),
        ("「「「「「「「", 5, 2),
        ("あ", 1, 1),
        ("あ。", 1, 2),
    ],
)
def test_lines_as_printed(text: str, width: int, lines: int) -> None:
    assert printed_lines(text, width) == lines


@pytest.mark.parametrize("width", [0, -1])
def test_a_box_without_width_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        printed_lines("あ", width)


plain = st.text("市民課ABCｱ12", max_size=200)
anything = st.text(st.sampled_from("市民課、。」「（）ーっAb1ｱ\n\u3000\t\u3099"), max_size=200)


@given(plain, st.integers(1, 60))
def test_text_without_punctuation_fills_its_lines(text: str, width: int) -> None:
    """With no rule to obey, only a full-width character can leave half a place empty."""
    halves = sum(1 if char in "ABCｱ12" else 2 for char in text)

    assert -(-halves // (2 * width)) <= printed_lines(text, width) <= -(-halves // (2 * width - 1))


@given(anything, st.integers(1, 60))
def test_a_wider_box_never_needs_more_than_one_line_per_character(text: str, width: int) -> None:
    lines = printed_lines(text, width)

    assert lines <= len(text)
    assert lines >= (len(text.rstrip().split("\n")) if text.strip() else 0)


@given(anything, anything, st.integers(1, 60))
def test_paragraphs_add_up(one: str, other: str, width: int) -> None:
    """A break starts anew: what stands before it does not move what stands after."""
    one, other = f"市{one}市", f"市{other}市"

    both = printed_lines(f"{one}\n{other}", width)
    assert both == printed_lines(one, width) + printed_lines(other, width)


def test_a_book_is_counted_in_reasonable_time() -> None:
    """No quadratic search, also where nothing may be broken."""
    assert printed_lines("。" * 100_000, 55) == 1819
    assert printed_lines("あ。" * 50_000, 55) >= 1819


def test_the_boxes_are_those_measured_on_the_printed_sheets() -> None:
    assert LINE_LIMITS["objective"] == LINE_LIMITS["annual_plan"] == LineLimit(10, 55)
    assert LINE_LIMITS["rating_reason"] == LineLimit(6, 44)
    assert LINE_LIMITS["results"] == LineLimit(5, 55)
    assert LINE_LIMITS["issues"] == LINE_LIMITS["next_year_actions"] == LineLimit(4, 55)
    assert set(LINE_LIMITS) <= set(SheetContent.model_fields)


def test_a_text_that_fills_its_box_fits_and_half_a_character_more_does_not() -> None:
    full = "市" * (4 * 55)

    assert page_fit(a_sheet(issues=full)) == ()
    assert page_fit(a_sheet(issues=full + "x")) == (Overflow("issues", 5, LineLimit(4, 55)),)


def test_overflows_come_in_the_order_of_the_sheet() -> None:
    long = "市\n" * 11

    overflows = page_fit(a_sheet(next_year_actions=long, objective=long, results=long))

    assert [(overflow.path, overflow.lines) for overflow in overflows] == [
        ("objective", 11),
        ("results", 11),
        ("next_year_actions", 11),
    ]


@pytest.mark.parametrize(
    ("text", "left"), [("", 4), ("市", 3), ("市\n市\n市\n市", 0), ("市\n市\n市\n市\n市\n市", -2)]
)
def test_lines_left_in_a_box(text: str, left: int) -> None:
    assert lines_left("issues", text) == left


def test_a_field_without_a_box_is_refused() -> None:
    with pytest.raises(KeyError):
        lines_left("rating", "市")
