"""One sheet as a page needs it: content, place on the route, what one may do here and why not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.model import Definition, Stage
from workflow.definition.refusal import Refusal
from workflow.errors import NotFound
from workflow.policy import Permission, check_edit
from workflow.queries.sheet_authority import Beside, HoldView, beside, hold_of
from workflow.queries.sheet_choices import ActionChoice, choices
from workflow.queries.sheet_consultations import (
    ConsultationView,
    ReviewView,
    consultations,
    reviews,
)
from workflow.queries.sheet_joint import JointView, joint_views, opinions_of
from workflow.queries.sheet_route import RouteStep, route_of
from workflow.queries.sheet_timeline import TimelineEntry, approvals, timeline_of
from workflow.services import composing, loading
from workflow.services.loading import LoadedEvaluation
from workflow.sheet.completeness import Missing, missing
from workflow.sheet.content import SheetContent, parse


@dataclass(frozen=True)
class QuotedSheet:
    """Another sheet for the same measure, by its name in the ledger."""

    id: int
    key: str


@dataclass(frozen=True)
class SheetPage:
    """Everything a sheet's page shows.

    Attributes:
        version, seen_hash: go into every form; they say what the reader saw.
        copy_version: of the working copy, for the edit form.
        edit_refusal: None when the reader may write the narrative.
        cost_codes: projects whose costs the reader may write.
        beside: what the reader may do without moving the sheet.
        joint: every joint stage of the route with its answers.
        opinions: what was said at joint stages beside a plain yes, oldest first.
        quotes, quoted_by: the ended sheet that this one quotes, and the one that quotes this.
    """

    id: int
    key: str
    code: str
    cycle_id: int
    version: int
    seen_hash: str
    copy_version: int
    copy_saved_at: datetime
    revision: int | None
    revised_at: datetime | None
    round: int
    definition: Definition
    stage: Stage
    content: SheetContent
    route: tuple[RouteStep, ...]
    holders: tuple[Holder, ...]
    actions: tuple[ActionChoice, ...]
    timeline: tuple[TimelineEntry, ...]
    edit_refusal: Refusal | None
    cost_codes: frozenset[str]
    missing: tuple[Missing, ...]
    rating_scale: tuple[str, ...]
    approvals: tuple[TimelineEntry, ...]
    hold: HoldView | None
    beside: Beside
    joint: tuple[JointView, ...]
    opinions: tuple[TimelineEntry, ...]
    consultations: tuple[ConsultationView, ...]
    reviews: tuple[ReviewView, ...]
    quotes: QuotedSheet | None
    quoted_by: QuotedSheet | None


_ROW = sa.text("""
SELECT w.version, w.updated_at, r.number, r.created_at, t.body, c.rating_scale,
       q.id AS quotes_id, q.key AS quotes_key, n.id AS newer_id, n.key AS newer_key
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN working_copy w ON w.evaluation_id = e.id
LEFT JOIN revision r ON r.id = e.revision_id
LEFT JOIN content t ON t.hash = e.content_hash
LEFT JOIN evaluation q ON q.id = e.quotes_id
LEFT JOIN evaluation n ON n.quotes_id = e.id
WHERE e.id = :id
""")
_DEADLINES = sa.text("SELECT stage, due_on FROM cycle_deadline WHERE cycle_id = :cycle")
_SECTIONS = sa.text("""
SELECT p.code, array_agg(s.unit_id) AS units FROM project p
JOIN project_section s ON s.project_id = p.id
WHERE p.measure_id = :measure GROUP BY p.code
""")


def sheet_page(ctx: Context, evaluation_id: int) -> SheetPage:
    """The page of one sheet for ``ctx.actor``.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    loaded = loading.evaluation(ctx, evaluation_id, locked=False)
    definition = loaded.definition
    stage = definition.stage(loaded.facts.state)
    row = ctx.execute(_ROW, {"id": evaluation_id}).one()
    if stage.editable or row.body is None:
        content = composing.compose_one(ctx, evaluation_id)
        seen_hash = composing.hash_of(content)
        gaps = missing(content)
        loaded = loaded.with_missing(len(gaps))
    else:
        content, seen_hash, gaps = parse(row.body), loaded.facts.content_hash or b"", ()
    timeline = timeline_of(ctx, loaded)
    read_afterwards = reviews(ctx, loaded)
    joint = joint_views(ctx, loaded, timeline, read_afterwards)
    due = {r.stage: r.due_on for r in ctx.execute(_DEADLINES, {"cycle": loaded.cycle_id})}
    return SheetPage(
        id=loaded.id,
        key=loaded.key,
        code=loaded.code,
        cycle_id=loaded.cycle_id,
        version=loaded.version,
        seen_hash=seen_hash.hex(),
        copy_version=row.version,
        copy_saved_at=row.updated_at,
        revision=row.number,
        revised_at=row.created_at,
        round=loaded.facts.round,
        definition=definition,
        stage=stage,
        content=content,
        route=route_of(ctx, loaded, timeline, due, joint),
        holders=eligible(definition, stage, loaded.facts).holders,
        actions=choices(ctx, loaded, due),
        timeline=timeline,
        edit_refusal=check_edit(
            ctx.actor,
            Permission.EDIT_SHEET,
            definition,
            stage.key,
            lead_section=loaded.facts.units["lead_section"],
        ),
        cost_codes=_cost_codes(ctx, loaded),
        missing=gaps,
        rating_scale=tuple(json.loads(row.rating_scale)),
        approvals=approvals(timeline),
        hold=hold_of(loaded, timeline),
        beside=beside(ctx, loaded, newer=row.newer_id),
        joint=joint,
        opinions=opinions_of(ctx, loaded, timeline),
        consultations=consultations(ctx, loaded, timeline),
        reviews=read_afterwards,
        quotes=QuotedSheet(row.quotes_id, row.quotes_key) if row.quotes_id else None,
        quoted_by=QuotedSheet(row.newer_id, row.newer_key) if row.newer_id else None,
    )


def _cost_codes(ctx: Context, loaded: LoadedEvaluation) -> frozenset[str]:
    rows = ctx.execute(_SECTIONS, {"measure": loaded.subject_id}).all()
    return frozenset(
        row.code
        for row in rows
        if check_edit(
            ctx.actor,
            Permission.EDIT_PROJECT_FIGURES,
            loaded.definition,
            loaded.facts.state,
            lead_section=loaded.facts.units["lead_section"],
            project_sections=frozenset(row.units),
        )
        is None
    )


_SHEETS_REVISION = sa.text("""
SELECT t.body FROM revision r JOIN content t ON t.hash = r.content_hash
WHERE r.evaluation_id = :id AND r.number = :number
""")
_BY_HASH = sa.text("""
SELECT t.body FROM content t JOIN revision r ON r.content_hash = t.hash
WHERE r.evaluation_id = :id AND t.hash = :hash LIMIT 1
""")


def revision_content(ctx: Context, evaluation_id: int, number: int) -> SheetContent:
    """The content of one revision, as it was.

    Raises:
        NotFound: ``no_such_revision``.
    """
    body = ctx.execute(_SHEETS_REVISION, {"id": evaluation_id, "number": number}).scalar()
    if body is None:
        raise NotFound("no_such_revision")
    return parse(body)


def content_by_hash(ctx: Context, evaluation_id: int, content_hash: bytes) -> SheetContent | None:
    """What a stale page showed, if it was a revision of this sheet; to say what changed since."""
    body = ctx.execute(_BY_HASH, {"id": evaluation_id, "hash": content_hash}).scalar()
    return parse(body) if body is not None else None
