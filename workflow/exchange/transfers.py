"""One change of organisation or staff as a row of a file: 設置, 廃止, 統合, 改称, 異動, 兼務 …

The rows say what an office says on 1 April. They are plain values that can be kept as JSON between
the dry run and the confirmation; where each stood in the file is kept, so that a fault that only
the organisation shows is told with sheet, row and column like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from workflow.definition.facts import Rank
from workflow.errors import Fault
from workflow.oddities import oddities


class ChangeKind(StrEnum):
    """区分: what a row does."""

    #: 設置: a new unit.
    ESTABLISH = "establish"
    #: 廃止: a unit ends; a successor may take its sheets over.
    ABOLISH = "abolish"
    #: 統合: a unit is merged into its successor.
    MERGE = "merge"
    #: 改称: a unit goes on under another name, or in another department; its people stay in it.
    RENAME = "rename"
    #: 異動: a person leaves the main post and gets another one.
    TRANSFER = "transfer"
    #: 兼務: a person gets a second post.
    CONCURRENT = "concurrent"
    #: 解任: a person leaves one post.
    RELIEVE = "relieve"
    #: 退職: a person leaves the office.
    RETIRE = "retire"
    #: 採用: a new person, or one who comes back.
    HIRE = "hire"


#: As written in the column 区分.
KIND_WORDS: Mapping[str, ChangeKind] = {
    "設置": ChangeKind.ESTABLISH,
    "廃止": ChangeKind.ABOLISH,
    "統合": ChangeKind.MERGE,
    "改称": ChangeKind.RENAME,
    "異動": ChangeKind.TRANSFER,
    "兼務": ChangeKind.CONCURRENT,
    "解任": ChangeKind.RELIEVE,
    "退職": ChangeKind.RETIRE,
    "採用": ChangeKind.HIRE,
}
#: As written in the column 職位.
RANK_WORDS: Mapping[str, Rank] = {
    "部長": Rank.DIRECTOR,
    "次長": Rank.DEPUTY_DIRECTOR,
    "課長": Rank.SECTION_CHIEF,
    "担当": Rank.STAFF,
}
#: Field of a change → heading of its column.
HEADINGS: Mapping[str, str] = {
    "kind": "区分",
    "unit": "部署",
    "parent": "上位部局",
    "successor": "引継ぎ先",
    "sign_in_name": "利用者名",
    "name": "氏名",
    "kana": "かな",
    "email": "メール",
    "title": "職名",
    "rank": "職位",
    "note": "備考",
}
#: Kind → (what must stand there, what may stand there); the rest must be empty.
FIELDS: Mapping[ChangeKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ChangeKind.ESTABLISH: (("unit",), ("parent",)),
    ChangeKind.ABOLISH: (("unit",), ("successor",)),
    ChangeKind.MERGE: (("unit", "successor"), ()),
    ChangeKind.RENAME: (("unit", "successor"), ("parent",)),
    ChangeKind.TRANSFER: (("sign_in_name", "unit", "title", "rank"), ("name",)),
    ChangeKind.CONCURRENT: (("sign_in_name", "unit", "title", "rank"), ("name",)),
    ChangeKind.RELIEVE: (("sign_in_name", "unit", "title"), ("name", "rank")),
    ChangeKind.RETIRE: (("sign_in_name",), ("name",)),
    ChangeKind.HIRE: (
        ("sign_in_name", "name", "kana", "email", "unit", "title", "rank"),
        (),
    ),
}


@dataclass(frozen=True)
class Change:
    """One row.

    Attributes:
        row: its number in the file, counted from 1 as a spreadsheet does.
        unit: 部署, a department or a section (``部局/課`` where a section's name stands twice).
        parent: 上位部局 of a new section; empty for a department.
        successor: 引継ぎ先; for 改称 the new name.
    """

    kind: ChangeKind
    row: int
    unit: str = ""
    parent: str = ""
    successor: str = ""
    sign_in_name: str = ""
    name: str = ""
    kana: str = ""
    email: str = ""
    title: str = ""
    rank: Rank | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, before it is said in words; ``column`` is a field of a change."""

    row: int
    column: str
    code: StrEnum
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TransferFile:
    """What was handed in.

    Attributes:
        sheet: name of the sheet; empty for CSV.
        letters: field of a change → letter of its column.
        content_hash: SHA-256 of the file's bytes, in hexadecimal.
        changes: the rows that can be read.
        problems: what is wrong with the others.
    """

    file_name: str
    sheet: str
    letters: Mapping[str, str]
    content_hash: str
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...] = ()

    def place(self, row: int, column: str) -> str:
        """Where that is, as people find it: ``異動.xlsx:人事異動!E12 利用者名``."""
        sheet = f"{self.sheet}!" if self.sheet else ""
        return f"{self.file_name}:{sheet}{self.letters.get(column, '')}{row} {HEADINGS[column]}"

    def oddities(self) -> tuple[Fault, ...]:
        """What a reader cannot see, or what differs from machine to machine, by its cell."""
        return tuple(
            replace(odd, path=self.place(change.row, column))
            for change in self.changes
            for column in HEADINGS
            for odd in oddities(getattr(change, column, ""), path=column)
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values to keep; read again by :func:`from_json`. Only for a file without faults."""
        return {
            "file_name": self.file_name,
            "sheet": self.sheet,
            "letters": dict(self.letters),
            "content_hash": self.content_hash,
            "changes": [asdict(change) for change in self.changes],
        }


def from_json(kept: Mapping[str, Any]) -> TransferFile:
    """The file that :meth:`TransferFile.as_json` was asked for."""
    changes = tuple(
        Change(
            **{
                **row,
                "kind": ChangeKind(row["kind"]),
                "rank": Rank(row["rank"]) if row["rank"] else None,
            }
        )
        for row in kept["changes"]
    )
    return TransferFile(
        kept["file_name"], kept["sheet"], kept["letters"], kept["content_hash"], changes
    )
