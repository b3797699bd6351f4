"""合議の期限: joint stages whose last day is over are settled as the definition says.

Not while the stage is on hold, nor while more time is asked for and nobody has answered.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.model import Definition, NoReply
from workflow.policy import SYSTEM, Permission
from workflow.services import loading, moving, waiting

log = structlog.get_logger(__name__)

_DUE = sa.text("""
SELECT e.id FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.closed_at IS NULL AND e.state = :stage AND c.definition_hash = :definition
  AND s.due_at < :now AND s.held_at IS NULL AND e.id > :after
  AND NOT EXISTS (SELECT 1 FROM extension_request x
                  WHERE x.stage_entry_id = s.id AND x.decided_at IS NULL)
ORDER BY e.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED
""")


def close_due(application: Application) -> int:
    """Settle every joint stage that is over; returns how many sheets moved."""
    with application.query(SYSTEM) as ctx:
        closing = [
            (definition, stage.key)
            for definition in waiting.open_definitions(ctx)
            for stage in definition.stages
            if stage.joint is not None and stage.joint.no_reply is not NoReply.WAITS
        ]
    moved = 0
    for definition, stage in closing:
        after: int | None = 0
        while after is not None:
            with application.command(SYSTEM) as ctx:
                after, settled = _close_next(ctx, definition, stage, after)
            moved += settled
    return moved


def _close_next(
    ctx: Context, definition: Definition, stage: str, after: int
) -> tuple[int | None, bool]:
    """Settle the next sheet behind id *after*; returns its id (None: no more) and whether it moved.

    Silence may leave a stage unsettled (too few voices for its quorum): then it goes on waiting.
    """
    ctx.require(Permission.RUN_ENGINE)
    found: int | None = ctx.execute(
        _DUE,
        {"stage": stage, "definition": definition.content_hash, "now": ctx.now, "after": after},
    ).scalar_one_or_none()
    if found is None:
        return None, False
    loaded = loading.evaluation(ctx, found)
    facts = replace(loaded.facts, closing=True)
    if follows_by_itself(loaded.definition, facts) is None:
        log.warning("joint_stage_unsettled", evaluation=loaded.key, stage=stage)
        return found, False
    moving.follow(ctx, found, closing=True)
    return found, True
