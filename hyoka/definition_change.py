"""``hyoka definition change``: bring a running cycle over to another definition."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hyoka.lookups import actor_named, cycle_named, days_of_stages, read_definition
from hyoka.shell import (
    FOUND_SOMETHING,
    composed,
    locale,
    report,
    table,
    tells_errors,
)
from workflow.messages import say
from workflow.policy import SYSTEM
from workflow.services import definition_change as changing
from workflow.services.change_plan import Asked, ChangePlan, PlannedSheet
from workflow.services.definition_change import Progress

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("change")
@click.argument("cycle")
@click.argument("file", type=_FILE)
@click.option("--map", "mapping", multiple=True, metavar="OLD=NEW", help="What a stage becomes.")
@click.option("--due", multiple=True, metavar="STAGE=DATE", help="Last day of a stage.")
@click.option("--as", "sign_in_name", help="The publisher who changes it; else the shell itself.")
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def definition_change(
    cycle: str,
    file: Path,
    mapping: tuple[str, ...],
    due: tuple[str, ...],
    sign_in_name: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the running CYCLE (e.g. ex_post-2021-1) over to the definition in FILE.

    Every sheet follows, or nothing is changed. Exit status 0: done, or with --dry-run: it can be
    done; 1: a sheet cannot follow, the reasons are printed and nothing is changed; 2: bad input.
    """
    definition = read_definition(file)
    stages, days = _mapping(mapping), days_of_stages(due)
    with composed() as application:
        with application.query(SYSTEM) as ctx:
            actor = actor_named(ctx, sign_in_name) if sign_in_name else SYSTEM
            asked = Asked(cycle_named(ctx, cycle), definition, stages, days)
        with application.query(actor) as ctx, _bar(cycle) as progress:
            plan = changing.plan(ctx, asked, progress=progress)
        applied = not dry_run and not plan.staying_behind
        if applied:
            with application.command(actor) as ctx, _bar(cycle) as progress:
                changing.apply(ctx, plan, progress=progress)
    report(as_json, _values(cycle, plan, applied=applied), _text(plan, applied=applied))
    sys.exit(FOUND_SOMETHING if plan.staying_behind else 0)


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield progress


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    stages = {}
    for item in given:
        old, equals, new = item.partition("=")
        if not (old and equals and new):
            raise click.BadParameter(f"{item!r}: OLD=NEW")
        stages[old] = new
    return stages


def _reasons(sheet: PlannedSheet) -> list[str]:
    return [say(r.code, r.values, locale=locale()) for r in sheet.succession.refusals]


def _values(cycle: str, plan: ChangePlan, *, applied: bool) -> dict[str, Any]:
    return {
        "cycle": cycle,
        "before": {"name": plan.before.name, "hash": plan.before.content_hash.hex()},
        "after": {
            "name": plan.asked.definition.name,
            "hash": plan.asked.definition.content_hash.hex(),
        },
        "applied": applied,
        "sheets": [
            {
                "evaluation": sheet.key,
                "sheet": sheet.sheet,
                "from": sheet.source,
                "to": sheet.target,
                "on_hold": sheet.held,
                "goes_on": sheet.succession.goes_on,
                "who": [f"{h.title} {h.name}" for h in sheet.succession.holders],
                "reasons": [
                    {"code": refusal.code, "words": words}
                    for refusal, words in zip(
                        sheet.succession.refusals, _reasons(sheet), strict=True
                    )
                ],
            }
            for sheet in plan.sheets
        ],
        "dates": [
            {"stage": stage, "due_on": laid.due_on, "origin": plan.origins[stage]}
            for stage, laid in plan.dates.items()
        ],
    }


def _text(plan: ChangePlan, *, applied: bool) -> str:
    after = plan.asked.definition
    rows = [("sheet", "from", "to", "who", "why not")]
    for sheet in plan.sheets:
        target = sheet.succession.target
        marks = [" (on hold)"] * sheet.held + [" (goes on)"] * sheet.succession.goes_on
        rows.append(
            (
                sheet.sheet,
                plan.before.stage(sheet.source).label,
                (target.label if target else "-") + "".join(marks),
                "、".join(h.name for h in sheet.succession.holders[:3]) or "-",
                " ".join(_reasons(sheet)),
            )
        )
    dates = [("stage", "last day", "")]
    dates += [
        (f"{after.stage(key).label} ({key})", f"{laid.due_on}", plan.origins[key])
        for key, laid in plan.dates.items()
    ]
    behind = len(plan.staying_behind)
    if applied:
        end = f"{len(plan.sheets)} sheets: {plan.before.name} → {after.name}, done"
    elif behind:
        end = f"{behind} of {len(plan.sheets)} sheets cannot follow; nothing was changed"
    else:
        end = f"{len(plan.sheets)} sheets can follow; nothing was changed"
    return "\n".join([*table(rows), "", *table(dates), "", end])
