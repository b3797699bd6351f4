"""Compares what two sides wrote: every row of every table, apart from what must differ.

A column that must differ (ids, instants, salts, hashes) is reduced to whether it holds anything;
all others are compared by value, those inside of the canonical texts included.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psycopg

#: Instants that follow from the calendar and not from the moment of writing.
FIXED_INSTANTS = frozenset({"due_at"})
#: Values inside of the canonical texts that differ from event to event.
_IN_TEXTS = ("occurred_at", "narrative_hash", "salt")

_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
ORDER BY c.table_name, c.ordinal_position
"""

Shape = dict[tuple[str | None, ...], int]


@dataclass(frozen=True)
class Table:
    """One table: its name, and the expressions that its rows are compared by."""

    name: str
    columns: tuple[str, ...]
    expressions: tuple[str, ...]


def tables(
    connection: psycopg.Connection, differing: Collection[str], in_texts: Sequence[str] = ()
) -> list[Table]:
    """All tables of the schema.

    Args:
        differing: names of columns that differ between the sides, beside instants.
        in_texts: keys of the canonical texts that differ, beside instants and salts.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(_COLUMNS):
        found.setdefault(table, []).append((column, kind))
    without = ", ".join(f"'{key}'" for key in (*_IN_TEXTS, *in_texts))

    def expression(column: str, kind: str) -> str:
        instant = kind == "timestamp with time zone" and column not in FIXED_INSTANTS
        if column == "canonical":
            return f"(r.canonical::jsonb - ARRAY[{without}])::text"
        if instant or column in differing:
            return f"(r.{column} IS NOT NULL)::text"
        return f"r.{column}::text"

    return [
        Table(
            name,
            tuple(column for column, _ in columns),
            tuple(expression(column, kind) for column, kind in columns),
        )
        for name, columns in found.items()
    ]


def shape(
    connection: psycopg.Connection, table: Table, evaluation_ids: Sequence[int] | None = None
) -> Shape:
    """How many rows of each look there are; of these evaluations only, where ids are given.

    A table that has nothing to do with evaluations counts as empty when ids are given.
    """
    where = ""
    if evaluation_ids is not None:
        if table.name == "evaluation":
            where = "WHERE r.id = ANY (%(ids)s)"
        elif "evaluation_id" in table.columns:
            where = "WHERE r.evaluation_id = ANY (%(ids)s)"
        elif "event_id" in table.columns:
            where = """WHERE r.event_id IN (
                SELECT v.id FROM event v WHERE v.evaluation_id = ANY (%(ids)s))"""
        else:
            return {}
    every = ", ".join(table.expressions)
    rows = connection.execute(
        f"SELECT {every}, count(*) FROM {table.name} r {where} "
        f"GROUP BY {', '.join(str(n) for n in range(1, len(table.expressions) + 1))}",
        {"ids": list(evaluation_ids or ())},
    )
    return {tuple(row[:-1]): row[-1] for row in rows}


def differences(table: Table, one: Shape, other: Shape, names: tuple[str, str]) -> list[str]:
    """What one side has and the other has not, in words; empty when they agree."""
    told = []
    for row in one.keys() | other.keys():
        counts = one.get(row, 0), other.get(row, 0)
        if counts[0] != counts[1]:
            values = dict(zip(table.columns, row, strict=True))
            told.append(f"{table.name}: {counts[0]} {names[0]}, {counts[1]} {names[1]} of {values}")
    return told
