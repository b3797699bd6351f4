"""A TCP proxy of our own between a server and those who use it: cuts, hangs and slows lines.

It runs in a thread of its own. Its address stays while the server behind it is killed, started
again elsewhere or changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Sees each piece that a client sends, and on which line; a verdict cuts the line.
Judge = Callable[[bytes, object], "str | None"]

#: Where the server is: the path of a Unix socket, or a port of this machine.
Target = Path | int

BEFORE, AFTER = "before", "after"


class Proxy:
    """One listening port on this machine, and what happens to the lines through it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.port = 0
        #: Asked with each piece from a client: ``before`` cuts without handing it on, ``after``
        #: hands it on, waits for the server's answer and cuts without handing that back.
        self.judge: Judge | None = None
        #: Seconds that each piece waits, in both directions.
        self.latency = 0.0
        #: Bytes of an answer after which a line is cut; None: never.
        self.cut_after: int | None = None
        #: While set, nothing passes and nothing is said (a black hole).
        self.swallowing = False
        self.cuts = 0
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()

    def reset_all(self) -> None:
        """Cut every line that is open now, as a reset."""
        self._run(self._reset_all())

    async def _reset_all(self) -> None:
        for writer in list(self._lines):
            _abort(writer)

    def _run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Noted at once: also a line whose task never begins must be closed in the end."""
        self._lines.add(writer)
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self.target, Path):
                there = await asyncio.open_unix_connection(str(self.target))
            else:
                there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _abort(writer)
            self._lines.discard(writer)
            return
        line = _Line(self, reader, writer, *there)
        try:
            # A line that ends with the experiment is no error of anybody's.
            with contextlib.suppress(asyncio.CancelledError):
                await line.carry()
        finally:
            self._lines.discard(writer)


class _Line:
    """One client's line: two directions, ended together."""

    def __init__(
        self,
        proxy: Proxy,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._client, self._to_client = client, to_client
        self._server, self._to_server = server, to_server
        self._answered = 0
        self._doomed = False

    async def carry(self) -> None:
        """Until either side ends, or the line is cut."""
        both = [asyncio.create_task(self._ask()), asyncio.create_task(self._answer())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            for writer in (self._to_client, self._to_server):
                writer.close()
            await asyncio.gather(*both, return_exceptions=True)

    async def _ask(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self._client.read(2**16):
                verdict = self._proxy.judge(data, self) if self._proxy.judge else None
                if verdict == BEFORE:
                    return self._cut()
                await self._wait()
                self._doomed = verdict == AFTER
                self._to_server.write(data)
                await self._to_server.drain()
        return None

    async def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self._server.read(2**16):
                await self._wait()
                if self._doomed:
                    return self._cut()
                room = self._proxy.cut_after
                if room is not None and self._answered + len(data) > room:
                    self._to_client.write(data[: max(0, room - self._answered)])
                    await self._to_client.drain()
                    return self._cut()
                self._answered += len(data)
                self._to_client.write(data)
                await self._to_client.drain()
        return None

    async def _wait(self) -> None:
        if self._proxy.latency:
            await asyncio.sleep(self._proxy.latency)
        while self._proxy.swallowing:
            await asyncio.sleep(0.01)

    def _cut(self) -> None:
        self._proxy.cuts += 1
        _abort(self._to_client)


def _abort(writer: asyncio.StreamWriter) -> None:
    """A reset instead of a polite end."""
    line = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def running_proxy(target: Target) -> Iterator[Proxy]:
    """A proxy before *target* while the block lasts."""
    proxy = Proxy(target)
    thread = threading.Thread(target=proxy._loop.run_forever, name="proxy", daemon=True)
    thread.start()
    server = proxy._run(asyncio.start_server(proxy._accept, "127.0.0.1", 0))
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy._run(_close(server, proxy))
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(10)
        proxy._loop.close()


async def _close(server: asyncio.Server, proxy: Proxy) -> None:
    server.close()
    await proxy._reset_all()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # What was aborted is closed in the loop's next rounds.
    for _ in range(5):
        await asyncio.sleep(0)
