"""不在: who is away when, and who stands in at which stage, in which order.

A substitute is somebody of the same department from 課長 upwards (代決の順位). Nobody stands in for
a substitute; a post without anybody in it is vacant, which is no absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from workflow.application import Application, Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.model import WhenAbsent
from workflow.errors import BadInput, Fault, NotFound
from workflow.models import AbsenceKind, NoticeKind
from workflow.policy import SYSTEM, Permission, oneself
from workflow.services import loading, moving, waiting

#: Sheets of one absence that are looked through in one transaction; more than any post has.
MOST_SHEETS = 2000

_OVERLAPPING = sa.text("""
SELECT 1 FROM absence WHERE person_id = :person AND ended_at IS NULL
  AND first_day <= :last AND last_day >= :first
""")
#: Whoever may stand in for somebody: from 課長 upwards, in the departments of the person's posts.
CANDIDATES = sa.text("""
WITH mine AS (
    SELECT DISTINCT coalesce(u.parent_id, u.id) AS department
    FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
    WHERE a.person_id = :person
      AND a.valid_from <= :last AND (a.valid_until IS NULL OR a.valid_until >= :first)
)
SELECT a.id AS assignment_id, p.id AS person_id, p.name, o.title, o.rank, u.name AS unit_name,
       EXISTS (SELECT 1 FROM absence x WHERE x.person_id = p.id AND x.ended_at IS NULL
               AND x.first_day <= :last AND x.last_day >= :first) AS is_absent
FROM assignment a
JOIN post o ON o.id = a.post_id
JOIN org_unit u ON u.id = o.unit_id
JOIN person p ON p.id = a.person_id
WHERE coalesce(u.parent_id, u.id) IN (SELECT department FROM mine)
  AND p.id <> :person AND p.disabled_at IS NULL AND o.rank <> 'staff'
  AND a.valid_from <= :first AND (a.valid_until IS NULL OR a.valid_until >= :first)
  AND o.valid_from <= :first AND (o.valid_until IS NULL OR o.valid_until >= :first)
ORDER BY array_position(ARRAY['director', 'deputy_director', 'section_chief'], o.rank),
         u.sort_order, a.id
""")
_REGISTER = sa.text("""
INSERT INTO absence (person_id, first_day, last_day, kind, registered_at, registered_by)
SELECT id, :first, :last, :kind, :now, :by FROM person WHERE id = :person
RETURNING id
""")
_SUBSTITUTES = sa.text("""
INSERT INTO absence_substitute (absence_id, stage, position, assignment_id)
VALUES (:absence, :stage, :position, :assignment)
""")
_ABSENCE = sa.text("SELECT person_id, ended_at FROM absence WHERE id = :id FOR UPDATE")
_END = sa.text("UPDATE absence SET ended_at = :now, ended_by = :by WHERE id = :id")
_BEGINNING = sa.text("""
SELECT id FROM absence
WHERE ended_at IS NULL AND begun_at IS NULL AND first_day <= :today AND last_day >= :today
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
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
_BEGUN = sa.text("UPDATE absence SET begun_at = :now WHERE id = :id")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
VALUES (:kind, :evaluation, :entry, :person, :now) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class AbsenceForm:
    """What is registered.

    Attributes:
        first_day, last_day: both included.
        substitutes: stage key → assignments of those who stand in there, first to last.
    """

    first_day: date
    last_day: date
    kind: AbsenceKind
    substitutes: Mapping[str, Sequence[int]]


def stages_with_substitutes(ctx: Context) -> dict[str, tuple[str, str]]:
    """Stages of the running cycles at which somebody may stand in: key → label, English label."""
    return {
        stage.key: (stage.label, stage.label_en)
        for definition in waiting.open_definitions(ctx)
        for stage in definition.stages
        if WhenAbsent.SUBSTITUTE in stage.when_absent
    }


