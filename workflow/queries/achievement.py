"""The share of evaluations judged 達成 or ほぼ達成 as it stands now, beside the year before.

From what is written in the sheets at this moment, drafts included; what was ended (却下・廃案) is
left out. The year before is the cycle of the same kind that judged the year before, if there is
one: a pillar is found again by its predecessor, a department by being the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import StageKind
from workflow.queries.sheets import CycleChoice
from workflow.sheet.achievement import Share, share

# Counted first, by policy; the names are looked up for the counts and not for each sheet.
_RATINGS = sa.text("""
SELECT t.cycle_id, p.id AS pillar_id, p.code AS pillar_code, p.name AS pillar, p.predecessor_id,
       u.id AS department_id, u.name AS department, u.sort_order, t.rating,
       json_array_length(CAST(c.rating_scale AS json)) AS levels, t.sheets
FROM (
    SELECT e.cycle_id, m.policy_id, e.responsible_department_id,
           CAST(w.fields ->> 'rating' AS int) AS rating, count(*) AS sheets
    FROM evaluation e
    JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
    JOIN working_copy w ON w.evaluation_id = e.id
    WHERE e.cycle_id = ANY (:cycles) AND e.state <> ALL (:ended)
    GROUP BY e.cycle_id, m.policy_id, e.responsible_department_id, rating
) t
JOIN evaluation_cycle c ON c.id = t.cycle_id
JOIN policy o ON o.id = t.policy_id
JOIN pillar p ON p.id = o.pillar_id
JOIN org_unit u ON u.id = t.responsible_department_id
ORDER BY p.code, u.sort_order, u.id
""")


@dataclass(frozen=True)
class ShareLine:
    """One pillar or department; ``before`` is None where the year before knows none like it."""

    name: str
    now: Share
    before: Share | None


@dataclass(frozen=True)
class Achievement:
    """The shares of a cycle; ``year_before`` is None where there was no such cycle."""

    total: ShareLine
    pillars: tuple[ShareLine, ...]
    departments: tuple[ShareLine, ...]
    year_before: CycleChoice | None


def achievement(ctx: Context, cycle: CycleChoice, cycles: Sequence[CycleChoice]) -> Achievement:
    """The shares of *cycle* beside those of the year before among *cycles*; one statement."""
    earlier = year_before(cycle, cycles)
    both = [found for found in (cycle, earlier) if found is not None]
    ended = sorted(
        {
            stage.key
            for found in both
            for stage in found.definition.stages
            if stage.kind is StageKind.ENDED
        }
    )
    rows = ctx.execute(_RATINGS, {"cycles": [found.id for found in both], "ended": ended}).all()
    now = [row for row in rows if row.cycle_id == cycle.id]
    before = [row for row in rows if row.cycle_id != cycle.id]
    return Achievement(
        total=ShareLine("", _share(now), _share(before) if before else None),
        pillars=_lines(
            now,
            before,
            key=lambda row: row.pillar_id,
            name=lambda row: f"{row.pillar_code} {row.pillar}",
            also=lambda row: row.predecessor_id,
        ),
        departments=_lines(
            sorted(now, key=lambda row: (row.sort_order, row.department_id)),
            before,
            key=lambda row: row.department_id,
            name=lambda row: row.department,
        ),
        year_before=earlier,
    )


def year_before(cycle: CycleChoice, cycles: Sequence[CycleChoice]) -> CycleChoice | None:
    """The cycle of the same kind that judged the year before; the last one where it ran twice."""
    found = [
        other
        for other in cycles
        if (other.kind, other.target_fiscal_year) == (cycle.kind, cycle.target_fiscal_year - 1)
    ]
    return max(found, key=lambda other: other.number, default=None)


def _lines(
    now: Sequence[sa.Row[Any]],
    before: Sequence[sa.Row[Any]],
    *,
    key: Callable[[sa.Row[Any]], int],
    name: Callable[[sa.Row[Any]], str],
    also: Callable[[sa.Row[Any]], int | None] = lambda row: None,
) -> tuple[ShareLine, ...]:
    """One line for each *key*; in the year before it is the same one, or the one of *also*."""
    lines = []
    for group in dict.fromkeys(key(row) for row in now):
        mine = [row for row in now if key(row) == group]
        same = {group, also(mine[0])}
        theirs = [row for row in before if key(row) in same]
        lines.append(ShareLine(name(mine[0]), _share(mine), _share(theirs) if theirs else None))
    return tuple(lines)


def _share(rows: Iterable[sa.Row[Any]]) -> Share:
    return share((row.rating, row.levels, row.sheets) for row in rows)
