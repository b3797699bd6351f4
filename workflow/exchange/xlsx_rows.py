"""The child process that reads the cells of an xlsx: bytes on standard input, JSON comes out.

Started by ``upload_gate`` by its path, alone: it imports nothing of the program. What it may use
of memory, time and files is limited before the library is loaded, so that a file that got through
the gate can end this process and nothing else.

It tells what is stored: numbers with the code of their format (``cells`` says what is shown). Of
a sheet whose first rows hold no wanted heading it reads no more than these; empty rows count for
nothing, however they are formatted.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Any

#: Bytes of address space.
MEMORY = 768 * 1024 * 1024
#: Seconds of work.
CPU = 15
#: Rows with something in them; a table with more is refused by whoever wants it.
MOST_ROWS = 6_000
#: What stands beyond is told in one more column.
MOST_COLUMNS = 60
#: A longer text is cut here, and is too long for every column that is read.
LONGEST_CELL = 2_000
#: A heading stands among the first so many rows with something in them, and among the first rows.
HEAD_ROWS = 10
SEARCHED_ROWS = 1_000

MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z]+[0-9]+:[A-Z]+[0-9]+)[\"']")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


def limit() -> None:
    """Take away what reading does not need."""
    for kind, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def stored(cell: Any, epoch: datetime) -> list[Any] | str | None:
    """A cell's text, or its kind and value, and the code of its format or a built-in's number."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if cell.data_type == "e":
        return ["error", str(value)]
    number = cell.style_array.numFmtId
    code = number if number < 164 else cell.number_format
    if isinstance(value, datetime | date | time | timedelta):
        from openpyxl.utils.datetime import to_excel

        value = to_excel(value, epoch)  # type: ignore[no-untyped-call]
    if isinstance(value, int | float):
        return ["number", f"{value:.15g}" if isinstance(value, float) else str(value), code]
    text = str(value)[: LONGEST_CELL + 1]
    return text if code in (0, 49) else ["text", text, code]


def is_filled(cell: Any) -> bool:
    """Whether anything stands there; a formula without a stored result does."""
    return cell is not None and (not isinstance(cell, str) or cell.strip() != "")


def row_of(cells: Any, formulas: Any, epoch: datetime) -> list[Any]:
    """The cells of a row; empty ones are left out at the end."""
    row = [stored(cell, epoch) for cell in cells]
    for place, cell in enumerate(formulas):
        # An empty text is a result as well, and is stored as one.
        if cell.data_type == "f" and cells[place].value is None and cells[place].data_type == "n":
            row[place] = ["formula"]
    beyond = next(filter(is_filled, row[MOST_COLUMNS:]), None)
    row = [*row[:MOST_COLUMNS], beyond]
    while row and not is_filled(row[-1]):
        row.pop()
    return row


def rows_of(sheet: Any, twin: Any, epoch: datetime, wanted: str) -> list[tuple[int, list[Any]]]:
    """Row number and cells of the rows with something in them."""
    # What the sheet says of its own size may lie, and would hide what lies beyond.
    sheet.reset_dimensions()
    twin.reset_dimensions()
    has_formulas = FORMULA.search(xml_of(sheet)) is not None
    # Two readings of one sheet: stored results, and where formulas stand.
    pairs = zip(sheet.iter_rows(), twin.iter_rows(), strict=True) if has_formulas else (
        (row, ()) for row in sheet.iter_rows()
    )  # fmt: skip
    found: list[tuple[int, list[Any]]] = []
    is_wanted = not wanted
    for number, (cells, formulas) in enumerate(pairs, start=1):
        row = row_of(cells, formulas, epoch)
        if row:
            found.append((number, row))
            is_wanted = is_wanted or (len(found) <= HEAD_ROWS and any(map(holds(wanted), row)))
        if len(found) > MOST_ROWS:
            break
        if not is_wanted and (len(found) >= HEAD_ROWS or number >= SEARCHED_ROWS):
            break
    return found


def holds(word: str) -> Any:
    """Whether a cell's text holds *word*, however wide and spaced it is written."""
    return lambda cell: (
        isinstance(cell, str) and word in "".join(unicodedata.normalize("NFKC", cell).split())
    )


def xml_of(sheet: Any) -> bytes:
    """The sheet as it lies in the file."""
    with sheet._get_source() as source:
        return bytes(source.read())


def merged_cells(sheet: Any, rows: list[tuple[int, list[Any]]]) -> list[tuple[int, int, str]]:
    """Row, position and range of each cell of *rows* that is merged with others."""
    from openpyxl.utils.cell import range_boundaries

    found: dict[tuple[int, int], str] = {}
    for match in MERGED.finditer(xml_of(sheet)):
        area = match[1].decode()
        left, top, right, bottom = (int(bound or 0) for bound in range_boundaries(area))
        for number, _row in rows:
            if top <= number <= bottom:
                for position in range(left - 1, min(right, MOST_COLUMNS)):
                    found[number, position] = area
    return [(number, position, area) for (number, position), area in found.items()]


def main() -> None:
    """Read one workbook; the one argument is the heading whose sheets are wanted, or empty."""
    data = sys.stdin.buffer.read()
    limit()
    import warnings

    from openpyxl import DEFUSEDXML, load_workbook
    from openpyxl.utils.datetime import MAC_EPOCH

    warnings.simplefilter("ignore")
    if not DEFUSEDXML:
        raise SystemExit("defusedxml is missing")
    try:
        book, twin = (
            load_workbook(io.BytesIO(data), read_only=True, data_only=results, keep_links=False)
            for results in (True, False)
        )
        # Days stay the numbers that are stored: the code of their format says how they are shown.
        vars(book).update(_date_formats=set(), _timedelta_formats=set())
        sheets = []
        for sheet, other in zip(book.worksheets, twin.worksheets, strict=True):
            rows = rows_of(sheet, other, book.epoch, sys.argv[1])
            merged = merged_cells(sheet, rows)
            sheets.append({"name": sheet.title, "rows": rows, "merged": merged})
    except MemoryError:
        raise SystemExit("too little memory") from None
    except Exception as error:
        raise SystemExit(f"{type(error).__name__}: {error}".replace("\n", " ")) from None
    sys.stdout.write(json.dumps({"since_1904": book.epoch == MAC_EPOCH, "sheets": sheets}))


if __name__ == "__main__":
    main()