def register(ctx: Context, *, person_id: int, form: AbsenceForm) -> int:
    """Register an absence of *person_id*; returns its id.

    Raises:
        Refused: ``own_absence_only``.
        NotFound: ``no_such_account``.
        BadInput: a period that is over, upside down or overlaps another; a substitute who may not
            stand in, is away as well or is named twice; a stage that is not one (all of them).
    """
    first, last = form.first_day, form.last_day
    period = {"person": person_id, "first": first, "last": last}
    able = {row.assignment_id: row for row in ctx.execute(CANDIDATES, period)}
    overlaps = ctx.execute(_OVERLAPPING, period).first() is not None
    stages = stages_with_substitutes(ctx)

    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))

    faults = [
        *_period_faults(form, ctx.today, overlaps=overlaps),
        *_substitute_faults(form, able, frozenset(stages)),
    ]
    if faults:
        raise BadInput("invalid_form", tuple(faults))

    values = {**period, "kind": form.kind, "now": ctx.now, "by": ctx.actor.person_id}
    absence_id: int | None = ctx.execute(_REGISTER, values).scalar_one_or_none()
    if absence_id is None:
        raise NotFound("no_such_account")
    rows = [
        {"absence": absence_id, "stage": stage, "position": n, "assignment": assignment}
        for stage, assignments in form.substitutes.items()
        for n, assignment in enumerate(assignments, start=1)
    ]
    if rows:
        ctx.execute(_SUBSTITUTES, rows)

    ctx.ring_after_commit("tasks.tick")
    return absence_id


def _period_faults(form: AbsenceForm, today: date, *, overlaps: bool) -> Iterator[Fault]:
    if form.last_day < form.first_day:
        yield Fault("last_day", "period_upside_down", {})
    elif form.last_day < today:
        yield Fault("last_day", "period_over", {})
    elif overlaps:
        yield Fault("first_day", "absence_overlaps", {})


def _substitute_faults(
    form: AbsenceForm, able: Mapping[int, sa.Row[Any]], stages: frozenset[str]
) -> Iterator[Fault]:
    for stage, assignments in form.substitutes.items():
        path = f"substitutes-{stage}"
        if stage not in stages:
            yield Fault(path, "unknown_stage", {"stage": stage})
        if len(set(assignments)) < len(assignments):
            yield Fault(path, "substitute_twice", {})
        for assignment in assignments:
            row = able.get(assignment)
            if row is None:
                yield Fault(path, "not_a_substitute", {})
            elif row.is_absent:
                yield Fault(path, "substitute_is_absent", {"who": row.name})


def end(ctx: Context, *, absence_id: int) -> None:
    """Call an absence off, or end it early: from now on the person acts again.

    What was decided meanwhile stands, and what waits to be read afterwards still waits.

    Raises:
        NotFound: ``no_such_absence``.
        Refused: ``own_absence_only``.
        BadInput: ``absence_over``: it was ended before.
    """
    found = ctx.execute(_ABSENCE, {"id": absence_id}).one_or_none()
    if found is None:
        raise NotFound("no_such_absence")

    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, found.person_id))

    if found.ended_at is not None:
        raise BadInput("absence_over")
    ctx.execute(_END, {"id": absence_id, "now": ctx.now, "by": ctx.actor.person_id})


def begin_due(application: Application) -> int:
    """Look through what waited already when an absence began; returns how many sheets changed.

    What comes later finds the absence by itself: every move asks who is there.
    """
    changed = 0
    while True:
        with application.command(SYSTEM) as ctx:
            begun = _begin_next(ctx)
        if begun is None:
            return changed
        changed += begun


def _begin_next(ctx: Context) -> int | None:
    """Begin one absence: pass sheets over, tell those who stand in; None when there is none."""
    ctx.require(Permission.RUN_ENGINE)
    absence_id = ctx.execute(_BEGINNING, {"today": ctx.today}).scalar_one_or_none()
    if absence_id is None:
        return None
    units = list(ctx.execute(_CONCERNED_UNITS, {"id": absence_id}).scalars())
    found = waiting.candidates(
        ctx,
        waiting.open_definitions(ctx),
        units,
        limit=MOST_SHEETS,
        only=lambda stage: bool(stage.when_absent),
    )
    changed = 0
    for loaded in loading.evaluations(ctx, sorted(found), locked=True).values():
        if follows_by_itself(loaded.definition, loaded.facts) is not None:
            moving.follow(ctx, loaded.id)
            changed += 1
            continue
        stage = loaded.definition.stage(loaded.facts.state)
        substitutes = [
            holder
            for holder in eligible(loaded.definition, stage, loaded.facts).holders
            if holder.instead_of is not None
        ]
        if substitutes:
            ctx.execute(
                _TELL,
                [
                    {
                        "kind": NoticeKind.YOUR_TURN,
                        "evaluation": loaded.id,
                        "entry": loaded.entry_id,
                        "person": holder.person_id,
                        "now": ctx.now,
                    }
                    for holder in substitutes
                ],
            )
            changed += 1
    ctx.execute(_BEGUN, {"id": absence_id, "now": ctx.now})
    if changed:
        ctx.ring_after_commit("tasks.gather_notices")
    return changed
