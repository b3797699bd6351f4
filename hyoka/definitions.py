"""``hyoka definition``: checks a route against the real organisation, and draws it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hyoka.shell import BAD_INPUT, FOUND_SOMETHING, composed, report, tells_errors
from workflow.definition.bpmn import bpmn
from workflow.definition.checker import Step
from workflow.definition.diagram import mermaid, page
from workflow.definition.load import parse, standard
from workflow.definition.model import Definition
from workflow.definition.toml_reader import DefinitionError
from workflow.policy import SYSTEM

#: How a route can be printed.
_FORMS: dict[str, Callable[[Definition], str]] = {
    "bpmn": bpmn,
    "markdown": page,
    "mermaid": mermaid,
}


def _read(file: Path | None) -> Definition:
    if file is None:
        return standard()
    try:
        return parse(file.read_text("utf-8"), file=file.name)
    except (DefinitionError, UnicodeDecodeError) as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)


@click.group("definition")
def definition_group() -> None:
    """The route of a sheet, as data."""


@definition_group.command("check")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def definition_check(file: Path | None, as_json: bool) -> None:
    """Prove, or refute with a shortest path, what must hold of a route in this organisation."""
    from workflow.queries.definition_check import check_definition

    definition = _read(file)
    with composed() as application, application.query(SYSTEM) as ctx:
        found = check_definition(ctx, definition)
    told: list[dict[str, Any]] = [
        {
            "claim": finding.refutation.claim,
            "finding": finding.refutation.finding,
            "from_day": finding.day.isoformat(),
            "measures": finding.measures,
            "path": [step.__dict__ for step in finding.refutation.path],
        }
        for finding in found.findings
    ]
    lines = []
    for item, finding in zip(told, found.findings, strict=True):
        lines.append(f"✗ {item['claim']}: {item['finding']} ({item['measures']})")
        lines += [f"    {n}. {_words(s)}" for n, s in enumerate(finding.refutation.path, 1)]
    lines.append(
        f"{found.definition}: {found.situations} situations in {found.offices} offices "
        f"on {len(found.days)} day(s); {len(told)} refuted"
    )
    report(
        as_json,
        {
            "definition": found.definition,
            "situations": found.situations,
            "offices": found.offices,
            "days": [day.isoformat() for day in found.days],
            "refutations": told,
        },
        "\n".join(lines),
    )
    sys.exit(FOUND_SOMETHING if told else 0)


def _words(step: Step) -> str:
    return f"{step.who} {step.action}: {step.source} → {step.target}".strip()


@definition_group.command("diagram")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(_FORMS)),
    default="mermaid",
    help="mermaid: a picture for documents; markdown: a page around it; bpmn: BPMN 2.0 as XML.",
)
@tells_errors
def definition_diagram(file: Path | None, form: str) -> None:
    """Print the route as a diagram."""
    click.echo(_FORMS[form](_read(file)), nl=False)
