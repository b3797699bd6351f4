"""Whether somebody works on each queue: beat sends a pulse to each, and whoever takes it says so.

Pure. The web never asks Redis; the worker that took the pulse tells the database what it saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: The queues of an installation, by name (``tasks.names`` holds the same, by a test).
QUEUES = ("tick", "mail", "batch")
#: A pulse comes every so many ticks, but at least so often. Five of them are longer than the
#: longest task may run (5 minutes): a worker that is busy is not taken for dead.
TICKS_PER_PULSE, LONGEST_PULSE = 4, 120
#: Pulses that may be missed before a queue counts as silent.
MISSED_PULSES = 5
#: After a day without any the installation counts as one that does without Redis.
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True)
class Worker:
    """Who took a pulse.

    Attributes:
        release: version of hyoka; *schema* the revision that its code was shipped with.
        python: version of the interpreter.
        at: when it last took one.
    """

    release: str
    schema: str
    python: str
    at: datetime


@dataclass(frozen=True)
class QueueSeen:
    """What the last pulse in a queue told.

    Attributes:
        at: when it was taken; *since* the first of the row of pulses without a gap.
        worker: who took it; *workers* everybody who took one lately, by the worker's name.
        waiting: messages that waited behind it; None where Redis did not say.
        redis: version of the Redis server; empty where it did not say.
    """

    at: datetime
    since: datetime
    worker: str
    workers: Mapping[str, Worker] = field(hash=False)
    waiting: int | None
    redis: str

    def is_of_today(self, now: datetime) -> bool:
        """Whether it was seen within a day."""
        return abs(now - self.at) < FORGOTTEN


def pulse_seconds(tick_seconds: float) -> float:
    """Seconds between two pulses."""
    return min(TICKS_PER_PULSE * tick_seconds, LONGEST_PULSE)


def patience(tick_seconds: float) -> timedelta:
    """How long a queue may be without a pulse."""
    return timedelta(seconds=MISSED_PULSES * pulse_seconds(tick_seconds))


def silent(now: datetime, tick_seconds: float, queues: Mapping[str, QueueSeen]) -> tuple[str, ...]:
    """The queues on which nobody works, in an installation that had pulses within a day.

    A queue that had none within a day is silent, too, while others have had theirs for long
    enough: its worker was never started.
    """
    limit = patience(tick_seconds)
    beating = [seen.since for seen in queues.values() if abs(now - seen.at) <= limit]
    settled = bool(beating) and now - min(beating) > limit

    def is_silent(seen: QueueSeen | None) -> bool:
        if seen is None or not seen.is_of_today(now):
            return settled
        return abs(now - seen.at) > limit

    return tuple(name for name in QUEUES if is_silent(queues.get(name)))


def workers(
    now: datetime, tick_seconds: float, queues: Mapping[str, QueueSeen]
) -> dict[str, Worker]:
    """Everybody who took a pulse of any queue not too long ago, by name."""
    limit = patience(tick_seconds)
    found: dict[str, Worker] = {}
    for seen in queues.values():
        for name, worker in seen.workers.items():
            known = found.get(name)
            if abs(now - worker.at) <= limit and (known is None or known.at < worker.at):
                found[name] = worker
    return dict(sorted(found.items()))


def next_seen(before: QueueSeen | None, now: QueueSeen, tick_seconds: float) -> QueueSeen:
    """What is kept after the pulse *now*: those who took one lately are still known."""
    limit = patience(tick_seconds)
    if before is None:
        return now
    goes_on = timedelta() <= now.at - before.at <= limit
    lately = {
        name: worker for name, worker in before.workers.items() if abs(now.at - worker.at) <= limit
    }
    return QueueSeen(
        now.at,
        before.since if goes_on else now.at,
        now.worker,
        {**lately, **now.workers},
        now.waiting,
        now.redis,
    )


def as_detail(seen: QueueSeen) -> dict[str, Any]:
    """What a heartbeat keeps of it beside its instant."""
    return {
        "since": seen.since.isoformat(),
        "worker": seen.worker,
        "workers": {
            name: {
                "release": worker.release,
                "schema": worker.schema,
                "python": worker.python,
                "at": worker.at.isoformat(),
            }
            for name, worker in seen.workers.items()
        },
        "waiting": seen.waiting,
        "redis": seen.redis,
    }


def from_detail(at: datetime, detail: Mapping[str, Any]) -> QueueSeen:
    """The other way round; what a worker of another release did not write is left empty."""
    since = detail.get("since")
    return QueueSeen(
        at,
        datetime.fromisoformat(since) if since else at,
        detail.get("worker", ""),
        {
            name: Worker(
                said.get("release", ""),
                said.get("schema", ""),
                said.get("python", ""),
                datetime.fromisoformat(said["at"]),
            )
            for name, said in detail.get("workers", {}).items()
        },
        detail.get("waiting"),
        detail.get("redis", ""),
    )
