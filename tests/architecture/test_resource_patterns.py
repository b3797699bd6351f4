"""docs/resource-patterns.md: all 43 patterns, and a real test for every one that is done."""

from __future__ import annotations

import ast
import re

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "resource-patterns.md"
LINK = re.compile(r"\(\.\./(tests/[a-z_/]+\.py)#(test_[a-z0-9_]+)\)")
#: Those that an approval cycle of an office cannot do without.
ESSENTIAL = {2, 3, 4, 5, 7, 10, 13, 14, 19, 24, 27, 28, 30, 32, 34, 41, 43}


def rows() -> dict[int, list[str]]:
    """Number → the cells of the row."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d+ \|", line)]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {int(row[0]): row[1:] for row in cells}


def names_in(path: str) -> set[str]:
    module = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_all_forty_three_are_there_and_the_essential_ones_are_done() -> None:
    table = rows()

    assert sorted(table) == list(range(1, 44))
    assert {number for number, row in table.items() if row[1] == "done"} >= ESSENTIAL


def test_each_that_is_done_is_shown_by_a_test_that_exists_and_the_others_say_why_not() -> None:
    for number, row in rows().items():
        links = LINK.findall(" ".join(row))
        assert bool(links) == (row[1] == "done"), number
        assert row[2].endswith("."), number
        for path, name in links:
            assert name in names_in(path), (number, path, name)
