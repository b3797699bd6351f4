"""What a change of definition writes: events, states, stays at stages, timers, signatures, notices.

Few set-based statements, whatever the number of sheets. A sheet whose stage keeps its key keeps its
stay there; another key begins a new one. Where the last day and the ladder of a stage stay as they
were, its sheets keep their own dates (a hold may have moved them) and the timers that are to come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.definition.succession import same_step
from workflow.services import cycle_dates, cycles, recording
from workflow.services.change_plan import ChangePlan, PlannedSheet

ACTION = "definition_changed"

_REMEMBER = sa.text("""
INSERT INTO definition_change (event_id, evaluation_id, from_hash, to_hash, stage_map)
SELECT DISTINCT ON (v.evaluation_id) v.id, v.evaluation_id, :before, :after, :stages
FROM event v WHERE v.evaluation_id = ANY (:ids)
ORDER BY v.evaluation_id, v.sequence DESC
""").bindparams(sa.bindparam("stages", type_=JSONB))
_CYCLE = sa.text("UPDATE evaluation_cycle SET definition_hash = :after WHERE id = :cycle")
_STATES = sa.text("""
UPDATE evaluation SET state = w.stage, version = version + 1
FROM unnest(CAST(:ids AS bigint[]), CAST(:stages AS text[])) AS w (id, stage)
WHERE evaluation.id = w.id
""")
# Nobody can take the move back that led to a stay which the change began: entered_by stays empty.
_ENTER = sa.text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:stages AS text[]),
                         CAST(:keeping AS boolean[])) AS w (id, stage, keeping)
), left_stage AS (
    UPDATE stage_entry s SET left_at = :now FROM wanted w
    WHERE s.evaluation_id = w.id AND s.left_at IS NULL
    RETURNING s.*, w.stage AS next_stage, w.keeping
), entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, due_on, due_at, wanted_on,
                             dated_at, first_opened_at, first_opened_by, held_at, held_by)
    SELECT l.evaluation_id, l.next_stage, l.round, :now,
           CASE WHEN l.keeping THEN l.due_on ELSE d.due_on END,
           CASE WHEN l.keeping THEN l.due_at ELSE d.due_at END,
           CASE WHEN l.keeping THEN l.wanted_on END,
           CASE WHEN l.keeping THEN l.dated_at ELSE :now END,
           l.first_opened_at, l.first_opened_by, l.held_at, l.held_by
    FROM left_stage l
    LEFT JOIN cycle_deadline d ON d.cycle_id = :cycle AND d.stage = l.next_stage
    RETURNING id, evaluation_id
), moved AS (
    UPDATE timer t SET settled_at = :now, outcome = 'superseded'
    FROM left_stage l WHERE t.stage_entry_id = l.id AND t.settled_at IS NULL
    RETURNING t.evaluation_id, t.kind, t.rung, t.due_at, l.keeping
), kept AS (
    INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
    SELECT m.evaluation_id, e.id, m.kind, m.rung, m.due_at
    FROM moved m JOIN entered e ON e.evaluation_id = m.evaluation_id WHERE m.keeping
), started AS (
    INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
    SELECT l.evaluation_id, e.id, r.kind, r.rung, r.due_at
    FROM left_stage l
    JOIN entered e ON e.evaluation_id = l.evaluation_id
    JOIN cycle_rung r ON r.cycle_id = :cycle AND r.stage = l.next_stage
    WHERE NOT l.keeping AND (r.kind <> 'reminder' OR r.due_at >= :now)
)
SELECT l.id AS old_entry, e.id AS new_entry
FROM entered e JOIN left_stage l ON l.evaluation_id = e.evaluation_id
""")
# A step of a ladder fires once in one stay: what was told already is not told again.
_NEW_DATES = sa.text("""
WITH here AS (
    UPDATE stage_entry s SET due_on = d.due_on, due_at = d.due_at, wanted_on = NULL,
                             dated_at = :now
    FROM cycle_deadline d
    WHERE s.evaluation_id = ANY (:ids) AND s.left_at IS NULL
      AND d.cycle_id = :cycle AND d.stage = s.stage
    RETURNING s.id, s.evaluation_id, s.stage
), stopped AS (
    UPDATE timer t SET settled_at = :now, outcome = 'superseded'
    FROM here h WHERE t.stage_entry_id = h.id AND t.settled_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM cycle_rung r WHERE r.cycle_id = :cycle AND r.stage = h.stage
                      AND r.kind = t.kind AND r.rung = t.rung
                      AND (r.kind <> 'reminder' OR r.due_at >= :now))
)
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT h.evaluation_id, h.id, r.kind, r.rung, r.due_at
FROM here h JOIN cycle_rung r ON r.cycle_id = :cycle AND r.stage = h.stage
WHERE r.kind <> 'reminder' OR r.due_at >= :now
ON CONFLICT (stage_entry_id, kind, rung) DO UPDATE
SET due_at = excluded.due_at, settled_at = NULL, outcome = NULL
WHERE timer.outcome IS DISTINCT FROM 'fired'
""")
# A signature is voided, never rewritten: the same one stands again under the stage's new name.
_SIGNATURES = sa.text("""
UPDATE signature SET voided_at = :now
WHERE evaluation_id = ANY (:ids) AND voided_at IS NULL AND stage = ANY (:renamed)
RETURNING evaluation_id, round, stage, person_id, content_hash, event_id
""")
_SIGN_AGAIN = sa.text("""
INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
VALUES (:evaluation_id, :round, :stage, :person_id, :content_hash, :event_id)
ON CONFLICT DO NOTHING
""")
_REPLIES = sa.text("""
UPDATE joint_reply SET voided_at = :now
WHERE evaluation_id = ANY (:ids) AND voided_at IS NULL AND stage = ANY (:renamed)
RETURNING evaluation_id, stage, person_id, post_id, unit_id, verdict, content_hash, event_id
""")
_REPLY_AGAIN = sa.text("""
INSERT INTO joint_reply (evaluation_id, stage, person_id, post_id, unit_id, verdict, content_hash,
                         event_id)
VALUES (:evaluation_id, :stage, :person_id, :post_id, :unit_id, :verdict, :content_hash, :event_id)
ON CONFLICT DO NOTHING
""")
# What was not mailed yet: it goes along for those who still have the sheet, and ends for the rest.
_NOTICES = sa.text("""
UPDATE notice n SET stage_entry_id = w.new_entry
FROM unnest(CAST(:old AS bigint[]), CAST(:new AS bigint[])) AS w (old_entry, new_entry)
WHERE n.stage_entry_id = w.old_entry AND n.gathered_at IS NULL
""")
# Who keeps a step over a reorganisation keeps it under its new name.
_KEPT_STEPS = sa.text("""
INSERT INTO kept_step (stage_entry_id, person_id, reorganisation_id, assignment_id, unit_id, rank,
                       capacity, is_kept)
SELECT w.new_entry, k.person_id, k.reorganisation_id, k.assignment_id, k.unit_id, k.rank,
       k.capacity, k.is_kept
FROM unnest(CAST(:old AS bigint[]), CAST(:new AS bigint[])) AS w (old_entry, new_entry)
JOIN kept_step k ON k.stage_entry_id = w.old_entry
""")
_NO_LONGER = sa.text("""
UPDATE notice n SET gathered_at = :now
FROM stage_entry s
WHERE s.id = n.stage_entry_id AND s.left_at IS NULL AND n.gathered_at IS NULL
  AND s.evaluation_id = ANY (:ids)
  AND n.kind IN ('your_turn', 'came_back', 'reminder', 'overdue', 'escalation')
  AND NOT EXISTS (
      SELECT 1 FROM unnest(CAST(:sheets AS bigint[]), CAST(:people AS bigint[])) AS w (id, person)
      WHERE w.id = n.evaluation_id AND w.person = n.recipient_id)
""")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'your_turn', s.evaluation_id, s.id, w.person, :now
FROM unnest(CAST(:sheets AS bigint[]), CAST(:people AS bigint[])) AS w (id, person)
JOIN stage_entry s ON s.evaluation_id = w.id AND s.left_at IS NULL
ON CONFLICT DO NOTHING
""")


def write(ctx: Context, plan: ChangePlan) -> None:
    """Write a plan in which every sheet can follow. The caller holds all locks."""
    after = plan.asked.definition
    cycle = {"cycle": plan.asked.cycle_id, "now": ctx.now}
    cycles.pin(ctx, after)
    _record(ctx, plan)
    ctx.execute(_CYCLE, {"after": after.content_hash, "cycle": plan.asked.cycle_id})
    cycle_dates.replace_all(ctx, plan.asked.cycle_id, plan.dates)

    moving = [sheet for sheet in plan.sheets if not sheet.closed]
    if not moving:
        return
    ids = [sheet.evaluation_id for sheet in moving]
    ctx.execute(_STATES, {"ids": ids, "stages": [sheet.target for sheet in moving]})
    _enter(ctx, plan, [sheet for sheet in moving if sheet.target != sheet.source])
    redated = [
        sheet.evaluation_id
        for sheet in moving
        if sheet.target == sheet.source and not _keeps_its_date(plan, sheet)
    ]
    if redated:
        ctx.execute(_NEW_DATES, {**cycle, "ids": redated})
    renamed = {old: new for old, new in plan.stages.items() if old != new}
    if renamed:
        _carry(ctx, ids, renamed)
    _tell(ctx, moving)


def _record(ctx: Context, plan: ChangePlan) -> None:
    """One event for every sheet, the ended ones included, and what its stages became."""
    before, after = plan.before, plan.asked.definition
    words = f"{before.label} {before.content_hash.hex()} → {after.label} {after.content_hash.hex()}"
    going: dict[str, list[int]] = defaultdict(list)
    for sheet in plan.sheets:
        assert sheet.target is not None  # noqa: S101 - who has none stays behind
        going[sheet.target].append(sheet.evaluation_id)
    for target, ids in going.items():
        recording.append(ctx, ids, action=ACTION, to_state=target, holder=None, reason=words)
        ctx.execute(
            _REMEMBER,
            {
                "ids": ids,
                "before": before.content_hash,
                "after": after.content_hash,
                "stages": dict(plan.stages),
            },
        )


def _keeps_its_date(plan: ChangePlan, sheet: PlannedSheet) -> bool:
    """Whether the last day and the ladder of the sheet's stage are what they were."""
    before, after = plan.dates_before.get(sheet.source), plan.dates.get(sheet.target or "")
    if before is None or after is None:
        return before is after
    return (before.due_at, before.rungs) == (after.due_at, after.rungs)


