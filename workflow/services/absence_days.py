"""不在の始まりと終わり: what waits already is looked through when an absence begins or ends.

What comes later finds the absence by itself: every move asks who is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from workflow.application import Application, Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.models import NoticeKind
from workflow.policy import SYSTEM, Permission
from workflow.services import isolation, loading, moving, waiting
from workflow.services.isolation import RowsFailed
from workflow.services.loading import LoadedEvaluation

#: Sheets of one absence that are looked through in one transaction; more than any post has.
MOST_SHEETS = 2000

# Looked through on the day on which it begins, on each day that it lasts (a substitute's post may
# have ended overnight), and once when it is over.
_IS_DUE = """
first_day <= :today AND CASE
    WHEN ended_at IS NOT NULL THEN begun_at < ended_at
    WHEN begun_at IS NULL THEN last_day >= :today
    ELSE (begun_at AT TIME ZONE 'Asia/Tokyo')::date < least(CAST(:today AS date), last_day + 1)
END"""
_DUE = sa.text(f"SELECT id FROM absence WHERE {_IS_DUE} ORDER BY id")  # noqa: S608 - our own
_TAKE = sa.text(f"""
SELECT person_id FROM absence WHERE id = :id AND {_IS_DUE} FOR UPDATE SKIP LOCKED
""")  # noqa: S608 - our own
_ABSENCE_OF = sa.text("SELECT person_id FROM absence WHERE id = :id")
_CONCERNED_UNITS = sa.text("""
SELECT DISTINCT o.unit_id
FROM absence x
JOIN assignment a ON a.person_id = x.person_id
JOIN post o ON o.id = a.post_id
WHERE x.id = :id
   OR x.id IN (SELECT b.absence_id FROM absence_substitute b
               JOIN assignment c ON c.id = b.assignment_id
               JOIN absence y ON y.person_id = c.person_id AND y.id = :id)
""")
_LOOKED_THROUGH = sa.text("UPDATE absence SET begun_at = :now WHERE id = :id")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT :kind, :evaluation, :entry, :person, :now
WHERE NOT EXISTS (SELECT 1 FROM notice n WHERE n.stage_entry_id = :entry
                  AND n.recipient_id = :person AND n.kind IN ('your_turn', 'came_back'))
ON CONFLICT DO NOTHING
""")


def begin_due(application: Application) -> int:
    """Look through what waits already when an absence begins, each day, and when it is over.

    Returns how many sheets moved or were told to somebody. What comes later finds the absence by
    itself: every move asks who is there.

    Raises:
        RowsFailed: some absences have a sheet that fails; all others, and all their other sheets,
            are done. They are looked through again at the next tick.
    """
    with application.query(SYSTEM) as ctx:
        due = list(ctx.execute(_DUE, {"today": ctx.today}).scalars())
    try:
        return isolation.each(application, "absence", due, _look_through)
    except RowsFailed as failed:
        for absence_id in failed.ids:
            _sheet_by_sheet(application, absence_id)
        raise


def _look_through(ctx: Context, absence_id: int) -> int:
    """Look through all sheets of one absence; 0 when somebody else does or did."""
    ctx.require(Permission.RUN_ENGINE)
    person_id = ctx.execute(_TAKE, {"id": absence_id, "today": ctx.today}).scalar_one_or_none()
    if person_id is None:
        return 0
    ids, kept = _concerned(ctx, absence_id, person_id)
    changed = _settle_all(ctx, ids, person_id, kept)
    ctx.execute(_LOOKED_THROUGH, {"id": absence_id, "now": ctx.now})
    return changed


def _sheet_by_sheet(application: Application, absence_id: int) -> None:
    """Look through one absence without those of its sheets that fail, which are logged."""
    with application.query(SYSTEM) as ctx:
        person_id = ctx.execute(_ABSENCE_OF, {"id": absence_id}).scalar_one()
        ids, kept = _concerned(ctx, absence_id, person_id)

    def settle(ctx: Context, evaluation_id: int) -> int:
        ctx.require(Permission.RUN_ENGINE)
        return _settle_all(ctx, [evaluation_id], person_id, kept)

    with suppress(RowsFailed):
        isolation.each(application, "sheet_of_absence", ids, settle)


def _concerned(ctx: Context, absence_id: int, person_id: int) -> tuple[list[int], set[int]]:
    """The sheets that wait at a stage for one of the units, and those whose step is kept."""
    where = waiting.scope(ctx, person_id)
    found = waiting.candidates(
        ctx,
        where,
        list(ctx.execute(_CONCERNED_UNITS, {"id": absence_id}).scalars()),
        limit=MOST_SHEETS,
        only=lambda stage: bool(stage.when_absent),
    )
    kept = set(where.kept)
    return sorted({*found, *kept}), kept


def _settle_all(ctx: Context, ids: Sequence[int], person_id: int, kept: set[int]) -> int:
    loaded = loading.evaluations(ctx, ids, locked=True).values() if ids else ()
    changed = sum(
        _settle(ctx, evaluation, person_id, kept=evaluation.id in kept) for evaluation in loaded
    )
    if changed:
        ctx.ring_after_commit("tasks.gather_notices")
    return changed


def _settle(ctx: Context, loaded: LoadedEvaluation, person_id: int, *, kept: bool) -> bool:
    """Pass one sheet over, or tell those who have it because *person_id* is away or back.

    Args:
        kept: the person keeps this step since a reorganisation; whoever has it now is new to it.
    """
    if follows_by_itself(loaded.definition, loaded.facts) is not None:
        moving.follow(ctx, loaded.id)
        return True
    holders = _holders(loaded)
    there = _holders(
        replace(
            loaded,
            facts=replace(loaded.facts, roster=loaded.facts.roster.with_absence(person_id, None)),
        )
    )
    if not holders and there:
        moving.tell_administrators(ctx, loaded.id, loaded.entry_id)
        return True
    usual = set() if kept else {holder.person_id for holder in there} - {person_id}
    rows: list[dict[str, Any]] = [
        {
            "kind": NoticeKind.YOUR_TURN,
            "evaluation": loaded.id,
            "entry": loaded.entry_id,
            "person": holder.person_id,
            "now": ctx.now,
        }
        for holder in holders
        if holder.person_id not in usual
    ]
    if rows:
        ctx.execute(_TELL, rows)
    return bool(rows)


def _holders(loaded: LoadedEvaluation) -> tuple[Holder, ...]:
    stage = loaded.definition.stage(loaded.facts.state)
    return eligible(loaded.definition, stage, loaded.facts).holders
