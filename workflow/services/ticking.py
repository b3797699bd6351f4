"""The tick: everything that falls due by time alone. Needs neither beat nor Redis.

Absences begin and joint stages close; due timers become notices (whom, found by the definition on
this day); notices become mails (``services.gathering``); mails are sent (``services.delivery``);
publications whose time has come are flipped. Running it twice, or from two machines, changes
nothing: every effect has its key.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow import failpoints
from workflow.application import Application, Context
from workflow.mail.smtp import Transport
from workflow.policy import SYSTEM, Permission
from workflow.services import (
    absences,
    closing,
    delivery,
    gathering,
    loading,
    publication,
    reorganisation_day,
)
from workflow.services.ladders import DUE_TIMERS, told_by

#: Timers per transaction.
BATCH = 200

# The notices will hold a key of the evaluation. Whoever acts locks the evaluation first and its
# timers afterwards, so a sheet that somebody is acting on is left for the next tick. While it is on
# hold, or more time was asked for, the clock stands still.
_CLAIM = sa.text(
    DUE_TIMERS + " LIMIT :limit FOR UPDATE OF t SKIP LOCKED FOR KEY SHARE OF e SKIP LOCKED"
)
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, remark, created_at)
VALUES (:kind, :evaluation, :entry, :rung, :recipient, :remark, :now) ON CONFLICT DO NOTHING
""")
_SETTLE = sa.text("UPDATE timer SET settled_at = :now, outcome = :outcome WHERE id = ANY (:ids)")
_BEAT = sa.text("""
INSERT INTO heartbeat (name, beat_at) VALUES (:name, :now)
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at
""")


@dataclass(frozen=True)
class Ticked:
    """What one tick did."""

    timers: int
    mails_written: int
    mails_sent: int
    published: int


def beat(application: Application) -> tuple[int, int]:
    """What the periodic task does; returns timers settled and mails written.

    Mails and publications have queues of their own: the doorbell is rung for those whose time has
    come, so that what was lost on the way is found again at every tick.
    """
    # First, so that whoever is told is told in the organisation of the day.
    reorganisation_day.carry_out_due(application)
    absences.begin_due(application)
    closing.close_due(application)
    timers = fire_due_timers(application)
    failpoints.reached("after_timers")
    written = gathering.gather_all(application)
    failpoints.reached("after_gather")
    waiting = publication.due(application)
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        ctx.execute(_BEAT, {"name": "tick", "now": ctx.now})
        ctx.ring_after_commit("tasks.deliver_mails")
        for publication_id in waiting:
            ctx.ring_after_commit("tasks.run_publication", publication_id)
    return timers, written


def tick(application: Application, transport: Transport) -> Ticked:
    """Do all due work once, here and now: ``hyoka tick --once`` needs neither beat nor Redis.

    Publications come last but for the mails about them: one that fails keeps nobody's mail back.
    """
    timers, written = beat(application)
    sent = delivery.deliver_all(application, transport)
    published = sum(publication.run(application, key) for key in publication.due(application))
    if published:
        written += gathering.gather_all(application)
        sent += delivery.deliver_all(application, transport)
    return Ticked(timers, written, sent, published)


def fire_due_timers(application: Application) -> int:
    """Turn every due timer into notices; returns how many timers were settled."""
    total = 0
    while True:
        with application.command(SYSTEM) as ctx:
            settled = _fire_batch(ctx)
            failpoints.reached("inside_timers")
        total += settled
        if settled < BATCH:
            return total


def _fire_batch(ctx: Context) -> int:
    ctx.require(Permission.RUN_ENGINE)
    timers = ctx.execute(_CLAIM, {"now": ctx.now, "limit": BATCH}).all()
    if not timers:
        return 0
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
    return len(timers)
