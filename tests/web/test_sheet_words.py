"""A sheet in words: figures as printed, and what differs between two contents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.city import City
from tests.sample_people import DRAFTERS
from tests.web.site import Site
from web.comparison import Piece, compare, in_words
from web.paper import circled, paper_of
from web.words import printed
from workflow.sheet.content import SheetContent
from workflow.sheet.judging import Direction


@pytest.fixture
def content(site: Site, city: City) -> Iterator[SheetContent]:
    """The sheet 631, inside a request, so that words have a language."""
    with site.app.test_request_context():
        yield city.page(DRAFTERS["611"], "631").content


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, ""),
        ("19314", "19,314"),
        ("1,129", "1,129"),
        ("-1234.50", "-1,234.50"),
        ("999", "999"),
        ("3.10", "3.10"),
        ("△5000", "△5000"),
    ],
)
def test_a_figure_is_printed_with_its_thousands_set_apart(stored: str | None, shown: str) -> None:
    assert printed(stored) == shown


def test_indicators_are_numbered_as_on_paper() -> None:
    assert [circled(n) for n in (1, 9, 20, 21)] == ["①", "⑨", "⑳", "21"]


def test_a_band_is_shown_as_the_target(content: SheetContent) -> None:
    with_band = content.indicators[2].model_copy(
        update={"lower_bound": "17", "upper_bound": "20", "direction": Direction.MAINTAIN}
    )
    paper = paper_of(content.model_copy(update={"indicators": (with_band,)}))

    assert paper.indicators[0].target == "17～20"
    assert paper.indicators[0].sign == "＝"


def test_texts_are_compared_sentence_by_sentence() -> None:
    pieces = compare("一つ目。二つ目。", "一つ目。直した二つ目。\n三つ目。")

    assert pieces == (
        Piece("same", "一つ目。"),
        Piece("gone", "二つ目。"),
        Piece("new", "直した二つ目。\n三つ目。"),
    )


def test_a_sentence_that_only_got_a_neighbour_is_not_marked() -> None:
    assert compare("一つ目。", "一つ目。\n二つ目。")[0] == Piece("same", "一つ目。")


def test_everything_that_differs_is_named_in_the_words_of_the_sheet(content: SheetContent) -> None:
    first = content.indicators[0]
    after = content.model_copy(
        update={
            "rating": None,
            "related_departments": (),
            "measure": content.measure.model_copy(update={"is_regional_revitalization": True}),
            "indicators": (
                first.model_copy(
                    update={
                        "direction": Direction.DECREASE,
                        "baseline_year": 2018,
                        "targets": {2021: "1"},
                    }
                ),
                *content.indicators[1:],
            ),
            "projects": (
                content.projects[0].model_copy(update={"project_cost": None}),
                *content.projects[1:-1],
            ),
        }
    )

    changes = {change.label: (change.before, change.after) for change in in_words(content, after)}

    project = content.projects[0]
    assert changes["令和3年度評価"] == ("☆☆☆（4段階中3）", "（なし）")
    assert changes["関連部局"][1] == "（なし）"
    assert changes["実施施策：創生総合戦略"] == ("いいえ", "はい")
    assert changes[f"指標① {first.name}：性質"] == ("増加をめざす", "減少をめざす")
    assert changes[f"指標① {first.name}：基準年度"] == ("令和元年度", "平成30年度")
    assert changes[f"指標① {first.name}：令和3年度の目標"] == ("93", "1")
    assert changes[f"事業 {project.code} {project.name}：事業費"] == ("589千円", "（なし）")
    assert "事業の並び" in changes


def test_equal_contents_differ_in_nothing(content: SheetContent) -> None:
    assert in_words(content, content) == ()
