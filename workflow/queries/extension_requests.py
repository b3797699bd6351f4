"""期限の延長の申出: those that wait for an answer, and whether one may be made for a sheet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.definition.facts import Holder
from workflow.definition.later_dates import ReachedDate, reached_dates
from workflow.definition.model import Stage
from workflow.definition.refusal import Refusal
from workflow.policy import Permission, acting_at
from workflow.services import closed_days, loading

_OPEN = sa.text("""
SELECT r.id, r.evaluation_id, r.asked_by, r.wanted_on, r.asked_at, e.code, m.name AS measure,
       s.stage, s.due_on, e.cycle_id, c.definition_hash, v.capacity, n.canonical
FROM extension_request r
JOIN evaluation e ON e.id = r.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN stage_entry s ON s.id = r.stage_entry_id
JOIN event v ON v.id = r.event_id
LEFT JOIN event_narrative n ON n.event_id = v.id
WHERE r.decided_at IS NULL AND s.left_at IS NULL
  AND (CAST(:sheet AS bigint) IS NULL OR e.id = :sheet)
ORDER BY r.asked_at, r.id
""")
_DUE = sa.text("SELECT due_on FROM stage_entry WHERE id = :entry")
_DATES = sa.text("SELECT cycle_id, stage, due_on FROM cycle_deadline WHERE cycle_id = ANY (:ids)")


@dataclass(frozen=True)
class ExtensionRequest:
    """One request that nobody has answered.

    Attributes:
        who: post and name of the one who asked.
        is_own: the reader asked; somebody else must answer.
        reached: later dates of the cycle that the wanted day reaches: a warning, no refusal.
    """

    id: int
    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    due_on: date
    wanted_on: date
    who: str
    reason: str
    asked_at: datetime
    is_own: bool
    reached: tuple[ReachedDate, ...]


@dataclass(frozen=True)
class Asking:
    """Whether the reader may ask for more time.

    Attributes:
        holder: as what, or why not.
        due_on: the present last day; None where the stage has none.
        waiting: the request that is open already.
    """

    holder: Holder | Refusal
    due_on: date | None
    waiting: ExtensionRequest | None


def waiting(ctx: Context) -> tuple[ExtensionRequest, ...]:
    """All requests that wait for an answer, the oldest first.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.FOLLOW_UP)
    return _requests(ctx, None)


def asking(ctx: Context, evaluation_id: int) -> Asking:
    """What the page on which more time is asked for needs.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    ctx.require(Permission.READ)
    loaded = loading.evaluation(ctx, evaluation_id, locked=False)
    found = _requests(ctx, evaluation_id)
    return Asking(
        holder=acting_at(ctx.actor, loaded.definition, loaded.facts),
        due_on=ctx.execute(_DUE, {"entry": loaded.entry_id}).scalar_one_or_none(),
        waiting=found[0] if found else None,
    )


def reached(ctx: Context, evaluation_id: int, wanted_on: date) -> tuple[ReachedDate, ...]:
    """The later dates of the cycle that a sheet would reach with more time until *wanted_on*.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    ctx.require(Permission.READ)
    loaded = loading.evaluation(ctx, evaluation_id, locked=False)
    due = _dates(ctx, [loaded.cycle_id]).get(loaded.cycle_id, {})
    day = _holding(closed_days.load(ctx), wanted_on)
    return reached_dates(loaded.definition, loaded.facts.state, day, due)


def _requests(ctx: Context, sheet: int | None) -> tuple[ExtensionRequest, ...]:
    rows = ctx.execute(_OPEN, {"sheet": sheet}).all()
    if not rows:
        return ()
    dates = _dates(ctx, sorted({row.cycle_id for row in rows}))
    calendar = closed_days.load(ctx)
    return tuple(
        _request(
            ctx,
            row,
            json.loads(row.canonical) if row.canonical else {},
            reached_dates(
                loading.definition(ctx, row.definition_hash),
                row.stage,
                _holding(calendar, row.wanted_on),
                dates.get(row.cycle_id, {}),
            ),
        )
        for row in rows
    )


def _dates(ctx: Context, cycle_ids: list[int]) -> dict[int, dict[str, date]]:
    """Cycle id → stage key → last day."""
    found: dict[int, dict[str, date]] = {}
    for row in ctx.execute(_DATES, {"ids": cycle_ids}):
        found.setdefault(row.cycle_id, {})[row.stage] = row.due_on
    return found


def _holding(calendar: BusinessCalendar, wanted_on: date) -> date:
    """The day on which a wanted day would really lie; as wanted beyond the calendar's end.

    A day that the calendar does not cover is refused where it is granted, not here.
    """
    try:
        return calendar.next_open(wanted_on)
    except CalendarNotCovered:
        return wanted_on


def _request(
    ctx: Context,
    row: sa.Row[tuple[Any, ...]],
    narrative: dict[str, str],
    reached: tuple[ReachedDate, ...],
) -> ExtensionRequest:
    return ExtensionRequest(
        id=row.id,
        evaluation_id=row.evaluation_id,
        code=row.code,
        measure=row.measure,
        stage=loading.definition(ctx, row.definition_hash).stage(row.stage),
        due_on=row.due_on,
        wanted_on=row.wanted_on,
        who=f"{row.capacity} {narrative.get('person') or ''}".strip(),
        # The first line of the event is the wanted day, which stands in a column of its own.
        reason=(narrative.get("reason") or "").partition("\n")[2],
        asked_at=row.asked_at,
        is_own=row.asked_by == ctx.actor.person_id,
        reached=reached,
    )
