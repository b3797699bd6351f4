"""The route as a picture: Mermaid text, made from the same data that the engine runs on."""

from __future__ import annotations

from workflow.definition.model import Definition


def mermaid(definition: Definition) -> str:
    """A Mermaid ``stateDiagram-v2``; what the engine does by itself is left out."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {stage.key}: {stage.label}" for stage in definition.stages]
    lines.append(f"    [*] --> {definition.initial.key}")
    lines += [
        f"    {row.source} --> {row.target}: {row.label}"
        for row in definition.transitions
        if row.by != "system"
    ]
    lines += [f"    {stage.key} --> [*]" for stage in definition.stages if stage.final]
    return "\n".join(lines) + "\n"
