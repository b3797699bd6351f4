"""The gate before uploaded spreadsheets: a corpus of files that mean harm, and some that do not."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping

import openpyxl
import pytest

from workflow.exchange import upload_gate, xlsx_rows
from workflow.exchange.cells import CellTrouble, Unread
from workflow.exchange.upload_faults import SENTENCES, UploadFaultCode, UploadRefused


def workbook(rows: list[list[object]] | None = None, **more: object) -> bytes:
    """A plain workbook as Excel would save it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "人事異動"
    for row in rows or [["区分", "部署"], ["退職", None]]:
        sheet.append(row)
    for cell, link in more.items():
        sheet[cell].hyperlink = link
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in parts.items():
            archive.writestr(zipfile.ZipInfo(name), body, compress_type=method)
    return buffer.getvalue()


def with_part(name: str, body: bytes = b"<x/>") -> bytes:
    return packed({**parts_of(workbook()), name: body})


def with_text(name: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(workbook())
    return packed({**parts, name: change(parts[name])})


def lying(declared: int, body: bytes, *, packed_size: int | None = None) -> bytes:
    """A part whose directory declares another size than it has."""
    data = bytearray(with_part("xl/media/picture.bin", body))
    central = data.rindex(b"PK\x01\x02", 0, data.index(b"xl/media/picture.bin",
                          data.index(b"PK\x01\x02")) + 1)  # fmt: skip
    struct.pack_into("<L", data, central + 24, declared)
    if packed_size is not None:
        struct.pack_into("<L", data, central + 20, packed_size)
    return bytes(data)


def sheet_with(head: bytes) -> bytes:
    return with_text(
        "xl/worksheets/sheet1.xml", lambda xml: head + xml.partition(b"?>")[2].lstrip()
    )


XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<?xml version="1.0"?>' + b" " * 65_530 + b'<!DOCTYPE x [<!ENTITY a "ha">]>'
EXTERNAL = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" TargetMode="External" Target="file:///c:/other.xlsx" Type="http://'
    b'schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>'
    b"</Relationships>"
)

