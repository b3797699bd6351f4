"""The proxy that the experiments rest on: each of its faults is what it says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import AFTER, BEFORE, Proxy, running_proxy


class Echo:
    """A server that says back what it hears, and keeps it."""

    def __init__(self) -> None:
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                try:
                    while data := line.recv(4096):
                        self.heard += data
                        line.sendall(data)
                except OSError:
                    continue

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A server behind the proxy."""
    running = Echo()
    yield running
    running.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    """A proxy before the server."""
    with running_proxy(echo.port) as running:
        yield running


@pytest.fixture
def line(proxy: Proxy) -> Iterator[socket.socket]:
    """A client's line."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as found:
        yield found


def test_without_a_fault_all_passes(line: socket.socket) -> None:
    line.sendall(b"hello")

    assert line.recv(100) == b"hello"


def test_cut_before_it_is_heard(line: socket.socket, proxy: Proxy, echo: Echo) -> None:
    proxy.judge = lambda data, _line: BEFORE if b"COMMIT" in data else None
    line.sendall(b"COMMIT")

    with pytest.raises(ConnectionResetError):
        line.recv(100)
    assert (echo.heard, proxy.cuts) == (b"", 1)


def test_cut_before_its_answer_is_heard(line: socket.socket, proxy: Proxy, echo: Echo) -> None:
    proxy.judge = lambda data, _line: AFTER if b"COMMIT" in data else None
    line.sendall(b"COMMIT")

    with pytest.raises(ConnectionResetError):
        line.recv(100)
    assert (echo.heard, proxy.cuts) == (b"COMMIT", 1)


def test_cut_after_some_bytes(line: socket.socket, proxy: Proxy) -> None:
    proxy.cut_after = 3
    line.sendall(b"hello")

    # A reset may overtake what was handed on before it, but never more than that comes.
    got = bytearray()
    with pytest.raises(ConnectionResetError):
        read_all(line, got)
    assert len(got) <= 3


def read_all(line: socket.socket, got: bytearray) -> None:
    """Read into *got* until the line ends."""
    while data := line.recv(1):
        got += data


def test_reset_of_all(line: socket.socket, proxy: Proxy) -> None:
    line.sendall(b"hello")
    assert line.recv(100) == b"hello"

    proxy.reset_all()

    with pytest.raises(ConnectionResetError):
        line.recv(100)


def test_a_black_hole_says_nothing_until_it_ends(line: socket.socket, proxy: Proxy) -> None:
    proxy.swallowing = True
    line.sendall(b"hello")
    line.settimeout(0.2)
    with pytest.raises(TimeoutError):
        line.recv(100)

    proxy.swallowing = False
    line.settimeout(5)
    assert line.recv(100) == b"hello"


def test_latency_is_added_in_both_directions(line: socket.socket, proxy: Proxy) -> None:
    proxy.latency = 0.1
    begun = time.monotonic()
    line.sendall(b"hello")

    assert line.recv(100) == b"hello"
    assert time.monotonic() - begun >= 0.2
