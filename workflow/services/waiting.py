"""Which sheets may wait for somebody: a set-based search, before the rules are asked one by one.

Selectors look at units. So whoever holds posts in some units, or stands in for somebody who does,
can only have sheets whose stage looks at one of these units; four eyes and order come afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Grant
from workflow.definition.model import Definition, Stage
from workflow.services import loading

_OPEN_DEFINITIONS = sa.text("""
SELECT DISTINCT definition_hash FROM evaluation_cycle WHERE closed_at IS NULL
""")
_BUREAU = sa.text("SELECT policy_bureau_id FROM municipality WHERE id = 1")
_WAITING = sa.text("""
SELECT e.id FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE c.closed_at IS NULL AND (
    (e.state = ANY (:lead_section) AND e.lead_section_id = ANY (:units))
    OR (e.state = ANY (:responsible_department)
        AND e.responsible_department_id = ANY (:units))
    OR (e.state = ANY (:related_departments) AND e.subject_kind = 'measure' AND EXISTS (
        SELECT 1 FROM measure_related_department d
        WHERE d.measure_id = e.subject_id AND d.unit_id = ANY (:units)))
    OR e.state = ANY (:everywhere))
ORDER BY s.due_at NULLS LAST, e.id LIMIT :limit
""")
_STOOD_IN_FOR = sa.text("""
SELECT DISTINCT o.unit_id
FROM absence_substitute b
JOIN absence x ON x.id = b.absence_id
JOIN assignment mine ON mine.id = b.assignment_id
JOIN assignment a ON a.person_id = x.person_id
JOIN post o ON o.id = a.post_id
WHERE mine.person_id = :person AND x.ended_at IS NULL
  AND x.first_day <= :today AND x.last_day >= :today
""")

_KEPT = sa.text("""
SELECT s.evaluation_id FROM kept_step k JOIN stage_entry s ON s.id = k.stage_entry_id
WHERE k.person_id = :person AND k.is_kept AND s.left_at IS NULL
""")

#: Grants that a selector without a unit looks at.
_BY_GRANT = {"publishers": Grant.PUBLISHER, "external_reviewers": Grant.EXTERNAL_REVIEWER}


def open_definitions(ctx: Context) -> list[Definition]:
    """The definitions of the cycles that run."""
    hashes = ctx.execute(_OPEN_DEFINITIONS).scalars().all()
    return [loading.definition(ctx, content_hash) for content_hash in hashes]


def units_stood_in_for(ctx: Context, person_id: int) -> list[int]:
    """Units of people who are away today and for whom *person_id* stands in at some stage."""
    return list(ctx.execute(_STOOD_IN_FOR, {"person": person_id, "today": ctx.today}).scalars())


def steps_kept(ctx: Context, person_id: int) -> list[int]:
    """Ids of sheets that wait for *person_id* since before a reorganisation."""
    return list(ctx.execute(_KEPT, {"person": person_id}).scalars())


def candidates(
    ctx: Context,
    definitions: Iterable[Definition],
    units: Sequence[int],
    *,
    grants: frozenset[Grant] = frozenset(),
    limit: int,
    only: Callable[[Stage], bool] = lambda stage: True,
) -> list[int]:
    """Ids of sheets whose stage looks at one of *units* or *grants*, soonest deadline first.

    Args:
        only: which stages are wanted at all.
    """
    bureau = ctx.execute(_BUREAU).scalar_one_or_none()
    states: dict[str, set[str]] = {
        key: set()
        for key in ("lead_section", "responsible_department", "related_departments", "everywhere")
    }
    for stage in (stage for definition in definitions for stage in definition.stages):
        if not only(stage):
            continue
        for selector in stage.who:
            if selector.unit in states:
                states[selector.unit].add(stage.key)
            elif (selector.unit == "policy_bureau" and bureau in units) or (
                _BY_GRANT.get(selector.name) in grants
            ):
                states["everywhere"].add(stage.key)
    if not any(states.values()):
        return []
    parameters: dict[str, Any] = {key: sorted(value) for key, value in states.items()}
    return list(
        ctx.execute(_WAITING, {**parameters, "units": list(units), "limit": limit}).scalars()
    )
