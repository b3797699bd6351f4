"""What voided the approvals of a sheet, for the mail to those who have it again.

Who and by which file stand in the event and its narrative; old and new stand in the revisions. So
nothing of it is kept a second time, and what was disposed of is not told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from workflow.application import Context
from workflow.mail.changed_content import ContentChange, lines
from workflow.sheet.content import parse

# What follows by itself in the same command (a stage that is passed over) has the same moment.
_CHANGED = sa.text("""
SELECT n.id, v.capacity, x.canonical AS narrative, t.body AS after, b.body AS before,
       EXISTS (SELECT FROM signature g WHERE g.evaluation_id = v.evaluation_id
               AND g.voided_at = v.occurred_at)
       OR EXISTS (SELECT FROM joint_reply j WHERE j.evaluation_id = v.evaluation_id
                  AND j.content_hash = q.content_hash) AS voided
FROM notice n
JOIN stage_entry s ON s.id = n.stage_entry_id
JOIN event v ON v.evaluation_id = n.evaluation_id AND v.action = 'content_changed'
            AND v.occurred_at = s.entered_at
JOIN revision r ON r.id = v.revision_id
JOIN content t ON t.hash = r.content_hash
JOIN revision q ON q.evaluation_id = r.evaluation_id AND q.number = r.number - 1
JOIN content b ON b.hash = q.content_hash
LEFT JOIN event_narrative x ON x.event_id = v.id
WHERE n.id = ANY (:notices)
""")


def content_changes(ctx: Context, notices: Iterable[int]) -> dict[int, ContentChange]:
    """Notice → the change of content that led to it; only where there was one."""
    rows = ctx.execute(_CHANGED, {"notices": list(notices)})
    return {row.id: _change(row) for row in rows}


def _change(row: sa.Row[tuple[object, ...]]) -> ContentChange:
    narrative = json.loads(row.narrative) if row.narrative else {}
    return ContentChange(
        source=narrative.get("reason") or "",
        who=f"{row.capacity} {narrative.get('person') or ''}".strip(),
        voided=row.voided,
        lines=lines(parse(row.before), parse(row.after)),
    )
