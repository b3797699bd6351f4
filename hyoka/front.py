"""gunicorn's processes around waitress' loop: a request reaches the pages once it is here whole.

A worker of gunicorn's own gives each connection a thread that waits for the rest of the body, so a
dozen unfinished posts stop everybody. Here one loop per process takes in all requests and hands
out all answers, and threads only work. See docs/adr/0012-requests-are-taken-in-whole.md.
"""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

#: Seconds in which the head of a request must be here, from its first byte or the connection on.
HEAD_SECONDS = 15
#: Seconds in which all of a request must be here: the largest one over a line of 20 kB/s.
REQUEST_SECONDS = 120
#: Seconds that a connection may be kept for a next request: longer than proxies keep theirs (60).
IDLE_SECONDS = 75
#: Seconds in which a reader must take at least one byte of an answer.
UNREAD_SECONDS = 60
#: Connections of one process; where there are more, the one that has kept us longest is closed.
MOST_CONNECTIONS = 1000
ACCEPTED_AT_ONCE = 64
#: A body above what the pages themselves refuse in words; those answer up to here.
LARGEST_BODY = 32 * 1024 * 1024
LARGEST_HEAD = 64 * 1024
#: Seconds that an ending process still waits for the rest of a request that has begun.
LAST_REQUEST_SECONDS = 2


class WatchedChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when its peer keeps us waiting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: When something last went to or fro; seconds of `time.monotonic`, as all moments here.
        self.moved = time.monotonic()
        #: When the request that is not here yet began; None between two requests.
        self.began: float | None = self.moved

    def received(self, data: bytes) -> bool:
        """Take bytes in, and note whether a request began or became whole with them."""
        self.moved = time.monotonic()
        before = self.request
        taken = bool(super().received(data))
        if self.request is None:
            self.began = None
        elif self.request is not before and self.began is None:
            self.began = self.moved
        return taken

    def _flush_some(self, do_close: bool = True) -> bool:
        sent = bool(super()._flush_some(do_close=do_close))
        if sent:
            self.moved = time.monotonic()
        return sent

    @property
    def is_at_work(self) -> bool:
        """Whether it is we who are waited for."""
        return bool(self.requests) and not self.is_unread

    @property
    def is_unread(self) -> bool:
        """Whether a thread of ours waits for the peer to read."""
        return bool(self.total_outbufs_len > self.adj.outbuf_high_watermark)

    @property
    def is_unfinished(self) -> bool:
        """Whether somebody still waits for an answer, or has begun to ask."""
        return bool(self.requests or self.total_outbufs_len or self.request is not None)

    @property
    def waiting_since(self) -> float:
        """When the peer began to keep us waiting."""
        return self.moved if self.began is None else self.began

    def is_overdue(self, now: float) -> bool:
        """Whether its peer has kept us waiting for too long."""
        if self.is_at_work:
            return False
        if self.total_outbufs_len:
            return now - self.moved > UNREAD_SECONDS
        if self.began is None:
            patience = IDLE_SECONDS
        elif self.request is not None and self.request.headers_finished:
            patience = REQUEST_SECONDS
        else:
            patience = HEAD_SECONDS
        return now - self.waiting_since > patience


class BufferingServer(TcpWSGIServer):  # type: ignore[misc]
    """waitress' server; connections that keep us waiting are closed by :meth:`look_after`."""

    channel_class = WatchedChannel

    def maintenance(self, now: float) -> None:
        """Nothing: waitress asks its peers to take a last byte before they are closed."""

    def handle_accept(self) -> None:
        """Take in whoever waits, some at a time: each turn of the loop asks all connections."""
        for _ in range(ACCEPTED_AT_ONCE):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                break

    def look_after(self, now: float, limit: int) -> None:
        """Close whoever is overdue, and who keeps us waiting longest where there are too many."""
        channels: list[WatchedChannel] = list(self.active_channels.values())
        for channel in channels:
            if channel.is_overdue(now):
                channel.handle_close()
        waiting = [c for c in self.active_channels.values() if not c.is_at_work]
        waiting.sort(key=lambda channel: channel.waiting_since)
        for channel in waiting[: max(0, len(self.active_channels) - limit)]:
            channel.handle_close()


class BufferingWorker(Worker):  # type: ignore[misc]
    """A process of gunicorn's that serves by waitress' loop."""

    def run(self) -> None:
        """Serve until gunicorn asks for the end, or is gone."""
        limit = _most_connections()
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(self.cfg.threads)
        # More work than threads is nothing to write a line about for each request.
        dispatcher.queue_logger.disabled = True
        map_: dict[int, Any] = {}
        servers = [self._server(sock, dispatcher, map_) for sock in self.sockets]
        while self.alive and self.ppid == os.getppid():
            self.notify()
            for server in servers:
                server.look_after(time.monotonic(), limit)
            wasyncore.loop(timeout=1.0, use_poll=True, map=map_, count=1)
        self._end(servers, map_)
        dispatcher.shutdown(timeout=1)

    def _server(
        self, sock: socket.socket, dispatcher: ThreadedTaskDispatcher, map_: dict[int, Any]
    ) -> BufferingServer:
        adjustments = Adjustments(
            sockets=[sock],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            # Closing those who wait longest keeps us below; waitress itself would accept nobody.
            connection_limit=2 * MOST_CONNECTIONS,
            max_request_body_size=LARGEST_BODY,
            max_request_header_size=LARGEST_HEAD,
            # Whom to believe about the address is asked by `web.client_address`.
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
            ident=None,
        )
        sock.setblocking(False)
        return BufferingServer(
            self.wsgi,
            map_,
            True,
            sock,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            bind_socket=False,
        )

    def _end(self, servers: Iterable[BufferingServer], map_: dict[int, Any]) -> None:
        """Take no one in any more; answer who is here, as long as gunicorn's patience lasts."""
        began = time.monotonic()
        for server in servers:
            server.del_channel(map_)
        while time.monotonic() - began < self.cfg.graceful_timeout:
            self.notify()
            patient = time.monotonic() - began < LAST_REQUEST_SECONDS
            open_ = [c for server in servers for c in server.active_channels.values()]
            for channel in open_:
                answering = channel.requests or channel.total_outbufs_len
                if not (answering or (patient and channel.is_unfinished)):
                    channel.handle_close()
            if not any(server.active_channels for server in servers):
                break
            wasyncore.loop(timeout=0.1, use_poll=True, map=map_, count=1)


def _most_connections() -> int:
    """The limit for this process, after it took as many file descriptors as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    if hard == resource.RLIM_INFINITY or hard > soft:
        more = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        soft = max(soft, more)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # A large request or answer lies in a file of its own.
    return max(16, min(MOST_CONNECTIONS, soft // 3))
