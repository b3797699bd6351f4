"""The last transaction of a publication: states, events, notices and the pointer, all or none."""

from __future__ import annotations

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Basis
from workflow.models import PublicationState
from workflow.policy import Permission
from workflow.services import loading, recording

_READY = sa.text("""
SELECT b.id, b.cycle_id, b.state, b.publish_at, b.requested_by, b.requested_as, b.capacity,
       c.definition_hash,
       p.disabled_at IS NULL AND EXISTS (
           SELECT 1 FROM role_grant g
           WHERE g.person_id = b.requested_by AND g.role = 'publisher'
             AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
       ) AS may_publish
FROM publication b
JOIN evaluation_cycle c ON c.id = b.cycle_id
JOIN person p ON p.id = b.requested_by
WHERE b.id = :id FOR UPDATE OF b, c
""")
_LOCK_EVALUATIONS = sa.text("""
SELECT e.id FROM evaluation e JOIN publication_item i ON i.evaluation_id = e.id
WHERE i.publication_id = :id ORDER BY e.id FOR UPDATE OF e
""")
# The same rule as the guard content_approved, in one set: every signature of the round covers the
# content that was selected, and there is one.
_LEAVE_OUT = sa.text("""
WITH covered AS (
    SELECT g.evaluation_id, bool_and(g.content_hash = i.content_hash) AS whole
    FROM publication_item i
    JOIN evaluation e ON e.id = i.evaluation_id
    JOIN signature g ON g.evaluation_id = e.id AND g.round = e.round AND g.voided_at IS NULL
    WHERE i.publication_id = :id GROUP BY g.evaluation_id
), judged AS (
    SELECT i.evaluation_id,
           CASE WHEN e.state <> :source THEN 'not_approved'
                WHEN EXISTS (SELECT 1 FROM stage_entry s WHERE s.evaluation_id = e.id
                             AND s.left_at IS NULL AND s.held_at IS NOT NULL)
                THEN 'sheet_on_hold'
                WHEN e.content_hash <> i.content_hash OR NOT coalesce(c.whole, false)
                THEN 'approval_void' END AS reason
    FROM publication_item i
    JOIN evaluation e ON e.id = i.evaluation_id
    LEFT JOIN covered c ON c.evaluation_id = e.id
    WHERE i.publication_id = :id
), noted AS (
    UPDATE publication_item i SET left_out_because = j.reason
    FROM judged j
    WHERE j.reason IS NOT NULL AND i.publication_id = :id AND i.evaluation_id = j.evaluation_id
    RETURNING i.evaluation_id
)
DELETE FROM snapshot s USING noted n
WHERE s.publication_id = :id AND s.evaluation_id = n.evaluation_id
""")
# Returned and approved again, unchanged, since it was frozen: the valid approval's date counts.
_REFREEZE = sa.text("""
WITH stale AS (
    DELETE FROM snapshot s USING publication_item i, evaluation e
    WHERE s.publication_id = :id AND i.publication_id = :id AND i.left_out_because IS NULL
      AND i.evaluation_id = s.evaluation_id AND e.id = s.evaluation_id
      AND s.approved_at <> e.final_approved_at
    RETURNING s.evaluation_id, s.code, s.content_hash, e.final_approved_at
)
INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
SELECT :id, evaluation_id, code, content_hash, final_approved_at FROM stale
""")
_CHOSEN = sa.text("""
SELECT evaluation_id FROM publication_item
WHERE publication_id = :id AND left_out_because IS NULL ORDER BY evaluation_id
""")
_MOVE_ALL = sa.text("""
WITH moved AS (
    UPDATE evaluation SET state = :target, version = version + 1, closed_at = :now
    WHERE id = ANY (:ids) RETURNING id, round
), left_stage AS (
    UPDATE stage_entry s SET left_at = :now FROM moved
    WHERE s.evaluation_id = moved.id AND s.left_at IS NULL
    RETURNING s.id, moved.id AS evaluation_id, moved.round
), superseded AS (
    UPDATE timer t SET settled_at = :now, outcome = 'superseded'
    FROM left_stage l WHERE t.stage_entry_id = l.id AND t.settled_at IS NULL
), entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by)
    SELECT l.evaluation_id, :target, l.round, :now, :person FROM left_stage l
    RETURNING id, evaluation_id
), concerned AS (
    SELECT a.evaluation_id, a.person_id FROM authorship a WHERE a.evaluation_id = ANY (:ids)
    UNION
    SELECT g.evaluation_id, g.person_id FROM signature g
    WHERE g.evaluation_id = ANY (:ids) AND g.voided_at IS NULL
)
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'published', n.evaluation_id, n.id, c.person_id, CAST(:now AS timestamptz)
FROM entered n JOIN concerned c ON c.evaluation_id = n.evaluation_id
WHERE c.person_id <> :person
ON CONFLICT DO NOTHING
""")
_POINT = sa.text("""
WITH manifest AS (
    SELECT sha256(convert_to(coalesce(string_agg(
        s.code || ' ' || encode(s.content_hash, 'hex'), chr(10) ORDER BY s.code
    ), ''), 'UTF8')) AS hash
    FROM snapshot s WHERE s.publication_id = :id
), done AS (
    UPDATE publication SET state = 'published', published_at = :now,
        manifest_hash = (SELECT hash FROM manifest)
    WHERE id = :id RETURNING id, cycle_id
)
UPDATE evaluation_cycle c SET current_publication_id = done.id FROM done WHERE c.id = done.cycle_id
""")
_FAIL = sa.text("UPDATE publication SET state = 'failed', last_error = :why WHERE id = :id")


def flip(ctx: Context, publication_id: int) -> bool:
    """Publish what was frozen, if its time has come; False when there is nothing to do now.

    Evaluations that were returned, or whose content changed, since they were selected are left
    out with the reason; the others are published.
    """
    found = ctx.execute(_READY, {"id": publication_id, "today": ctx.today}).one_or_none()

    ctx.require(Permission.RUN_ENGINE)
    if found is None:
        return False
    if found.state != PublicationState.READY or found.publish_at > ctx.now:
        return bool(found.state == PublicationState.PUBLISHED)
    if not found.may_publish:
        ctx.execute(_FAIL, {"id": found.id, "why": "publishers_only"})
        return False

    definition = loading.definition(ctx, found.definition_hash)
    row = definition.publishing
    ctx.execute(_LOCK_EVALUATIONS, {"id": found.id})
    ctx.execute(_LEAVE_OUT, {"id": found.id, "source": row.source if row else ""})
    chosen = list(ctx.execute(_CHOSEN, {"id": found.id}).scalars())
    if row is None or not chosen:
        ctx.execute(_FAIL, {"id": found.id, "why": "nothing_left_to_publish"})
        return False

    ctx.execute(_REFREEZE, {"id": found.id})
    ctx.execute(
        recording.APPEND,
        {
            "evaluations": chosen,
            "action": row.action,
            "to_state": row.target,
            "person": found.requested_by,
            "assignment": found.requested_as,
            "capacity": found.capacity,
            "on_behalf_of": None,
            "on_behalf_name": None,
            "reason": "",
            "request_key": None,
            "basis": Basis.OWN,
        },
    )
    ctx.execute(
        _MOVE_ALL,
        {"ids": chosen, "target": row.target, "now": ctx.now, "person": found.requested_by},
    )
    ctx.execute(_POINT, {"id": found.id, "now": ctx.now})

    ctx.ring_after_commit("tasks.gather_notices")
    return True
