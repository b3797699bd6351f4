"""What can be published, how far a publication is, and what the public sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.load import parse as parse_definition
from workflow.definition.model import Stage
from workflow.errors import Fault, NotFound
from workflow.oddities import oddities
from workflow.sheet.content import ROW_KEYS, SheetContent, parse


@dataclass(frozen=True)
class Candidate:
    """An evaluation on the page where the bureau selects; *reason* says why it cannot be chosen."""

    id: int
    code: str
    measure: str
    department: str
    stage: Stage
    approved_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class OddText:
    """A character that a reader of a sheet cannot see, or that differs between machines."""

    code: str
    measure: str
    content: SheetContent
    fault: Fault


@dataclass(frozen=True)
class PublicationView:
    """A publication and its progress."""

    id: int
    cycle_id: int
    version: int
    state: str
    publish_at: datetime
    requested_at: datetime
    requested_by: str
    capacity: str
    total: int
    built: int
    published_at: datetime | None
    manifest_hash: str | None
    last_error: str | None
    #: Code, name and reason of sheets that fell out when the pointer was flipped.
    left_out: tuple[tuple[str, str, str], ...]

    @property
    def is_running(self) -> bool:
        """Whether a worker still has something to do."""
        return self.state in ("requested", "building", "ready")


@dataclass(frozen=True)
class PublicCycle:
    """What the public can read of one cycle."""

    municipality: str
    kind: str
    target_fiscal_year: int
    number: int
    version: int
    published_at: datetime
    rating_levels: int


@dataclass(frozen=True)
class PublicLine:
    """One published sheet in the public list."""

    code: str
    content: SheetContent
    content_hash: str


@dataclass(frozen=True)
class PublicSheet:
    """One published sheet with the state of its record."""

    cycle: PublicCycle
    content: SheetContent
    content_hash: str
    approved_at: datetime
    first_published_at: datetime


_CANDIDATES = sa.text("""
SELECT e.id, e.code, m.name AS measure, u.name AS department, e.state, e.final_approved_at,
       d.source, d.name AS definition,
       (SELECT count(*) > 0 AND bool_and(g.content_hash = e.content_hash) FROM signature g
        WHERE g.evaluation_id = e.id AND g.round = e.round AND g.voided_at IS NULL) AS covered,
       EXISTS (SELECT 1 FROM stage_entry s WHERE s.evaluation_id = e.id
               AND s.left_at IS NULL AND s.held_at IS NOT NULL) AS held
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN pinned_definition d ON d.content_hash = c.definition_hash
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN org_unit u ON u.id = e.responsible_department_id
WHERE e.cycle_id = :cycle ORDER BY e.code
""")
_VIEW = """
SELECT b.id, b.cycle_id, b.version, b.state, b.publish_at, b.requested_at, p.name, b.capacity,
       b.total, b.built, b.published_at, b.manifest_hash, b.last_error
FROM publication b JOIN person p ON p.id = b.requested_by
"""
_OF_CYCLE = sa.text(_VIEW + "WHERE b.cycle_id = :cycle ORDER BY b.version DESC")
_ONE = sa.text(_VIEW + "WHERE b.id = :id")
_LEFT_OUT = sa.text("""
SELECT i.publication_id, e.code, m.name, i.left_out_because
FROM publication_item i
JOIN evaluation e ON e.id = i.evaluation_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
WHERE i.publication_id = ANY (:ids) AND i.left_out_because IS NOT NULL ORDER BY e.code
""")
_PUBLIC = """
SELECT t.name AS municipality, c.kind, c.target_fiscal_year, c.number, b.version, b.published_at,
       json_array_length(c.rating_scale::json) AS levels, c.current_publication_id
