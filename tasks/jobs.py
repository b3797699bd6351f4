"""The tasks: each calls one service as the engine, with the rules and the history of any actor."""

from __future__ import annotations

from typing import Any

from celery import Celery

from tasks import pulse
from tasks.names import Task
from workflow.application import Application
from workflow.mail.smtp import Transport
from workflow.services import delivery, gathering, publication, queue_pulses, ticking


def register(celery: Celery, application: Application, transport: Transport) -> None:
    """Define the tasks on *celery*, bound to one composed core and one way to send mail.

    Not shared: Celery would put them, with this core, on every other app of the process as well.
    """

    share = delivery.share_of(application.settings)

    @celery.task(name=Task.TICK.value, shared=False)  # type: ignore[untyped-decorator]
    def tick() -> None:
        """All that is due by time alone, except the mails: they have a queue of their own."""
        ticking.beat(application)

    @celery.task(name=Task.GATHER_NOTICES.value, shared=False)  # type: ignore[untyped-decorator]
    def gather_notices() -> None:
        """Write the mails that may be written now."""
        gathering.gather_all(application)

    @celery.task(name=Task.DELIVER_MAILS.value, shared=False)  # type: ignore[untyped-decorator]
    def deliver_mails() -> None:
        """Send what waits, for a share of the time; others want to work, too."""
        delivery.deliver_all(application, transport, budget=share)

    @celery.task(name=Task.RUN_PUBLICATION.value, shared=False)  # type: ignore[untyped-decorator]
    def run_publication(publication_id: int) -> None:
        """Build one publication and flip it when its time has come."""
        publication.run(application, publication_id)

    @celery.task(name=Task.PULSE.value, shared=False, bind=True)  # type: ignore[untyped-decorator]
    def take_pulse(self: Any) -> None:
        """Say that somebody works on the queue that this message came from."""
        queue_pulses.taken(application, pulse.read(celery, self.request))
