"""Reads values out of parsed TOML and complains with file and key path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from workflow.characters import odd_characters

Member = TypeVar("Member", bound=StrEnum)


class DefinitionError(ValueError):
    """A definition that cannot be used: *where* (file and key path) and *why*."""

    def __init__(self, file: str, path: str, why: str) -> None:
        super().__init__(f"{file}: {path}: {why}" if path else f"{file}: {why}")
        self.file = file
        self.path = path
        self.why = why


class TomlReader:
    """Values by key, each refused with its path where it is not what it must be."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, path: str, why: str) -> DefinitionError:
        """The complaint about what stands at *path*."""
        return DefinitionError(self.file, path, why)

    def rows(self, data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
        """The tables of ``[[key]]``; at least one."""
        rows = data.get(key)
        if not isinstance(rows, list) or not rows:
            raise self.fail(key, f"needs at least one [[{key}]]")
        return rows

    def listed(self, row: Mapping[str, Any], key: str, path: str) -> Sequence[Any]:
        """A list of whatever; empty where the key is missing."""
        value = row.get(key, ())
        if not isinstance(value, list | tuple):
            raise self.fail(f"{path}.{key}", "needs a list")
        return value

    def known(self, row: Mapping[str, Any], path: str, names: frozenset[str]) -> None:
        """Refuse keys that mean nothing."""
        if not isinstance(row, Mapping):
            raise self.fail(path, "must be a table")
        for name in row:
            if name not in names:
                raise self.fail(f"{path}.{name}".lstrip("."), "unknown key")

    def text(
        self, row: Mapping[str, Any], key: str, path: str, *, default: str | None = None
    ) -> str:
        """A text that is not empty and that everybody sees alike, on every machine."""
        value, place = row.get(key, default), f"{path}.{key}".lstrip(".")
        if not isinstance(value, str) or not value.strip():
            raise self.fail(place, "needs a text")
        for odd in odd_characters(value):
            raise self.fail(
                place, f"character {odd.column} is {odd.code_point} ({odd.kind.replace('_', ' ')})"
            )
        return value

    def texts(self, row: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is missing."""
        value = row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(f"{path}.{key}", "needs a list of texts")
        for i, item in enumerate(value):
            if item in value[:i]:
                raise self.fail(f"{path}.{key}", f"{item!r} stands twice")
        return tuple(value)

    def flag(self, row: Mapping[str, Any], key: str, path: str) -> bool:
        """True or false; false where the key is missing."""
        value = row.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"{path}.{key}", "needs true or false")
        return value

    def count(self, row: Mapping[str, Any], key: str, path: str, *, default: int, most: int) -> int:
        """A whole number from 0 to *most*; *default* where the key is missing."""
        value = row.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.fail(f"{path}.{key}", f"needs a whole number from 0 to {most}")
        return value

    def member(self, members: type[Member], value: object, path: str, what: str) -> Member:
        """The member of an enumeration with this value."""
        for member in members:
            if member.value == value:
                return member
        allowed = ", ".join(member.value for member in members)
        raise self.fail(path, f"unknown {what} {value!r}; one of: {allowed}")

    def registered(
        self, names: Sequence[str], known: frozenset[str], path: str, what: str
    ) -> tuple[str, ...]:
        """The same names, each of which must be registered."""
        for name in names:
            if name not in known:
                raise self.fail(
                    path, f"unknown {what} {name!r}; one of: {', '.join(sorted(known))}"
                )
        return tuple(names)
