"""Opening a cycle: a pinned definition, a date per stage, one evaluation per measure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import accumulate, repeat

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.calendar.fiscal_year import fiscal_year_of
from workflow.definition.model import Definition
from workflow.errors import BadInput, Fault
from workflow.models import CycleKind, NoticeKind, RevisionOrigin
from workflow.policy import Permission
from workflow.services import closed_days, composing, cycle_dates, late_arrivals, recording
from workflow.services.cycle_dates import LaidDate

#: Business days that a stage gets where the office names no dates: three weeks to write, two for
#: each look at it. A proposal only; every date can be set.
FIRST_STAGE_DAYS, NEXT_STAGE_DAYS = 15, 10

#: The end of the office day.
CUT_OFF = time(17, 15)

EMPTY_FIELDS = {
    "objective": "", "annual_plan": "", "rating": None, "rating_reason": "",
    "results": "", "issues": "", "next_year_actions": "",
}  # fmt: skip


@dataclass(frozen=True)
class CycleSpec:
    """What is asked for when a cycle is opened.

    Attributes:
        deadlines: stage key → wanted last day; stages left out get a proposal.
        fields: measure code → what its working copy begins with; the others begin empty.
    """

    kind: CycleKind
    target_fiscal_year: int
    plan_id: int
    definition: Definition
    rating_scale: tuple[str, ...]
    number: int = 1
    cut_off: time = CUT_OFF
    deadlines: Mapping[str, date] | None = None
    fields: Mapping[str, Mapping[str, object]] | None = None


_PIN = sa.text("""
INSERT INTO pinned_definition (content_hash, name, source, pinned_at)
VALUES (:hash, :name, :source, :now) ON CONFLICT DO NOTHING
""")
_EXISTS = sa.text("""
SELECT id FROM evaluation_cycle
WHERE kind = :kind AND target_fiscal_year = :year AND number = :number
""")
_CYCLE = sa.text("""
INSERT INTO evaluation_cycle (kind, cycle_fiscal_year, target_fiscal_year, number, plan_id,
    definition_hash, rating_scale, cut_off, opened_at, opened_by)
VALUES (:kind, :cycle_year, :year, :number, :plan, :hash, :scale, :cut_off, :now, :person)
RETURNING id
""")
_EVALUATIONS = sa.text("""
WITH opened AS (
    INSERT INTO evaluation (key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                            responsible_department_id, state)
    SELECT :prefix || m.code, :cycle, 'measure', m.id, m.code, m.lead_section_id,
           m.responsible_department_id, :state
    FROM measure m
    WHERE m.plan_id = :plan
      AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.cycle_id = :cycle
                      AND e.subject_kind = 'measure' AND e.subject_id = m.id)
    RETURNING id, code
), copies AS (
    INSERT INTO working_copy (evaluation_id, fields, updated_at)
    SELECT o.id, coalesce(CAST(:fields AS jsonb) -> o.code, CAST(:empty AS jsonb)), :now
    FROM opened o
)
SELECT id FROM opened ORDER BY code
""")
_ENTER = sa.text("""
WITH entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
    SELECT e.id, e.state, e.round, :now, :person, d.due_on, d.due_at
    FROM evaluation e
    LEFT JOIN cycle_deadline d ON d.cycle_id = e.cycle_id AND d.stage = e.state
    WHERE e.id = ANY (:ids)
    RETURNING id, evaluation_id, stage
), started AS (
    INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
    SELECT n.evaluation_id, n.id, r.kind, r.rung, r.due_at
    FROM entered n JOIN cycle_rung r ON r.cycle_id = :cycle AND r.stage = n.stage
    WHERE r.kind <> 'reminder' OR r.due_at >= :now
)
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT DISTINCT :notice, n.evaluation_id, n.id, a.person_id, CAST(:now AS timestamptz)
FROM entered n
JOIN evaluation e ON e.id = n.evaluation_id
JOIN post o ON o.unit_id = e.lead_section_id
JOIN assignment a ON a.post_id = o.id
JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
WHERE o.valid_from <= :today AND (o.valid_until IS NULL OR o.valid_until >= :today)
  AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
