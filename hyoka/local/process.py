"""A child process that cannot outlive us: start, look, stop in order, sweep what it leaves.

Every child leads a session and a process group of its own, so that the terminal's Ctrl-C reaches
us alone and we can end the children in the right order; and every child is tied to us by the
parent-death signal (see :mod:`hyoka.local.launch`), so that ``kill -9`` on us ends it as well.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_LAUNCH = Path(__file__).with_name("launch.py")

#: A log longer than this is set aside (one generation), at a start and while its writer runs.
_LARGEST_LOG_BYTES = 5_000_000

#: How long a killed process may take to go; more only happens when its disk hangs.
_KILL_SECONDS = 10.0


class ServerError(RuntimeError):
    """A server or a child process cannot be started or ended by itself; the text says why."""


@dataclass(frozen=True)
class Account:
    """The user and group that a child runs as."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class StopStep:
    """One signal of a stop, and how long to wait for its effect."""

    signal: signal.Signals
    seconds: float


@dataclass(eq=False)
class Child:
    """A running child process with its name for people and its log."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    stop_steps: tuple[StopStep, ...] = (StopStep(signal.SIGTERM, 10),)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the child's process group."""
        return self.process.pid

    def is_running(self) -> bool:
        """Whether the child has not ended. It is not reaped by this, so its id stays taken."""
        if self.process.returncode is not None:
            return False
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        try:
            return os.waitid(os.P_PID, self.pid, options) is None
        except ChildProcessError:
            return False

    def wait(self, seconds: float, hurry: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the child has ended; False when it has not after ``seconds``.

        Args:
            seconds: how long to wait at most.
            hurry: asked again and again; True ends the waiting.
        """
        end = time.monotonic() + seconds
        pause = 0.002
        while self.is_running():
            if time.monotonic() >= end or hurry():
                return False
            time.sleep(pause)
            pause = min(pause * 2, 0.05)
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child, if it still runs."""
        if self.is_running():
            os.kill(self.pid, number)

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End the child step by step, then kill what is left of its group, then reap it.

        Args:
            hurry: asked again and again; True goes on to SIGKILL without further waiting.
        """
        for step in self.stop_steps:
            self.send(step.signal)
            if self.wait(step.seconds, hurry):
                break
        else:
            self.send(signal.SIGKILL)
            self.wait(_KILL_SECONDS)
        self.sweep()

    def sweep(self) -> None:
        """Kill every process that is left in the child's group and reap the child.

        The group is swept while the child is still a zombie: so long its number cannot have
        been given to a stranger.
        """
        if self.process.returncode is not None:
            return
        # PermissionError is what some systems say for a group that is only a zombie.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def exit_words(self) -> str:
        """How the child ended, for a message: "exit status 1" or "killed by SIGKILL"."""
        self.sweep()
        code = self.process.returncode
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit status {code}"


def start_child(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    stop_steps: tuple[StopStep, ...] = (StopStep(signal.SIGTERM, 10),),
) -> Child:
    """Start a program as a child that ends with us.

    Args:
        name: what people call it.
        command: the program (an absolute path) and its words.
        log: the file that gets its standard output and standard error.
        environment: all of its environment variables.
        folder: its current folder.
        account: the user it runs as; only root can ask for another one.
        death_signal: what the kernel sends it when we die without ending it (Linux only). It is
            tied to the *thread* that calls this, so call it from a thread that lives as long as
            the child shall live.
        stop_steps: how :meth:`Child.stop` ends it before it resorts to SIGKILL.
    """
    user, group = (str(account.user_id), str(account.group_id)) if account else ("-", "-")
    launch = [sys.executable, "-I", "-S", str(_LAUNCH)]
    words = [*launch, str(os.getpid()), str(int(death_signal)), user, group, *command]
    with open_log(log) as output:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    return Child(name, log, process, stop_steps)


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending, readable by its owner alone; a very long one is set aside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGEST_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return open(path, "ab", opener=_for_owner)


def rotate_log(path: Path) -> bool:
    """Set a very long log aside while its writer goes on; True when that was done.

    The writer keeps its open file, so what is there is copied and the file emptied; since it
    always writes at the end (:func:`open_log`), it goes on at the beginning. What it writes in the
    instant between copying and emptying is lost.

    Raises:
        OSError: the copy cannot be made (the disk is full); the log is as it was.
    """
    if not path.exists() or path.stat().st_size <= _LARGEST_LOG_BYTES:
        return False
    aside = path.with_name(path.name + ".1")
    fresh = path.with_name(path.name + ".new")
    with path.open("rb") as source, open(fresh, "wb", opener=_for_owner) as target:
        shutil.copyfileobj(source, target)
    fresh.replace(aside)
    os.truncate(path, 0)
    return True


def _for_owner(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def last_lines(path: Path, count: int = 15) -> str:
    """The last lines of a log, for a message; an empty text when there is no log."""
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, count)).rstrip()
    except FileNotFoundError:
        return ""


def find_program(name: str) -> str | None:
    """The absolute path of a program; the administrator's folders are looked through too."""
    folders = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin:/sbin"
    found = shutil.which(name, path=folders)
    return str(Path(found).absolute()) if found else None
