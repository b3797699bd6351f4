"""Publishing: select, freeze in chunks, and flip one pointer in one transaction.

Readers see the old set or the new set, never half (design, truths 1 and 8). The job can be killed
anywhere and started again: snapshots have a natural key, and the last transaction is all or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow import failpoints
from workflow.application import Application, Context
from workflow.definition.model import Transition
from workflow.errors import BadInput, Conflict, Fault, NotFound
from workflow.models import PublicationState
from workflow.policy import SYSTEM, Permission
from workflow.services import loading, publication_flip

#: Snapshots per transaction: short enough to show progress and to lose little when killed.
CHUNK = 500
#: After so many failures the publication is given up and shown as failed.
MOST_ATTEMPTS = 5

_CYCLE = sa.text("""
SELECT id, definition_hash, current_publication_id FROM evaluation_cycle
WHERE id = :id FOR UPDATE
""")
_CANDIDATES = sa.text("""
SELECT e.id, e.code, e.state, e.content_hash,
       (SELECT count(*) > 0 AND bool_and(g.content_hash = e.content_hash) FROM signature g
        WHERE g.evaluation_id = e.id AND g.round = e.round AND g.voided_at IS NULL) AS covered,
       EXISTS (SELECT 1 FROM stage_entry s WHERE s.evaluation_id = e.id
               AND s.left_at IS NULL AND s.held_at IS NOT NULL) AS held
FROM evaluation e WHERE e.cycle_id = :cycle AND e.id = ANY (:ids) ORDER BY e.id FOR UPDATE
""")
_ANSWERED = sa.text("SELECT id FROM publication WHERE request_key = :key")
_RUNNING = sa.text("""
SELECT id FROM publication
WHERE cycle_id = :cycle AND state IN ('requested', 'building', 'ready')
""")
_REQUEST = sa.text("""
WITH new AS (
    INSERT INTO publication (cycle_id, version, supersedes_id, state, publish_at, requested_at,
        requested_by, requested_as, capacity, request_key, total)
    SELECT :cycle,
           1 + coalesce((SELECT max(version) FROM publication WHERE cycle_id = :cycle), 0),
           :supersedes, 'requested', :publish_at, :now, :person, :assignment, :capacity, :key,
           cardinality(CAST(:ids AS bigint[]))
    RETURNING id
), items AS (
    INSERT INTO publication_item (publication_id, evaluation_id, content_hash)
    SELECT new.id, e.id, e.content_hash FROM new, evaluation e WHERE e.id = ANY (:ids)
)
SELECT id FROM new
""")


@dataclass(frozen=True)
class Requested:
    """A publication that a worker will build."""

    publication_id: int
    repeated: bool = False


def request(
    ctx: Context,
    *,
    cycle_id: int,
    evaluation_ids: Sequence[int],
    publish_at: datetime | None,
    request_key: str,
) -> Requested:
    """Ask for the publication of approved evaluations, now or at a set time.

    Raises:
        Refused: ``publishers_only``.
        BadInput: nothing was selected, a time in the past, or a sheet that is not approved.
        Conflict: ``publication_running``.
    """
    cycle = ctx.execute(_CYCLE, {"id": cycle_id}).one_or_none()
    if cycle is None:
        raise NotFound("no_such_cycle")
    answered = ctx.execute(_ANSWERED, {"key": request_key}).scalar_one_or_none()
    candidates = ctx.execute(_CANDIDATES, {"cycle": cycle_id, "ids": list(evaluation_ids)}).all()

    ctx.require(Permission.PUBLISH)

    if answered is not None:
        return Requested(answered, repeated=True)
    if ctx.execute(_RUNNING, {"cycle": cycle_id}).first() is not None:
        raise Conflict("publication_running")
    row = loading.definition(ctx, cycle.definition_hash).publishing
    _check_selection(ctx, evaluation_ids, candidates, row, publish_at)

    publication_id: int = ctx.execute(
        _REQUEST,
        {
            "cycle": cycle_id,
            "supersedes": cycle.current_publication_id,
            "publish_at": publish_at or ctx.now,
            "now": ctx.now,
            "person": ctx.actor.person_id,
            "assignment": ctx.actor.assignment_id,
            "capacity": ctx.actor.capacity,
            "key": request_key,
            "ids": list(evaluation_ids),
        },
    ).scalar_one()

    ctx.ring_after_commit("tasks.run_publication", publication_id)
    return Requested(publication_id)


def _check_selection(
    ctx: Context,
    evaluation_ids: Sequence[int],
    candidates: Sequence[sa.Row[Any]],
    row: Transition | None,
    publish_at: datetime | None,
) -> None:
    faults: list[Fault] = []
    if not evaluation_ids:
        faults.append(Fault("evaluations", "nothing_selected", {}))
    if publish_at is not None and publish_at <= ctx.now:
        faults.append(Fault("publish_at", "time_in_the_past", {}))
    found = {candidate.id: candidate for candidate in candidates}
    for evaluation_id in evaluation_ids:
        candidate = found.get(evaluation_id)
        if candidate is None:
            faults.append(Fault("evaluations", "no_such_evaluation", {}))
        elif row is None or candidate.state != row.source:
            faults.append(Fault("evaluations", "not_approved", {"sheet": candidate.code}))
        elif candidate.held:
            faults.append(Fault("evaluations", "sheet_on_hold", {"sheet": candidate.code}))
        elif not candidate.covered:
            faults.append(Fault("evaluations", "sheet_approval_void", {"sheet": candidate.code}))
    if faults:
        raise BadInput("invalid_form", tuple(faults))


_CANCEL = sa.text("""
UPDATE publication SET state = 'cancelled'
WHERE id = :id AND state IN ('requested', 'building', 'ready') RETURNING id
""")


def cancel(ctx: Context, *, publication_id: int) -> None:
    """Call a publication off before its time.

    Raises:
        Refused: ``publishers_only``.
        Conflict: ``publication_over`` when it is published or was called off already.
    """
    ctx.require(Permission.PUBLISH)

    if ctx.execute(_CANCEL, {"id": publication_id}).first() is None:
        raise Conflict("publication_over")


_TAKE = sa.text("""
SELECT id, cycle_id, supersedes_id, state, publish_at, total, built FROM publication
WHERE id = :id AND state IN ('requested', 'building', 'ready') FOR UPDATE SKIP LOCKED
""")
_CARRY = sa.text("""
INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at,
                      first_published_at)
