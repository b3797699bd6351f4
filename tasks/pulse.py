"""What a worker knows when it takes a pulse: its queue, its name, and what the broker says."""

from __future__ import annotations

from typing import Any

import structlog
from celery import Celery

from workflow.services.queue_pulses import Pulse

log = structlog.get_logger(__name__)


def read(celery: Celery, request: Any) -> Pulse:
    """The pulse that *request* brought; a broker that does not answer leaves its part empty."""
    queue = str(request.delivery_info["routing_key"])
    waiting, redis = _ask(celery, queue)
    return Pulse(queue, str(request.hostname), waiting, redis)


def _ask(celery: Celery, queue: str) -> tuple[int | None, str]:
    """Length of the queue and version of the server."""
    try:
        # A line of its own, tried once: the shared one waits for a broker that is away.
        with celery.connection_for_read() as connection, connection.channel() as channel:
            waiting = int(channel.client.llen(queue))
            return waiting, str(channel.client.info("server")["redis_version"])
    except Exception as error:  # whatever the broker does, the pulse was taken
        log.warning("broker_not_asked", queue=queue, error=type(error).__name__)
        return None, ""
