"""Tables as files: what people wrote stays text, figures stay figures, days stay days."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from workflow.exchange.table_writing import Table, comma_separated, workbook

FORMULAS = (
    "=1+1", '=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1+1",
    "\u3000=1", "\u00a0+1", "\ufeff=1", "\u200b@A1", "＝HYPERLINK(1)", "＋1+1", "－2+3",
    "＠SUM(A1)", "\u3000＝1", "﹦1", "−1+2",
)  # fmt: skip


def read_back(*tables: Table) -> Any:
    return load_workbook(io.BytesIO(workbook(tables)))


@pytest.mark.parametrize("text", [*FORMULAS, "#N/A"])
def test_nothing_that_people_wrote_becomes_a_formula(text: str) -> None:
    book = read_back(Table("表", ("名称",), ((text,),)))
    cell = book["表"]["A2"]

    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", text != "#N/A")


def test_a_heading_is_text_too() -> None:
    assert read_back(Table("表", ("=A1",), ()))["表"]["A1"].data_type == "s"


def cells_of(content: bytes, **dialect: Any) -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, **dialect))


@pytest.mark.parametrize("text", [*FORMULAS, "\r=1"])
def test_in_csv_an_apostrophe_goes_before_what_would_be_a_formula(text: str) -> None:
    (cell,) = cells_of(comma_separated(Table("表", ("名称",), ((text,),))))[1]

    assert cell.startswith("'")
    assert cell.replace("'", "") == text


def test_in_csv_no_later_line_of_a_cell_begins_a_formula() -> None:
    table = Table("表", ("名称",), (("あ\n=1\r\n\u3000＋2\n3",),))

    assert cells_of(comma_separated(table))[1] == ["あ\n'=1\r\n'\u3000＋2\n3"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_in_csv_a_text_does_not_end_at_the_separator_of_another_country(separator: str) -> None:
    content = comma_separated(Table("表", ("名称",), ((f"あ{separator}=1+1",),)))

    assert cells_of(content, delimiter=separator)[1] == [f"あ{separator}=1+1"]


@pytest.mark.parametrize("text", ["令和3年度", "（＝同じ）", "1-2", "a=b", "'引用", "・－", ""])
def test_in_csv_a_plain_text_stays_as_it_is(text: str) -> None:
    assert cells_of(comma_separated(Table("表", ("名称",), ((text,),))))[1] == [text]


def test_figures_and_days_keep_their_kinds() -> None:
    row = (-3, date(2022, 6, 24), datetime(2022, 6, 24, 1, 30, tzinfo=UTC), None, "あ")
    book = read_back(Table("表", ("a", "b", "c", "d", "e"), (row,)))

    assert [str(cell.value) for cell in book["表"][2]] == [
        "-3", "2022-06-24 00:00:00", "2022-06-24 10:30:00", "None", "あ",
    ]  # fmt: skip
    assert [cell.data_type for cell in book["表"][2]] == ["n", "d", "d", "n", "s"]


def test_csv_has_a_byte_order_mark_and_plain_figures() -> None:
    table = Table("表", ("名称", "数"), (("市民,協働", -3), ("二行\n目", 0)))
    content = comma_separated(table)

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == ('"名称","数"\r\n"市民,協働",-3\r\n"二行\n目",0\r\n')


def test_a_character_that_no_workbook_can_hold_is_left_out() -> None:
    assert read_back(Table("表", ("名称",), (("あ\x01い",),)))["表"]["A2"].value == "あい"
