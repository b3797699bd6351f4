"""The cells of a table that was handed in: a text as a spreadsheet shows it, or why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from workflow.exchange.number_formats import BUILT_IN, NotShown, shown_number, shown_text


class CellTrouble(StrEnum):
    """Why a cell has no text; also the codes of the faults."""

    #: An error of the spreadsheet (#N/A).
    ERROR = "cell_error"
    #: A formula whose result was never stored.
    FORMULA = "cell_formula"
    #: A number whose format is none of those that are read.
    FORMAT = "cell_format"
    #: One cell with others: what it says of each row cannot be known.
    MERGED = "cell_merged"


@dataclass(frozen=True)
class Unread:
    """A cell without a text, with the values of the sentence."""

    trouble: CellTrouble
    values: Mapping[str, object] = field(default_factory=dict)


Cell = str | Unread


@dataclass(frozen=True)
class SheetRows:
    """One sheet: row number (from 1) and its cells, empty rows left out; empty name for CSV.

    ``merged``: row number → position (from 0) → range, for each cell that is merged with others.
    """

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    merged: Mapping[int, Mapping[int, str]] = field(default_factory=dict)


def shown_cell(stored: list[Any] | str | None, *, since_1904: bool = False) -> Cell:
    """What a cell shows.

    Args:
        stored: as ``xlsx_rows.stored`` tells it.
        since_1904: whether the workbook counts its days from 1904.
    """
    if stored is None or isinstance(stored, str):
        return stored or ""
    kind, *rest = stored
    if kind == "formula":
        return Unread(CellTrouble.FORMULA)
    if kind == "error":
        return Unread(CellTrouble.ERROR, {"shown": rest[0]})
    value, code = rest
    try:
        if kind == "text":
            return shown_text(value, code)
        return shown_number(Decimal(value), code, since_1904=since_1904)
    except NotShown:
        named = code if isinstance(code, str) else BUILT_IN.get(code, str(code))
        return Unread(CellTrouble.FORMAT, {"shown": value[:40], "format": named[:60]})
