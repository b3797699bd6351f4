"""代理者: who may stand in for somebody, and what is wrong with those who were named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Holder, Rank
from workflow.definition.model import NamedFor
from workflow.errors import Fault
from workflow.services.roster import capacity

#: Whoever may stand in for somebody: from 課長 upwards, in the departments of the person's posts,
#: in the order in which offices name them (代決の順位).
CANDIDATES = sa.text("""
WITH mine AS (
    SELECT DISTINCT coalesce(u.parent_id, u.id) AS department
    FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
    WHERE a.person_id = :person
      AND a.valid_from <= :last AND (a.valid_until IS NULL OR a.valid_until >= :first)
)
SELECT a.id AS assignment_id, p.id AS person_id, p.name, o.id AS post_id, o.title, o.rank,
       u.id AS unit_id, u.name AS unit_name, coalesce(u.parent_id, u.id) AS department_id,
       EXISTS (SELECT 1 FROM absence x WHERE x.person_id = p.id AND x.ended_at IS NULL
               AND x.first_day <= :last AND x.last_day >= :first) AS is_absent
FROM assignment a
JOIN post o ON o.id = a.post_id
JOIN org_unit u ON u.id = o.unit_id
JOIN person p ON p.id = a.person_id
WHERE coalesce(u.parent_id, u.id) IN (SELECT department FROM mine)
  AND p.id <> :person AND p.disabled_at IS NULL AND o.rank <> 'staff'
  AND a.valid_from <= :first AND (a.valid_until IS NULL OR a.valid_until >= :first)
  AND o.valid_from <= :first AND (o.valid_until IS NULL OR o.valid_until >= :first)
ORDER BY array_position(ARRAY['director', 'deputy_director', 'section_chief'], o.rank),
         u.sort_order, a.id
""")


@dataclass(frozen=True)
class Candidate:
    """Somebody who may stand in, in one post.

    Attributes:
        department_id: the department for whose posts this person may stand in.
        is_absent: away on some day of the period.
    """

    holder: Holder
    department_id: int
    is_absent: bool


def candidates(ctx: Context, person_id: int, first: date, last: date) -> dict[int, Candidate]:
    """Who may stand in for *person_id* from *first* to *last*: assignment → candidate, in order.

    Days that are over do not count: what is registered now holds from today on.
    """
    period = {"person": person_id, "first": max(first, ctx.today), "last": max(last, ctx.today)}
    return {
        row.assignment_id: Candidate(
            holder=Holder(
                person_id=row.person_id,
                name=row.name,
                assignment_id=row.assignment_id,
                unit_id=row.unit_id,
                rank=Rank(row.rank),
                title=capacity(row.unit_name, row.title),
                post_id=row.post_id,
            ),
            department_id=row.department_id,
            is_absent=row.is_absent,
        )
        for row in ctx.execute(CANDIDATES, period)
    }


def faults(
    substitutes: Mapping[NamedFor, Sequence[int]], able: Mapping[int, Candidate]
) -> Iterator[Fault]:
    """Everything that is wrong with those who were named (kind of step → assignments in order)."""
    for step, assignments in substitutes.items():
        path = f"substitutes-{step}"
        if step not in frozenset(NamedFor):
            yield Fault(path, "unknown_stage", {"stage": step})
        named = [able[assignment] for assignment in assignments if assignment in able]
        # The same person may stand in for two departments, each from a post there.
        times = Counter((c.holder.person_id, c.department_id) for c in named)
        if len(set(assignments)) < len(assignments) or any(n > 1 for n in times.values()):
            yield Fault(path, "substitute_twice", {})
        if len(named) < len(assignments):
            yield Fault(path, "not_a_substitute", {})
        for name in dict.fromkeys(c.holder.name for c in named if c.is_absent):
            yield Fault(path, "substitute_is_absent", {"who": name})
