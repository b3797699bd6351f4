"""Everybody who can be asked: active people with the posts of today, by department."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from workflow.application import Context
from workflow.services.roster import capacity

_PEOPLE = sa.text("""
SELECT p.id, p.name, o.title, u.name AS unit, coalesce(d.name, u.name) AS department
FROM person p
JOIN assignment a ON a.person_id = p.id
JOIN post o ON o.id = a.post_id
JOIN org_unit u ON u.id = o.unit_id
LEFT JOIN org_unit d ON d.id = u.parent_id
WHERE p.disabled_at IS NULL AND p.id <> :reader
  AND o.valid_from <= :today AND (o.valid_until IS NULL OR o.valid_until >= :today)
  AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
ORDER BY coalesce(d.sort_order, u.sort_order), coalesce(d.id, u.id), d.id IS NOT NULL,
         u.sort_order, u.id,
         array_position(ARRAY['director', 'deputy_director', 'section_chief', 'staff'], o.rank),
         a.id
""")


@dataclass(frozen=True)
class Department:
    """One department's people: person id, and post and name in words."""

    name: str
    people: tuple[tuple[int, str], ...]


def colleagues(ctx: Context) -> tuple[Department, ...]:
    """Everybody but the reader; who holds two posts stands in both places."""
    rows = ctx.execute(_PEOPLE, {"today": ctx.today, "reader": ctx.actor.person_id}).all()
    return tuple(
        Department(name, tuple((r.id, f"{capacity(r.unit, r.title)} {r.name}") for r in people))
        for name, people in groupby(rows, key=lambda row: str(row.department))
    )
