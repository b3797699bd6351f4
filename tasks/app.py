"""The Celery application and its settings.

Every setting below was chosen after measuring what Celery 5.7 does on Redis when workers, Redis or
the line die (docs/adr/0004-redis-is-a-doorbell.md). Nothing relies on a message arriving exactly
once: losing all of Redis costs a tick's delay.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import Celery
from celery import Task as CeleryTask
from kombu.entity import Exchange
from kombu.entity import Queue as KombuQueue

from tasks.names import ROUTES, Queue, Task
from workflow.pulses import pulse_seconds
from workflow.settings import Settings

#: A task that runs longer is ended; the visibility timeout must be longer than this.
TIME_LIMIT, SOFT_TIME_LIMIT = 300, 240
VISIBILITY_TIMEOUT = 900


class Job(CeleryTask):  # type: ignore[misc]
    """A task that fails when it wants more memory than there is, and nothing else with it.

    Celery ends the whole worker when a child reports a MemoryError (fault experiment E14).
    """

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run it.

        Raises:
            RuntimeError: there was no memory left.
        """
        try:
            return self.run(*arguments, **named)
        except MemoryError as error:
            raise RuntimeError("out of memory") from error


def pulse_options(settings: Settings, queue: Queue) -> dict[str, Any]:
    """How a pulse is sent: to its queue, and gone when the next one comes."""
    return {"queue": queue.value, "expires": pulse_seconds(settings.tick_seconds)}


def make_celery(settings: Settings) -> Celery:
    """Celery over the installation's Redis, with queues, routes and schedule."""
    celery = Celery(
        "hyoka",
        broker=settings.redis_url.get_secret_value(),
        set_as_current=False,
        task_cls=Job,
    )
    celery.conf.update(
        # No result backend: what a task did stands in PostgreSQL.
        task_ignore_result=True,
        # Acknowledged when done, so that a killed worker's task comes back …
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        # … but a task that kills its worker stops after its retries instead of looping for ever.
        task_retry_on_worker_lost=True,
        # Soon: by default a retry waits three minutes in a worker's memory.
        task_annotations={"*": {"max_retries": 3, "default_retry_delay": 1}},
        worker_prefetch_multiplier=1,
        task_time_limit=TIME_LIMIT,
        task_soft_time_limit=SOFT_TIME_LIMIT,
        worker_max_tasks_per_child=500,
        worker_soft_shutdown_timeout=20,
        # Waiting while nothing runs serves tasks with an ETA; there are none, and Ctrl-C should end
        # things at once.
        worker_enable_soft_shutdown_on_idle=False,
        # What runs when Redis goes away runs to its end: a mail must not be cut off in the middle.
        # Its message comes again, which is harmless.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
        },
        accept_content=["json"],
        task_serializer="json",
        timezone="Asia/Tokyo",
        enable_utc=True,
        task_create_missing_queues=False,
        task_default_queue=Queue.TICK.value,
        # Each with an exchange and key of its own: by default all would be bound to one, and every
        # message would lie in every queue.
        task_queues=[
            KombuQueue(queue.value, Exchange(queue.value), routing_key=queue.value)  # type: ignore[no-untyped-call]
            for queue in Queue
        ],
        task_routes={task.value: {"queue": queue.value} for task, queue in ROUTES.items()},
        beat_schedule={
            "tick": {
                "task": Task.TICK.value,
                "schedule": timedelta(seconds=settings.tick_seconds),
                # Ticks that nobody took while workers were away are worth nothing.
                "options": {"expires": settings.tick_seconds * 2},
            },
            **{
                f"pulse-{queue.value}": {
                    "task": Task.PULSE.value,
                    "schedule": timedelta(seconds=pulse_seconds(settings.tick_seconds)),
                    "options": pulse_options(settings, queue),
                }
                for queue in Queue
            },
        },
        beat_max_loop_interval=max(1.0, settings.tick_seconds),
    )
    return celery
