"""The tasks: thin, by name, with an id at most; each does what its service does."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from pydantic import SecretStr

import tasks.jobs
from hyoka.local.redis import RedisServer
from tasks.app import SOFT_TIME_LIMIT, TIME_LIMIT, VISIBILITY_TIMEOUT, make_celery
from tasks.jobs import register
from tasks.names import ROUTES, Queue, Task
from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import RecordingDoorbell, RecordingTransport
from tests.sample_people import REVIEWERS
from workflow.application import Application
from workflow.services.delivery import BUDGET, lease_of, share_of
from workflow.settings import Settings


@pytest.fixture
def celery(application: Application, transport: RecordingTransport) -> Celery:
    """Celery with the tasks, never asked to reach a broker."""
    celery = make_celery(application.settings)
    register(celery, application, transport)
    return celery


def settings_to(**others: float) -> Settings:
    return Settings(database_url=SecretStr("postgresql://nowhere/none"), **others)  # type: ignore[arg-type]


def run(celery: Celery, task: Task, *arguments: int) -> None:
    """What a worker does with a message."""
    celery.tasks[task.value].apply(args=arguments, throw=True)


def test_every_task_that_can_be_rung_is_there_and_has_a_queue(celery: Celery) -> None:
    own = {name for name in celery.tasks if not name.startswith("celery.")}

    assert own == {task.value for task in Task}
    assert set(ROUTES) == set(Task)
    assert set(ROUTES.values()) == set(Queue)


def test_two_apps_of_one_process_keep_their_own_tasks(
    celery: Celery, application: Application, transport: RecordingTransport
) -> None:
    other = make_celery(application.settings)
    register(other, application, transport)

    for task in Task:
        assert celery.tasks[task.value].app is celery
        assert other.tasks[task.value].app is other


def test_each_message_goes_to_the_queue_of_its_task_and_to_no_other(celery: Celery) -> None:
    for task, queue in ROUTES.items():
        route = celery.amqp.router.route({}, task.value)
        assert route["queue"].name == queue.value
        # One exchange and one key for each: sharing them would copy messages into every queue.
        assert (route["queue"].exchange.name, route["queue"].routing_key) == (queue, queue)


def test_the_core_rings_only_for_tasks_that_exist() -> None:
    rung = set()
    for path in Path("workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "ring_after_commit"
            ):
                assert isinstance(node.args[0], ast.Constant)
                rung.add(node.args[0].value)

    assert rung
    assert rung <= {task.value for task in Task}


def test_tasks_are_thin() -> None:
    """A task calls one service; what it does is the service's business."""
    tree = ast.parse(inspect.getsource(tasks.jobs))
    bodies = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name != "register"
    ]

    assert len(bodies) == len(Task)
    for body in bodies:
        assert ast.get_docstring(body), body.name
        assert len(body.body) == 2, body.name


def test_a_message_carries_an_id_at_most(celery: Celery) -> None:
    for task in Task:
        taken = inspect.signature(celery.tasks[task.value].run).parameters.values()
        assert [p.annotation for p in taken] in ([], ["int"]), task


def test_the_limits_fit_into_each_other() -> None:
    """Ended before Redis hands the message to another worker; a lease outlives one mail.

    Whatever an office sets as the timeout of one step of an SMTP conversation.
    """
    assert SOFT_TIME_LIMIT < TIME_LIMIT < VISIBILITY_TIMEOUT
    for seconds in (0.5, 20, 60, 600):
        settings = settings_to(smtp_timeout=seconds)
        conversation = settings.smtp_conversation_seconds
        assert lease_of(settings).total_seconds() > conversation
        assert BUDGET.total_seconds() + conversation < SOFT_TIME_LIMIT


def test_messages_are_acknowledged_when_done_and_never_pickled(celery: Celery) -> None:
    assert celery.conf.task_acks_late
    assert celery.conf.task_reject_on_worker_lost
    assert celery.conf.worker_prefetch_multiplier == 1
    assert list(celery.conf.accept_content) == ["json"]
    assert celery.conf.task_ignore_result
    assert not celery.conf.task_create_missing_queues


def test_a_task_that_finds_no_memory_fails_alone(celery: Celery) -> None:
    """Celery ends the whole worker when it hears of a MemoryError."""

    @celery.task(name="tests.hungry", shared=False)  # type: ignore[untyped-decorator]
    def hungry() -> None:
        raise MemoryError

    with pytest.raises(RuntimeError, match="out of memory"):
        hungry()


def test_a_task_is_not_cut_off_when_redis_goes_away(celery: Celery) -> None:
    """A mail that was on its way would be unknown, only because the doorbell was silent."""
    assert not celery.conf.worker_cancel_long_running_tasks_on_connection_loss