FROM evaluation_cycle c
JOIN publication b ON b.id = c.current_publication_id
JOIN municipality t ON t.id = 1
"""
_PUBLIC_CYCLES = sa.text(_PUBLIC + "ORDER BY c.target_fiscal_year DESC, c.kind, c.number DESC")
_PUBLIC_CYCLE = sa.text(
    _PUBLIC + "WHERE c.kind = :kind AND c.target_fiscal_year = :year AND c.number = :number"
)
_SNAPSHOTS = sa.text("""
SELECT s.code, s.approved_at, s.first_published_at, s.content_hash, t.body
FROM snapshot s JOIN content t ON t.hash = s.content_hash
WHERE s.publication_id = :publication AND (CAST(:code AS text) IS NULL OR s.code = :code)
ORDER BY s.code
""")


def candidates(ctx: Context, cycle_id: int) -> tuple[Candidate, ...]:
    """Every evaluation of a cycle that is not published yet, and whether it can be chosen."""
    found = []
    for row in ctx.execute(_CANDIDATES, {"cycle": cycle_id}):
        definition = parse_definition(row.source, file=f"{row.definition}.toml")
        publishing = definition.publishing
        if definition.stage(row.state).final:
            continue
        reason = None
        if publishing is None or row.state != publishing.source:
            reason = "not_approved"
        elif row.held:
            reason = "sheet_on_hold"
        elif not row.covered:
            reason = "approval_void"
        found.append(
            Candidate(
                row.id,
                row.code,
                row.measure,
                row.department,
                definition.stage(row.state),
                row.final_approved_at,
                reason,
            )
        )
    return tuple(found)


def of_cycle(ctx: Context, cycle_id: int) -> tuple[PublicationView, ...]:
    """The publications of a cycle, newest first."""
    return _views(ctx, ctx.execute(_OF_CYCLE, {"cycle": cycle_id}).all())


_CONTENTS = sa.text("""
SELECT e.code, t.body FROM evaluation e JOIN content t ON t.hash = e.content_hash
WHERE e.id = ANY (:ids) ORDER BY e.code
""")


def odd_texts(ctx: Context, evaluation_ids: list[int]) -> tuple[OddText, ...]:
    """What is to be looked at before the sheets are published; nothing of it keeps them back."""
    found = []
    for row in ctx.execute(_CONTENTS, {"ids": evaluation_ids}):
        content = parse(row.body)
        for fault in oddities(content.model_dump(), row_keys=ROW_KEYS):
            found.append(OddText(row.code, content.measure.name, content, fault))
    return tuple(found)


def one(ctx: Context, publication_id: int) -> PublicationView:
    """One publication.

    Raises:
        NotFound: ``no_such_publication``.
    """
    views = _views(ctx, ctx.execute(_ONE, {"id": publication_id}).all())
    if not views:
        raise NotFound("no_such_publication")
    return views[0]


def _views(ctx: Context, rows: object) -> tuple[PublicationView, ...]:
    listed = list(rows)  # type: ignore[call-overload]
    left_out: dict[int, list[tuple[str, str, str]]] = {row.id: [] for row in listed}
    for item in ctx.execute(_LEFT_OUT, {"ids": list(left_out)}):
        left_out[item.publication_id].append((item.code, item.name, item.left_out_because))
    return tuple(
        PublicationView(
            id=row.id,
            cycle_id=row.cycle_id,
            version=row.version,
            state=row.state,
            publish_at=row.publish_at,
            requested_at=row.requested_at,
            requested_by=row.name,
            capacity=row.capacity,
            total=row.total,
            built=row.built,
            published_at=row.published_at,
            manifest_hash=row.manifest_hash.hex() if row.manifest_hash else None,
            last_error=row.last_error,
            left_out=tuple(left_out[row.id]),
        )
        for row in listed
    )


def public_cycles(ctx: Context) -> tuple[PublicCycle, ...]:
    """Cycles of which something is published, newest year first."""
    return tuple(_public_cycle(row) for row in ctx.execute(_PUBLIC_CYCLES))


def public_sheets(
    ctx: Context, kind: str, year: int, number: int
) -> tuple[PublicCycle, tuple[PublicSheet, ...]]:
    """Everything that is published of a cycle, from the snapshot alone.

    Raises:
        NotFound: ``nothing_published``.
    """
    return _published(ctx, kind, year, number, None)


def public_sheet(ctx: Context, kind: str, year: int, number: int, code: str) -> PublicSheet:
    """One published sheet, from the snapshot alone.

    Raises:
        NotFound: ``nothing_published``.
    """
    _, sheets = _published(ctx, kind, year, number, code)
    if not sheets:
        raise NotFound("nothing_published")
    return sheets[0]


def _published(
    ctx: Context, kind: str, year: int, number: int, code: str | None
) -> tuple[PublicCycle, tuple[PublicSheet, ...]]:
    row = ctx.execute(_PUBLIC_CYCLE, {"kind": kind, "year": year, "number": number}).one_or_none()
    if row is None:
        raise NotFound("nothing_published")
    cycle = _public_cycle(row)
    sheets = tuple(
        PublicSheet(
            cycle=cycle,
            content=parse(snapshot.body),
            content_hash=snapshot.content_hash.hex(),
            approved_at=snapshot.approved_at,
            first_published_at=snapshot.first_published_at or cycle.published_at,
        )
        for snapshot in ctx.execute(
            _SNAPSHOTS, {"publication": row.current_publication_id, "code": code}
        )
    )
    return cycle, sheets


def _public_cycle(row: sa.Row[tuple[object, ...]]) -> PublicCycle:
    return PublicCycle(
        row.municipality,
        row.kind,
        row.target_fiscal_year,
        row.number,
        row.version,
        row.published_at,
        row.levels,
    )
