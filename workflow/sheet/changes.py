"""What differs between two contents of a sheet, place by place.

For the page that tells somebody with a stale sheet what changed meanwhile, and for the approver
who compares with the version returned or with last year.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflow.sheet.content import ROW_KEYS, SheetContent


@dataclass(frozen=True)
class Change:
    """One place where two contents differ, as text; None where the place is not there or empty.

    Texts of several entries (related departments, the order of rows) stand one per line; a bool is
    "true" or "false".
    """

    path: str
    before: str | None
    after: str | None


def changes(before: SheetContent, after: SheetContent) -> tuple[Change, ...]:
    """Return what differs, in the order of the sheet, by field path.

    Paths name rows by what is printed beside them, not by position: "objective",
    "indicators[2].actuals[2021]", "projects[612010].project_cost". A row that came or went shows as
    all its fields; rows that came, went or moved also as the list of keys, under "projects". The
    result is empty exactly when both have the same canonical text.
    """
    old = dict(_leaves("", before.model_dump(mode="json")))
    new = dict(_leaves("", after.model_dump(mode="json")))
    paths = [*new, *(path for path in old if path not in new)]
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in paths
        if old.get(path) != new.get(path)
    )


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str | None]]:
    """Flatten a dumped content into paths and texts."""
    prefix = f"{path}." if path else ""
    match value:
        case dict():
            for key, item in value.items():
                is_year = key.isdigit()
                yield from _leaves(f"{path}[{key}]" if is_year else f"{prefix}{key}", item)
        case list() if path in ROW_KEYS:
            keys = [str(row[ROW_KEYS[path]]) for row in value]
            yield path, "\n".join(keys) or None
            for key, row in zip(keys, value, strict=True):
                yield from _leaves(f"{path}[{key}]", row)
        case list():
            yield path, "\n".join(value) or None
        case bool():
            yield path, str(value).lower()
        case None:
            yield path, None
        case _:
            yield path, str(value)
