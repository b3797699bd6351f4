"""``hyoka definition``: checks a route against the real organisation, and draws it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from hyoka.definition_change import definition_change
from hyoka.definition_report import as_lines, as_values
from hyoka.lookups import read_definition
from hyoka.shell import FOUND_SOMETHING, composed, locale, report, tells_errors
from workflow.definition.bpmn import bpmn
from workflow.definition.diagram import mermaid, page
from workflow.definition.load import standard
from workflow.definition.model import Definition
from workflow.definition.schema import definition_schema_text
from workflow.policy import SYSTEM
from workflow.queries.definition_check import check_definition

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
@click.option("--strict", is_flag=True, help="A warning gives status 1 as well.")
@tells_errors
def definition_check(file: Path | None, as_json: bool, strict: bool) -> None:
    """Prove, or refute with a shortest path, what must hold of a route in this organisation.

    Exit status 0: everything is proved, whatever is warned of; 1: something is refuted (with
    --strict: or warned of); 2: FILE cannot be read as a definition, or is too wide to be looked at
    as a whole.
    """
    definition = _route(file)
    with composed() as application, application.query(SYSTEM) as ctx:
        found = check_definition(ctx, definition)
    report(as_json, as_values(found), "\n".join(as_lines(found, locale())))
    sys.exit(FOUND_SOMETHING if found.findings or (strict and found.warnings) else 0)


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
