"""Runs migrations as the owner's role: one at a time, and never waiting long for a lock.

Called by ``hyoka.database`` (``hyoka database migrate``), which hands in an open connection.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from workflow.models import Base

#: Any two migrations of one cluster exclude each other by this advisory lock.
ADVISORY_LOCK = 7_210_611


def run(connection: Connection) -> None:
    """Apply what is asked for, in one transaction."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    context.configure(connection=connection, target_metadata=Base.metadata)
    context.run_migrations()


run(context.config.attributes["connection"])
