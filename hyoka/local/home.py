"""What a running ``hyoka up`` keeps in its home for others: its lock and its settings."""

from __future__ import annotations

import fcntl
import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hyoka.local.process import ServerError

_LOCK = "lock"
_ENVIRONMENT = "environment"

#: A reader of the settings holds the lock for an instant, too.
_PATIENCE_SECONDS = 0.3


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it however this process ends.

    Raises:
        ServerError: another ``hyoka up`` runs on the same home; the text names its process.
    """
    with (home / _LOCK).open("a+", encoding="utf-8") as lock:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not _locked(lock, fcntl.LOCK_EX):
            if time.monotonic() >= end:
                lock.seek(0)
                who = lock.read().strip()
                raise ServerError(f"hyoka up (process {who}) is already running on {home}.")
            time.sleep(0.05)
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        yield


@contextmanager
def shared_environment(home: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """While the block lasts, keep the children's settings in a file (mode 0600) of the home.

    A command in a second terminal reads it (:func:`read_environment`) to reach the same
    servers, whose sockets lie elsewhere at each start. The shell can read it, too.
    """
    path = home / _ENVIRONMENT
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(0o600)
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())]
    fresh.write_text("".join(lines), "utf-8")
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read_environment(home: Path) -> dict[str, str]:
    """The settings HYOKA_* of the ``hyoka up`` that runs on a home; empty when none runs.

    A file that was left by a killed run does not count: nobody holds the lock then.
    """
    try:
        with (home / _LOCK).open(encoding="utf-8") as lock:
            if _locked(lock, fcntl.LOCK_SH):
                return {}
        text = (home / _ENVIRONMENT).read_text("utf-8")
    except FileNotFoundError:
        return {}  # nothing was ever started here, or it is still starting
    return dict(word.split("=", 1) for word in shlex.split(text))


def _locked(file: TextIO, kind: int) -> bool:
    """Whether the lock could be had at once; closing the file gives it back."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
