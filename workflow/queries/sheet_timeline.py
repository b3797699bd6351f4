"""What happened to one sheet, in words, and which of it are the approvals that hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Basis, Stage
from workflow.queries.action_labels import action_label
from workflow.services.definition_history import history_of
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class TimelineEntry:
    """One event in words, newest first.

    Attributes:
        source, target: the stages as they were called then.
        came_from, led_to: their keys in the present definition.
        signed: the stage (as above) whose signature, if it still stands, the event gave.
    """

    event_id: int
    sequence: int
    at: datetime
    action: str
    label: str
    person: str
    capacity: str
    on_behalf_of: str
    #: By what right the person acted.
    basis: Basis
    #: The signature that was the 決裁.
    final_approval: bool
    source: Stage
    target: Stage
    came_from: str
    led_to: str
    signed: str | None
    round: int
    revision: int | None
    #: What was said with it; the quoted sheet's key where a sheet was opened from one.
    reason: str
    #: The names were disposed of when their retention ended.
    disposed: bool

    @property
    def from_stage(self) -> str:
        """What the stage that the sheet was at is called."""
        return self.source.label

    @property
    def to_stage(self) -> str:
        """What the stage that the sheet came to is called."""
        return self.target.label


_EVENTS = sa.text("""
SELECT v.id, v.sequence, v.occurred_at, v.action, v.from_state, v.to_state, v.round, v.capacity,
       v.basis, n.canonical, r.number AS revision, n.disposed_at,
       (SELECT g.stage FROM signature g WHERE g.event_id = v.id AND g.evaluation_id = :id
        AND g.voided_at IS NULL) AS signed
FROM event v
LEFT JOIN event_narrative n ON n.event_id = v.id
LEFT JOIN revision r ON r.id = v.revision_id
WHERE v.evaluation_id = :id ORDER BY v.sequence DESC
""")


def timeline_of(ctx: Context, loaded: LoadedEvaluation) -> tuple[TimelineEntry, ...]:
    """Every event of the sheet, newest first."""
    history = history_of(ctx, loaded)
    entries = []
    for row in ctx.execute(_EVENTS, {"id": loaded.id}):
        then = history.before(row.id)
        narrative = json.loads(row.canonical) if row.canonical else {}
        walked = then.find(row.from_state, row.action, row.to_state)
        entries.append(
            TimelineEntry(
                event_id=row.id,
                sequence=row.sequence,
                at=row.occurred_at,
                action=row.action,
                label=action_label(then, row.from_state, row.action, row.to_state),
                person=narrative.get("person") or "",
                capacity=row.capacity,
                on_behalf_of=narrative.get("on_behalf_of") or "",
                basis=Basis(row.basis),
                final_approval=walked is not None and walked.final_approval,
                source=then.stage(row.from_state),
                target=history.after(row.id).stage(row.to_state),
                came_from=history.today(row.id - 1, row.from_state),
                led_to=history.today(row.id, row.to_state),
                signed=row.signed,
                round=row.round,
                revision=row.revision,
                reason=narrative.get("reason") or "",
                disposed=row.disposed_at is not None,
            )
        )
    return tuple(entries)


def approvals(timeline: tuple[TimelineEntry, ...]) -> tuple[TimelineEntry, ...]:
    """The events behind the approval boxes: signatures that stand, oldest first.

    Also of an earlier round, where the sheet went back less far than the stage they were given at.
    """
    latest: dict[str, TimelineEntry] = {}
    for entry in reversed(timeline):
        if entry.signed is not None:
            latest[entry.signed] = entry
    return tuple(latest.values())


def left_by(timeline: Sequence[TimelineEntry], stage: Stage) -> TimelineEntry | None:
    """The event by which the sheet last left *stage*; None where it was never there."""
    return next((e for e in timeline if e.came_from == stage.key and e.led_to != stage.key), None)
