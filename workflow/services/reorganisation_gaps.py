"""What else a reorganisation leaves without somebody: substitutes, and readings afterwards."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import NamedFor
from workflow.definition.words import step_label
from workflow.organisation.draft import Decided
from workflow.services.reorganisation_lines import Ownerless

# A substitute counts while the post does; one who stays in a renamed unit is carried on the day.
_SUBSTITUTES = sa.text("""
SELECT p.name AS absent, q.name AS substitute, b.step, a.id AS assignment_id, a.post_id,
       a.person_id
FROM absence_substitute b
JOIN absence x ON x.id = b.absence_id
JOIN person p ON p.id = x.person_id
JOIN assignment a ON a.id = b.assignment_id
JOIN person q ON q.id = a.person_id
WHERE x.ended_at IS NULL AND x.last_day >= :day AND a.id = ANY (:ended)
  AND NOT x.person_id = ANY (:retired)
ORDER BY p.id, b.step, b.position
""")
_READINGS = sa.text("""
SELECT e.id, e.code, m.name, r.capacity, p.name AS person
FROM post_review r
JOIN evaluation e ON e.id = r.evaluation_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN person p ON p.id = r.person_id
WHERE r.acknowledged_at IS NULL AND r.person_id = ANY (:retired) ORDER BY e.code, r.id
""")
_CARRY = sa.text("""
UPDATE absence_substitute b SET assignment_id = n.id
FROM assignment o
JOIN post was ON was.id = o.post_id
JOIN org_unit u ON u.id = was.unit_id
JOIN post now ON now.unit_id = u.successor_id AND now.title = was.title
JOIN assignment n ON n.post_id = now.id AND n.person_id = o.person_id AND n.begun_by = :by
WHERE b.assignment_id = o.id AND o.ended_by = :by AND u.ended_by = :by
""")


def left_without_substitute(ctx: Context, decided: Decided, day: date) -> list[Ownerless]:
    """Absences whose substitute moves away, and readings that nobody will ever do.

    The one place where substitutes without an owner are listed.
    """
    carried = {
        (held.person_id, decided.carried_from.get(held.post_id)) for held in decided.new_holdings
    }
    values = {
        "day": day,
        "ended": [row.id for row in decided.ended_holdings],
        "retired": list(decided.retired),
    }
    lines = [
        Ownerless("substitute", f"{row.absent} ← {row.substitute}", step_label(NamedFor(row.step)))
        for row in ctx.execute(_SUBSTITUTES, values)
        if (row.person_id, row.post_id) not in carried
    ]
    return lines + [
        Ownerless("reading", f"{row.code} {row.name}", f"{row.capacity} {row.person}", row.id)
        for row in ctx.execute(_READINGS, {"retired": list(decided.retired)})
    ]


def carry_substitutes(ctx: Context, reorganisation_id: int) -> None:
    """Whoever stands in from a renamed unit goes on doing so from the new one."""
    ctx.execute(_CARRY, {"by": reorganisation_id})
