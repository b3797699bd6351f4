"""Another time for a whole installation: a database whose clock is shifted, for every process.

The program reads the time from the database alone (``workflow.clock``), and a database that its
owner marked as a test's takes the server's time and a shift: so it moves the web, the workers and
the command line alike.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

_MARK = "INSERT INTO test_clock DEFAULT VALUES ON CONFLICT DO NOTHING"
_SET = "UPDATE test_clock SET shift = %s - clock_timestamp()"


def mark(connection: psycopg.Connection) -> None:
    """Make the database one for tests: it hears of other times than the server's."""
    connection.execute(_MARK)


def set_to(connection: psycopg.Connection, instant: datetime) -> None:
    """From now on the database's clock runs on from *instant*."""
    connection.execute(_SET, (instant,))
