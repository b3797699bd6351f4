"""Unfinished requests and unread answers stop nobody: the real server, with many of them open."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hyoka.local.supervisor import Supervisor
from hyoka.up import answers, free_port, web_command
from tests.conftest import Installation

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"

_POST = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nsign_in_name="
)
_CHUNKED = _POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked") + b"0a\r\nxx"
_LARGE = b"GET /static/vendor/biz-udpgothic/biz-udpgothic.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server writes."""
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture
def served(installation: Installation, log_folder: Path) -> Iterator[tuple[Supervisor, int]]:
    """The web as `hyoka up` starts it, and its port."""
    port = free_port(30_000 + os.getpid() % 10_000)
    environment = {**os.environ, **installation.environment}
    environment["HYOKA_PUBLIC_URL"] = f"http://{HOST}:{port}"
    supervisor = Supervisor(log_folder)
    try:
        supervisor.start("web", web_command(port), environment=environment, folder=ROOT)
        supervisor.wait_for(lambda: answers(port), what="the web", seconds=120)
        yield supervisor, port
    finally:
        supervisor.stop()


def _opened(stack: ExitStack, port: int, sent: bytes, count: int) -> list[socket.socket]:
    """Connections that say no more than this."""
    found = []
    for _ in range(count):
        connection = stack.enter_context(socket.socket())
        # A reader who takes nothing: what does not fit in here stays with the server.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect((HOST, port))
        connection.sendall(sent)
        found.append(connection)
    return found


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_unfinished_requests_and_unread_answers_keep_nobody_waiting(
    served: tuple[Supervisor, int],
) -> None:
    supervisor, port = served
    with ExitStack() as stack:
        for sent in (_POST, _CHUNKED, b"GET /sign-in HTTP/1.1\r\nHost: 127", _LARGE, b""):
            opened = _opened(stack, port, sent, 60)

            assert [_status(port, path) for path in ("/livez", "/sign-in")] == [200, 200], sent

        # Whoever was slow gets an answer all the same, once everything is here.
        late = _opened(stack, port, _POST, 1)[0]
        late.sendall(b"x" * (1000 - len(b"sign_in_name=")))
        late.settimeout(60)
        assert late.recv(12) == b"HTTP/1.1 400"  # no token of a form
        assert len(opened) == 60

        # They do not hold up the end either: it would be killed after a longer patience.
        supervisor.stop()
    assert not answers(port)
