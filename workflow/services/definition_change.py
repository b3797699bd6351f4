"""Bringing a running cycle over to another definition: first a plan, then all of it or nothing.

The plan says for every sheet where it goes and who has it then, or why it cannot follow; making it
changes nothing. Applying it makes the plan again under the locks: what somebody did meanwhile is
never overrun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.definition.model import Definition
from workflow.definition.succession import stage_map, succeed
from workflow.errors import BadInput, Conflict, Fault, NotFound
from workflow.policy import Permission
from workflow.services import (
    closed_days,
    cycle_dates,
    cycles,
    definition_change_rows,
    loading,
    moving,
)
from workflow.services.change_plan import Asked, ChangePlan, PlannedSheet
from workflow.services.cycle_dates import LaidDate

#: Sheets that are read at a time.
BATCH = 200

#: Told while the sheets are looked at: how many of how many.
Progress = Callable[[int, int], None]

_CYCLE = sa.text("SELECT id, definition_hash, cut_off FROM evaluation_cycle WHERE id = :id")
# Imports and publications lock the cycle first as well. A key may still be shared: a sheet that is
# being redrafted refers to the cycle, and must not wait for us while we wait for its model.
_LOCK_CYCLE = sa.text("SELECT 1 FROM evaluation_cycle WHERE id = :id FOR NO KEY UPDATE")
_LOCK_EVALUATIONS = sa.text("""
SELECT id FROM evaluation WHERE cycle_id = :id ORDER BY id FOR UPDATE
""")
_EVALUATIONS = sa.text("""
SELECT e.id, e.code, m.name AS measure, e.final_approved_at IS NOT NULL AS approved
FROM evaluation e JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
WHERE e.cycle_id = :id ORDER BY e.code, e.id
""")


def plan(
    ctx: Context,
    asked: Asked,
    *,
    progress: Progress = lambda done, total: None,
) -> ChangePlan:
    """Say what would become of every sheet of a cycle. Changes nothing.

    Raises:
        NotFound: ``no_such_cycle``.
        Refused: ``publishers_only``.
        BadInput: the cycle runs on this definition already; a stage that neither knows; dates that
            are out of order or that the calendar does not cover.
    """
    cycle = ctx.execute(_CYCLE, {"id": asked.cycle_id}).one_or_none()
    if cycle is None:
        raise NotFound("no_such_cycle")

    ctx.require(Permission.CHANGE_DEFINITION)

    before = loading.definition(ctx, cycle.definition_hash)
    _refuse_unknown(before, asked)
    stages = stage_map(before, asked.definition, asked.mapping)
    dates_before = cycle_dates.stored(ctx, asked.cycle_id)
    dates, origins = _dates(ctx, asked, before, stages, dates_before, cycle.cut_off)
    sheets = _sheets(ctx, asked, before, stages, progress)
    return ChangePlan(asked, before, stages, sheets, dates_before, dates, origins)


def _refuse_unknown(before: Definition, asked: Asked) -> None:
    after = asked.definition
    if before.content_hash == after.content_hash:
        raise BadInput("definition_unchanged", name=after.name)
    open_stages = {stage.key for stage in after.stages if not stage.final}
    faults = [
        Fault(f"map.{old}", "unknown_stage", {"stage": old if old not in before.by_key else new})
        for old, new in asked.mapping.items()
        if old not in before.by_key or new not in after.by_key
    ]
    faults += [
        Fault(f"due.{key}", "unknown_stage", {"stage": key})
        for key in asked.due
        if key not in open_stages
    ]
    if faults:
        raise BadInput("invalid_form", tuple(faults))


def _sheets(
    ctx: Context,
    asked: Asked,
    before: Definition,
    stages: Mapping[str, str],
    progress: Progress,
) -> tuple[PlannedSheet, ...]:
    rows = ctx.execute(_EVALUATIONS, {"id": asked.cycle_id}).all()
    sheets = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        loaded = loading.evaluations(ctx, [row.id for row in batch], locked=False)
        for row in batch:
            sheets.append(_sheet(row, loaded[row.id], before, asked.definition, stages))
            progress(len(sheets), len(rows))
    return tuple(sheets)


def _sheet(
    row: sa.Row[Any],
    loaded: loading.LoadedEvaluation,
    before: Definition,
    after: Definition,
    stages: Mapping[str, str],
) -> PlannedSheet:
    return PlannedSheet(
        evaluation_id=row.id,
        key=loaded.key,
        sheet=f"{row.code} {row.measure}",
        version=loaded.version,
        source=loaded.facts.state,
        held=loaded.facts.hold is not None,
        closed=before.stage(loaded.facts.state).final,
        entry_id=loaded.entry_id,
        succession=succeed(before, after, stages, loaded.facts, approved=row.approved),
    )


def _dates(
    ctx: Context,
    asked: Asked,
    before: Definition,
    stages: Mapping[str, str],
    stored: Mapping[str, LaidDate],
    cut_off: time,
) -> tuple[dict[str, LaidDate], dict[str, str]]:
    """The date of each stage: as given, as it was, or a proposal; in the order of the route."""
    calendar = closed_days.load(ctx)
    dates: dict[str, LaidDate] = {}
    origins: dict[str, str] = {}
    open_stages = [stage for stage in asked.definition.stages if not stage.final]
    came_from = {
        stage.key: [old for old, new in stages.items() if new == stage.key and old in stored]
        for stage in open_stages
    }
    wanted = {
        key: max(stored[old].wanted_on for old in olds) for key, olds in came_from.items() if olds
    } | dict(asked.due)
    try:
        for i, stage in enumerate(open_stages):
            key = stage.key
            last = max((laid.wanted_on for laid in dates.values()), default=None)
            if key in asked.due:
                origins[key] = "given"
            elif came_from[key]:
                origins[key] = "kept"
            else:
                following = next((wanted[s.key] for s in open_stages[i:] if s.key in wanted), None)
                wanted[key] = _proposal(calendar, ctx.today, last, following)
                origins[key] = "proposed"
            if last is not None and wanted[key] < last:
                if asked.due:
                    fault = Fault(f"due.{key}", "dates_out_of_order", {"day": last})
                    raise BadInput("invalid_form", (fault,))
                # Stages that come in another order now: none is due before the one before it.
                wanted[key], origins[key] = last, "proposed"
            same = [
                stored[old]
                for old in came_from[key]
                if stored[old].wanted_on == wanted[key] and before.stage(old).ladder == stage.ladder
            ]
            dates[key] = (
                same[0] if same else cycle_dates.lay(ctx, stage, wanted[key], calendar, cut_off)
            )
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error
    return dates, origins


def _proposal(
    calendar: BusinessCalendar, today: date, last: date | None, following: date | None
) -> date:
    """Two weeks after the stage before, three from today for the first; never after the next."""
    days = cycles.FIRST_STAGE_DAYS if last is None else cycles.NEXT_STAGE_DAYS
    proposed = calendar.add_business_days(max(last or today, today), days)
    return proposed if following is None else max(min(proposed, following), last or following)


def apply(ctx: Context, seen: ChangePlan, *, progress: Progress = lambda done, total: None) -> None:
    """Carry out the plan that was seen: every sheet, or none.

    Raises:
        NotFound, Refused, BadInput: as ``plan``.
        BadInput: ``cannot_follow``: with a fault for each reason of each sheet that stays behind.
        Conflict: ``plan_outdated``: somebody acted, or the organisation changed, since it was made.
    """
    asked = seen.asked
    ctx.execute(_LOCK_CYCLE, {"id": asked.cycle_id})
    # Twice: whoever held a sheet while we waited may have begun a new one that quotes it.
    ctx.execute(_LOCK_EVALUATIONS, {"id": asked.cycle_id})
    ctx.execute(_LOCK_EVALUATIONS, {"id": asked.cycle_id})
    now = plan(ctx, asked, progress=progress)

    if (now.before, now.sheets, now.dates) != (seen.before, seen.sheets, seen.dates):
        raise Conflict("plan_outdated")
    faults = tuple(
        Fault(sheet.key, refusal.code, refusal.values)
        for sheet in now.staying_behind
        for refusal in sheet.succession.refusals
    )
    if faults:
        raise BadInput("cannot_follow", faults)

    definition_change_rows.write(ctx, now)
    for sheet in now.sheets:
        if sheet.succession.goes_on:
            moving.follow(ctx, sheet.evaluation_id)
    ctx.ring_after_commit("tasks.gather_notices")
