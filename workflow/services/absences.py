"""不在: who is away when, and who stands in at which stage, in which order.

A substitute is somebody of the same department from 課長 upwards (代決の順位). Nobody stands in for
a substitute; a post without anybody in it is vacant, which is no absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from workflow.application import Application, Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.model import WhenAbsent
from workflow.errors import BadInput, Fault, NotFound
from workflow.models import AbsenceKind, NoticeKind
from workflow.policy import SYSTEM, Permission, oneself
from workflow.services import loading, moving, substitutes, waiting
from workflow.services.loading import LoadedEvaluation

#: Sheets of one absence that are looked through in one transaction; more than any post has.
MOST_SHEETS = 2000
#: Why somebody may be away, in the order in which offices name it.
KINDS = tuple(AbsenceKind)
#: A city plans its years, not its decades; a slip in the year would last for good.
LONGEST_DAYS = 366

# By itself and first: two registrations at once must see each other's period.
_PERSON = sa.text("""
SELECT 1 FROM person WHERE id = :person AND disabled_at IS NULL FOR NO KEY UPDATE
""")
_OVERLAPPING = sa.text("""
SELECT 1 FROM absence WHERE person_id = :person AND ended_at IS NULL
  AND first_day <= :last AND last_day >= greatest(:first, CAST(:today AS date))
""")
_REGISTER = sa.text("""
INSERT INTO absence (person_id, first_day, last_day, kind, registered_at, registered_by)
VALUES (:person, :first, :last, :kind, :now, :by) RETURNING id
""")
_SUBSTITUTES = sa.text("""
INSERT INTO absence_substitute (absence_id, stage, position, assignment_id)
VALUES (:absence, :stage, :position, :assignment)
""")
_ABSENCE = sa.text("SELECT person_id, last_day, ended_at FROM absence WHERE id = :id FOR UPDATE")
_END = sa.text("UPDATE absence SET ended_at = :now, ended_by = :by WHERE id = :id")
# Looked through on the day on which it begins, on each day that it lasts (a substitute's post may
# have ended overnight), and once when it is over.
_DUE = sa.text("""
SELECT id, person_id FROM absence
WHERE first_day <= :today AND CASE
    WHEN ended_at IS NOT NULL THEN begun_at < ended_at
    WHEN begun_at IS NULL THEN last_day >= :today
    ELSE (begun_at AT TIME ZONE 'Asia/Tokyo')::date < least(CAST(:today AS date), last_day + 1)
END
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
_LOOKED_THROUGH = sa.text("UPDATE absence SET begun_at = :now WHERE id = :id")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT :kind, :evaluation, :entry, :person, :now
WHERE NOT EXISTS (SELECT 1 FROM notice n WHERE n.stage_entry_id = :entry
                  AND n.recipient_id = :person AND n.kind IN ('your_turn', 'came_back'))
ON CONFLICT DO NOTHING
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

    A first day that is over is kept as it was said; the absence counts from now on.

    Raises:
        Refused: ``own_absence_only``.
        NotFound: ``no_such_account``.
        BadInput: a period that is over, upside down, too long or overlaps another; a substitute
            who may not stand in, is away as well or is named twice; a stage that is not one (all
            of them).
    """
    known = ctx.execute(_PERSON, {"person": person_id}).first() is not None

    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))

    if not known:
        raise NotFound("no_such_account")
    faults = check(ctx, person_id=person_id, form=form)
    if faults:
        raise BadInput("invalid_form", faults)

    values = {
        "person": person_id,
        "first": form.first_day,
        "last": form.last_day,
        "kind": form.kind,
        "now": ctx.now,
        "by": ctx.actor.person_id,
    }
    absence_id: int = ctx.execute(_REGISTER, values).scalar_one()
    rows = [
        {"absence": absence_id, "stage": stage, "position": n, "assignment": assignment}
        for stage, assignments in form.substitutes.items()
        for n, assignment in enumerate(assignments, start=1)
    ]
    if rows:
        ctx.execute(_SUBSTITUTES, rows)

    ctx.ring_after_commit("tasks.tick")
    return absence_id


def check(ctx: Context, *, person_id: int, form: AbsenceForm) -> tuple[Fault, ...]:
    """Everything that is wrong with *form*; nothing is written."""
    period = {"person": person_id, "first": form.first_day, "last": form.last_day}
    overlaps = ctx.execute(_OVERLAPPING, {**period, "today": ctx.today}).first() is not None
    able = substitutes.candidates(ctx, person_id, form.first_day, form.last_day)
    stages = frozenset(stages_with_substitutes(ctx))
    return (
        *_period_faults(form, ctx.today, overlaps=overlaps),
        *substitutes.faults(form.substitutes, able, stages),
    )


def _period_faults(form: AbsenceForm, today: date, *, overlaps: bool) -> Iterator[Fault]:
    if form.last_day < form.first_day:
        yield Fault("last_day", "period_upside_down", {})
    elif form.last_day < today:
        yield Fault("last_day", "period_over", {})
    elif (form.last_day - form.first_day).days >= LONGEST_DAYS:
        yield Fault("last_day", "period_too_long", {"longest": LONGEST_DAYS})
    elif overlaps:
        yield Fault("first_day", "absence_overlaps", {})


def end(ctx: Context, *, absence_id: int) -> None:
    """Call an absence off, or end it early: from now on the person acts again.

    What was decided meanwhile stands, and what waits to be read afterwards still waits.

    Raises:
        NotFound: ``no_such_absence``.
        Refused: ``own_absence_only``.
        BadInput: ``absence_over``: it was ended before, or its last day is over.
    """
    found = ctx.execute(_ABSENCE, {"id": absence_id}).one_or_none()
    if found is None:
        raise NotFound("no_such_absence")

    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, found.person_id))

    if found.ended_at is not None or found.last_day < ctx.today:
        raise BadInput("absence_over")
    ctx.execute(_END, {"id": absence_id, "now": ctx.now, "by": ctx.actor.person_id})
    ctx.ring_after_commit("tasks.tick")


def begin_due(application: Application) -> int:
    """Look through what waits already when an absence begins, each day, and when it is over.

    Returns how many sheets moved or were told to somebody. What comes later finds the absence by
    itself: every move asks who is there.
    """
    changed = 0
    while True:
        with application.command(SYSTEM) as ctx:
            begun = _look_through_next(ctx)
        if begun is None:
            return changed
        changed += begun


def _look_through_next(ctx: Context) -> int | None:
    """Look through the sheets of one absence; None when none is due."""
    ctx.require(Permission.RUN_ENGINE)
    absence = ctx.execute(_DUE, {"today": ctx.today}).one_or_none()
    if absence is None:
        return None
    units = list(ctx.execute(_CONCERNED_UNITS, {"id": absence.id}).scalars())
    found = waiting.candidates(
        ctx,
        waiting.open_definitions(ctx),
        units,
        limit=MOST_SHEETS,
        only=lambda stage: bool(stage.when_absent),
    )
    kept = set(waiting.steps_kept(ctx, absence.person_id))
    ids = sorted({*found, *kept})
    loaded = loading.evaluations(ctx, ids, locked=True).values() if ids else ()
    changed = sum(
        _settle(ctx, evaluation, absence.person_id, kept=evaluation.id in kept)
        for evaluation in loaded
    )
    ctx.execute(_LOOKED_THROUGH, {"id": absence.id, "now": ctx.now})
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