def test_a_task_whose_worker_died_is_tried_again_within_seconds(celery: Celery) -> None:
    """Nothing waits for minutes in a worker's memory, where it would be lost with it."""
    for task in Task:
        assert celery.tasks[task.value].default_retry_delay <= 1
        assert celery.tasks[task.value].max_retries == 3


def test_beat_ticks_and_an_old_tick_is_worth_nothing(celery: Celery) -> None:
    entry = celery.conf.beat_schedule["tick"]

    assert entry["task"] == Task.TICK.value
    seconds = entry["schedule"].total_seconds()
    assert seconds == 30
    assert seconds < entry["options"]["expires"] <= 3 * seconds
    # Whoever sends mails makes room before a waiting tick is too old.
    assert share_of(settings_to()).total_seconds() < seconds


def test_beat_sends_each_queue_a_pulse_that_never_piles_up(celery: Celery) -> None:
    entries = [e for e in celery.conf.beat_schedule.values() if e["task"] == Task.PULSE.value]

    assert {entry["options"]["queue"] for entry in entries} == {queue.value for queue in Queue}
    for entry in entries:
        assert entry["schedule"].total_seconds() == 120
        assert entry["options"]["expires"] <= 120
        route = celery.amqp.router.route(dict(entry["options"]), Task.PULSE.value)
        assert route["queue"].name == entry["options"]["queue"]


def pulsed(city: City, database: Database, redis_url: str, *, before: int = 0) -> dict[str, Any]:
    """What is kept of a pulse from the mail queue, with so many messages waiting in it."""
    celery = make_celery(settings_for(database, redis_url=redis_url))
    register(celery, city.application, RecordingTransport())
    for _ in range(before):
        celery.send_task(Task.DELIVER_MAILS.value)
    celery.tasks[Task.PULSE.value].apply(routing_key="mail", throw=True)
    detail: dict[str, Any] = city.scalar("SELECT detail FROM heartbeat WHERE name = 'queue:mail'")
    return detail


def test_whoever_takes_a_pulse_says_so_also_when_redis_is_away(
    city: City, city_database: Database
) -> None:
    """Nothing listens at this address: the length of the queue is not known, the worker is."""
    detail = pulsed(city, city_database, "redis://127.0.0.1:1/0")

    assert (detail["waiting"], detail["redis"]) == (None, "")
    assert detail["worker"] in detail["workers"]


def test_a_pulse_reads_how_much_waits_and_which_redis_it_is(
    city: City, city_database: Database, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.client_url) as client:
        client.flushall()
        detail = pulsed(city, city_database, redis_server.url, before=2)
        client.flushall()

    assert detail["waiting"] == 2
    assert detail["redis"].split(".")[0].isdecimal()


def test_the_mails_of_a_move_need_two_tasks(
    city: City, celery: Celery, transport: RecordingTransport
) -> None:
    city.submit("611")

    run(celery, Task.GATHER_NOTICES)
    assert transport.sent == []
    run(celery, Task.DELIVER_MAILS)

    assert len(transport.to(REVIEWERS["611"])) == 1


def test_a_publication_is_run_by_its_id(city: City, celery: Celery) -> None:
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"])

    run(celery, Task.RUN_PUBLICATION, wanted)

    assert city.state("611") == "published"


def test_an_id_of_nothing_harms_nobody(city: City, celery: Celery) -> None:
    before = city.counts()

    run(celery, Task.RUN_PUBLICATION, 10**9)

    assert city.counts() == before


def test_the_tick_makes_up_for_every_ring_that_was_lost(
    city: City,
    celery: Celery,
    transport: RecordingTransport,
    doorbell: RecordingDoorbell,
) -> None:
    """It writes the mails and rings again for what has queues of its own."""
    city.bring_to("611", "approved")
    wanted = city.request_publication(["611"])
    doorbell.rings.clear()

    run(celery, Task.TICK)

    assert city.scalar("SELECT count(*) FROM mail WHERE state = 'queued'") > 0
    assert transport.sent == []
    assert doorbell.rings[-2:] == [
        (Task.DELIVER_MAILS.value, ()),
        (Task.RUN_PUBLICATION.value, (wanted,)),
    ]
    for task, arguments in doorbell.rings[-2:]:
        run(celery, Task(task), *arguments)
    assert city.state("611") == "published"
    assert transport.sent


def test_the_same_message_twice_has_one_effect(
    city: City, celery: Celery, transport: RecordingTransport
) -> None:
    city.submit("611")
    for _ in range(2):
        for task in (Task.TICK, Task.GATHER_NOTICES, Task.DELIVER_MAILS):
            run(celery, task)

    ids = [str(message["Message-ID"]) for message in transport.sent]
    assert len(ids) == len(set(ids))
    assert len(transport.to(REVIEWERS["611"])) == 1
