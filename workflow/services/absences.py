"""不在: who is away when, and who stands in at which kind of step, in which order.

A substitute is somebody of the same department from 課長 upwards (代決の順位). Nobody stands in for
a substitute; a post without anybody in it is vacant, which is no absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import NamedFor
from workflow.errors import BadInput, Fault, NotFound
from workflow.models import AbsenceKind
from workflow.policy import Permission, oneself
from workflow.services import gap_mails, substitutes

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
INSERT INTO absence_substitute (absence_id, step, position, assignment_id)
VALUES (:absence, :step, :position, :assignment)
""")
_ABSENCE = sa.text("SELECT person_id, last_day, ended_at FROM absence WHERE id = :id FOR UPDATE")
_END = sa.text("UPDATE absence SET ended_at = :now, ended_by = :by WHERE id = :id")


@dataclass(frozen=True)
class AbsenceForm:
    """What is registered.

    Attributes:
        first_day, last_day: both included.
        substitutes: kind of step, of whatever route → assignments of those who stand in there,
            first to last.
    """

    first_day: date
    last_day: date
    kind: AbsenceKind
    substitutes: Mapping[NamedFor, Sequence[int]]


def register(ctx: Context, *, person_id: int, form: AbsenceForm) -> int:
    """Register an absence of *person_id*; returns its id.

    A first day that is over is kept as it was said; the absence counts from now on.

    Raises:
        Refused: ``own_absence_only``.
        NotFound: ``no_such_account``.
        BadInput: a period that is over, upside down, too long or overlaps another; a substitute
            who may not stand in, is away as well or is named twice; a kind of step that is not one
            (all of them).
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
        {"absence": absence_id, "step": step, "position": n, "assignment": assignment}
        for step, assignments in form.substitutes.items()
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
    return (
        *_period_faults(form, ctx.today, overlaps=overlaps),
        *substitutes.faults(form.substitutes, able),
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
    gap_mails.withdraw(ctx, absence_id)
    ctx.ring_after_commit("tasks.tick")
