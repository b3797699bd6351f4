"""The route as text for documents: a Mermaid picture, and a page of Markdown around it."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.definition import words
from workflow.definition.model import Definition, Stage, Transition

#: What stands behind the label of a row that is not walked by whoever the stage selects.
_MARKS = {
    "previous": "進めた人",
    "joint": "合議の結果",
    "absence": "自動・不在のとき",
    "publication": "公表の処理",
}


def mermaid(definition: Definition) -> str:
    """A Mermaid ``stateDiagram-v2``; that the content changed, wherever it is, is left out."""
    stages = definition.stages
    ids = {stage.key: f"s{i}" for i, stage in enumerate(stages, start=1)}
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f"    {ids[stage.key]}: {_plain(_titled(stage))}" for stage in stages]
    lines.append(f"    [*] --> {ids[definition.initial.key]}")
    lines += [
        f"    {ids[row.source]} --> {ids[row.target]}: {_plain(_walked(definition, row))}"
        for row in definition.transitions
        if row.by != "system"
    ]
    lines += [f"    {ids[stage.key]} --> [*]" for stage in stages if stage.final]
    return "\n".join(lines) + "\n"


def _titled(stage: Stage) -> str:
    said = [words.who_acts(stage)] if stage.who else []
    if stage.joint is not None:
        said.append(words.joint_rule(stage.joint)[0])
    return f"{stage.label}（{'、'.join(said)}）" if said else stage.label


def _walked(definition: Definition, row: Transition) -> str:
    if row.by == "target":
        return f"{row.label}（{words.who_walks(definition, row)}）"
    mark = _MARKS.get(row.by)
    return f"{row.label}（{mark}）" if mark else row.label


def _plain(text: str) -> str:
    """*text* without the signs that Mermaid reads as its own."""
    return text.translate({ord(";"): "；", ord(":"): "：", ord("#"): "＃", ord('"'): "”"})


def page(definition: Definition) -> str:
    """A page of Markdown: the picture, then what it cannot say."""
    return "\n".join(_page(definition)) + "\n"


def _page(definition: Definition) -> Iterator[str]:
    yield f"# {definition.label}"
    yield ""
    yield (
        f"Printed by `hyoka definition diagram {definition.name}.toml --format markdown`; "
        "`--format bpmn` gives the same route as BPMN 2.0."
    )
    yield ""
    yield "```mermaid"
    yield mermaid(definition).rstrip("\n")
    yield "```"
    for stage in definition.stages:
        if stage.final:
            continue
        yield ""
        yield f"## {stage.label}"
        yield ""
        yield f"処理する人: {words.who_acts(stage)}"
        yield ""
        yield from (f"- {rule}" for rule in words.stage_rules(definition, stage))
        yield ""
        yield "| 操作 | 行き先 | だれが | 条件 |"
        yield "|---|---|---|---|"
        for row in definition.transitions_from(stage.key):
            cells = (
                row.label,
                definition.stage(row.target).label,
                words.who_walks(definition, row),
                "、".join(words.row_conditions(row)) or "－",
            )
            yield f"| {' | '.join(cell.replace('|', '｜') for cell in cells)} |"
