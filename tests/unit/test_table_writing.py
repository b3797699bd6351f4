"""Tables as files: what people wrote stays text, figures stay figures, days stay days."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from workflow.exchange.table_writing import Table, comma_separated, workbook

FORMULAS = ("=1+1", '=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "#N/A", "\t=1")


def read_back(*tables: Table) -> Any:
    return load_workbook(io.BytesIO(workbook(tables)))


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_that_people_wrote_becomes_a_formula(text: str) -> None:
    book = read_back(Table("表", ("名称",), ((text,),)))
    cell = book["表"]["A2"]

    assert (cell.value, cell.data_type) == (text, "s")


def test_a_heading_is_text_too() -> None:
    assert read_back(Table("表", ("=A1",), ()))["表"]["A1"].data_type == "s"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_in_csv_an_apostrophe_goes_before_what_would_be_a_formula(text: str) -> None:
    content = comma_separated(Table("表", ("名称",), ((text,),))).decode("utf-8-sig")

    assert next(iter(list(csv.reader(io.StringIO(content, newline="")))[1])) == f"'{text}"


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
    assert content.decode("utf-8-sig") == '名称,数\r\n"市民,協働",-3\r\n"二行\n目",0\r\n'


def test_a_character_that_no_workbook_can_hold_is_left_out() -> None:
    assert read_back(Table("表", ("名称",), (("あ\x01い",),)))["表"]["A2"].value == "あい"
