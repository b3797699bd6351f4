"""What a sheet says under the names of its day: a unit that was renamed since is no change of it.

A sheet that was submitted or published names the units as they were then. Later imports compare
it with the rows of today; without this, 1 April would void signatures and block imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from workflow.application import Context
from workflow.sheet.content import SheetContent, parse

_SUCCESSORS = sa.text("""
SELECT u.name, s.name AS successor FROM org_unit u JOIN org_unit s ON s.id = u.successor_id
WHERE u.valid_until < :today AND u.name <> s.name
""")
_BODIES = sa.text("""
SELECT e.id, t.body FROM evaluation e JOIN content t ON t.hash = e.content_hash
WHERE e.id = ANY (:ids)
""")


def only_renamed(ctx: Context, contents: Mapping[int, SheetContent]) -> set[int]:
    """The evaluations whose stored content differs from *contents* by names of units alone."""
    names = {row.name: row.successor for row in ctx.execute(_SUCCESSORS, {"today": ctx.today})}
    if not names or not contents:
        return set()
    rows = ctx.execute(_BODIES, {"ids": list(contents)}).all()
    return {
        row.id
        for row in rows
        if under_todays_names(parse(row.body), names) == under_todays_names(contents[row.id], names)
    }


def under_todays_names(content: SheetContent, names: Mapping[str, str]) -> SheetContent:
    """The same sheet with each unit under the name of who does its work now."""

    def now(name: str) -> str:
        seen: set[str] = set()
        while name in names and name not in seen:
            seen.add(name)
            name = names[name]
        return name

    def all_now(listed: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(now(name) for name in listed))

    return content.model_copy(
        update={
            "responsible_department": now(content.responsible_department),
            "lead_section": now(content.lead_section),
            "related_departments": all_now(content.related_departments),
            "projects": tuple(
                project.model_copy(
                    update={"responsible_sections": all_now(project.responsible_sections)}
                )
                for project in content.projects
            ),
        }
    )
