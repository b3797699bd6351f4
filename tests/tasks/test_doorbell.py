"""The doorbell: rings a real Redis, and never makes anybody wait when there is none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import redis
from pydantic import SecretStr
from structlog.testing import capture_logs

from hyoka.local.redis import RedisServer
from tasks.app import make_celery
from tasks.doorbell import CAPACITY, CeleryDoorbell
from tasks.names import ROUTES, Queue, Task
from tests.concurrency.together import wait_until
from workflow.settings import Settings


def doorbell_to(url: str) -> CeleryDoorbell:
    settings = Settings(database_url=SecretStr("postgresql://nowhere/none"), redis_url=url)  # type: ignore[arg-type]
    return CeleryDoorbell(make_celery(settings))


@pytest.fixture
def queues(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """The queues of a real Redis, empty before and after."""
    with redis.Redis.from_url(redis_server.client_url) as client:
        client.flushall()
        yield client
        client.flushall()


@pytest.mark.parametrize("task", Task)
def test_a_ring_is_one_message_in_the_queue_of_its_task(
    redis_server: RedisServer, queues: redis.Redis, task: Task
) -> None:
    arguments = (7,) if task is Task.RUN_PUBLICATION else ()

    doorbell_to(redis_server.url).ring(task.value, *arguments)

    wait_until(lambda: queues.llen(ROUTES[task].value) == 1)
    assert {queue: queues.llen(queue.value) for queue in Queue} == {
        queue: int(queue is ROUTES[task]) for queue in Queue
    }
    message = json.loads(queues.lindex(ROUTES[task].value, 0))
    assert message["headers"]["task"] == task.value
    assert message["content-type"] == "application/json"


def test_many_rings_arrive_in_their_order(redis_server: RedisServer, queues: redis.Redis) -> None:
    doorbell = doorbell_to(redis_server.url)

    for number in range(20):
        doorbell.ring(Task.RUN_PUBLICATION.value, number)

    wait_until(lambda: queues.llen(Queue.BATCH.value) == 20)
    messages = [json.loads(message) for message in queues.lrange(Queue.BATCH.value, 0, -1)]
    assert [m["headers"]["argsrepr"] for m in reversed(messages)] == [
        f"({number},)" for number in range(20)
    ]


def test_without_redis_a_ring_is_only_logged_and_the_next_one_would_be_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    doorbell = doorbell_to(f"redis://127.0.0.1:{port}/0")

    with capture_logs() as logs:
        doorbell.ring(Task.TICK.value)
        wait_until(lambda: len(logs) == 1)

    assert (logs[0]["event"], logs[0]["task"]) == ("doorbell_unheard", Task.TICK.value)
    assert doorbell._thread is not None
    assert doorbell._thread.is_alive()


def test_a_redis_that_hangs_holds_up_nobody_and_the_rest_is_dropped() -> None:
    """The server takes the connection and says nothing, as a stopped process does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        doorbell = doorbell_to(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        returned = threading.Event()

        def ring_often() -> None:
            for _ in range(CAPACITY * 2):
                doorbell.ring(Task.TICK.value)
            returned.set()

        with capture_logs() as logs:
            ringing = threading.Thread(target=ring_often)
            ringing.start()
            assert returned.wait(2), "a ring waited for Redis"
            ringing.join()

        dropped = [entry for entry in logs if entry["event"] == "doorbell_full"]
        # One is on its way, a hundred wait, the others are dropped.
        assert len(dropped) >= CAPACITY - 1


def test_no_thread_is_started_before_the_first_ring(redis_server: RedisServer) -> None:
    """A server that forks after it was composed would lose the thread in its children."""
    before = {thread.name for thread in threading.enumerate()}

    doorbell = doorbell_to(redis_server.url)

    assert {thread.name for thread in threading.enumerate()} == before
    assert doorbell._thread is None
