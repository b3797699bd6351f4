"""Reads next year's organisation and transfers: one table, one row a change, Japanese headings.

The format is described in ``docs/exchange-format.md``. Every fault is found at once: rows that can
be read are read on beside those that cannot, and what only the organisation shows is added by
``services.reorganisation``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow.characters import first_mistake
from workflow.exchange.cells import Cell, CellTrouble, SheetRows, Unread
from workflow.exchange.faults import WHOLE_FILE
from workflow.exchange.field_types import exact_text
from workflow.exchange.people_file import (
    EMAIL_PATTERN,
    KANA_PATTERN,
    SIGN_IN_NAME_PATTERN,
)
from workflow.exchange.table_file import read_tables
from workflow.exchange.transfer_faults import TransferFaultCode, TransferFileRefused, fault
from workflow.exchange.transfers import (
    FIELDS,
    HEADINGS,
    KIND_WORDS,
    RANK_WORDS,
    Change,
    ChangeKind,
    Problem,
    TransferFile,
)

MOST_ROWS = 5_000
LONGEST_CELL = 200
#: The row of headings stands among the first so many rows; a title may stand above it.
_SEARCHED = 10

_BY_HEADING = {heading: field for field, heading in HEADINGS.items()}
_KIND_HEADING = HEADINGS["kind"]
#: As a CSV has them from a spreadsheet; the last is what a column too narrow shows.
_ERRORS = re.compile(
    r"#(N/A|(REF|VALUE|DIV/0|NULL|NUM|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN|PYTHON)!"
    r"|NAME\?|GETTING_DATA|#+)"
)
_BLANKS = re.compile(r"\s+")
#: Field → the form of what stands there, and how to say it.
_FORMS: Mapping[str, tuple[str, str, str]] = {
    "sign_in_name": (
        SIGN_IN_NAME_PATTERN,
        "半角の英小文字・数字・「.」「_」「-」で2字から63字までです。",
        "2 to 63 lower-case letters, digits, dots, underscores and hyphens.",
    ),
    "kana": (
        KANA_PATTERN,
        "かなで、姓と名の間は空白一つです。",
        "Kana only, one blank between family and given name.",
    ),
    "email": (
        EMAIL_PATTERN,
        "電子メールのアドレスが必要です。",
        "Needs an e-mail address.",
    ),
}
_KIND_NAMES = {kind: word for word, kind in KIND_WORDS.items()}


def read_transfer_file(data: bytes, file_name: str) -> TransferFile:
    """Return the changes in *data*, and the problems of rows that cannot be read.

    Args:
        file_name: its ending tells CSV from xlsx.

    Raises:
        UploadRefused: the gate refuses the file.
        TransferFileRefused: there is no table in it, or its headings are wrong.
    """
    sheet, heading_row, letters = _table(read_tables(data, file_name, _KIND_HEADING), file_name)
    below = [(number, cells) for number, cells in sheet.rows if number > heading_row.number]
    if not below or len(below) > MOST_ROWS:
        code = TransferFaultCode.TOO_MANY_ROWS if below else TransferFaultCode.NO_ROWS
        raise TransferFileRefused((fault(WHOLE_FILE, code, {"limit": MOST_ROWS}),))
    changes: list[Change] = []
    problems: list[Problem] = []
    for number, cells in below:
        found = list(_row(number, _unmerged(sheet, number, cells), heading_row.fields))
        problems += [item for item in found if isinstance(item, Problem)]
        changes += [item for item in found if isinstance(item, Change)]
    return TransferFile(
        file_name=file_name,
        sheet=sheet.name,
        letters=letters,
        content_hash=hashlib.sha256(data).hexdigest(),
        changes=tuple(changes),
        problems=tuple(problems),
    )


@dataclass(frozen=True)
class _HeadingRow:
    number: int
    #: Position of a column → field of a change.
    fields: Mapping[int, str]


def _table(
    sheets: Sequence[SheetRows], file_name: str
) -> tuple[SheetRows, _HeadingRow, Mapping[str, str]]:
    """The one sheet with the headings.

    Raises:
        TransferFileRefused: none, several, or headings that are wrong (all of them listed).
    """
    tables = [
        (sheet, number, cells)
        for sheet in sheets
        for number, cells in sheet.rows[:_SEARCHED]
        if _KIND_HEADING in map(_folded, cells)
    ]
    if not tables:
        raise TransferFileRefused((fault(WHOLE_FILE, TransferFaultCode.NO_HEADINGS, {}),))
    sheet, number, cells = tables[0]
    if others := [table[0].name for table in tables if table[0] is not sheet]:
        named = "、".join([sheet.name, *others])
        raise TransferFileRefused(
            (fault(WHOLE_FILE, TransferFaultCode.SEVERAL_TABLES, {"sheets": named}),)
        )
    fields: dict[int, str] = {}
    faults = []
    for position, cell in enumerate(cells):
        heading = _folded(cell)
        field = _BY_HEADING.get(heading)
        code = None
        if isinstance(cell, Unread):
            code = TransferFaultCode(cell.trouble)
        elif field is None and heading:
            code = TransferFaultCode.UNKNOWN_HEADING
        elif field in fields.values():
            code = TransferFaultCode.REPEATED_HEADING
        if code is not None:
            values: dict[str, object] = {"heading": heading, "known": "、".join(HEADINGS.values())}
            values |= cell.values if isinstance(cell, Unread) else {}
            mark = f"{sheet.name}!" if sheet.name else ""
            path = f"{file_name}:{mark}{column_letter(position)}{number}"
            faults.append(fault(path, code, values))
        elif field is not None:
            fields[position] = field
    if faults:
        raise TransferFileRefused(tuple(faults))
    letters = {field: column_letter(position) for position, field in fields.items()}
    return sheet, _HeadingRow(number, fields), letters


def column_letter(position: int) -> str:
    """A for the first column (0), Z, AA …: as spreadsheets name them."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _unmerged(sheet: SheetRows, number: int, cells: tuple[Cell, ...]) -> list[Cell]:
    """The cells of a row; what is merged with others says nothing of this row alone."""
    areas = sheet.merged.get(number, {})
    width = max([len(cells), *(place + 1 for place in areas)])
    filled = [*cells, *[""] * (width - len(cells))]
    return [
        Unread(CellTrouble.MERGED, {"range": areas[place]}) if place in areas else cell
        for place, cell in enumerate(filled)
    ]


