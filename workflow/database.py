"""The engine: one per process, made lazily, so that a forked child never shares a connection."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from sqlalchemy import Engine, make_url


def psycopg_url(url: str) -> sa.URL:
    """A libpq-style ``postgresql://`` URL as SQLAlchemy's, always on psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg")


def create_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for *url* whose pool survives a restart of the server.

    ``pool_pre_ping`` costs a round trip per checkout; it is what lets the web recover from a killed
    server without a restart (fault experiment E02).
    """
    return sa.create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        # Errors name the statement, never the values: hashes and people's words stay out of logs.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "application_name": "hyoka"},
    )


#: SQLSTATE classes (PostgreSQL, appendix A) of a server that takes nothing now: no connection (08),
#: out of resources (53), shutting down or starting (57P), a failing disk (58), read-only (25).
_AWAY = ("08", "53", "57P", "58", "25")


def is_away(error: BaseException) -> bool:
    """Whether *error* speaks of the database as a whole, not of a statement: nothing can go on."""
    if isinstance(error, sa.exc.TimeoutError):
        return True
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_away(error.orig))
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        # The server said nothing: there was no line to say it on.
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(_AWAY)
