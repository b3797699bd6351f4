"""Finds what a run that was killed hard has left behind, so that the next one can end it.

The kernel ends our children with us (:mod:`hyoka.local.launch`), but not what *they* have started:
a child of the worker in the middle of a job may outlive both. It would go on with the work of a
home whose servers are others by now.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

#: In the environment of every child and of whatever it starts: the home that it works for.
MARK = "STARTED_BY_HYOKA_UP"

_PROCESSES = Path("/proc")


def marked(home: Path) -> dict[str, str]:
    """The variable by which the processes of *home* are known."""
    return {MARK: str(home)}


def end_left_behind(home: Path) -> list[int]:
    """Kill what an earlier run on *home* has left; call it while the home's lock is held.

    Returns:
        The ids of the processes that were killed; none where there is no ``/proc``.
    """
    wanted = f"{MARK}={home}".encode()
    found = [process for process in _others() if wanted in _environment(process)]
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return found


def _others() -> list[int]:
    with suppress(FileNotFoundError):
        numbers = (int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdecimal())
        return [number for number in numbers if number != os.getpid()]
    return []


def _environment(process: int) -> list[bytes]:
    """What a process was started with; empty when it is gone or somebody else's."""
    with suppress(OSError):
        return (_PROCESSES / str(process) / "environ").read_bytes().split(b"\0")
    return []
