"""Reading a file of transfers: encodings, both kinds of files, and every fault with its place."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from workflow.definition.facts import Rank
from workflow.exchange import transfer_file
from workflow.exchange.faults import FileRefused
from workflow.exchange.transfer_faults import SENTENCES, TransferFaultCode, refusal
from workflow.exchange.transfer_file import column_letter, read_transfer_file
from workflow.exchange.transfers import HEADINGS, Change, ChangeKind, TransferFile, from_json
from workflow.exchange.upload_faults import UploadFaultCode

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/exchange-format.md").read_text("utf-8")
HEADS = list(HEADINGS.values())


def line(kind: str, **values: str) -> list[str]:
    """One row, by the fields of a change."""
    return [{"kind": kind, **values}.get(field, "") for field in HEADINGS]


GOOD = [
    line("設置", unit="危機管理課", parent="総務部"),
    line("廃止", unit="管財課", successor="施設マネジメント課"),
    line("改称", unit="まちづくり推進課", successor="地域協働課"),
    line("異動", sign_in_name="sato.ichiro", name="佐藤　一郎", unit="市民課", title="主査",
         rank="担当"),
    line("退職", sign_in_name="morita.kenji", note="定年"),
    line("採用", sign_in_name="aoyama.haruka", name="青山 遥", kana="あおやま はるか",
         email="aoyama@aose.example.jp", unit="市民課", title="主事", rank="担当"),
]  # fmt: skip


def csv_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8", ends: str = "\r\n") -> bytes:
    return "".join(",".join(row) + ends for row in [HEADS, *rows]).encode(encoding)


def xlsx_of(*sheets: tuple[str, Sequence[Sequence[str]]]) -> bytes:
    book = openpyxl.Workbook()
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    del book["Sheet"]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def refused(data: bytes, name: str = "異動.csv") -> list[tuple[str, str]]:
    """(path, code) of everything that is wrong."""
    try:
        read = read_transfer_file(data, name)
    except FileRefused as error:
        return [(fault.path, str(fault.code)) for fault in error.faults]
    return [(fault.path, str(fault.code)) for fault in refusal(read, read.problems).faults]


# What is wrong


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (line("増設", unit="危機管理課"), "A2 区分", "unknown_word"),
        (line("", unit="危機管理課"), "A2 区分", "unknown_word"),
        (line("設置"), "B2 部署", "cell_missing"),
        (line("統合", unit="市民相談課"), "D2 引継ぎ先", "cell_missing"),
        (line("設置", unit="危機管理課", successor="市民課"), "D2 引継ぎ先", "cell_not_used"),
        (line("設置", unit="総務部/危機管理課"), "B2 部署", "cell_form"),
        (line("異動", unit="市民課", title="主査", rank="担当"), "E2 利用者名", "post_for_nobody"),
        (line("兼務", unit="市民課", title="主査", rank="担当"), "E2 利用者名", "post_for_nobody"),
        (line("退職"), "E2 利用者名", "cell_missing"),
        (line("退職", sign_in_name="佐藤"), "E2 利用者名", "cell_form"),
        (line("退職", sign_in_name="sato", unit="市民課"), "B2 部署", "cell_not_used"),
        (line("異動", sign_in_name="sato", unit="市民課", title="主査", rank="係長"),
         "J2 職位", "unknown_word"),
        (line("採用", sign_in_name="ao", name="青山 遥", kana="AOYAMA", email="a@b.example",
              unit="市民課", title="主事", rank="担当"), "G2 かな", "cell_form"),
        (line("採用", sign_in_name="ao", name="青山 遥", kana="あおやま", email="aoyama",
              unit="市民課", title="主事", rank="担当"), "H2 メール", "cell_form"),
        (line("退職", sign_in_name="#N/A"), "E2 利用者名", "cell_error"),
        (line("退職", sign_in_name="sato", name="佐藤\u0007"), "F2 氏名", "cell_character"),
        (line("退職", sign_in_name="sato", name="あ" * 201), "F2 氏名", "cell_too_long"),
        ([*line("退職", sign_in_name="sato"), "欄外"], "A2 区分", "cell_outside"),
    ],
)  # fmt: skip
def test_each_fault_of_a_row_is_told_with_its_place(row: list[str], column: str, code: str) -> None:
    assert refused(csv_of([row])) == [(f"異動.csv:{column}", code)]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", UploadFaultCode.EMPTY_FILE),
        (b"", "a.xlsx", UploadFaultCode.EMPTY_FILE),
        (csv_of(GOOD), "a.txt", TransferFaultCode.UNKNOWN_FILE_KIND),
        (csv_of(GOOD), "a.xlsx", UploadFaultCode.NOT_XLSX),
        (csv_of(GOOD, "utf-16"), "a.csv", TransferFaultCode.UNREADABLE_TEXT),
        (b"\xff\xfe\xfd" + csv_of(GOOD), "a.csv", TransferFaultCode.UNREADABLE_TEXT),
        (csv_of(GOOD) + b'"open', "a.csv", TransferFaultCode.BROKEN_CSV),
        ("氏名,職\n佐藤,主査\n".encode(), "a.csv", TransferFaultCode.NO_HEADINGS),
        ("区分,所属\n退職,市民課\n".encode(), "a.csv", TransferFaultCode.UNKNOWN_HEADING),
        ("区分,氏名,氏名\n退職,a,b\n".encode(), "a.csv", TransferFaultCode.REPEATED_HEADING),
        (csv_of([]), "a.csv", TransferFaultCode.NO_ROWS),
        (xlsx_of(("一", [HEADS, *GOOD]), ("二", [HEADS])), "a.xlsx",
         TransferFaultCode.SEVERAL_TABLES),
    ],
)  # fmt: skip
def test_each_fault_of_a_file_as_a_whole(data: bytes, name: str, code: str) -> None:
    assert [found for _path, found in refused(data, name)] == [code]


def test_a_file_longer_than_any_real_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_file, "MOST_ROWS", 5)

    assert refused(csv_of(GOOD)) == [("$", "too_many_rows")]


def test_all_faults_come_at_once_and_good_rows_are_still_read() -> None:
    data = csv_of([GOOD[0], line("設置"), GOOD[1], line("退職", sign_in_name="佐藤", unit="課")])

    read = read_transfer_file(data, "異動.csv")

    assert [change.row for change in read.changes] == [2, 4]
    assert refused(data) == [
        ("異動.csv:B3 部署", "cell_missing"),
        ("異動.csv:B5 部署", "cell_not_used"),
        ("異動.csv:E5 利用者名", "cell_form"),
    ]


def test_a_fault_of_a_workbook_names_the_sheet_and_the_cell() -> None:
    rows = [["令和5年4月1日付け"], [], HEADS, *GOOD, line("設置")]

    assert refused(xlsx_of(("記入例", [["説明"]]), ("人事異動", rows)), "異動.xlsx") == [
        ("異動.xlsx:人事異動!B10 部署", "cell_missing")
    ]


# What is right


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_both_encodings_of_an_office_are_read_alike(encoding: str) -> None:
    read = read_transfer_file(csv_of(GOOD, encoding), "異動.csv")

    assert read.problems == ()
    assert read.changes[3] == Change(
        ChangeKind.TRANSFER, 5, unit="市民課", sign_in_name="sato.ichiro", name="佐藤 一郎",
        title="主査", rank=Rank.STAFF,
    )  # fmt: skip
    assert [change.kind for change in read.changes] == [
        ChangeKind.ESTABLISH, ChangeKind.ABOLISH, ChangeKind.RENAME, ChangeKind.TRANSFER,
        ChangeKind.RETIRE, ChangeKind.HIRE,
    ]  # fmt: skip


def test_a_workbook_says_the_same_as_a_csv() -> None:
    from_csv = read_transfer_file(csv_of(GOOD), "異動.csv")
    from_book = read_transfer_file(xlsx_of(("人事異動", [HEADS, *GOOD])), "異動.xlsx")

    assert from_book.changes == from_csv.changes
    assert from_book.sheet == "人事異動"
    assert from_book.content_hash != from_csv.content_hash


def test_columns_may_stand_in_any_order_and_be_left_out() -> None:
    data = "備考, 利用者名 ,区分\n,ＳＡＴＯ．ichiro,退職\n".encode()

    (change,) = read_transfer_file(data, "a.csv").changes

    assert (change.kind, change.sign_in_name) == (ChangeKind.RETIRE, "sato.ichiro")


def test_cells_copied_out_of_a_spreadsheet_are_parted_by_tabs() -> None:
    assert read_transfer_file("区分\t利用者名\n退職\tsato\n".encode(), "a.csv").changes


def test_rows_are_counted_as_a_reader_sees_them() -> None:
    """Empty lines and quoted line breaks included."""
    data = '区分,利用者名,氏名\n\n退職,sato,"一\n二"\n退職,ito,\n'.encode()

    read = read_transfer_file(data, "a.csv")

    assert [change.row for change in read.changes] == [5]
    assert [(p.row, p.code) for p in read.problems] == [(3, TransferFaultCode.CELL_CHARACTER)]


@pytest.mark.parametrize("note", ["一\n二", "長い" * 20_000, "#N/A", "\u0007"])
def test_a_remark_is_no_reason_to_refuse(note: str) -> None:
    data = f'区分,利用者名,備考\n退職,sato,"{note}"\n'.encode()

    assert refused(data) == []


def test_what_was_read_can_be_kept_and_read_again() -> None:
    read = read_transfer_file(csv_of(GOOD), "異動.csv")

    assert from_json(read.as_json()) == read


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ")])
def test_columns_are_named_as_in_a_spreadsheet(position: int, letters: str) -> None:
    assert column_letter(position) == letters


# The document


def test_the_document_lists_every_code_and_no_other() -> None:
    section = DOCUMENT.partition("## 組織改編・人事異動ファイル")[2]
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))

    assert listed == {str(code) for code in (*TransferFaultCode, *UploadFaultCode)}


def test_every_code_has_its_sentences() -> None:
    assert set(SENTENCES) == set(TransferFaultCode)


def test_the_documents_example_can_be_read() -> None:
    section = DOCUMENT.partition("## 組織改編・人事異動ファイル")[2]
    example = re.findall(r"```csv\n(.*?)```", section, re.DOTALL)[0]

    read = read_transfer_file(example.encode(), "例.csv")

    assert read.problems == ()
    assert {change.kind for change in read.changes} == set(ChangeKind)


def test_the_samples_file_can_be_read() -> None:
    read: TransferFile = read_transfer_file(
        (ROOT / "sample/transfers.csv").read_bytes(), "transfers.csv"
    )

    assert read.problems == ()
    assert len(read.changes) == 13
