"""Which sheets may wait for somebody: a set-based search, before the rules are asked one by one.

Selectors look at units. So whoever holds posts in some units, or stands in for somebody who does,
can only have sheets whose stage looks at one of these units; four eyes and order come afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Grant
from workflow.definition.model import Definition, Stage
from workflow.services import loading

_OPEN_DEFINITIONS = sa.text("""
SELECT DISTINCT definition_hash FROM evaluation_cycle WHERE closed_at IS NULL
""")
# Each way by its own index; one statement with OR between them would read all open sheets.
_WAYS = {
    "lead_section": """
    SELECT id, cycle_id FROM evaluation
    WHERE state = ANY (:lead_section) AND lead_section_id = ANY (:units)""",
    "responsible_department": """
    SELECT id, cycle_id FROM evaluation
    WHERE state = ANY (:responsible_department) AND responsible_department_id = ANY (:units)""",
    "related_departments": """
    SELECT e.id, e.cycle_id FROM evaluation e
    JOIN measure_related_department d ON e.subject_kind = 'measure' AND d.measure_id = e.subject_id
    WHERE e.state = ANY (:related_departments) AND d.unit_id = ANY (:units)""",
    "everywhere": """
    SELECT id, cycle_id FROM evaluation WHERE state = ANY (:everywhere)""",
}


@lru_cache
def _waiting(ways: tuple[str, ...], limit: int) -> sa.TextClause:
    """The search along some of the ways; the limit stands in it, so that a plan can be kept."""
    return sa.text(f"""
SELECT e.id FROM ({" UNION ".join(_WAYS[way] for way in ways)}
) e
JOIN evaluation_cycle c ON c.id = e.cycle_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE c.closed_at IS NULL ORDER BY s.due_at NULLS LAST, e.id LIMIT {limit}
""")  # noqa: S608 - fixed parts and a number


# One statement: as many short ones would each cost the way there and back.
_SCOPE = sa.text("""
SELECT ARRAY(SELECT DISTINCT definition_hash FROM evaluation_cycle
             WHERE closed_at IS NULL) AS definitions,
       (SELECT policy_bureau_id FROM municipality WHERE id = 1) AS bureau,
       ARRAY(SELECT DISTINCT o.unit_id
             FROM absence_substitute b
             JOIN absence x ON x.id = b.absence_id
             JOIN assignment mine ON mine.id = b.assignment_id
             JOIN assignment a ON a.person_id = x.person_id
             JOIN post o ON o.id = a.post_id
             WHERE mine.person_id = :person AND x.ended_at IS NULL
               AND x.first_day <= :today AND x.last_day >= :today) AS stood_in_for,
       ARRAY(SELECT s.evaluation_id FROM kept_step k JOIN stage_entry s ON s.id = k.stage_entry_id
             WHERE k.person_id = :person AND k.is_kept AND s.left_at IS NULL) AS kept
""")

#: Grants that a selector without a unit looks at.
_BY_GRANT = {"publishers": Grant.PUBLISHER, "external_reviewers": Grant.EXTERNAL_REVIEWER}


def open_definitions(ctx: Context) -> list[Definition]:
    """The definitions of the cycles that run."""
    hashes = ctx.execute(_OPEN_DEFINITIONS).scalars().all()
    return [loading.definition(ctx, content_hash) for content_hash in hashes]


@dataclass(frozen=True)
class Scope:
    """Where to look for what waits for one person.

    Attributes:
        definitions: those of the cycles that run.
        stood_in_for: units of people who are away today and for whom the person stands in at some
            stage.
        kept: sheets that wait for the person since before a reorganisation.
    """

    definitions: tuple[Definition, ...]
    bureau: int | None
    stood_in_for: tuple[int, ...]
    kept: tuple[int, ...]


def scope(ctx: Context, person_id: int) -> Scope:
    """Where to look for what waits for *person_id* today; one statement."""
    row = ctx.execute(_SCOPE, {"person": person_id, "today": ctx.today}).one()
    return Scope(
        definitions=tuple(loading.definition(ctx, found) for found in row.definitions),
        bureau=row.bureau,
        stood_in_for=tuple(row.stood_in_for),
        kept=tuple(row.kept),
    )


def _stages(definitions: Iterable[Definition]) -> Iterator[tuple[set[str], Stage]]:
    """Every stage, with the keys of those before it."""
    for definition in definitions:
        for position, stage in enumerate(definition.stages):
            yield {earlier.key for earlier in definition.stages[:position]}, stage


def candidates(
    ctx: Context,
    where: Scope,
    units: Sequence[int],
    *,
    grants: frozenset[Grant] = frozenset(),
    limit: int,
    only: Callable[[Stage], bool] = lambda stage: True,
    ahead: bool = False,
) -> list[int]:
    """Ids of sheets whose stage looks at one of *units* or *grants*, soonest deadline first.

    Args:
        where: found by ``scope``.
        only: which stages are wanted at all.
        ahead: sheets that are on their way to such a stage, instead of those that are there.
    """
    states: dict[str, set[str]] = {
        key: set()
        for key in ("lead_section", "responsible_department", "related_departments", "everywhere")
    }
    for before, stage in _stages(where.definitions):
        if not only(stage):
            continue
        found = before if ahead else {stage.key}
        for selector in stage.who:
            if selector.unit in states:
                states[selector.unit] |= found
            elif (selector.unit == "policy_bureau" and where.bureau in units) or (
                _BY_GRANT.get(selector.name) in grants
            ):
                states["everywhere"] |= found
    parameters: dict[str, Any] = {key: sorted(value) for key, value in states.items() if value}
    if not parameters:
        return []
    statement = _waiting(tuple(parameters), limit)
    if parameters.keys() != {"everywhere"}:
        parameters["units"] = list(units)
    return list(ctx.execute(statement, parameters).scalars())
