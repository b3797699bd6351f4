"""Names of queues and tasks, in one place; a test holds the deployment files against them."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    """Queues that workers listen on."""

    #: Short: due timers, notices.
    TICK = "tick"
    #: Talks to the mail server.
    MAIL = "mail"
    #: Long: publications.
    BATCH = "batch"


class Task(StrEnum):
    """Tasks by the name that the doorbell rings."""

    TICK = "tasks.tick"
    GATHER_NOTICES = "tasks.gather_notices"
    DELIVER_MAILS = "tasks.deliver_mails"
    RUN_PUBLICATION = "tasks.run_publication"
    #: Sent by beat to each queue, see ``workflow.pulses``.
    PULSE = "tasks.pulse"


ROUTES: dict[Task, Queue] = {
    Task.TICK: Queue.TICK,
    Task.GATHER_NOTICES: Queue.TICK,
    Task.DELIVER_MAILS: Queue.MAIL,
    Task.RUN_PUBLICATION: Queue.BATCH,
    Task.PULSE: Queue.TICK,
}
