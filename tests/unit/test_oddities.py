"""Odd characters of a tree, each with its path, in words of both languages."""

from __future__ import annotations

from workflow.messages import say_error
from workflow.oddities import MOST_OF_ONE, oddities


def test_each_is_told_with_path_line_and_column() -> None:
    tree = {
        "measures": [
            {"name": "葛\U000e0100城"},
            {"name": "外\ue000", "notes": ["", "一\nあ\u200b"]},
        ]
    }

    first, second = oddities(tree)

    assert (first.path, first.code) == ("measures[1].name", "odd_private_use")
    assert second.path == "measures[1].notes[1]"
    assert "2行目の2文字目" in say_error(second)
    assert "U+200B (ZERO WIDTH SPACE)" in say_error(second, locale="en")


def test_rows_are_named_by_their_key() -> None:
    (found,) = oddities(
        {"projects": [{"code": "611010", "name": "\ufeffあ"}]}, row_keys={"projects": "code"}
    )

    assert found.path == "projects[611010].name"


def test_a_text_full_of_them_is_not_told_to_its_end() -> None:
    assert len(list(oddities("\ue000" * 5_000))) == MOST_OF_ONE
