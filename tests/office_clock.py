"""Another time for a whole installation: a database whose clock is shifted, for every process.

The program reads the time from the database alone (``workflow.clock``), so a function of that name
in front of the server's own moves the web, the workers and the command line alike. Connections that
are open already keep the server's time.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

_CLOCK = """
CREATE SCHEMA experiment;
CREATE TABLE experiment.clock (shift interval NOT NULL);
INSERT INTO experiment.clock SELECT '0';
CREATE FUNCTION experiment.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT pg_catalog.clock_timestamp() + shift FROM experiment.clock $$;
GRANT USAGE ON SCHEMA experiment TO PUBLIC;
GRANT SELECT ON experiment.clock TO PUBLIC;
"""
_SEARCH = 'ALTER DATABASE "{}" SET search_path = experiment, pg_catalog, public'
_SET = "UPDATE experiment.clock SET shift = %s - pg_catalog.clock_timestamp()"


def install(connection: psycopg.Connection, name: str) -> None:
    """Give database *name* a clock of its own; it shows the server's time until it is set."""
    connection.execute(_CLOCK)
    connection.execute(_SEARCH.format(name).encode())


def set_to(connection: psycopg.Connection, instant: datetime) -> None:
    """From now on the database's clock runs on from *instant*."""
    connection.execute(_SET, (instant,))
