"""Who keeps the web waiting is closed in time, and who waits longest where there are too many."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from hyoka import front

ANSWER = b"x" * 4_000_000
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"


def _application(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Length", str(len(ANSWER)))])
    return [ANSWER]


@dataclass
class Served:
    """A server whose loop the test turns."""

    server: front.BufferingServer
    port: int

    def turn(self, times: int = 10) -> None:
        for _ in range(times):
            wasyncore.loop(timeout=0.05, use_poll=True, map=self.server._map, count=1)

    def connect(self, sent: bytes) -> socket.socket:
        """A client after these bytes arrived."""
        before = len(self.server.active_channels)
        client = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        client.sendall(sent)
        while len(self.server.active_channels) == before:
            self.turn(1)
        self.turn()
        return client

    def open_after(self, seconds: float, limit: int = 100) -> int:
        """How many connections are open once they were looked at so much later."""
        self.server.look_after(time.monotonic() + seconds, limit)
        return len(self.server.active_channels)


@pytest.fixture
def served() -> Iterator[Served]:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(1)
    server = front.BufferingServer(
        _application,
        {},
        True,
        listening,
        dispatcher=dispatcher,
        adj=Adjustments(sockets=[listening]),
        sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        bind_socket=False,
    )
    yield Served(server, listening.getsockname()[1])
    dispatcher.shutdown()
    wasyncore.close_all(server._map)


@pytest.mark.parametrize(
    ("sent", "patience"),
    [
        (b"", front.HEAD_SECONDS),
        (b"POST / HT", front.HEAD_SECONDS),
        (HEAD, front.REQUEST_SECONDS),
        (HEAD + b"half", front.REQUEST_SECONDS),
        (HEAD + b"all of it!", front.UNREAD_SECONDS),
    ],
)
def test_a_connection_that_keeps_us_waiting_is_closed(
    served: Served, sent: bytes, patience: int
) -> None:
    with served.connect(sent):
        assert served.open_after(patience - 2) == 1
        assert served.open_after(patience + 2) == 0


def test_a_byte_now_and_then_does_not_begin_the_time_anew(served: Served) -> None:
    with served.connect(HEAD) as client:
        began = next(iter(served.server.active_channels.values())).began
        client.sendall(b"h")
        served.turn()

        channel = next(iter(served.server.active_channels.values()))
        assert channel.began == began
        assert channel.moved > channel.began


def test_a_kept_connection_may_wait_for_its_next_request(served: Served) -> None:
    with served.connect(HEAD + b"all of it!") as client:
        left = len(ANSWER)
        while left > 0:
            served.turn(1)
            left -= len(client.recv(1_000_000))
        served.turn()

        assert served.open_after(front.IDLE_SECONDS - 2) == 1
        assert served.open_after(front.IDLE_SECONDS + 2) == 0


def test_where_there_are_too_many_those_who_wait_longest_go(served: Served) -> None:
    clients = [served.connect(HEAD) for _ in range(5)]
    oldest = sorted(served.server.active_channels.values(), key=lambda c: c.began or 0)[:2]

    assert served.open_after(0, limit=3) == 3
    assert all(channel not in served.server.active_channels.values() for channel in oldest)
    for client in clients:
        client.close()
