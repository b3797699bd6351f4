"""The list of sheets with its filters, the cycles and departments to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Definition, Stage
from workflow.services import loading
from workflow.text import search_words

PAGE_SIZE = 50


@dataclass(frozen=True)
class CycleChoice:
    """One cycle in a chooser, newest first."""

    id: int
    kind: str
    target_fiscal_year: int
    number: int
    definition: Definition
    closed: bool


@dataclass(frozen=True)
class SheetFilter:
    """What the list is narrowed to; None and empty: everything."""

    cycle_id: int
    state: str | None = None
    department_id: int | None = None
    #: Words that must all be found, each in the code's beginning or in a name.
    text: str = ""
    page: int = 1


@dataclass(frozen=True)
class SheetLine:
    """One sheet in the list."""

    id: int
    code: str
    measure: str
    department: str
    section: str
    stage: Stage
    since: datetime | None
    due_on: date | None
    days_left: int | None
    rating: int | None
    #: 保留: the clock stands still.
    held: bool
    #: 1 for the first sheet of its measure; more where an ended one was quoted (引用起案).
    attempt: int


@dataclass(frozen=True)
class SheetList:
    """One page of the list."""

    lines: tuple[SheetLine, ...]
    total: int
    page: int
    pages: int


_CYCLES = sa.text("""
SELECT id, kind, target_fiscal_year, number, definition_hash, closed_at FROM evaluation_cycle
ORDER BY closed_at IS NOT NULL, target_fiscal_year DESC, kind, number DESC
""")
_DEPARTMENTS = sa.text("""
SELECT DISTINCT u.id, u.name, u.sort_order FROM evaluation e
JOIN org_unit u ON u.id = e.responsible_department_id
WHERE e.cycle_id = :cycle ORDER BY u.sort_order, u.id
""")
_LINE = """
SELECT e.id, e.code, e.attempt, m.name AS measure, d.name AS department, l.name AS section, e.state,
       s.entered_at, s.due_on, s.due_at, s.held_at, (w.fields ->> 'rating')::int AS rating,
       count(*) OVER () AS total
FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN org_unit d ON d.id = e.responsible_department_id
JOIN org_unit l ON l.id = e.lead_section_id
JOIN working_copy w ON w.evaluation_id = e.id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = :cycle
"""
_LIST = sa.text(
    _LINE
    + """
  AND (CAST(:state AS text) IS NULL OR e.state = :state)
  AND (CAST(:department AS bigint) IS NULL OR e.responsible_department_id = :department)
  AND NOT EXISTS (
    SELECT FROM unnest(CAST(:words AS text[])) AS wanted (word)
    WHERE NOT (e.code ILIKE word || '%' OR normalize(m.name, NFKC) ILIKE '%' || word || '%'
               OR normalize(l.name, NFKC) ILIKE '%' || word || '%'))
ORDER BY e.code LIMIT :size OFFSET :offset
"""
)


def cycles(ctx: Context) -> tuple[CycleChoice, ...]:
    """All cycles; the one that a page shows by default comes first."""
    return tuple(
        CycleChoice(
            row.id,
            row.kind,
            row.target_fiscal_year,
            row.number,
            loading.definition(ctx, row.definition_hash),
            row.closed_at is not None,
        )
        for row in ctx.execute(_CYCLES)
    )


def departments(ctx: Context, cycle_id: int) -> tuple[tuple[int, str], ...]:
    """Departments that review something in a cycle: id and name."""
    return tuple((row.id, row.name) for row in ctx.execute(_DEPARTMENTS, {"cycle": cycle_id}))


def sheet_list(ctx: Context, definition: Definition, wanted: SheetFilter) -> SheetList:
    """One page of sheets, by code."""
    page = max(1, wanted.page)
    rows = ctx.execute(
        _LIST,
        {
            "cycle": wanted.cycle_id,
            "state": wanted.state,
            "department": wanted.department_id,
            "words": [_literally(word) for word in search_words(wanted.text)],
            "size": PAGE_SIZE,
            "offset": (page - 1) * PAGE_SIZE,
        },
    ).all()
    total = rows[0].total if rows else 0
    return SheetList(
        tuple(_line(ctx, definition, row) for row in rows),
        total,
        page,
        max(1, -(-total // PAGE_SIZE)),
    )


def _literally(word: str) -> str:
    """A word in which LIKE finds nothing special."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _line(ctx: Context, definition: Definition, row: sa.Row[tuple[object, ...]]) -> SheetLine:
    return SheetLine(
        id=row.id,
        code=row.code,
        measure=row.measure,
        department=row.department,
        section=row.section,
        stage=definition.stage(row.state),
        since=row.entered_at,
        due_on=row.due_on,
        days_left=(row.due_on - ctx.today).days if row.due_on else None,
        rating=row.rating,
        held=row.held_at is not None,
        attempt=row.attempt,
    )