def _folded(cell: Cell) -> str:
    """A heading or a word of a list: half and full width alike, no blanks."""
    if isinstance(cell, Unread):
        return ""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", cell)).removesuffix("*")


def _row(
    number: int, cells: Sequence[Cell], fields: Mapping[int, str]
) -> Iterator[Change | Problem]:
    """The change of one row, or everything that is wrong with it."""
    values: dict[str, str] = dict.fromkeys(HEADINGS, "")
    problems: list[Problem] = []
    for position, cell in enumerate(cells):
        field = fields.get(position)
        if field == "note":
            # Nobody reads it: whatever stands there is no reason to refuse.
            continue
        if field is None:
            if _is_outside(cell):
                # Nearest thing with a name of its own: the kind of the row.
                problems.append(Problem(number, "kind", TransferFaultCode.CELL_OUTSIDE))
            continue
        if isinstance(cell, Unread):
            code = TransferFaultCode(cell.trouble)
            problems.append(Problem(number, field, code, cell.values))
            continue
        text = unicodedata.normalize("NFC", cell).strip()
        problem = _cell_problem(number, field, text)
        if problem is not None:
            problems.append(problem)
        else:
            values[field] = _read(field, text)
    kind = KIND_WORDS.get(values["kind"])
    if kind is None and not any(problem.column == "kind" for problem in problems):
        shown = {"shown": values["kind"], "allowed": "、".join(KIND_WORDS)}
        problems.append(Problem(number, "kind", TransferFaultCode.UNKNOWN_WORD, shown))
    told = {problem.column for problem in problems}
    if kind is not None:
        problems += [p for p in _unfit(number, kind, values) if p.column not in told]
    if kind is None or problems:
        yield from problems
        return
    rank = RANK_WORDS.get(values["rank"])
    others = {f: v for f, v in values.items() if f not in ("kind", "rank", "note")}
    yield Change(kind, number, rank=rank, **others)


def _is_outside(cell: Cell) -> bool:
    if isinstance(cell, Unread):
        return cell.trouble is not CellTrouble.MERGED
    return cell.strip() != ""


def _read(field: str, text: str) -> str:
    if field in ("kind", "rank"):
        return _folded(text)
    if field in ("sign_in_name", "email"):
        # Addresses differ in case, names do not.
        folded = unicodedata.normalize("NFKC", text)
        return folded.lower() if field == "sign_in_name" else folded
    return _BLANKS.sub(" ", text)


def _cell_problem(number: int, field: str, text: str) -> Problem | None:
    if _ERRORS.fullmatch(text):
        return Problem(number, field, TransferFaultCode.CELL_ERROR, {"shown": text})
    unified = exact_text(text)
    mistake = first_mistake(unified)
    if mistake is not None or "\n" in unified or "\t" in unified:
        character = mistake.code_point if mistake else "U+0009" if "\t" in unified else "U+000A"
        told = {"character": character}
        return Problem(number, field, TransferFaultCode.CELL_CHARACTER, told)
    if len(text) > LONGEST_CELL:
        return Problem(number, field, TransferFaultCode.CELL_TOO_LONG, {"limit": LONGEST_CELL})
    return None


def _unfit(number: int, kind: ChangeKind, values: Mapping[str, str]) -> Iterator[Problem]:
    """What is missing, what should not be there, and what has the wrong form."""
    needed, allowed = FIELDS[kind]
    word = {"kind": _KIND_NAMES[kind]}
    for field, text in values.items():
        if field in ("kind", "note"):
            continue
        if not text:
            if field in needed:
                gives = kind in (ChangeKind.TRANSFER, ChangeKind.CONCURRENT)
                nobody = gives and field == "sign_in_name"
                code = (
                    TransferFaultCode.POST_FOR_NOBODY if nobody else TransferFaultCode.CELL_MISSING
                )
                yield Problem(number, field, code, word)
        elif field not in needed and field not in allowed:
            yield Problem(number, field, TransferFaultCode.CELL_NOT_USED, word)
        elif field == "rank" and text not in RANK_WORDS:
            shown = {"shown": text, "allowed": "、".join(RANK_WORDS)}
            yield Problem(number, field, TransferFaultCode.UNKNOWN_WORD, shown)
        elif field in _FORMS and not re.fullmatch(_FORMS[field][0], text):
            _, japanese, english = _FORMS[field]
            form = {"shown": text, "expected_ja": japanese, "expected_en": english}
            yield Problem(number, field, TransferFaultCode.CELL_FORM, form)
        elif "/" in text and _names_a_new_unit(kind, field):
            slash = {"shown": text, "expected_ja": "名前に「/」は使えません。",
                     "expected_en": "A name has no slash."}  # fmt: skip
            yield Problem(number, field, TransferFaultCode.CELL_FORM, slash)


def _names_a_new_unit(kind: ChangeKind, field: str) -> bool:
    return (kind, field) in (
        (ChangeKind.ESTABLISH, "unit"),
        (ChangeKind.RENAME, "successor"),
        (ChangeKind.RENAME, "parent"),
        (ChangeKind.ESTABLISH, "parent"),
    )
