"""What ``celery -A tasks.entry`` loads: the worker's own composition root."""

from __future__ import annotations

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_process_init, worker_ready
from kombu.exceptions import OperationalError

from tasks import jobs
from tasks.app import make_celery, pulse_options
from tasks.doorbell import CeleryDoorbell
from tasks.names import Queue, Task
from workflow import log
from workflow.application import Application
from workflow.mail.smtp import SmtpTransport
from workflow.settings_at_start import read_or_end

settings = read_or_end()
log.configure(settings.log_format)
logger = structlog.get_logger(__name__)
app = make_celery(settings)
application = Application(
    settings, doorbell=CeleryDoorbell(app), interrupts=(SoftTimeLimitExceeded,)
)
jobs.register(app, application, SmtpTransport(settings))


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def forget_parents_connections(**_: object) -> None:
    """A forked child must not use the parent's sockets; its own pool is made when needed."""
    application.dispose(close=False)


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
def look_at_once(**_: object) -> None:
    """What fell due while no worker was there need not wait for beat's first interval.

    Nor need whoever looks at the status page.
    """
    application.doorbell.ring(Task.TICK)
    try:
        for queue in Queue:
            app.send_task(Task.PULSE.value, retry=False, **pulse_options(settings, queue))
    except OperationalError as error:
        # Away again already; beat sends the next ones.
        logger.warning("pulses_not_sent", error=type(error).__name__)
