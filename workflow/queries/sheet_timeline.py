"""What happened to one sheet, in words, and which of it are the approvals that hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.queries.action_labels import action_label
from workflow.services.loading import LoadedEvaluation


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


_EVENTS = sa.text("""
SELECT v.id, v.sequence, v.occurred_at, v.action, v.from_state, v.to_state, v.round, v.capacity,
       n.canonical, r.number AS revision, n.disposed_at
FROM event v
LEFT JOIN event_narrative n ON n.event_id = v.id
LEFT JOIN revision r ON r.id = v.revision_id
WHERE v.evaluation_id = :id ORDER BY v.sequence DESC
""")


def timeline_of(ctx: Context, loaded: LoadedEvaluation) -> tuple[TimelineEntry, ...]:
    """Every event of the sheet, newest first."""
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


def approvals(
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
