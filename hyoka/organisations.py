"""``hyoka organisation``: next year's organisation and transfers, tried or applied from a shell."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hyoka.shell import FOUND_SOMETHING, composed, contents, report, tell, tells_errors
from workflow.exchange.transfer_file import read_transfer_file
from workflow.policy import SYSTEM
from workflow.services import reorganisation, reorganisation_plan

_ROLES = {
    "lead_section": "主担当課",
    "responsible_department": "評価部局",
    "related_department": "関連部局",
    "project_section": "担当課",
}
_KINDS = {
    "sheet": "シート",
    "stage": "シートの段階",
    "measure": "施策",
    "project": "事務事業",
    "post": "職",
    "unit": "部署",
    "grant": "権限",
    "substitute": "不在の代決者",
    "reading": "後閲",
}


@click.group("organisation")
def organisation_group() -> None:
    """Units, posts and people as of a day."""


@organisation_group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--dry-run", is_flag=True, help="Only say what it would lead to.")
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def organisation_apply(file: Path, on: datetime, dry_run: bool, as_json: bool) -> None:
    """Apply FILE (CSV or xlsx, docs/exchange-format.md) as of a day, as a whole or not at all.

    With --dry-run nothing is written, and the exit status is 1 when something would be left
    without an owner.
    """
    handed_in = read_transfer_file(contents(file), file.name)
    tell(handed_in.oddities())
    with composed() as application:
        if dry_run:
            with application.query(SYSTEM) as ctx:
                told = reorganisation_plan.plan(ctx, handed_in, effective_on=on.date()).report
        else:
            with application.command(SYSTEM) as ctx:
                _, told = reorganisation.apply(ctx, handed_in, effective_on=on.date())
    values = {**told.as_json(), "applied": not dry_run}
    report(as_json, values, "\n".join(_lines(values)))
    sys.exit(FOUND_SOMETHING if dry_run and told.ownerless else 0)


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{unit['before'] or '（新設）'} → {unit['after'] or '（廃止）'}" for unit in told["units"]
    ]
    for person in told["people"]:
        left = "退職" if person["retires"] else "－"
        after = "、".join(person["after"]) or left
        lines.append(f"{person['name']}: {'、'.join(person['before']) or '－'} → {after}")
    for sheet in told["sheets"]:
        lines += [f"{sheet['code']} {line}" for line in _roles(sheet)]
        for stage in sheet["stages"]:
            before, after = ("、".join(stage[side]) or "なし" for side in ("before", "after"))
            kept = "（この段階は引き続き）" if stage["is_kept"] else ""
            lines.append(f"{sheet['code']} {stage['label']}: {before} → {after}{kept}")
    for measure in told["measures"]:
        lines += [f"{measure['code']} {measure['name']} {line}" for line in _roles(measure)]
    lines += [f"引継ぎ: {item['code']} {item['person']}" for item in told["drafters"]]
    lines += [f"職がない: {person}" for person in told["unplaced"]]
    lines += [f"二人いる: {post}" for post in told["crowded"]]
    for item in told["ownerless"]:
        role = _ROLES.get(item["role"], item["role"])
        lines.append(f"✗ 担当がいない{_KINDS[item['kind']]}: {item['what']} {role}".rstrip())
    lines.append(
        f"{told['effective_on']}: units {len(told['units'])}, people {len(told['people'])}, "
        f"sheets {len(told['sheets'])}, without an owner {len(told['ownerless'])}; "
        + ("applied" if told["applied"] else "dry run, nothing was changed")
    )
    return lines


def _roles(item: dict[str, Any]) -> list[str]:
    return [
        f"{_ROLES[role['role']]}: {role['before']} → {role['after'] or 'なし'}"
        for role in item["roles"]
    ]
