"""One sheet as a page needs it: content, place on the route, what one may do here and why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Definition, Stage
from workflow.definition.refusal import Refusal
from workflow.errors import NotFound
from workflow.policy import Permission, check_edit
from workflow.queries.desk import action_label
from workflow.queries.sheet_choices import ActionChoice, choices
from workflow.services import composing, loading
from workflow.services.loading import LoadedEvaluation
from workflow.sheet.completeness import Missing, missing
from workflow.sheet.content import SheetContent, parse


@dataclass(frozen=True)
class RouteStep:
    """One stage on the route strip.

    Attributes:
        state: done, current or ahead.
        who: who has it now, who did it, or who will (as of today).
    """

    stage: Stage
    state: str
    who: tuple[Holder, ...]
    since: datetime | None
    due_on: date | None
    days_left: int | None
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True)
class TimelineEntry:
    """One event in words, newest first."""

    event_id: int
    sequence: int
    at: datetime
    action: str
    label: str
    person: str
    capacity: str
    on_behalf_of: str
    from_stage: str
    to_stage: str
    round: int
    revision: int | None
    reason: str
    #: The names were disposed of when their retention ended.
    disposed: bool


@dataclass(frozen=True)
class SheetPage:
    """Everything a sheet's page shows.

    Attributes:
        version, seen_hash: go into every form; they say what the reader saw.
        copy_version: of the working copy, for the edit form.
        edit_refusal: None when the reader may write the narrative.
        cost_codes: projects whose costs the reader may write.
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


_ROW = sa.text("""
SELECT w.version, w.updated_at, r.number, r.created_at, t.body, c.rating_scale
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN working_copy w ON w.evaluation_id = e.id
LEFT JOIN revision r ON r.id = e.revision_id
LEFT JOIN content t ON t.hash = e.content_hash
WHERE e.id = :id
""")
_DEADLINES = sa.text("SELECT stage, due_on FROM cycle_deadline WHERE cycle_id = :cycle")
_ENTRIES = sa.text("""
SELECT stage, entered_at, left_at, due_on FROM stage_entry WHERE evaluation_id = :id ORDER BY id
""")
_EVENTS = sa.text("""
SELECT v.id, v.sequence, v.occurred_at, v.action, v.from_state, v.to_state, v.round, v.capacity,
       n.canonical, r.number AS revision, n.disposed_at
FROM event v
LEFT JOIN event_narrative n ON n.event_id = v.id
LEFT JOIN revision r ON r.id = v.revision_id
WHERE v.evaluation_id = :id ORDER BY v.sequence DESC
""")
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
    timeline = _timeline(ctx, loaded)
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
        route=_route(ctx, loaded, timeline, due),
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
        approvals=_approvals(loaded, timeline),
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


def _timeline(ctx: Context, loaded: LoadedEvaluation) -> tuple[TimelineEntry, ...]:
    definition = loaded.definition
    entries = []
    for row in ctx.execute(_EVENTS, {"id": loaded.id}):
        narrative = json.loads(row.canonical) if row.canonical else {}
        entries.append(
            TimelineEntry(
                event_id=row.id,
                sequence=row.sequence,
                at=row.occurred_at,
                action=row.action,
                label=action_label(definition, row.from_state, row.action, row.to_state),
                person=narrative.get("person") or "",
                capacity=row.capacity,
                on_behalf_of=narrative.get("on_behalf_of") or "",
                from_stage=definition.stage(row.from_state).label,
                to_stage=definition.stage(row.to_state).label,
                round=row.round,
                revision=row.revision,
                reason=narrative.get("reason") or "",
                disposed=row.disposed_at is not None,
            )
        )
    return tuple(entries)


def _approvals(
    loaded: LoadedEvaluation, timeline: tuple[TimelineEntry, ...]
) -> tuple[TimelineEntry, ...]:
    """The events behind the approval boxes: valid signatures of this round, oldest first."""
    signed = {s.stage for s in loaded.facts.signatures if s.round == loaded.facts.round}
    labels = {loaded.definition.stage(key).label for key in signed}
    latest: dict[str, TimelineEntry] = {}
    for entry in reversed(timeline):
        if entry.action == "approve" and entry.from_stage in labels:
            latest[entry.from_stage] = entry
    return tuple(latest.values())


def _route(
    ctx: Context,
    loaded: LoadedEvaluation,
    timeline: tuple[TimelineEntry, ...],
    due: Mapping[str, date],
) -> tuple[RouteStep, ...]:
    definition = loaded.definition
    here = definition.position(loaded.facts.state)
    entries = {r.stage: r for r in ctx.execute(_ENTRIES, {"id": loaded.id})}
    steps = []
    for position, stage in enumerate(definition.stages):
        state = "done" if position < here else "current" if position == here else "ahead"
        entry = entries.get(stage.key)
        left = next(
            (e for e in timeline if e.from_stage == stage.label and e.to_stage != stage.label),
            None,
        )
        due_on = due.get(stage.key)
        steps.append(
            RouteStep(
                stage=stage,
                state="done" if stage.final and state == "current" else state,
                who=eligible(definition, stage, _as_if_at(loaded, stage)).holders
                if position >= here
                else (),
                since=entry.entered_at if entry is not None and position == here else None,
                due_on=due_on,
                days_left=(due_on - ctx.today).days if due_on else None,
                done_at=left.at if left is not None and position < here else None,
                done_by=f"{left.capacity} {left.person}".strip()
                if left is not None and position < here
                else "",
            )
        )
    return tuple(steps)


def _as_if_at(loaded: LoadedEvaluation, stage: Stage) -> EvaluationFacts:
    return replace(loaded.facts, state=stage.key)


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
