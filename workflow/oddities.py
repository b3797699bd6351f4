"""What is odd in the texts of a sheet or a file, each with its path: told, and never a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workflow.characters import Kind, odd_characters
from workflow.errors import Fault

#: Kind → the code of its sentence. What is a mistake is refused before it could be told.
CODES: Mapping[Kind, str] = {
    Kind.PRIVATE_USE: "odd_private_use",
    Kind.UNASSIGNED: "odd_unassigned",
    Kind.DIRECTION: "odd_direction",
    Kind.INVISIBLE: "odd_invisible",
    Kind.REPLACEMENT: "odd_replacement",
}
#: Told of one text; a text full of them needs no more.
MOST_OF_ONE = 10


def oddities(
    tree: object, *, row_keys: Mapping[str, str] | None = None, path: str = ""
) -> Iterator[Fault]:
    """Every odd character in the texts of *tree*, in its order.

    Args:
        tree: objects, lists and texts.
        row_keys: list field → the field that tells its rows apart; else rows are counted from 0.
    """
    if isinstance(tree, str):
        for told, odd in enumerate(odd_characters(tree)):
            if told < MOST_OF_ONE and odd.kind in CODES:
                values = {"line": odd.line, "column": odd.column}
                values_of = {**values, "code": odd.code_point, "name": odd.name}
                yield Fault(path, CODES[odd.kind], values_of)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from oddities(value, row_keys=row_keys, path=f"{path}.{key}" if path else key)
    elif isinstance(tree, list | tuple):
        key = (row_keys or {}).get(path, "")
        for number, entry in enumerate(tree):
            row = entry.get(key, number) if isinstance(entry, Mapping) else number
            yield from oddities(entry, row_keys=row_keys, path=f"{path}[{row}]")
