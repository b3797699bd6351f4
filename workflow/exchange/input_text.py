"""Bytes of a file that was handed in → a tree of plain values, or where they cannot be read.

Knows nothing of any format above JSON and TOML. JSON is read more strictly than the standard
library does: a key that stands twice is found, with its path.
"""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from workflow.exchange.faults import Fault, FaultCode, Finding, Location, faults_of

#: Bytes of a file: a hundred times the year's sheets of one pillar; eight thousand people.
LARGEST_JSON, LARGEST_TOML = 10 * 1024 * 1024, 2 * 1024 * 1024

_NEAR = 20
#: The formats need nine levels.
_DEEPEST = 50
#: Longer whole numbers fit no field; int() would refuse some of them with an error of its own.
_LONGEST_INTEGER = 40
_DIGITS = re.compile("[0-9_]+")
_TOML_PLACE = re.compile(r"^(?P<reason>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$")


class UnreadableError(Exception):
    """The bytes are no tree at all; ``faults`` says where they stop to be one."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.faults: tuple[Fault, ...] = faults_of([finding])


class _Object(dict[str, Any]):
    """A JSON object in which ``repeated`` keys stood more than once; the last value is kept."""

    repeated: dict[str, int]


def read_json(data: bytes) -> tuple[object, list[Finding]]:
    """Return the tree in *data* (UTF-8, with or without BOM) and its repeated keys.

    Fractions become floats, which no field takes; ``NaN`` and its like too.

    Raises:
        UnreadableError: not UTF-8, not JSON, or nested too deeply.
    """
    text = decoded(data, LARGEST_JSON)
    any_repeated = False

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal any_repeated
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        any_repeated = True
        marked = _Object(plain)
        counts = Counter(key for key, _ in pairs)
        marked.repeated = {key: count for key, count in counts.items() if count > 1}
        return marked

    try:
        tree = json.loads(text, object_pairs_hook=build, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        values = {
            "line": error.lineno,
            "column": error.colno,
            "reason": error.msg,
            "near": _near(text, error.pos),
        }
        raise UnreadableError(Finding((), FaultCode.NOT_JSON, values)) from error
    except RecursionError as error:
        raise UnreadableError(Finding((), FaultCode.TOO_DEEP)) from error
    _refuse_depth(tree)
    return tree, list(_repeated_keys(tree, ())) if any_repeated else []


def read_toml(data: bytes) -> dict[str, Any]:
    """Return the tree in *data* (UTF-8, with or without BOM).

    Raises:
        UnreadableError: not UTF-8, not TOML (a key that stands twice included), or too deep.
    """
    text = decoded(data, LARGEST_TOML)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(Finding((), FaultCode.NOT_TOML, _toml_place(text, error))) from error
    except RecursionError as error:
        raise UnreadableError(Finding((), FaultCode.TOO_DEEP)) from error
    except ValueError as error:
        # A whole number of thousands of digits, which Python does not read.
        number = max(_DIGITS.finditer(text), key=lambda found: len(found[0]))
        place = {"line": text.count("\n", 0, number.start()) + 1, "near": number[0][:_NEAR]}
        place |= {"column": number.start() - text.rfind("\n", 0, number.start())}
        reason = {"reason": "a number with too many digits"}
        raise UnreadableError(Finding((), FaultCode.NOT_TOML, place | reason)) from error
    _refuse_depth(tree)
    return tree


def _refuse_depth(tree: object) -> None:
    """Refuse a tree whose depth would be a danger to every recursive reader after this one."""
    level = [tree]
    for _ in range(_DEEPEST):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    if level:
        raise UnreadableError(Finding((), FaultCode.TOO_DEEP))


def decoded(data: bytes, largest: int) -> str:
    """The text in *data*, UTF-8 with or without BOM, of at most *largest* bytes.

    Raises:
        UnreadableError: it is larger, or not UTF-8.
    """
    if len(data) > largest:
        limit = {"limit": largest // 1024**2}
        raise UnreadableError(Finding((), FaultCode.TOO_LARGE, limit))
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return data[start:].decode()
    except UnicodeDecodeError as error:
        offset = start + error.start
        # U+FFFD would not do: a file may rightly contain it.
        escaped = data[start:].decode(errors="surrogateescape")
        japanese, english = "UTF-8 で保存し直してください。", "Save the file as UTF-8."
        if _reads_as_cp932(data):
            japanese = "Shift_JIS（CP932）で保存されたようです。" + japanese
            english = "It looks like Shift_JIS (CP932). " + english
        values = {
            "offset": offset,
            "line": data.count(b"\n", 0, offset) + 1,
            "count": sum("\udc80" <= letter <= "\udcff" for letter in escaped),
            "hint_ja": japanese,
            "hint_en": english,
        }
        raise UnreadableError(Finding((), FaultCode.BROKEN_UTF8, values)) from error


def _reads_as_cp932(data: bytes) -> bool:
    try:
        data.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else Decimal(digits)


def _near(text: str, position: int) -> str:
    line = text[position : position + _NEAR].split("\n", 1)[0].strip()
    return line or text[max(0, position - _NEAR) : position].rsplit("\n", 1)[-1].strip()


def _toml_place(text: str, error: tomllib.TOMLDecodeError) -> dict[str, object]:
    lines = text.split("\n")
    place = _TOML_PLACE.match(str(error))
    # Without a place the parser reached the end of the document.
    line = int(place["line"]) if place else len(lines)
    column = int(place["column"]) if place else len(lines[-1]) + 1
    reason = place["reason"] if place else str(error)
    position = sum(len(above) + 1 for above in lines[: line - 1]) + column - 1
    return {"line": line, "column": column, "reason": reason, "near": _near(text, position)}


def _repeated_keys(tree: object, location: Location) -> Iterator[Finding]:
    if isinstance(tree, dict):
        if isinstance(tree, _Object):
            for key, count in tree.repeated.items():
                values = {"key": key, "count": count}
                yield Finding((*location, key), FaultCode.DUPLICATE_KEY, values)
        for key, value in tree.items():
            yield from _repeated_keys(value, (*location, key))
    elif isinstance(tree, list):
        for position, value in enumerate(tree):
            yield from _repeated_keys(value, (*location, position))
