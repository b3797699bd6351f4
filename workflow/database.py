"""The engine: one per process, made lazily, so that a forked child never shares a connection."""

from __future__ import annotations

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
