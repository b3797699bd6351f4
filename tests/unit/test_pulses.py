"""Who works on which queue, judged from the pulses that were taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tasks.names import Queue
from tests.unit.test_health import VITAL
from workflow.health import Aspect, Finding, Level, judge
from workflow.pulses import (
    QUEUES,
    QueueSeen,
    Worker,
    as_detail,
    from_detail,
    next_seen,
    patience,
    pulse_seconds,
    silent,
    workers,
)

NOW, TODAY, TICK = datetime(2022, 6, 1, 1, 0, tzinfo=UTC), date(2022, 6, 1), 30.0


def seen(
    *,
    seconds: float = 30,
    since: float = 86_000,
    worker: str = "worker@hyoka",
    release: str = "1.2.0",
    schema: str = "0007",
) -> QueueSeen:
    """A queue whose last pulse was taken so many *seconds* ago."""
    at = NOW - timedelta(seconds=seconds)
    me = Worker(release, schema, "3.13.1", at)
    return QueueSeen(at, NOW - timedelta(seconds=since), worker, {worker: me}, 3, "8.0.1")


def judged(**queues: QueueSeen) -> dict[Aspect, Finding]:
    found = judge(NOW, TODAY, TICK, replace(VITAL, queues=queues))
    return {one.aspect: one for one in found}


def all_but(name: str, **others: QueueSeen) -> dict[str, QueueSeen]:
    return {queue: seen() for queue in QUEUES if queue != name} | others


def test_the_queues_are_those_that_workers_listen_on() -> None:
    assert tuple(queue.value for queue in Queue) == QUEUES


def test_a_pulse_comes_every_two_minutes_or_sooner_where_the_tick_is_fast() -> None:
    assert pulse_seconds(30) == pulse_seconds(300) == 120
    assert pulse_seconds(1) == 4
    # A worker that is busy for as long as a task may run is not taken for dead.
    assert patience(30) > timedelta(seconds=300)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_dead_worker_beside_living_ones_is_seen_after_five_pulses(queue: str) -> None:
    still = judged(**all_but(queue, **{queue: seen(seconds=600)}))[Aspect.QUEUES]
    dead = judged(**all_but(queue, **{queue: seen(seconds=601)}))[Aspect.QUEUES]

    assert (still.code, still.level) == ("queues_good", Level.GOOD)
    assert (dead.code, dead.level, dead.fails, dead.count) == (
        "queue_silent", Level.ATTENTION, False, 1,
    )  # fmt: skip
    assert dead.since == NOW - timedelta(seconds=601)


def test_a_worker_that_was_never_started_is_seen_once_the_others_have_beaten_long_enough() -> None:
    fresh = {name: seen(since=600) for name in ("tick", "batch")}
    settled = {name: seen(since=601) for name in ("tick", "batch")}

    assert silent(NOW, TICK, fresh) == ()
    assert silent(NOW, TICK, settled) == ("mail",)


def test_a_worker_that_died_days_ago_is_not_forgotten_while_others_live() -> None:
    queues = all_but("mail", mail=seen(seconds=3 * 86_400))

    assert silent(NOW, TICK, queues) == ("mail",)


def test_where_no_pulse_ever_came_or_none_for_a_day_nothing_is_wrong() -> None:
    """``hyoka tick --once`` from cron, without Redis."""
    for queues in ({}, {name: seen(seconds=86_401) for name in QUEUES}):
        found = judged(**queues)
        assert (found[Aspect.QUEUES].code, found[Aspect.QUEUES].level) == (
            "queues_none", Level.GOOD,
        )  # fmt: skip
        assert found[Aspect.WORKERS].level is Level.GOOD


def test_when_everything_stopped_within_the_day_all_queues_are_silent() -> None:
    found = judged(**{name: seen(seconds=7200) for name in QUEUES})[Aspect.QUEUES]

    assert (found.code, found.count) == ("queue_silent", 3)


@pytest.mark.parametrize(("release", "schema"), [("1.1.0", "0007"), ("1.2.0", "0006")])
def test_a_worker_of_another_release_is_seen_until_it_is_gone(release: str, schema: str) -> None:
    old = seen(worker="old@host", release=release, schema=schema)
    gone = seen(worker="old@host", release=release, schema=schema, seconds=601)

    running = judged(**all_but("mail", mail=old))[Aspect.WORKERS]

    assert (running.code, running.level, running.count, running.fails) == (
        "worker_differs", Level.ATTENTION, 1, False,
    )  # fmt: skip
    assert judged(**all_but("mail", mail=gone))[Aspect.WORKERS].level is Level.GOOD


def test_two_workers_of_one_queue_are_both_known() -> None:
    first = next_seen(None, seen(seconds=200, worker="a@here"), TICK)
    second = next_seen(first, seen(seconds=80, worker="b@here"), TICK)

    assert sorted(workers(NOW, TICK, {"mail": second})) == ["a@here", "b@here"]
    assert second.worker == "b@here"
    much_later = replace(seen(worker="b@here"), at=NOW + timedelta(hours=1))
    assert sorted(next_seen(second, much_later, TICK).workers) == ["b@here"]


def test_a_row_of_pulses_begins_anew_after_a_gap() -> None:
    first = seen(seconds=5000, since=9000)
    after_a_gap = seen(seconds=10, since=10)

    assert next_seen(first, seen(seconds=4500), TICK).since == first.since
    assert next_seen(first, after_a_gap, TICK).since == after_a_gap.at


def test_what_is_kept_comes_back_the_same_and_an_emptier_one_is_read_too() -> None:
    one = seen()

    assert from_detail(one.at, as_detail(one)) == one
    empty = from_detail(NOW, {})
    assert (empty.since, empty.waiting, empty.redis) == (NOW, None, "")
