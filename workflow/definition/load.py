"""Reads a definition from TOML and refuses, with file and key path, whatever is not understood."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from workflow.definition.model import (
    Definition,
    Requirement,
    Rung,
    Selector,
    Stage,
    Transition,
)
from workflow.definition.vocabulary import (
    GUARDS,
    RUNG_KINDS,
    SELECTORS,
    UNITS,
    WALKERS,
    WITHOUT_UNIT,
)


class DefinitionError(ValueError):
    """A definition that cannot be used: *where* (file and key path) and *why*."""

    def __init__(self, file: str, path: str, why: str) -> None:
        super().__init__(f"{file}: {path}: {why}" if path else f"{file}: {why}")
        self.file = file
        self.path = path
        self.why = why


def standard() -> Definition:
    """The route that an office gets when it names none."""
    return named("standard")


@lru_cache
def named(name: str) -> Definition:
    """A definition that is shipped with hyoka, by its file's name without ``.toml``."""
    source = resources.files("workflow.definition").joinpath(f"{name}.toml").read_text("utf-8")
    return parse(source, file=f"{name}.toml")


@lru_cache(maxsize=64)
def parse(source: str, *, file: str = "definition") -> Definition:
    """The definition written in *source*.

    Equal texts give the same object: a running cycle's definition is parsed once per process.

    Raises:
        DefinitionError: naming *file*, the key path (the line for syntax errors) and the reason.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(file, "", f"not TOML: {error}") from error
    return _Reader(file).definition(data, source)


class _Reader:
    """Walks the parsed TOML and keeps the key path for its complaints."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, path: str, why: str) -> DefinitionError:
        return DefinitionError(self.file, path, why)

    def definition(self, data: Mapping[str, Any], source: str) -> Definition:
        self.known(data, "", {"name", "label", "stage", "transition"})
        stages = tuple(
            self.stage(row, f"stage[{i}]") for i, row in enumerate(self.rows(data, "stage"))
        )
        keys = [stage.key for stage in stages]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                raise self.fail(f"stage[{i}].key", f"{key!r} stands twice")
        for i, stage in enumerate(stages):
            for other in stage.distinct_from:
                if other not in keys:
                    raise self.fail(f"stage[{i}].distinct_from", f"no stage {other!r}")
        transitions = tuple(
            self.transition(row, f"transition[{i}]", keys)
            for i, row in enumerate(self.rows(data, "transition"))
        )
        self.no_row_twice(transitions)
        return Definition(
            name=self.text(data, "name", ""),
            label=self.text(data, "label", "", default=self.text(data, "name", "")),
            source=source,
            content_hash=hashlib.sha256(source.encode()).digest(),
            stages=stages,
            transitions=transitions,
        )

    def stage(self, row: Mapping[str, Any], path: str) -> Stage:
        self.known(
            row,
            path,
            {
                "key", "label", "label_en", "who", "distinct_from",
                "editable", "final", "ladder",
            },
        )  # fmt: skip
        key = self.text(row, "key", path)
        label = self.text(row, "label", path)
        final = self.flag(row, "final", path)
        who = tuple(
            self.selector(item, f"{path}.who[{i}]") for i, item in enumerate(row.get("who", ()))
        )
        if not final and not who:
            raise self.fail(f"{path}.who", "a stage that is not final needs somebody to act")
        return Stage(
            key=key,
            label=label,
            label_en=self.text(row, "label_en", path, default=label),
            who=who,
            distinct_from=self.texts(row, "distinct_from", path),
            editable=self.flag(row, "editable", path),
            final=final,
            ladder=self.ladder(row.get("ladder", ()), f"{path}.ladder"),
        )

    def selector(self, item: Mapping[str, Any], path: str) -> Selector:
        self.known(item, path, {"select", "unit"})
        name = self.text(item, "select", path)
        if name not in SELECTORS:
            raise self.fail(f"{path}.select", f"unknown selector {name!r}")
        if name in WITHOUT_UNIT:
            if "unit" in item:
                raise self.fail(f"{path}.unit", f"{name} looks at no unit")
            return Selector(name)
        unit = self.text(item, "unit", path)
        if unit not in UNITS:
            raise self.fail(f"{path}.unit", f"unknown unit {unit!r}")
        return Selector(name, unit)

    def ladder(self, rows: Sequence[Mapping[str, Any]], path: str) -> tuple[Rung, ...]:
        rungs: list[Rung] = []
        for i, row in enumerate(rows):
            here = f"{path}[{i}]"
            self.known(row, here, {"kind", "offset"})
            kind = self.text(row, "kind", here)
            if kind not in RUNG_KINDS:
                raise self.fail(f"{here}.kind", f"unknown kind {kind!r}")
            offset = row.get("offset")
            if not isinstance(offset, int):
                raise self.fail(f"{here}.offset", "needs a whole number of business days")
            if (kind == "reminder") != (offset <= 0):
                raise self.fail(f"{here}.offset", f"a {kind} stands on the wrong side of the date")
            rungs.append(Rung(kind, i + 1, offset))
        return tuple(rungs)

    def transition(self, row: Mapping[str, Any], path: str, keys: Sequence[str]) -> Transition:
        self.known(
            row,
            path,
            {
                "action", "from", "to", "label", "label_en", "by", "guards",
                "requires", "signs", "final_approval", "new_round",
            },
        )  # fmt: skip
        source, target = self.text(row, "from", path), self.text(row, "to", path)
        for name, key in (("from", source), ("to", target)):
            if key not in keys:
                raise self.fail(f"{path}.{name}", f"no stage {key!r}")
        by = self.text(row, "by", path, default="stage")
        if by not in WALKERS:
            raise self.fail(f"{path}.by", f"unknown walker {by!r}")
        guards = self.texts(row, "guards", path)
        for guard in guards:
            if guard not in GUARDS:
                raise self.fail(f"{path}.guards", f"unknown guard {guard!r}")
        requires = self.texts(row, "requires", path)
        for requirement in requires:
            if requirement not in list(Requirement):
                raise self.fail(f"{path}.requires", f"unknown requirement {requirement!r}")
        action = self.text(row, "action", path)
        label = self.text(row, "label", path, default=action)
        return Transition(
            action=action,
            source=source,
            target=target,
            label=label,
            label_en=self.text(row, "label_en", path, default=label),
            by=by,
            guards=guards,
            requires=tuple(Requirement(name) for name in requires),
            signs=self.flag(row, "signs", path),
            final_approval=self.flag(row, "final_approval", path),
            new_round=self.flag(row, "new_round", path),
        )

    def no_row_twice(self, transitions: Sequence[Transition]) -> None:
        seen: set[tuple[str, str, str]] = set()
        for i, row in enumerate(transitions):
            name = (row.source, row.action, row.target)
            if name in seen:
                raise self.fail(f"transition[{i}]", f"{' '.join(name)} stands twice")
            seen.add(name)

    def rows(self, data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
        rows = data.get(key)
        if not isinstance(rows, list) or not rows:
            raise self.fail(key, f"needs at least one [[{key}]]")
        return rows

    def known(self, row: Mapping[str, Any], path: str, names: set[str]) -> None:
        if not isinstance(row, Mapping):
            raise self.fail(path, "must be a table")
        for name in row:
            if name not in names:
                raise self.fail(f"{path}.{name}".lstrip("."), "unknown key")

    def text(
        self, row: Mapping[str, Any], key: str, path: str, *, default: str | None = None
    ) -> str:
        value = row.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{path}.{key}".lstrip("."), "needs a text")
        return value

    def texts(self, row: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        value = row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(f"{path}.{key}", "needs a list of texts")
        return tuple(value)

    def flag(self, row: Mapping[str, Any], key: str, path: str) -> bool:
        value = row.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"{path}.{key}", "needs true or false")
        return value