ON CONFLICT DO NOTHING
""")


def open_cycle(ctx: Context, spec: CycleSpec) -> int:
    """Open a cycle and its evaluations; everybody who drafts is told. Returns the cycle's id.

    Raises:
        Refused: ``publishers_only``.
        BadInput: the cycle exists, a date is missing from the calendar or out of order.
    """
    calendar = closed_days.load(ctx)
    exists = ctx.execute(_EXISTS, _name(spec)).first()

    ctx.require(Permission.OPEN_CYCLE)

    if exists is not None:
        raise BadInput("cycle_exists", year=spec.target_fiscal_year)
    dates = _lay_dates(ctx, spec, calendar, _dates(spec, calendar, ctx.today))

    pin(ctx, spec.definition)
    cycle_id: int = ctx.execute(
        _CYCLE,
        {
            **_name(spec),
            "cycle_year": max(fiscal_year_of(ctx.today), spec.target_fiscal_year),
            "plan": spec.plan_id,
            "hash": spec.definition.content_hash,
            "scale": json.dumps(spec.rating_scale, ensure_ascii=False),
            "cut_off": spec.cut_off,
            "now": ctx.now,
            "person": ctx.actor.person_id,
        },
    ).scalar_one()
    cycle_dates.store(ctx, cycle_id, dates)
    add_evaluations(ctx, cycle_id, spec)
    return cycle_id


def pin(ctx: Context, definition: Definition) -> None:
    """Keep the exact text of *definition*, under its hash, for ever."""
    ctx.execute(
        _PIN,
        {
            "hash": definition.content_hash,
            "name": definition.name,
            "source": definition.source,
            "now": ctx.now,
        },
    )


def add_evaluations(ctx: Context, cycle_id: int, spec: CycleSpec) -> list[int]:
    """One evaluation for each measure of the plan that has none in this cycle yet."""
    ids = list(
        ctx.execute(
            _EVALUATIONS.bindparams(
                sa.bindparam("fields", type_=JSONB), sa.bindparam("empty", type_=JSONB)
            ),
            {
                "prefix": f"{spec.kind}-{spec.target_fiscal_year}-{spec.number}/",
                "cycle": cycle_id,
                "plan": spec.plan_id,
                "state": spec.definition.initial.key,
                "fields": spec.fields or {},
                "empty": EMPTY_FIELDS,
                "now": ctx.now,
            },
        ).scalars()
    )
    if not ids:
        return []
    composing.store_revisions(ctx, composing.compose(ctx, ids), RevisionOrigin.OPENING)
    recording.append(ctx, ids, action="open", to_state=spec.definition.initial.key, holder=None)
    enter(ctx, cycle_id, ids)
    return ids


def enter(ctx: Context, cycle_id: int, ids: list[int]) -> None:
    """Begin the first stage of evaluations that were just opened; everybody who drafts is told."""
    ctx.execute(
        _ENTER,
        {
            "ids": ids,
            "cycle": cycle_id,
            "person": ctx.actor.person_id,
            "now": ctx.now,
            "today": ctx.today,
            "notice": NoticeKind.YOUR_TURN,
        },
    )
    late_arrivals.give_dates(ctx, ids)
    ctx.ring_after_commit("tasks.gather_notices")


def _name(spec: CycleSpec) -> dict[str, object]:
    return {"kind": spec.kind, "year": spec.target_fiscal_year, "number": spec.number}


def _dates(spec: CycleSpec, calendar: BusinessCalendar, today: date) -> dict[str, date]:
    """The wanted last day of each stage where somebody acts, in the definition's order.

    Raises:
        BadInput: ``dates_out_of_order``, ``unknown_stage`` or ``calendar_not_covered``.
    """
    stages = [stage.key for stage in spec.definition.stages if not stage.final]
    given = dict(spec.deadlines or {})
    faults = tuple(
        Fault(f"deadlines.{key}", "unknown_stage", {"stage": key})
        for key in given
        if key not in stages
    )
    if faults:
        raise BadInput("invalid_form", faults)
    steps = accumulate([FIRST_STAGE_DAYS, *repeat(NEXT_STAGE_DAYS, len(stages) - 1)])
    try:
        proposals = [calendar.add_business_days(today, days) for days in steps]
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error
    dates = {key: given.get(key, day) for key, day in zip(stages, proposals, strict=True)}
    in_order = list(dates.values())
    for i, key in enumerate(stages[1:], start=1):
        if in_order[i] < in_order[i - 1]:
            fault = Fault(f"deadlines.{key}", "dates_out_of_order", {"day": in_order[i]})
            raise BadInput("invalid_form", (fault,))
    return dates


def _lay_dates(
    ctx: Context, spec: CycleSpec, calendar: BusinessCalendar, wanted: Mapping[str, date]
) -> dict[str, LaidDate]:
    try:
        return {
            key: cycle_dates.lay(ctx, spec.definition.stage(key), day, calendar, spec.cut_off)
            for key, day in wanted.items()
        }
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error
