"""Due timers become notices: whom, found by the definition on this day.

Timers have neither lease nor token, and mails have both. A batch of timers is claimed, told and
settled in one transaction: the row locks are the claim, and they end with the worker that holds
them. Sending a mail reaches outside of the transaction, so there the claim must outlive it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from workflow import failpoints
from workflow.application import Application, Context
from workflow.policy import SYSTEM, Permission
from workflow.services import isolation, loading
from workflow.services.isolation import Blame
from workflow.services.ladders import DUE, told_by

log = structlog.get_logger(__name__)

#: Timers per transaction.
BATCH = 200
#: A timer that failed so often by itself is given up and shown to the administrators.
MOST_ATTEMPTS = 5

# The notices will hold a key of the evaluation. Whoever acts locks the evaluation first and its
# timers afterwards, so a sheet that somebody is acting on is left for the next tick. While it is on
# hold, or more time was asked for, the clock stands still.
_LOCK = "FOR UPDATE OF t SKIP LOCKED FOR KEY SHARE OF e SKIP LOCKED"
# Those that failed before come by themselves, behind all others.
_CLAIM = sa.text(f"""
{DUE} AND t.attempts = 0 AND t.id <> ALL (:left) ORDER BY t.due_at, t.id LIMIT :limit {_LOCK}
""")
_CLAIM_ONE = sa.text(f"{DUE} AND t.id = :id {_LOCK}")
_FAILED_BEFORE = sa.text(f"{DUE} AND t.attempts > 0 ORDER BY t.due_at, t.id")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, remark, created_at)
VALUES (:kind, :evaluation, :entry, :rung, :recipient, :remark, :now) ON CONFLICT DO NOTHING
""")
_SETTLE = sa.text("UPDATE timer SET settled_at = :now, outcome = :outcome WHERE id = ANY (:ids)")
_FAILED = sa.text("""
UPDATE timer SET attempts = attempts + 1, last_error = :error,
       settled_at = CASE WHEN attempts + 1 >= :most THEN :now END,
       outcome = CASE WHEN attempts + 1 >= :most THEN 'dead' END
WHERE id = :id AND settled_at IS NULL
RETURNING evaluation_id, attempts, outcome
""")
_AGAIN = sa.text("""
UPDATE timer t SET attempts = 0, last_error = NULL, settled_at = NULL, outcome = NULL
FROM stage_entry s WHERE s.id = t.stage_entry_id AND s.left_at IS NULL AND t.outcome = 'dead'
""")


def fire_due(application: Application) -> int:
    """Turn every due timer into notices; returns how many were settled.

    A batch that fails is repeated timer by timer, each in a command of its own. One that fails
    alone is counted, tried again at the next ticks, and given up (``dead``, with its reason) after
    ``MOST_ATTEMPTS``; what was in its way for the moment is not counted.

    Raises:
        Exception: whatever says that no timer can be settled now (the database is away).
    """
    with application.query(SYSTEM) as ctx:
        before = [row.id for row in ctx.execute(_FAILED_BEFORE, {"now": ctx.now})]
    total = 0
    left: list[int] = []
    while True:
        taken: list[int] = []
        try:
            with application.command(SYSTEM) as ctx:
                _fire_batch(ctx, left, taken)
                failpoints.reached("inside_timers")
            total += len(taken)
        except Exception as error:
            if not taken or isolation.blame(application, error) in (Blame.AWAY, Blame.PROGRAM):
                raise
            log.warning("timers_one_by_one", timers=len(taken), error=isolation.reason(error))
            total += sum(_fire_alone(application, timer_id) for timer_id in taken)
            left += taken
        if len(taken) < BATCH:
            break
    return total + sum(_fire_alone(application, timer_id) for timer_id in before)


def retry_dead(ctx: Context) -> int:
    """Let every timer that was given up fall due again; returns how many.

    Those whose stay is over meanwhile have nothing to say any more and keep their end.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    again: int = ctx.execute(_AGAIN).rowcount
    if again:
        ctx.ring_after_commit("tasks.tick")
    return again


def _fire_batch(ctx: Context, left: list[int], taken: list[int]) -> None:
    """Claim and settle a batch; *taken* gets the ids also when it fails."""
    ctx.require(Permission.RUN_ENGINE)
    timers = ctx.execute(_CLAIM, {"now": ctx.now, "limit": BATCH, "left": left}).all()
    taken += [timer.id for timer in timers]
    _fire(ctx, timers)


def _fire_alone(application: Application, timer_id: int) -> int:
    """Settle one timer, or count that it failed; returns 1 or 0."""
    try:
        with application.command(SYSTEM) as ctx:
            ctx.require(Permission.RUN_ENGINE)
            timers = ctx.execute(_CLAIM_ONE, {"now": ctx.now, "id": timer_id}).all()
            _fire(ctx, timers)
        return len(timers)
    except Exception as error:
        found = isolation.blame(application, error)
        if found in (Blame.AWAY, Blame.PROGRAM):
            raise
        log.exception("timer_failed", timer=timer_id, blame=found.value)
        if found is Blame.ROW:
            _count_failure(application, timer_id, isolation.reason(error))
        return 0


def _count_failure(application: Application, timer_id: int, error: str) -> None:
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        row = ctx.execute(
            _FAILED, {"id": timer_id, "error": error, "most": MOST_ATTEMPTS, "now": ctx.now}
        ).one_or_none()
    if row is not None and row.outcome == "dead":
        log.error("timer_dead", timer=timer_id, evaluation=row.evaluation_id, error=error)


def _fire(ctx: Context, timers: Sequence[sa.Row[Any]]) -> None:
    if not timers:
        return
    loaded = loading.evaluations(ctx, [t.evaluation_id for t in timers], locked=False)

    notices, fired, superseded = [], [], []
    for timer in timers:
        evaluation = loaded[timer.evaluation_id]
        if evaluation.entry_id != timer.stage_entry_id:
            superseded.append(timer.id)
            continue
        notices += [
            {
                "kind": timer.kind,
                "evaluation": timer.evaluation_id,
                "entry": timer.stage_entry_id,
                "rung": timer.rung,
                "recipient": told.person_id,
                "remark": told.remark,
                "now": ctx.now,
            }
            for told in told_by(evaluation, timer.kind, timer.rung)
        ]
        fired.append(timer.id)

    if notices:
        ctx.execute(_TELL, notices)
    ctx.execute(_SETTLE, {"ids": fired, "now": ctx.now, "outcome": "fired"})
    ctx.execute(_SETTLE, {"ids": superseded, "now": ctx.now, "outcome": "superseded"})