def _enter(ctx: Context, plan: ChangePlan, renamed: Sequence[PlannedSheet]) -> None:
    if not renamed:
        return
    rows = ctx.execute(
        _ENTER,
        {
            "ids": [sheet.evaluation_id for sheet in renamed],
            "stages": [sheet.target for sheet in renamed],
            "keeping": [_keeps_its_date(plan, sheet) for sheet in renamed],
            "cycle": plan.asked.cycle_id,
            "now": ctx.now,
        },
    ).all()
    entries = {row.old_entry: row.new_entry for row in rows}
    ctx.execute(_NOTICES, {"old": list(entries), "new": list(entries.values())})
    same = {
        sheet.entry_id: entries[sheet.entry_id]
        for sheet in renamed
        if sheet.entry_id in entries and _is_same_step(plan, sheet)
    }
    ctx.execute(_KEPT_STEPS, {"old": list(same), "new": list(same.values())})


def _is_same_step(plan: ChangePlan, sheet: PlannedSheet) -> bool:
    target = sheet.succession.target
    return target is not None and same_step(plan.before.stage(sheet.source), target)


def _carry(ctx: Context, ids: list[int], renamed: dict[str, str]) -> None:
    """What was signed and answered, under the new names of the stages."""
    wanted = {"ids": ids, "renamed": list(renamed), "now": ctx.now}
    for take, give in ((_SIGNATURES, _SIGN_AGAIN), (_REPLIES, _REPLY_AGAIN)):
        rows = [dict(row) for row in ctx.execute(take, wanted).mappings()]
        if rows:
            ctx.execute(give, [{**row, "stage": renamed[row["stage"]]} for row in rows])


def _tell(ctx: Context, moving: Sequence[PlannedSheet]) -> None:
    """Those to whom a sheet passes are told; nobody else is."""
    having = [(s.evaluation_id, h.person_id) for s in moving for h in s.succession.holders]
    newly = [
        (sheet.evaluation_id, person)
        for sheet in moving
        if not sheet.succession.goes_on
        for person in sheet.succession.newly
        if person != ctx.actor.person_id
    ]
    ctx.execute(
        _NO_LONGER,
        {
            "ids": [sheet.evaluation_id for sheet in moving],
            "sheets": [sheet for sheet, _ in having],
            "people": [person for _, person in having],
            "now": ctx.now,
        },
    )
    ctx.execute(
        _TELL,
        {
            "sheets": [sheet for sheet, _ in newly],
            "people": [person for _, person in newly],
            "now": ctx.now,
        },
    )
