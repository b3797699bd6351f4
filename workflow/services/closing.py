"""合議の期限: joint stages whose last day is over are settled as the definition says.

Not while the stage is on hold, nor while more time is asked for and nobody has answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.model import Definition
from workflow.policy import SYSTEM, Permission
from workflow.services import isolation, loading, moving, waiting

log = structlog.get_logger(__name__)

_IS_DUE = """
SELECT e.id FROM stage_entry s
{sheet}
JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE s.left_at IS NULL AND s.held_at IS NULL AND s.stage = :stage AND s.due_at < :now
  AND NOT EXISTS (SELECT 1 FROM extension_request x
                  WHERE x.stage_entry_id = s.id AND x.decided_at IS NULL)
  AND e.closed_at IS NULL AND e.state = :stage AND c.definition_hash = :definition"""
# From the stays: their index holds what is due together, whatever else stands at the stage. Each
# sheet is looked up by itself (LIMIT): PostgreSQL cannot know that few stays are over, and would
# read all sheets at the stage instead.
_ONE_BY_ONE = "CROSS JOIN LATERAL (SELECT * FROM evaluation WHERE id = s.evaluation_id LIMIT 1) e"
_DUE = sa.text(_IS_DUE.format(sheet=_ONE_BY_ONE) + " ORDER BY s.due_at, s.id")
_TAKE = sa.text(
    _IS_DUE.format(sheet="JOIN evaluation e ON e.id = s.evaluation_id")
    + " AND e.id = :id FOR UPDATE OF e SKIP LOCKED"
)


def close_due(application: Application) -> int:
    """Settle every joint stage that is over; returns how many sheets moved.

    Raises:
        RowsFailed: some sheets failed; all others are settled. The next tick tries again.
    """
    with application.query(SYSTEM) as ctx:
        due = {
            row.id: (definition, stage.key)
            for definition in waiting.open_definitions(ctx)
            for stage in definition.stages
            if stage.settled_by_time
            for row in ctx.execute(_DUE, _at(ctx, definition, stage.key))
        }
    return isolation.each(
        application, "joint_stage", due, lambda ctx, found: _close(ctx, found, *due[found])
    )


def _at(ctx: Context, definition: Definition, stage: str) -> dict[str, Any]:
    return {"stage": stage, "definition": definition.content_hash, "now": ctx.now}


def _close(ctx: Context, evaluation_id: int, definition: Definition, stage: str) -> bool:
    """Settle one sheet's stage; returns whether it moved.

    Silence may leave a stage unsettled (too few voices for its quorum): then it goes on waiting.
    """
    ctx.require(Permission.RUN_ENGINE)
    values = {**_at(ctx, definition, stage), "id": evaluation_id}
    if ctx.execute(_TAKE, values).first() is None:
        return False
    loaded = loading.evaluation(ctx, evaluation_id)
    facts = replace(loaded.facts, closing=True)
    if follows_by_itself(loaded.definition, facts) is None:
        log.warning("joint_stage_unsettled", evaluation=loaded.key, stage=stage)
        return False
    moving.follow(ctx, evaluation_id, closing=True)
    return True