CORPUS: list[tuple[str, Callable[[], bytes], UploadFaultCode]] = [
    ("no bytes at all", lambda: b"", UploadFaultCode.EMPTY_FILE),
    ("too many bytes", lambda: b"PK\x03\x04" + bytes(upload_gate.LARGEST_FILE),
     UploadFaultCode.FILE_TOO_LARGE),
    ("wrong magic", lambda: b"%PDF-1.7 not a workbook", UploadFaultCode.NOT_XLSX),
    ("text with the wrong ending", lambda: "区分,部署".encode(), UploadFaultCode.NOT_XLSX),
    ("an old xls", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512),
     UploadFaultCode.OLD_OR_LOCKED),
    ("only the magic", lambda: b"PK\x03\x04", UploadFaultCode.BROKEN_ZIP),
    ("cut in the middle", lambda: workbook()[:2000], UploadFaultCode.BROKEN_ZIP),
    ("a zip that is no workbook", lambda: packed({"a.txt": b"a"}), UploadFaultCode.NOT_XLSX),
    ("macros", lambda: with_part("xl/vbaProject.bin"), UploadFaultCode.MACROS),
    ("macros in another case", lambda: with_part("xl/VBAPROJECT.BIN"), UploadFaultCode.MACROS),
    ("macros by type", lambda: with_text(
        "[Content_Types].xml",
        lambda xml: xml.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")),
     UploadFaultCode.MACROS),
    ("ActiveX", lambda: with_part("xl/activeX/activeX1.bin"), UploadFaultCode.MACROS),
    ("links to files", lambda: with_part("xl/externalLinks/externalLink1.xml"),
     UploadFaultCode.OUTSIDE_LINKS),
    ("links by relation", lambda: with_part("xl/_rels/other.rels", EXTERNAL),
     UploadFaultCode.OUTSIDE_LINKS),
    ("embedded files", lambda: with_part("xl/embeddings/oleObject1.bin"),
     UploadFaultCode.OUTSIDE_LINKS),
    ("a path upwards", lambda: with_part("xl/../../etc/passwd"), UploadFaultCode.UNSAFE_NAME),
    ("an absolute path", lambda: with_part("/etc/passwd"), UploadFaultCode.UNSAFE_NAME),
    ("a path of Windows", lambda: with_part("C:\\windows\\a.xml"), UploadFaultCode.UNSAFE_NAME),
    ("an entity that reads a file", lambda: sheet_with(XXE), UploadFaultCode.XML_ENTITIES),
    ("an entity across two chunks", lambda: sheet_with(LAUGHS), UploadFaultCode.XML_ENTITIES),
    ("an entity in UTF-16", lambda: with_text(
        "xl/workbook.xml", lambda xml: XXE.decode().encode("utf-16")),
     UploadFaultCode.XML_ENTITIES),
    ("an entity in UTF-7", lambda: sheet_with(
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4-'),
     UploadFaultCode.XML_ENTITIES),
    ("a bomb by ratio", lambda: with_part("xl/media/a.bin", bytes(40 * 1024**2)),
     UploadFaultCode.UNPACKS_TOO_LARGE),
    ("a bomb by its sum", lambda: packed(
        parts_of(workbook()) | {f"xl/media/{n}.bin": bytes(30 * 1024**2) for n in range(4)}),
     UploadFaultCode.UNPACKS_TOO_LARGE),
    ("a bomb by entries", lambda: packed(
        parts_of(workbook()) | {f"xl/media/{n}.bin": b"" for n in range(300)}),
     UploadFaultCode.TOO_MANY_PARTS),
    ("a bomb that says it is small", lambda: lying(1000, bytes(40 * 1024**2)),
     UploadFaultCode.SIZES_LIE),
    ("a part that says it is larger", lambda: lying(5000, b"a" * 1000),
     UploadFaultCode.SIZES_LIE),
    ("packed bytes that end early", lambda: lying(
        4096, zlib.compress(bytes(range(256)) * 16), packed_size=40),
     UploadFaultCode.SIZES_LIE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "code"), [case[1:] for case in CORPUS], ids=[case[0] for case in CORPUS]
)
def test_what_means_harm_is_refused_before_a_library_opens_it(
    make: Callable[[], bytes], code: UploadFaultCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_words: object, **_options: object) -> None:
        raise AssertionError("a child was started")

    data = make()
    monkeypatch.setattr(upload_gate.subprocess, "run", never)

    with pytest.raises(UploadRefused) as refused:
        upload_gate.read_rows(data)

    (fault,) = refused.value.faults
    assert fault.code is code
    assert "{" not in fault.message_ja + fault.message_en


def test_a_part_under_a_password_is_refused() -> None:
    data = bytearray(workbook())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 0x1

    with pytest.raises(UploadRefused) as refused:
        upload_gate.check(bytes(data))

    assert refused.value.faults[0].code is UploadFaultCode.OLD_OR_LOCKED


def test_a_plain_workbook_is_read_as_texts() -> None:
    data = workbook([["区分", "利用者名"], [None, None], ["退職", 123], ["異動", 1.5], ["=1+1"]])

    (sheet,) = upload_gate.read_rows(data)

    assert sheet.name == "人事異動"
    assert sheet.rows == (
        (1, ("区分", "利用者名")),
        (3, ("退職", "123")),
        (4, ("異動", "1.5")),
        (5, (Unread(CellTrouble.FORMULA),)),
    )


def test_addresses_of_mails_are_no_reason_to_refuse() -> None:
    data = workbook(A2="mailto:sato@aose.example.jp")

    assert upload_gate.read_rows(data)[0].rows


def test_a_stored_part_is_as_good_as_a_packed_one() -> None:
    assert upload_gate.read_rows(packed(parts_of(workbook()), method=zipfile.ZIP_STORED))


def test_a_workbook_that_no_library_can_read_is_refused_in_words() -> None:
    data = with_text("xl/workbook.xml", lambda xml: xml[: len(xml) // 2])

    with pytest.raises(UploadRefused) as refused:
        upload_gate.read_rows(data)

    assert refused.value.faults[0].code is UploadFaultCode.UNREADABLE_BOOK


def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_gate, "WALL_CLOCK", 0)

    with pytest.raises(UploadRefused) as refused:
        upload_gate.read_rows(workbook())

    assert refused.value.faults[0].code is UploadFaultCode.UNREADABLE_BOOK


def test_what_stands_far_to_the_right_is_told_in_one_more_column() -> None:
    (sheet,) = upload_gate.read_rows(workbook([["区分", *[""] * 98, "x"]]))

    assert len(sheet.rows[0][1]) == xlsx_rows.MOST_COLUMNS + 1
    assert sheet.rows[0][1][-1] == "x"


def test_a_dimension_that_lies_hides_no_row() -> None:
    data = with_text(
        "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:A1"')
    )

    assert upload_gate.read_rows(data) == upload_gate.read_rows(workbook())


def test_every_code_has_its_sentences() -> None:
    assert set(SENTENCES) == set(UploadFaultCode)


def test_the_child_takes_its_own_rights_away() -> None:
    """Memory, time and files: asked of the very script, in a process of its own."""
    program = (
        "import resource, runpy, sys; "
        "module = runpy.run_path(sys.argv[1]); module['limit'](); "
        "print(*(resource.getrlimit(kind)[0] for kind in "
        "(resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)))"
    )
    words = [sys.executable, "-I", "-c", program, xlsx_rows.__file__]

    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert said == [str(xlsx_rows.MEMORY), str(xlsx_rows.CPU), "0"]
