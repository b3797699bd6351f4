"""Tables that leave the program as a workbook or as CSV. Pure.

Whatever people wrote stays text: a name that begins with "=" must never become a formula in the
reader's spreadsheet (OWASP, CSV injection). Figures stay figures and days stay days.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from workflow.clock import OFFICE_ZONE

#: Text, a whole number, a day, a moment (written as the office's clock shows it), or nothing.
Value = str | int | date | datetime | None

#: What a spreadsheet takes for the beginning of a formula. A Japanese one takes ＝＋－＠, too:
#: NFKC makes one of these of each.
_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
#: Whatever some reader takes for the end of a line.
_LINE_END = re.compile(r"(\r\n|[\r\n\v\f\x85\u2028\u2029])")
#: The widest column, in characters.
_WIDEST = 48


@dataclass(frozen=True)
class Table:
    """One table: its name (at most 31 characters, none of ``[]:*?/\\``), headings and rows."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def workbook(tables: Sequence[Table]) -> bytes:
    """The tables as an xlsx, one worksheet each; headings stay in sight."""
    book = Workbook()
    for position, table in enumerate(tables):
        sheet = book.active if position == 0 else book.create_sheet()
        assert isinstance(sheet, Worksheet)  # noqa: S101 - no chart sheets are made
        sheet.title = table.name
        for column, heading in enumerate(table.headings, start=1):
            cell = _cell(sheet, 1, column)
            _write(cell, heading)
            cell.font = Font(bold=True)
        for number, row in enumerate(table.rows, start=2):
            for column, value in enumerate(row, start=1):
                _write(_cell(sheet, number, column), value)
        sheet.freeze_panes = "A2"
        for column in range(1, len(table.headings) + 1):
            texts = [table.headings[column - 1], *(_text(r[column - 1]) for r in table.rows)]
            width = max(_columns(text) for text in texts) + 2
            sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, width)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def comma_separated(table: Table) -> bytes:
    """The table as CSV in UTF-8 with a byte order mark, as spreadsheets in offices read it.

    CSV cannot say what is text, so an apostrophe goes before what would be taken for a formula, on
    each line of a cell: some readers end a row at every line break. Texts stand in quotes, for
    where the list separator is ";" or a tab a text would else end there and its rest begin a cell.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([_harmless(heading) for heading in table.headings])
    for row in table.rows:
        writer.writerow([v if isinstance(v, int) else _harmless(_text(v)) for v in row])
    return file.getvalue().encode("utf-8-sig")


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    found = sheet.cell(row, column)
    assert isinstance(found, Cell)  # noqa: S101 - nothing is merged here
    return found


def _write(cell: Cell, value: Value) -> None:
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        # The library takes "=…" for a formula and "#N/A" for an error; here both are words.
        cell.data_type = "s"
        if _begins_a_formula(value):
            cell.quotePrefix = True
        return
    if isinstance(value, datetime):
        cell.value = _local(value)
        cell.number_format = "yyyy-mm-dd hh:mm"
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _local(value).isoformat(" ", "minutes")
    return str(value)


def _local(moment: datetime) -> datetime:
    """A spreadsheet knows no zones."""
    return moment.astimezone(OFFICE_ZONE).replace(tzinfo=None)


def _harmless(text: str) -> str:
    first, *rest = _LINE_END.split(text)
    # Line ends and lines by turns.
    for end, line in zip(rest[::2], rest[1::2], strict=True):
        first += end + (f"'{line}" if _begins_a_formula(line) else line)
    return f"'{first}" if _begins_a_formula(text) else first


def _begins_a_formula(text: str) -> bool:
    """Whether some spreadsheet would take it for one; blanks before the sign do not hide it."""
    seen = text.lstrip("".join(c for c in set(text) if unicodedata.category(c)[0] in "ZC"))
    return text.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", seen[:1]) in _SIGNS


def _columns(text: str) -> int:
    """Its width: a character beyond ASCII is about two wide."""
    return sum(1 if character.isascii() else 2 for character in text)
