"""却下・廃案: what follows when a sheet ends without being published."""

from __future__ import annotations

import sqlalchemy as sa

from workflow.application import Context
from workflow.models import NoticeKind

# 廃案 is told to everybody who worked on it, those of the joint stage included (合議先への通知).
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, remark, created_at)
SELECT :kind, :id, :entry, c.person_id, :remark, :now
FROM (
    SELECT a.person_id FROM authorship a WHERE a.evaluation_id = :id
    UNION SELECT g.person_id FROM signature g WHERE g.evaluation_id = :id
    UNION SELECT j.person_id FROM joint_reply j WHERE j.evaluation_id = :id
    UNION SELECT g.person_id FROM role_grant g
    WHERE g.role = 'publisher' AND g.valid_from <= :today
      AND (g.valid_until IS NULL OR g.valid_until >= :today)
) c
WHERE c.person_id IS DISTINCT FROM CAST(:actor AS bigint)
ON CONFLICT DO NOTHING
""")


def announce(ctx: Context, evaluation_id: int, stage_entry_id: int, reason: str) -> None:
    """Tell everybody who wrote, signed or answered, and the bureau; never the actor."""
    ctx.execute(
        _TELL,
        {
            "kind": NoticeKind.ENDED,
            "id": evaluation_id,
            "entry": stage_entry_id,
            "remark": reason,
            "actor": ctx.actor.person_id,
            "now": ctx.now,
            "today": ctx.today,
        },
    )
