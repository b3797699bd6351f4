"""The child process that reads the cells of an xlsx: bytes on standard input, JSON comes out.

Started by ``upload_gate`` by its path, alone: it imports nothing of the program. What it may use
of memory, time and files is limited before the library is loaded, so that a file that got through
the gate can end this process and nothing else.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

#: Bytes of address space.
MEMORY = 768 * 1024 * 1024
#: Seconds of work.
CPU = 15
MOST_SHEETS = 20
MOST_ROWS = 20_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000


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


def as_text(value: object) -> str:
    """A cell as it reads: 000123 typed as a number is 123, a whole number has no fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def rows_of(sheet: Any) -> list[tuple[int, list[str]]]:
    """Row number and texts; rows and cells without a text are left out at the end."""
    # What the sheet says of its own size may lie, and would hide what lies beyond.
    sheet.reset_dimensions()
    found = []
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS:
            raise SystemExit(f"more than {MOST_ROWS} rows")
        cells = [as_text(value) for value in row[: MOST_COLUMNS + 1]]
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise SystemExit(f"more than {MOST_COLUMNS} columns")
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise SystemExit(f"row {number}: more than {LONGEST_CELL} characters in a cell")
        if cells:
            found.append((number, cells))
    return found


def main() -> None:
    """Read one workbook."""
    data = sys.stdin.buffer.read()
    limit()
    import warnings

    from openpyxl import DEFUSEDXML, load_workbook

    warnings.simplefilter("ignore")
    if not DEFUSEDXML:
        raise SystemExit("defusedxml is missing")
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        if len(book.worksheets) > MOST_SHEETS:
            raise SystemExit(f"more than {MOST_SHEETS} sheets")
        sheets = [{"name": sheet.title, "rows": rows_of(sheet)} for sheet in book.worksheets]
    except MemoryError:
        raise SystemExit("too little memory") from None
    except Exception as error:
        raise SystemExit(f"{type(error).__name__}: {error}".replace("\n", " ")) from None
    sys.stdout.write(json.dumps(sheets))


if __name__ == "__main__":
    main()
