"""Rings Celery from the web without ever making a request wait.

A daemon thread with a bounded queue publishes; when Redis is away or slow the ring is dropped and
logged, and the next tick makes up for it (design, truth 1). `.delay()` on a frozen Redis hangs a
minute by default; here nobody waits for it.
"""

from __future__ import annotations

import queue
import threading

import structlog
from celery import Celery

log = structlog.get_logger(__name__)

#: Rings that may wait; more are dropped, since one tick answers them all.
CAPACITY = 100


class CeleryDoorbell:
    """The port ``workflow.application.Doorbell`` on Celery."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._rings: queue.Queue[tuple[str, tuple[int, ...]]] = queue.Queue(CAPACITY)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ring(self, task: str, *arguments: int) -> None:
        """Ask for *task* soon; returns at once."""
        self._start()
        try:
            self._rings.put_nowait((task, arguments))
        except queue.Full:
            log.warning("doorbell_full", task=task)

    def _start(self) -> None:
        """Start the thread late: a server that forks afterwards would lose it."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            task, arguments = self._rings.get()
            try:
                self._celery.send_task(task, args=arguments, retry=False)
            except Exception as error:  # whatever the broker does, the thread goes on
                log.warning("doorbell_unheard", task=task, error=type(error).__name__)
                self._drop_waiting()

    def _drop_waiting(self) -> None:
        """A broker that is away costs seconds per ring; the next tick answers all of these."""
        while True:
            try:
                self._rings.get_nowait()
            except queue.Empty:
                return
