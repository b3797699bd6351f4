"""Cells of a workbook of transfers: read as Excel shows them, or refused with their place."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from workflow.exchange.faults import FileRefused
from workflow.exchange.transfer_faults import refusal
from workflow.exchange.transfer_file import read_transfer_file
from workflow.exchange.transfers import HEADINGS, TransferFile

Change = Callable[[Workbook, Worksheet], None]


def handed_in(change: Change, edit: Callable[[bytes], bytes] = lambda xml: xml) -> bytes:
    """A workbook with two rows, 退職 of 123 and 退職 of ito, changed; *edit* touches its XML."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "人事異動"
    sheet.append(list(HEADINGS.values()))
    sheet["A2"], sheet["E2"], sheet["A3"], sheet["E3"] = "退職", 123, "退職", "ito"
    change(book, sheet)
    saved, edited = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(edited, "w", 8) as after:
        for name in before.namelist():
            body = before.read(name)
            after.writestr(name, edit(body) if name == "xl/worksheets/sheet1.xml" else body)
    return edited.getvalue()


def read(data: bytes) -> TransferFile:
    return read_transfer_file(data, "異動.xlsx")


def refused(data: bytes) -> list[tuple[str, str]]:
    """(cell, code) of everything that is wrong."""
    try:
        found = read(data)
        faults = refusal(found, found.problems).faults
    except FileRefused as error:
        faults = error.faults
    return [(fault.path.removeprefix("異動.xlsx:人事異動!"), str(fault.code)) for fault in faults]


def value(cell: str, typed: object, code: str = "General") -> Change:
    """*typed* in a cell under a format code."""

    def write(_book: Workbook, sheet: Worksheet) -> None:
        sheet[cell] = typed
        sheet[cell].number_format = code

    return write


@pytest.mark.parametrize(
    ("typed", "code", "shown"),
    [
        (123, "00000000", "00000123"), (123.0, "General", "123"), (True, "General", "true"),
        ("00123", "@", "00123"), (7, '"s"000', "s007"),
        (date(2022, 4, 1), "yyyymmdd", "20220401"), (date(2022, 4, 1), "geemmdd", "r040401"),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_it_is_shown(typed: object, code: str, shown: str) -> None:
    assert read(handed_in(value("E2", typed, code))).changes[0].sign_in_name == shown


def test_days_counted_from_1904_are_read_as_they_are_shown() -> None:
    def change(book: Workbook, sheet: Worksheet) -> None:
        book.epoch = MAC_EPOCH
        value("E2", date(2022, 4, 1), "yyyymmdd")(book, sheet)

    assert read(handed_in(change)).changes[0].sign_in_name == "20220401"


@pytest.mark.parametrize(
    ("typed", "code", "fault"),
    [
        (5, "[DBNum3]0", "cell_format"), (123456789012, "General", "cell_format"),
        (1, ";;;", "cell_format"), ("sato", ";;;", "cell_format"),
        ("#REF!", "General", "cell_error"),
        ("=VLOOKUP(1,A1:B2,2,FALSE)", "General", "cell_formula"), ("#N/A", "@", "cell_error"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_refused_with_its_place(
    typed: object, code: str, fault: str
) -> None:
    assert refused(handed_in(value("E2", typed, code))) == [("E2 利用者名", fault)]


def test_a_formula_is_read_by_its_stored_result_an_empty_text_included() -> None:
    results = {b"E2": b"<v>77</v>", b"F2": b"<v></v>"}

    def calculated(xml: bytes) -> bytes:
        for cell, stored in results.items():
            xml = re.sub(
                b'<c r="%s"([^>]*)><f>([^<]*)</f><v ?/?>(</v>)?' % cell,
                b'<c r="%s" t="str"><f>\\2</f>%s' % (cell, stored),
                xml,
            )
        return xml

    def change(_book: Workbook, sheet: Worksheet) -> None:
        sheet["E2"], sheet["F2"] = "=7*11", '=IF(1=1,"","x")'

    (first, _second) = read(handed_in(change, calculated)).changes

    assert (first.sign_in_name, first.name) == ("77", "")


def test_a_built_in_format_of_a_japanese_excel_is_known_by_its_number() -> None:
    """58 is 令和4年4月1日 there, and the file says nothing but the number."""
    book = openpyxl.load_workbook(io.BytesIO(handed_in(value("E2", 44652, "0.000"))))
    saved, edited = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(edited, "w", 8) as after:
        for name in before.namelist():
            body = before.read(name)
            if name == "xl/styles.xml":
                body = re.sub(b'numFmtId="164"(?=[^>]*xfId)', b'numFmtId="57"', body)
            after.writestr(name, body)

    assert read(edited.getvalue()).changes[0].sign_in_name == "r4.4.1"


def test_runs_of_rich_text_are_joined_and_readings_left_out() -> None:
    def rich(xml: bytes) -> bytes:
        runs = b"<r><t>it</t></r><r><rPr><b/></rPr><t>o</t></r>"
        reading = b'<rPh sb="0" eb="1"><t>x</t></rPh>'
        cell = b'<c r="E3" t="inlineStr"><is>%s%s</is></c>' % (runs, reading)
        return re.sub(b'<c r="E3"[^>]*>.*?</c>', cell, xml)

    assert read(handed_in(lambda _b, _s: None, rich)).changes[1].sign_in_name == "ito"


def test_merged_cells_are_refused_where_they_are_read() -> None:
    def change(_book: Workbook, sheet: Worksheet) -> None:
        sheet["E3"] = None
        sheet.merge_cells("E2:E3")
        sheet.merge_cells("K2:K3")

    assert refused(handed_in(change)) == [
        ("E2 利用者名", "cell_merged"), ("E3 利用者名", "cell_merged"),
    ]  # fmt: skip


def test_a_title_over_merged_cells_is_no_reason_to_refuse() -> None:
    def change(_book: Workbook, sheet: Worksheet) -> None:
        sheet.insert_rows(1, 2)
        sheet["A1"] = "令和5年4月1日付け"
        sheet.merge_cells("A1:K1")

    assert refused(handed_in(change)) == []


def test_what_nobody_reads_is_no_reason_to_refuse() -> None:
    def change(book: Workbook, sheet: Worksheet) -> None:
        sheet["K2"], sheet["K3"] = "長い備考" * 1_000, "=1+1"
        for row in range(4, 7_000):
            sheet.cell(row, 1).number_format = "0.00"
        codes = book.create_sheet("コード表", 0)
        for row in range(7_000):
            codes.append([row, "=1+1", "x" * 3_000 if row == 5 else "", *["z"] * 80])
        for number in range(25):
            book.create_sheet(f"控え{number}").append(["メモ"])

    found = read(handed_in(change, lambda xml: xml))

    assert (len(found.changes), found.problems) == (2, ())


def test_a_heading_that_cannot_be_read_is_refused_with_its_place() -> None:
    assert refused(handed_in(value("F1", "=1+1"))) == [("F1", "cell_formula")]


def test_rows_beyond_any_real_table_are_refused_without_reading_them_all() -> None:
    def change(_book: Workbook, sheet: Worksheet) -> None:
        for row in range(4, 6_200):
            sheet.cell(row, 1).value = "退職"

    assert refused(handed_in(change)) == [("$", "too_many_rows")]
