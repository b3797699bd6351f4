"""What the parts of a definition must be to each other; refused when it is loaded.

Whether a route can really be walked in an organisation is the checker's question; here only what
is wrong whatever the organisation is.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflow.definition.model import (
    SIGNED,
    Definition,
    Objection,
    Stage,
    StageKind,
    Transition,
    WhenAbsent,
)
from workflow.definition.toml_reader import TomlReader
from workflow.definition.vocabulary import BY_THE_ENGINE


def refuse_bad_shape(definition: Definition, reader: TomlReader) -> None:
    """Refuse the first thing that does not fit.

    Raises:
        DefinitionError: with the key path.
    """
    for path, why in _faults(definition):
        raise reader.fail(path, why)


def _faults(definition: Definition) -> Iterator[tuple[str, str]]:
    keys = [stage.key for stage in definition.stages]
    for i, stage in enumerate(definition.stages):
        if stage.key in keys[:i]:
            yield f"stage[{i}].key", f"{stage.key!r} stands twice"
    yield from _transitions(definition, keys)
    for i, stage in enumerate(definition.stages):
        for other in stage.distinct_from:
            if other not in keys:
                yield f"stage[{i}].distinct_from", f"no stage {other!r}"
        yield from _stage(definition, stage, f"stage[{i}]")
    if definition.initial.kind is not StageKind.DRAFTING:
        yield "stage[0].kind", "a route begins with drafting"
    for i, row in enumerate(definition.transitions):
        yield from _what_a_row_asks(row, definition.stage(row.source), f"transition[{i}]")


def _transitions(definition: Definition, keys: list[str]) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str, str]] = set()
    for i, row in enumerate(definition.transitions):
        path = f"transition[{i}]"
        for name, key in (("from", row.source), ("to", row.target)):
            if key not in keys:
                yield f"{path}.{name}", f"no stage {key!r}"
        source, target = definition.stage(row.source), definition.stage(row.target)
        if source.final:
            yield f"{path}.from", f"nothing leaves {source.key!r}, which is final"
        named = (row.source, row.action, row.target)
        if named in seen:
            yield path, f"{' '.join(named)} stands twice"
        seen.add(named)
        if row.by == "publication" and target.kind is not StageKind.PUBLISHED:
            yield f"{path}.to", "publication leads to a stage of the kind published"
        if row.by == "joint" and source.kind is not StageKind.JOINT:
            yield f"{path}.by", "only a joint stage is settled by itself"
        if row.by == "target" and target.kind not in SIGNED:
            yield f"{path}.to", "somebody pulls a sheet up to where they sign"
        if row.by == "absence" and WhenAbsent.POST_REVIEW not in source.when_absent:
            yield f"{path}.by", f"{source.key!r} is never passed over (when_absent)"


def _what_a_row_asks(row: Transition, source: Stage, path: str) -> Iterator[tuple[str, str]]:
    if row.by in ("absence", "target") and row.signs:
        yield f"{path}.signs", "nobody signs by passing over"
    if row.by in ("joint", "system") and row.signs:
        yield f"{path}.signs", "the engine signs nothing"
    written = source.kind is StageKind.DRAFTING and row.by not in BY_THE_ENGINE
    if "sheet_complete" in row.guards and not written:
        yield f"{path}.guards", "sheet_complete is asked of people who leave a drafting stage"


def _stage(definition: Definition, stage: Stage, path: str) -> Iterator[tuple[str, str]]:
    if (stage.joint is not None) != (stage.kind is StageKind.JOINT):
        yield f"{path}.joint", "belongs to a stage of the kind joint, and to each of them"
    if stage.joint is not None:
        wanted = ["agreed"] if stage.joint.objection is Objection.NOTED else ["agreed", "objected"]
        rows = sorted(row.action for row in definition.walked_by(stage.key, "joint"))
        if rows != wanted:
            yield path, f"a joint stage needs the rows by joint: {', '.join(wanted)}"
        if len({selector.unit for selector in stage.who}) > 1:
            yield f"{path}.who", "all selectors of a joint stage look at the same unit"
    elif WhenAbsent.POST_REVIEW in stage.when_absent and not definition.walked_by(
        stage.key, "absence"
    ):
        yield f"{path}.when_absent", "post_review needs a row by absence to walk"
    if stage.when_absent and stage.kind not in SIGNED:
        yield f"{path}.when_absent", "absence counts only where people sign"
    if stage.declared_step is not None and stage.kind not in SIGNED:
        yield f"{path}.step", "substitutes are named only where people sign"
    if stage.delegated is not None and stage.kind is not StageKind.SIGN_OFF:
        yield f"{path}.delegated", "authority is delegated to where one person signs"
    if stage.final and (stage.who or stage.ladder):
        yield path, "nobody acts at a final stage"
