"""What statements touch: the plans of those that the code itself ran, and the server's counters.

The plan is asked for afterwards, with the very text and values that went over the line; the
counters tell what really happened meanwhile, whichever plan was taken.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
import sqlalchemy as sa

from bench.stand import Stand
from workflow.application import Application

_ALONE = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_COUNTERS = """
SELECT t.relname, t.seq_scan,
       coalesce(o.heap_blks_hit + o.heap_blks_read, 0)
       + coalesce(o.idx_blks_hit + o.idx_blks_read, 0)
FROM pg_stat_user_tables t JOIN pg_statio_user_tables o USING (relid)
"""


@dataclass
class Heard:
    """Statements that went over the line: text → the values of its first run."""

    statements: dict[str, Any] = field(default_factory=dict)


@contextmanager
def listening(application: Application) -> Iterator[Heard]:
    """Hear every statement that *application* runs inside of the block."""
    heard = Heard()

    def hear(_c: object, _cursor: object, statement: str, values: Any, *_more: object) -> None:
        one = values[0] if isinstance(values, list) else values
        heard.statements.setdefault(statement, one)

    sa.event.listen(application.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(application.engine, "before_cursor_execute", hear)


@dataclass(frozen=True)
class Plan:
    """One statement as the server carries it out.

    Attributes:
        scanned: tables that it reads from end to end.
        indexes: indexes that it uses.
        blocks: of 8 KiB, found in memory or read.
    """

    statement: str
    scanned: tuple[str, ...]
    indexes: tuple[str, ...]
    blocks: int


def plan_of(connection: psycopg.Connection, statement: str, values: Any) -> Plan:
    """Carry *statement* out, look at its plan, and take everything back."""
    with connection.transaction(force_rollback=True):
        row = connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, values
        ).fetchone()
    assert row is not None
    top = row[0][0]["Plan"]
    nodes = list(_nodes(top))
    return Plan(
        statement,
        tuple(n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan"),
        tuple(n["Index Name"] for n in nodes if "Index Name" in n),
        top["Shared Hit Blocks"] + top["Shared Read Blocks"],
    )


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(cast(Mapping[str, Any], below))


Counters = Mapping[str, tuple[int, int]]


def counters(stand: Stand, name: str) -> Counters:
    """Table → scans from end to end and blocks touched, since ever.

    Whoever counts must be done: a connection reports what it did when it ends.
    """
    with psycopg.connect(stand.server.dsn(name), autocommit=True) as connection:
        while connection.execute(_ALONE).fetchone() != (0,):
            time.sleep(0.01)
        return {row[0]: (row[1], row[2]) for row in connection.execute(_COUNTERS)}


def touched(before: Counters, after: Counters, only: Collection[str]) -> tuple[int, list[str]]:
    """Blocks touched in the tables *only*, and those of them that were read from end to end."""
    blocks = sum(after[table][1] - before[table][1] for table in only)
    return blocks, sorted(t for t in only if after[t][0] > before[t][0])
