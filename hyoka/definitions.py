"""``hyoka definition``: checks a route against the real organisation, and draws it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hyoka.definition_change import definition_change
from hyoka.lookups import read_definition
from hyoka.shell import FOUND_SOMETHING, composed, report, tells_errors
from workflow.definition.bpmn import bpmn
from workflow.definition.checker import Claim, Step
from workflow.definition.diagram import mermaid, page
from workflow.definition.load import standard
from workflow.definition.model import Definition
from workflow.definition.schema import definition_schema_text
from workflow.policy import SYSTEM
from workflow.queries.definition_check import CheckReport, check_definition

#: How a route can be printed.
_FORMS: dict[str, Callable[[Definition], str]] = {
    "bpmn": bpmn,
    "markdown": page,
    "mermaid": mermaid,
}


def _route(file: Path | None) -> Definition:
    return standard() if file is None else read_definition(file)


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
    """Prove, or refute with a shortest path, what must hold of a route in this organisation.

    Exit status 0: everything is proved; 1: something is refuted; 2: FILE cannot be read as a
    definition, or is too wide to be looked at as a whole.
    """
    definition = _route(file)
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
    refuted = {finding.refutation.claim for finding in found.findings}
    lines = []
    for item, finding in zip(told, found.findings, strict=True):
        lines.append(f"✗ {item['claim']}: {item['finding']} ({item['measures']})")
        lines += [f"    {n}. {_words(s)}" for n, s in enumerate(finding.refutation.path, 1)]
    lines.append(f"{found.definition}: {len(told)} refuted, {len(Claim) - len(refuted)} proved")
    lines += bound(found)
    report(
        as_json,
        {
            "definition": found.definition,
            "proved": [claim for claim in Claim if claim not in refuted],
            "bound": bound(found),
            "situations": found.situations,
            "offices": found.offices,
            "days": [day.isoformat() for day in found.days],
            "refutations": told,
        },
        "\n".join(lines),
    )
    sys.exit(FOUND_SOMETHING if told else 0)


def bound(found: CheckReport) -> list[str]:
    """How far the proof reaches, in words."""
    first, last = found.days[0], found.days[-1]
    return [
        f"Looked at: all {found.situations} situations that can be reached, in {found.offices} "
        f"offices (a kind of sheet by its section, departments and bureau, on one day).",
        f"Days: {len(found.days)}, from {first} to {last}: today, and each later day on which a "
        "post, an assignment, a grant or an absence begins or ends.",
        "Rounds are merged: two rounds in which the same people are barred, by what they wrote or "
        "signed, are one situation; so any number of rounds is covered.",
        "Not looked at: what nobody has registered yet, and the content of sheets (it counts as "
        "complete, and may change whenever it can be written).",
    ]


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
    click.echo(_FORMS[form](_route(file)), nl=False)


@definition_group.command("schema")
@tells_errors
def definition_schema() -> None:
    """Print the JSON Schema of a definition, for editors that check while one types."""
    click.echo(definition_schema_text(), nl=False)


definition_group.add_command(definition_change)
