"""Bytes of a table → rows of texts: CSV in UTF-8 or CP932, or an xlsx behind the gate."""

from __future__ import annotations

import codecs
import csv
import io

from workflow.exchange import upload_gate
from workflow.exchange.cells import SheetRows
from workflow.exchange.faults import WHOLE_FILE
from workflow.exchange.transfer_faults import (
    TransferFaultCode,
    TransferFileRefused,
    fault,
)


def read_tables(data: bytes, file_name: str, heading: str) -> tuple[SheetRows, ...]:
    """The sheets of a file by its ending; a CSV is one sheet without a name.

    Args:
        heading: of a sheet that does not hold it in its first rows no more than these are read.

    Raises:
        UploadRefused: the gate refuses the file.
        TransferFileRefused: it is no table at all.
    """
    ending = file_name.rpartition(".")[2].lower()
    if ending == "xlsx":
        return upload_gate.read_rows(data, heading)
    if ending != "csv":
        raise _refused(TransferFaultCode.UNKNOWN_FILE_KIND)
    upload_gate.check_size(data)
    return (SheetRows("", _csv_rows(_decode(data))),)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        raise _refused(TransferFaultCode.UNREADABLE_TEXT, line=1)
    if data.startswith(codecs.BOM_UTF8):
        return _decode_as(data[len(codecs.BOM_UTF8) :], "utf-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # The older Excel of an office saves CSV like this.
        return _decode_as(data, "cp932")


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(TransferFaultCode.UNREADABLE_TEXT, line=line) from error


def _csv_rows(text: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    first = text.partition("\n")[0]
    # Cells that were copied out of a spreadsheet are parted by tabs.
    delimiter = "\t" if "\t" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    before = 0
    try:
        for cells in reader:
            # A quoted line break makes a row of several lines: it is named by its first.
            if any(cell.strip() for cell in cells):
                rows.append((before + 1, tuple(cells)))
            before = reader.line_num
    except csv.Error as error:
        raise _refused(TransferFaultCode.BROKEN_CSV, line=max(before, 1)) from error
    return tuple(rows)


def _refused(code: TransferFaultCode, **values: object) -> TransferFileRefused:
    return TransferFileRefused((fault(WHOLE_FILE, code, values),))