SELECT :id, s.evaluation_id, s.code, s.content_hash, s.approved_at,
       coalesce(s.first_published_at, p.published_at)
FROM snapshot s JOIN publication p ON p.id = s.publication_id
WHERE s.publication_id = :supersedes
  AND NOT EXISTS (SELECT 1 FROM publication_item i
                  WHERE i.publication_id = :id AND i.evaluation_id = s.evaluation_id)
ON CONFLICT DO NOTHING
""")
_FREEZE = sa.text("""
WITH next AS (
    SELECT i.evaluation_id, i.content_hash, e.code, e.final_approved_at
    FROM publication_item i JOIN evaluation e ON e.id = i.evaluation_id
    WHERE i.publication_id = :id
      AND NOT EXISTS (SELECT 1 FROM snapshot s
                      WHERE s.publication_id = :id AND s.evaluation_id = i.evaluation_id)
    ORDER BY i.evaluation_id LIMIT :size
), frozen AS (
    INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
    SELECT :id, n.evaluation_id, n.code, n.content_hash, coalesce(n.final_approved_at, :now)
    FROM next n ON CONFLICT DO NOTHING RETURNING 1
)
UPDATE publication SET built = built + (SELECT count(*) FROM frozen), state = 'building'
WHERE id = :id RETURNING built, (SELECT count(*) FROM frozen) AS frozen
""")
_READY = sa.text("UPDATE publication SET state = 'ready' WHERE id = :id")


def build_chunk(ctx: Context, publication_id: int, *, size: int = CHUNK) -> bool:
    """Freeze the next snapshots; True while there may be more to do.

    Somebody else's chunk on the same publication is not waited for: SKIP LOCKED, and False.
    """
    ctx.require(Permission.RUN_ENGINE)
    taken = ctx.execute(_TAKE, {"id": publication_id}).one_or_none()
    if taken is None or taken.state == PublicationState.READY:
        return False

    if taken.state == PublicationState.REQUESTED and taken.supersedes_id is not None:
        ctx.execute(_CARRY, {"id": taken.id, "supersedes": taken.supersedes_id})
    done = ctx.execute(_FREEZE, {"id": taken.id, "size": size, "now": ctx.now}).one()
    if done.frozen < size:
        ctx.execute(_READY, {"id": taken.id})
        return False
    return True


_FAILED = sa.text("""
UPDATE publication SET attempts = attempts + 1, last_error = :error,
       state = CASE WHEN attempts + 1 >= :most THEN 'failed' ELSE state END
WHERE id = :id AND state IN ('requested', 'building', 'ready')
""")
_DUE = sa.text("""
SELECT id FROM publication
WHERE state IN ('requested', 'building') OR (state = 'ready' AND publish_at <= :now)
ORDER BY id
""")


def due(application: Application) -> list[int]:
    """Publications that a worker should look at now."""
    with application.query(SYSTEM) as ctx:
        return list(ctx.execute(_DUE, {"now": ctx.now}).scalars())


def run(application: Application, publication_id: int, *, chunk: int = CHUNK) -> bool:
    """Build one publication to its end and flip it when its time has come.

    Safe to call at any time and from several workers. Returns whether it is published now. A
    failure is counted on the row and raised again; the tick comes back to it.
    """
    try:
        more = True
        while more:
            with application.command(SYSTEM) as ctx:
                more = build_chunk(ctx, publication_id, size=chunk)
                failpoints.reached("inside_chunk")
            failpoints.reached("after_chunk")
        with application.command(SYSTEM) as ctx:
            published = publication_flip.flip(ctx, publication_id)
            failpoints.reached("inside_flip")
        failpoints.reached("after_flip")
        return published
    except Exception as error:
        with application.command(SYSTEM) as ctx:
            ctx.require(Permission.RUN_ENGINE)
            ctx.execute(
                _FAILED,
                {
                    "id": publication_id,
                    "error": f"{type(error).__name__}: {error}"[:500],
                    "most": MOST_ATTEMPTS,
                },
            )
        raise
