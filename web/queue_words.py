"""Queues, workers and their versions in words, for the status page."""

from __future__ import annotations

from dataclasses import dataclass

from web.language import gettext as _
from web.status_words import QUEUES, age_of, level_words
from workflow import pulses
from workflow.health import Level
from workflow.queries.health import Status


@dataclass(frozen=True)
class QueueLine:
    """A queue on the page, in words; *chip* as in ``LEVELS``."""

    name: str
    chip: tuple[str, str, str]
    worker: str
    seen: str
    waiting: str
    is_silent: bool


def queues(status: Status) -> list[QueueLine]:
    """Every queue of the installation: who works on it, when that was seen, and how much waits."""
    silent = pulses.silent(status.now, status.tick_seconds, status.vital.queues)
    found = []
    for key in pulses.QUEUES:
        seen = status.vital.queues.get(key)
        is_silent = key in silent
        if is_silent:
            chip = level_words(Level.ATTENTION)
        elif seen is None or not seen.is_of_today(status.now):
            chip = _("不明"), "neutral", "circle"
        else:
            chip = level_words(Level.GOOD)
        found.append(
            QueueLine(
                _("%(name)s（%(key)s）", name=QUEUES[key](), key=key),
                chip,
                (seen.worker if seen else "") or "－",
                age_of(status.now, seen.at) if seen else _("まだ一度もありません"),
                "－" if seen is None or seen.waiting is None else _("%(n)s件", n=seen.waiting),
                is_silent,
            )
        )
    return found


def workers(status: Status) -> list[tuple[str, str]]:
    """Every worker that was seen lately, with what it runs."""
    return [
        (
            f"worker {name}",
            _(
                "hyoka %(release)s（構成 %(schema)s）、Python %(python)s",
                release=worker.release,
                schema=worker.schema or "－",
                python=worker.python,
            ),
        )
        for name, worker in pulses.workers(
            status.now, status.tick_seconds, status.vital.queues
        ).items()
    ]


def redis_version(status: Status) -> str:
    """Of the Redis server, as the worker that last took a pulse read it."""
    seen = sorted(status.vital.queues.values(), key=lambda queue: queue.at)
    return seen[-1].redis if seen and seen[-1].is_of_today(status.now) else ""
