"""Roles, database and migrations: what must stand before the application can start.

Roles belong to the whole cluster, so they are made here and not by Alembic. ``owner`` migrates,
``app`` serves, ``reader`` reads. Everything can be run again at any time.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql

from workflow.database import psycopg_url
from workflow.models import Base
from workflow.schema_revision import SHARE

OWNER, APP, READER = "hyoka_owner", "hyoka_app", "hyoka_reader"

MIGRATIONS = SHARE / "migrations"


def prepare(superuser_dsn: str, database: str, passwords: Mapping[str, str]) -> None:
    """Make the three roles and the *database*, or bring them to what they should be.

    Args:
        superuser_dsn: libpq URL of somebody who may make roles and databases.
        database: name of the database; made with the owner's role when it is missing.
        passwords: one for each of ``hyoka_owner``, ``hyoka_app``, ``hyoka_reader``.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role in (OWNER, APP, READER):
            _role(connection, role, passwords[role])
        _limits(connection)
        exists = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
        ).fetchone()
        if exists is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
        )
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                sql.Identifier(database), sql.Identifier(APP), sql.Identifier(READER)
            )
        )


def url_for(superuser_dsn: str, database: str, role: str, password: str) -> str:
    """The same server as *superuser_dsn*, another database and role."""
    url = sa.make_url(superuser_dsn).set(database=database, username=role, password=password)
    return url.render_as_string(hide_password=False)


def _role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = "CREATE" if known is None else "ALTER"
    connection.execute(
        sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
    )


def _limits(connection: psycopg.Connection) -> None:
    """A request that hangs must not hold a lock for ever (values: reliability notes, A2)."""
    for role in (APP, READER):
        for name, value in (
            ("lock_timeout", "5s"),
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ):
            connection.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
                )
            )


def _config(connection: sa.Connection) -> Config:
    config = Config()
    # Alembic takes % for interpolation; a folder's name may hold one.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring the schema to *revision* (``head``, or an older one by its number)."""
    engine = sa.create_engine(psycopg_url(owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision() or ""
        if revision != "head" and revision < current:
            command.downgrade(_config(connection), revision)
        else:
            command.upgrade(_config(connection), revision)
    engine.dispose()


def head() -> str:
    """The newest revision that the code knows."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    assert newest is not None  # noqa: S101 - there is always a first migration
    return newest


def differences(owner_url: str) -> list[object]:
    """What the models say and the schema does not (``alembic check``); empty when they agree."""
    engine = sa.create_engine(psycopg_url(owner_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    return list(found)
