"""The board as xlsx and the list of sheets as CSV, read back."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, SHEETS
from tests.web.site import Browser, Site
from workflow.application import Application
from workflow.policy import SYSTEM, Permission


@pytest.fixture
def reader(city: City, clock: Clock, site: Site) -> Browser:
    """Anybody of the staff, two days after the last day of the drafts."""
    city.submit("611")
    clock.set(date(2022, 6, 24))
    return site.signed_in(DRAFTERS["611"])


def workbook_of(browser: Browser) -> Any:
    return load_workbook(io.BytesIO(browser.get("/progress.xlsx").data))


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("path", ["/progress.xlsx", "/progress.csv"])
def test_nobody_gets_the_file_without_signing_in(site: Site, path: str) -> None:
    answer = site.browser().get(path)

    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_a_name_that_looks_like_a_formula_stays_text(
    city: City, application: Application, reader: Browser
) -> None:
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("UPDATE measure SET name = '=1+1' WHERE code = '611'"))

    cell = workbook_of(reader)["シート"]["B2"]
    text = reader.get("/progress.csv").data.decode("utf-8-sig")
    line = list(csv.reader(io.StringIO(text, newline="")))[1]

    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert line[1] == "'=1+1"


def test_the_file_is_called_by_its_cycle_and_day(reader: Browser) -> None:
    workbook_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    for kind, media in (("xlsx", workbook_type), ("csv", "text/csv; charset=utf-8")):
        headers = reader.get(f"/progress.{kind}").headers
        name = quote(f"進捗_令和3年度_事後評価_20220624.{kind}")

        assert f"filename*=UTF-8''{name}" in headers["Content-Disposition"]
        assert headers["Content-Disposition"].startswith("attachment")
        assert headers["Content-Type"] == media


def test_the_workbook_holds_the_board_its_cells_and_every_sheet(reader: Browser) -> None:
    book = workbook_of(reader)

    assert book.sheetnames == ["進捗", "部局と段階", "シート"]
    assert rows_of(book["進捗"])[-1] == ("計", 4, 1, 0, 0, 0, 5)
    assert ("総務部", "作成中", 1, 1, 0, 2) in rows_of(book["部局と段階"])
    assert [row[0] for row in rows_of(book["シート"])[1:]] == list(SHEETS)


def test_a_line_says_where_it_is_who_has_it_and_what_happened_last(reader: Browser) -> None:
    lines = {row[0]: row for row in rows_of(workbook_of(reader)["シート"])}
    submitted, late = lines["611"], lines["632"]

    assert submitted[2:5] == ("市民自治部", "まちづくり推進課", "部局審査")
    assert "高橋" in submitted[5]
    assert submitted[7:11] == (0, None, "提出しました", "佐藤 一郎")
    assert late[6].date() == date(2022, 6, 22)
    assert late[7] == 2


def test_the_csv_says_the_same_as_the_list_in_the_workbook(reader: Browser) -> None:
    text = reader.get("/progress.csv").data.decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline="")))
    sheet = rows_of(workbook_of(reader)["シート"])

    assert found[0] == list(sheet[0])
    assert [row[:6] for row in found[1:]] == [list(row[:6]) for row in sheet[1:]]
    assert [int(row[7]) for row in found[1:]] == [row[7] for row in sheet[1:]]


def test_in_english_the_headings_are_english(reader: Browser) -> None:
    reader.post("/language", {"locale": "en"})

    assert rows_of(workbook_of(reader)["Sheets"])[0][0] == "Number"


def test_the_number_of_statements_does_not_follow_the_number_of_sheets(
    application: Application, reader: Browser, query_counter: QueryCounter
) -> None:
    def statements() -> int:
        reader.get("/progress.xlsx")
        with query_counter(application) as counted:
            reader.get("/progress.xlsx")
        return len(counted)

    few = statements()
    take_in(application, large_plan(60, 1))

    assert statements() == few
