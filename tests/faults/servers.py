"""PostgreSQL and Redis that can be killed and started again, always reached at one address."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hyoka.local.postgres import PostgresServer, running_postgres
from hyoka.local.process import Child
from hyoka.local.redis import RedisServer, running_redis
from tests.faults.proxy import Proxy, running_proxy


def children_of(process_id: int) -> list[int]:
    """The processes that a process of ours started, as the kernel knows them."""
    found: list[int] = []
    for task in Path(f"/proc/{process_id}/task").iterdir():
        found += map(int, (task / "children").read_text("ascii").split())
    return sorted(found)


def kill_nine(process_id: int) -> bool:
    """``kill -9`` one process of ours; False when it had gone already."""
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_whole(child: Child) -> int:
    """``kill -9`` a child and all that it started, at once; returns how many processes."""
    killed = [number for number in [child.pid, *children_of(child.pid)] if kill_nine(number)]
    child.wait(10)
    child.sweep()
    return len(killed)


@dataclass
class KillableRedis:
    """A Redis that keeps its data in a file or loses them, behind a proxy."""

    folder: Path
    appendonly: bool
    proxy: Proxy
    server: RedisServer = field(init=False)
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """The broker's address, the same after every restart."""
        return f"redis://127.0.0.1:{self.proxy.port}/0"

    def start(self) -> None:
        """Start it (again) on its folder."""
        self.server = self._running.enter_context(
            running_redis(self.folder, appendonly=self.appendonly)
        )
        self.proxy.target = self.server.socket

    def kill(self) -> None:
        """``kill -9``; what was not in the file is gone."""
        kill_whole(self.server.child)
        self._running.close()

    def freeze(self) -> None:
        """SIGSTOP: it takes connections and says nothing."""
        os.kill(self.server.process_id, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.server.process_id, signal.SIGCONT)

    def close(self) -> None:
        """End it for good, frozen or not."""
        if self.server.child.is_running():
            self.thaw()
        self._running.close()


def killable_redis(stack: ExitStack, folder: Path, *, appendonly: bool = False) -> KillableRedis:
    """A running one that ends with *stack*."""
    proxy = stack.enter_context(running_proxy(0))
    redis = KillableRedis(folder, appendonly, proxy)
    redis.start()
    stack.callback(redis.close)
    return redis


@dataclass
class KillablePostgres:
    """A PostgreSQL that loses nothing it acknowledged; for experiments that kill it."""

    folder: Path
    server: PostgresServer = field(init=False)
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start it (again): recovery is part of it."""
        # A killed process loses no page of the kernel's cache, so fsync may stay off; what
        # matters is that COMMIT waits until its record is written there.
        settings = {"synchronous_commit": "on", "fsync": "off"}
        self.server = self._running.enter_context(
            running_postgres(self.folder, durable=True, settings=settings)
        )

    @property
    def socket(self) -> Path:
        """Where it listens now."""
        return self.server.socket_directory / f".s.PGSQL.{self.server.port}"

    def kill(self) -> int:
        """``kill -9`` the postmaster and all its children; returns how many processes."""
        killed = kill_whole(self.server.child)
        self._running.close()
        return killed

    def close(self) -> None:
        """End it for good."""
        self._running.close()


def killable_postgres(stack: ExitStack, folder: Path) -> KillablePostgres:
    """A running one that ends with *stack*."""
    postgres = KillablePostgres(folder)
    postgres.start()
    stack.callback(postgres.close)
    return postgres
