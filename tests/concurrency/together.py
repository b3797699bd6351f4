"""Lets several commands meet: all of them wait for the same rows, then all are let go at once.

Nothing is left to chance: the next command starts when the one before it stands at the lock, so
that they are served in that order (PostgreSQL queues those who wait for a row).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg

from tests.databases import Database

#: Longer than any of it takes, shorter than anybody waits for a test.
PATIENCE = 60.0

_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def together(db: Database, hold: str, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run *jobs* in threads of their own; returns results and raised errors, in their order.

    Args:
        hold: a statement that locks the rows for which every job must wait.
    """
    outcomes: list[Any] = [None] * len(jobs)

    def run(number: int) -> None:
        try:
            outcomes[number] = jobs[number]()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    with (
        psycopg.connect(db.superuser_url) as holding,
        psycopg.connect(db.superuser_url, autocommit=True) as watching,
    ):
        holding.execute(hold.encode())
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(partial(are_waiting, watching, number))
        holding.rollback()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a command hangs"
    return outcomes


def are_waiting(connection: psycopg.Connection, number: int) -> bool:
    """Whether so many sessions of the database wait for a lock."""
    return connection.execute(_WAITING.encode()).fetchone() == (number,)


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again until *condition* holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)
