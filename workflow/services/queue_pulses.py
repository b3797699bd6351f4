"""A worker took a pulse from its queue: kept in the database, where the status page reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from workflow import pulses, versions
from workflow.application import Application
from workflow.policy import SYSTEM, Permission
from workflow.pulses import QueueSeen, Worker
from workflow.schema_revision import shipped_revision

_BEFORE = sa.text("SELECT beat_at, detail FROM heartbeat WHERE name = :name FOR UPDATE")
_SEEN = sa.text("""
INSERT INTO heartbeat (name, beat_at, detail) VALUES (:name, :now, CAST(:detail AS jsonb))
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, detail = excluded.detail
""")


@dataclass(frozen=True)
class Pulse:
    """What a worker knows when it has taken one.

    Attributes:
        worker: its name, e.g. ``worker@hyoka``.
        waiting: messages that wait behind the pulse; None when Redis did not say.
        redis: version of the Redis server; empty when it did not say.
    """

    queue: str
    worker: str
    waiting: int | None
    redis: str


def taken(application: Application, pulse: Pulse) -> None:
    """Note that the queue is worked on, now and by this process.

    Raises:
        ValueError: there is no such queue.
    """
    if pulse.queue not in pulses.QUEUES:
        raise ValueError(f"no queue {pulse.queue!r}")
    with application.command(SYSTEM) as ctx:
        ctx.require(Permission.RUN_ENGINE)
        name = f"queue:{pulse.queue}"
        row = ctx.execute(_BEFORE, {"name": name}).one_or_none()
        before = pulses.from_detail(row.beat_at, row.detail) if row else None
        me = Worker(versions.release(), shipped_revision(), versions.python(), ctx.now)
        seen = pulses.next_seen(
            before,
            QueueSeen(
                ctx.now, ctx.now, pulse.worker, {pulse.worker: me}, pulse.waiting, pulse.redis
            ),
            ctx.settings.tick_seconds,
        )
        detail = json.dumps(pulses.as_detail(seen))
        ctx.execute(_SEEN, {"name": name, "now": ctx.now, "detail": detail})
