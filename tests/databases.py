"""Databases for tests: one server per process, templates made once, a fresh copy per test.

A copy is a ``CREATE DATABASE … TEMPLATE``: real commits, real locks, real roles, and nothing that
one test leaves can reach another.
"""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from hyoka import database
from hyoka.local.postgres import PostgresServer, running_postgres

#: Names the folder of another PostgreSQL's programs: CI repeats the tests on the distribution's.
BINARIES = "HYOKA_TEST_POSTGRES_BINARIES"

#: Bytes that must be free in memory; a server and its copies take a fifth of it.
ENOUGH_MEMORY = 2 * 2**30


@dataclass(frozen=True)
class Database:
    """One database and the URLs of those who use it."""

    name: str
    #: The application's role, which tests use unless they say otherwise.
    app_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    reader_url: str = field(repr=False)
    #: Nobody in the program has this one; for tampering and for looking behind the scenes.
    superuser_url: str = field(repr=False)


@dataclass
class Cluster:
    """A running server with the three roles, and the templates made so far."""

    server: PostgresServer
    passwords: dict[str, str] = field(repr=False)
    _templates: dict[str, object] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def existing(self, name: str) -> Database:
        """The URLs of the database called *name*."""
        dsn = self.server.dsn()

        def url(role: str) -> str:
            return database.url_for(dsn, name, role, self.passwords[role])

        return Database(
            name,
            app_url=url(database.APP),
            owner_url=url(database.OWNER),
            reader_url=url(database.READER),
            superuser_url=self.server.dsn(name),
        )

    def template(
        self, name: str, fill: Callable[[Database], object], *, like: str | None = None
    ) -> object:
        """Make the template called *name* the first time it is asked for.

        Args:
            fill: brings the new database to what copies begin with; its answer is kept.
            like: another template to begin from; without it only roles and an empty database.
        """
        if name not in self._templates:
            if like is None:
                database.prepare(self.server.dsn(), name, self.passwords)
            else:
                self._create(name, like)
            self._templates[name] = fill(self.existing(name))
        return self._templates[name]

    @contextmanager
    def copy(self, template: str) -> Iterator[Database]:
        """A fresh copy of *template*, dropped with whoever still sits in it."""
        name = f"copy_{next(self._numbers)}"
        self._create(name, template)
        try:
            yield self.existing(name)
        finally:
            with self._superuser() as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )

    def _create(self, name: str, template: str) -> None:
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(database.OWNER), sql.Identifier(template)
                )
            )

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.server.dsn(), autocommit=True)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server of our own with its roles; nothing of it is left afterwards."""
    binaries = os.environ.get(BINARIES)
    with (
        data_folder() as folder,
        running_postgres(
            folder / "postgres",
            binaries=Path(binaries) if binaries else None,
            durable=False,
            settings={"max_wal_size": "128MB", "min_wal_size": "32MB"},
        ) as server,
    ):
        roles = (database.OWNER, database.APP, database.READER)
        yield Cluster(server, {role: secrets.token_urlsafe(16) for role in roles})


@contextmanager
def data_folder() -> Iterator[Path]:
    """In memory where there is enough: a copy of a database is four hundred small files.

    Measured: 10 ms per copy in memory, 40 to 300 ms on a disk. Not below the folder that pytest
    gives: the server's user could not enter it when the tests run as root.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ENOUGH_MEMORY
    folder = Path(tempfile.mkdtemp(prefix="hyoka-data-", dir=memory if roomy else "/tmp"))  # noqa: S108
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
