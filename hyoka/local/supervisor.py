"""Runs named child processes together and ends all of them together, whatever happens.

Three things can happen: a signal asks for the end, a child dies by itself, or an error is raised
while things start. Each leads through the same door: the children end in reverse order of their
start. A second signal does not interrupt that; it only shortens the patience.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from hyoka.local.process import (
    Child,
    ServerError,
    StopStep,
    last_lines,
    rotate_log,
    start_child,
)

#: How often the children are looked at.
_LOOK_SECONDS = 0.2

#: What ends us: Ctrl-C, ``kill``, and a terminal that is closed.
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: A Celery worker gets 20 s to finish what it does (its soft shutdown), and 5 s to put the rest
#: back; whoever is still there is killed.
PATIENCE_SECONDS = 25.0


class EndRequested(BaseException):
    """A signal asked for the end. Not an ``Exception``, so that no library swallows it."""


class ChildDied(ServerError):
    """A child ended that should have gone on; the text names its log and the last lines."""


class Ending:
    """What is known about the wish to end."""

    def __init__(self) -> None:
        self._is_ending = False
        self._requested_by: str | None = None
        self.in_a_hurry = False

    def begin(self) -> None:
        """From now on a signal no longer raises :class:`EndRequested`; it only hastens."""
        self._is_ending = True

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals that end us."""
        if self._is_ending:
            self.in_a_hurry = True
            return
        self._is_ending = True
        self._requested_by = signal.Signals(number).name
        raise EndRequested(self._requested_by)

    def check(self) -> None:
        """Raise a request again that was lost: Python drops what is raised in a finalizer.

        Raises:
            EndRequested: a signal has asked for the end.
        """
        if self._requested_by is not None:
            raise EndRequested(self._requested_by)


@contextmanager
def ending_on_signals(*, for_good: bool = False) -> Iterator[Ending]:
    """While the block lasts, Ctrl-C, SIGTERM and SIGHUP raise :class:`EndRequested`, once.

    Call it from the main thread, the only one in which Python runs signal handlers.

    Args:
        for_good: the process exits after the block, so the signals are ignored from then on: one
            more Ctrl-C, pressed out of impatience, must not turn an orderly end into a failure.
    """
    ending = Ending()
    before = {number: signal.signal(number, ending.on_signal) for number in _ENDING_SIGNALS}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if for_good else handler)


class Supervisor:
    """The children of one run, in the order of their start."""

    def __init__(self, log_folder: Path, ending: Ending | None = None) -> None:
        """
        Args:
            log_folder: each child writes into ``<name>.log`` there.
            ending: what signals ask for; while it is in a hurry, children are killed at once.
        """
        self._log_folder = log_folder
        self._ending = ending or Ending()
        self._own: list[Child] = []
        self._watched: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        patience: float = PATIENCE_SECONDS,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> Child:
        """Start a child that :meth:`stop` ends with SIGTERM and, after ``patience``, SIGKILL.

        Args:
            name: what people call it; also the name of its log.
            command: the program (an absolute path) and its words.
            environment: all of its environment variables.
            folder: its current folder.
            patience: seconds for an orderly end.
            death_signal: what the kernel sends it when we are killed ourselves.
        """
        child = start_child(
            name,
            command,
            log=self._log_folder / f"{name}.log",
            environment=environment,
            folder=folder,
            death_signal=death_signal,
            stop_steps=(StopStep(signal.SIGTERM, patience),),
        )
        self._own.append(child)
        return child

    def watch(self, child: Child) -> None:
        """Look after a child, too, that somebody else starts and ends (a database, say)."""
        self._watched.append(child)

    def check(self) -> None:
        """Look at every child once.

        Raises:
            ChildDied: one of them has ended by itself.
            EndRequested: a signal asked for the end.
        """
        self._ending.check()
        for child in (*self._watched, *self._own):
            if not child.is_running():
                raise ChildDied(
                    f"{child.name} ended by itself ({child.exit_words()}), so everything is "
                    f"ended. Its last words, from {child.log}:\n{last_lines(child.log)}"
                )

    def wait_for(self, is_ready: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until something answers, looking after the children meanwhile.

        Raises:
            ChildDied: a child has ended by itself.
            ServerError: it was not ready in time.
        """
        end = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() >= end:
                raise ServerError(
                    f"{what} did not answer within {seconds:.0f} s; see {self._log_folder}"
                )
            time.sleep(_LOOK_SECONDS / 2)

    def wait(self) -> None:
        """Look after the children and their logs for ever; only an exception leads out.

        Raises:
            ChildDied: one of them has ended by itself.
            EndRequested: a signal asked for the end.
        """
        while True:
            self.check()
            self.rotate_logs()
            time.sleep(_LOOK_SECONDS)

    def rotate_logs(self) -> None:
        """Set very long logs aside; one that cannot be copied (the disk is full) stays."""
        for child in (*self._watched, *self._own):
            with suppress(OSError):
                rotate_log(child.log)

    def stop(self) -> None:
        """End the children that were started here, the last one first. Can be called again."""
        while self._own:
            self._own[-1].stop(lambda: self._ending.in_a_hurry)
            self._own.pop()
