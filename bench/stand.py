"""The stand that everything is measured on: a durable PostgreSQL and a database with the city.

The server is a real one with ``fsync`` on. Databases are made once, filled, and copied as
templates, so that every measurement begins from the same rows.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from pydantic import SecretStr

from hyoka import bootstrap, database
from hyoka.local.postgres import PostgresServer, running_postgres
from workflow.application import Application
from workflow.settings import Settings

#: Everything else stays as PostgreSQL ships it. No checkpoint and no autovacuum begins by chance
#: inside a round of one side; both are done by hand between the parts, outside of what is timed.
SERVER_SETTINGS = {
    "checkpoint_timeout": "30min",
    "max_wal_size": "8GB",
    "autovacuum": "off",
}
CITY = "bench_city"

#: On a disk on every usual system; ``/tmp`` may be memory, where a durable commit costs nothing.
DATA_PARENT = Path("/var/tmp")  # noqa: S108 - mkdtemp makes a folder of our own in it


@dataclass(frozen=True)
class Stand:
    """A running server with the three roles, and the folder of its data."""

    server: PostgresServer
    passwords: dict[str, str]

    def url(self, name: str, role: str = database.APP) -> str:
        """How *role* reaches the database *name*."""
        return database.url_for(self.server.dsn(), name, role, self.passwords[role])

    def application(self, name: str) -> Application:
        """The core on the database *name*, with the settings that an installation has."""
        return Application(Settings(database_url=SecretStr(self.url(name))))

    def owner(self, name: str) -> psycopg.Connection:
        """A connection of the owner, who fills and compares; autocommit."""
        return psycopg.connect(self.url(name, database.OWNER), autocommit=True)

    def superuser(self) -> psycopg.Connection:
        """A connection for checkpoints, copies and settings; autocommit."""
        return psycopg.connect(self.server.dsn(), autocommit=True)

    def copy(self, template: str, name: str) -> None:
        """Make the database *name* as a copy of *template*, as files."""
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(database.OWNER), sql.Identifier(template)
                )
            )

    def drop(self, name: str) -> None:
        """Remove the database *name*."""
        with self.superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))

    def settle(self, name: str) -> None:
        """Vacuum, analyse and write everything out: what autovacuum and a quiet hour would do."""
        with psycopg.connect(self.server.dsn(name), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def show(self, name: str) -> str:
        """The server's value of a setting."""
        return self._text("SELECT current_setting(%s)", name)

    def clock(self) -> str:
        """The server's time, in UTC to the second."""
        return self._text(
            'SELECT to_char(clock_timestamp() AT TIME ZONE %s, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')',
            "UTC",
        )

    def _text(self, statement: str, value: str) -> str:
        with self.superuser() as connection:
            row = connection.execute(statement, (value,)).fetchone()
        assert row is not None
        return str(row[0])


@contextmanager
def temporary_folder(parent: Path = DATA_PARENT) -> Iterator[Path]:
    """A folder that the server's user may enter, also when we are root; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hyoka-bench-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def durable_server(parent: Path = DATA_PARENT) -> Iterator[PostgresServer]:
    """A fresh server under *parent* that loses nothing in a power cut."""
    with (
        temporary_folder(parent) as folder,
        running_postgres(folder / "data", durable=True, settings=SERVER_SETTINGS) as server,
    ):
        yield server


def stand_on(server: PostgresServer) -> Stand:
    """Roles, schema and the sample city on *server*, in the database ``bench_city``."""
    roles = (database.OWNER, database.APP, database.READER)
    stand = Stand(server, {role: secrets.token_urlsafe(24) for role in roles})
    database.prepare(server.dsn(), CITY, stand.passwords)
    database.migrate(stand.url(CITY, database.OWNER))
    application = stand.application(CITY)
    bootstrap.load_city(
        application, bootstrap.SAMPLE / "city.json", bootstrap.SAMPLE / "people.toml"
    )
    application.dispose()
    return stand
