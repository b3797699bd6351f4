"""The pieces that the definition's JSON Schema is built of: tables, words, lists, rules."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

Part = dict[str, Any]


def table(keys: frozenset[str], properties: Part, *, required: Collection[str]) -> Part:
    """A TOML table with exactly *keys*.

    Raises:
        ValueError: a key of the loader has no entry here, or the other way round.
    """
    if set(properties) != keys:
        raise ValueError(f"the schema and the loader differ in {set(properties) ^ keys}")
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(required),
        "properties": properties,
    }


def text(description: str) -> Part:
    """A text that is not empty."""
    return {"type": "string", "pattern": r"\S", "description": description}


def flag(description: str) -> Part:
    """True or false."""
    return {"type": "boolean", "description": description}


def list_of(part: str, description: str) -> Part:
    """A list of the schema's part of that name."""
    items = {"$ref": f"#/$defs/{part}"}
    return {"type": "array", "items": items, "description": description}


def one_of(names: Collection[str] | type[StrEnum], description: str) -> Part:
    """One of some names."""
    return {"enum": in_order(names), "description": description}


def some_of(names: Collection[str] | type[StrEnum], description: str) -> Part:
    """Some of some names, each once."""
    return {
        "type": "array",
        "uniqueItems": True,
        "items": {"enum": in_order(names)},
        "description": description,
    }


def in_order(names: Collection[str] | type[StrEnum]) -> list[str]:
    """Members of an enumeration as it lists them; registered names by the alphabet."""
    if isinstance(names, type):
        return [member.value for member in names]
    return sorted(names)


def rule(when: Part, then: Part, otherwise: Part | None = None) -> Part:
    """What holds when something else does, and what holds when not."""
    return {"if": when, "then": then} | ({"else": otherwise} if otherwise is not None else {})
