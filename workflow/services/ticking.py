"""The tick: everything that falls due by time alone. Needs neither beat nor Redis.

Absences begin and joint stages close; due timers become notices (``services.timers``); notices
become mails (``services.gathering``); mails are sent (``services.delivery``); publications whose
time has come are flipped. Running it twice, or from two machines, changes nothing: every effect
has its key.

Mails and publications are claimed on leases, since what they do takes longer than a transaction
may. All else is claimed, done and settled in one transaction under SKIP LOCKED: a worker that dies
gives its rows back with its connection, and there is no lease that would have to run out first.

A part that fails keeps no other part waiting: it is logged, and the heartbeat says which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
import structlog

from workflow import failpoints
from workflow.application import Application
from workflow.mail.smtp import Transport
from workflow.policy import SYSTEM, Permission
from workflow.services import (
    absence_days,
    closing,
    delivery,
    gap_mails,
    gathering,
    guessing,
    isolation,
    publication,
    reorganisation_day,
    timers,
    unsent_forms,
)

log = structlog.get_logger(__name__)

Found = TypeVar("Found")

_BEAT = sa.text("""
INSERT INTO heartbeat (name, beat_at, detail)
VALUES ('tick', :now, jsonb_build_object('failed', CAST(:failed AS text[])))
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, detail = excluded.detail
""")


@dataclass(frozen=True)
class Ticked:
    """What one tick did.

    Attributes:
        failed: parts of it that failed (``workflow.health.TICK_PARTS``, or ``mails``); all
            others were done.
    """

    timers: int
    mails_written: int
    mails_sent: int
    published: int
    failed: tuple[str, ...] = ()


@dataclass
class _Round:
    """The parts of one tick, each by itself."""

    application: Application
    failed: list[str] = field(default_factory=list)

    def do(self, part: str, work: Callable[[Application], Found], otherwise: Found) -> Found:
        """What *work* returns, or *otherwise* when it fails.

        Raises:
            Exception: the database is away, or the time is up: nothing else would go well.
        """
        try:
            return work(self.application)
        except Exception as error:
            if isolation.blame(self.application, error) is isolation.Blame.AWAY:
                raise
            log.exception("tick_part_failed", part=part)
            if part not in self.failed:
                self.failed.append(part)
            return otherwise


def beat(application: Application) -> Ticked:
    """What the periodic task does: everything but sending and publishing.

    Mails and publications have queues of their own: the doorbell is rung for those whose time has
    come, so that what was lost on the way is found again at every tick.

    Raises:
        Exception: the database is away, or the time is up; then there is no heartbeat.
    """
    round_ = _Round(application)
    # First, so that whoever is told is told in the organisation of the day.
    round_.do("organisation", reorganisation_day.carry_out_due, 0)
    round_.do("absences", absence_days.begin_due, 0)
    round_.do("joint_stages", closing.close_due, 0)
    fired = round_.do("timers", timers.fire_due, 0)
    failpoints.reached("after_timers")
    written = round_.do("notices", gathering.gather_all, 0)
    failpoints.reached("after_gather")
    written += round_.do("absences", gap_mails.tell_due, 0)
    round_.do("unsent_forms", unsent_forms.forget_expired, 0)
    waiting = round_.do("publications", publication.due, list[int]())
    round_.do("guesses", guessing.forget_old, 0)
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        ctx.execute(_BEAT, {"now": ctx.now, "failed": round_.failed})
        ctx.ring_after_commit("tasks.deliver_mails")
        for publication_id in waiting:
            ctx.ring_after_commit("tasks.run_publication", publication_id)
    return Ticked(fired, written, 0, 0, tuple(round_.failed))


def tick(application: Application, transport: Transport) -> Ticked:
    """Do all due work once, here and now: ``hyoka tick --once`` needs neither beat nor Redis.

    Publications come last but for the mails about them: one that fails keeps nobody's mail back.
    """
    done = beat(application)
    round_ = _Round(application, list(done.failed))

    def deliver(application: Application) -> int:
        return delivery.deliver_all(application, transport)

    sent = round_.do("mails", deliver, 0)
    written, published = done.mails_written, 0
    for key in round_.do("publications", publication.due, list[int]()):
        published += round_.do("publications", partial(publication.run, publication_id=key), False)
    if published:
        written += round_.do("notices", gathering.gather_all, 0)
        sent += round_.do("mails", deliver, 0)
    return Ticked(done.timers, written, sent, published, tuple(round_.failed))
