"""What would become of the sheets that wait for somebody now, were they away: by the very rules.

Nothing is written: today's facts are taken, the absence is added, and the rules are asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import Eligibility, eligible
from workflow.definition.facts import Holder, Substitutes
from workflow.definition.model import Stage
from workflow.policy import Permission, oneself
from workflow.queries import approver_loads
from workflow.queries.approver_loads import AbsenceLoads
from workflow.queries.imagined_absence import ImaginedAbsence, who_stands_in
from workflow.services import loading, waiting
from workflow.services.absences import AbsenceForm
from workflow.services.loading import LoadedEvaluation

MOST_SHEETS = 200


class Fate(StrEnum):
    """What becomes of a sheet."""

    #: 代決・代理: somebody stands in.
    SUBSTITUTE = "substitute"
    #: Whoever comes next in the order of the stage acts in the own right.
    NEXT_IN_ORDER = "next_in_order"
    #: 後閲: the stage goes on without the person, who reads it afterwards.
    PASSED_OVER = "passed_over"
    #: Others who have it as well keep it.
    OTHERS = "others"
    #: On hold, and nobody else may lift it: it waits for the return.
    ON_HOLD = "on_hold"
    #: Nobody is left; the administrators will be told.
    NOBODY = "nobody"


@dataclass(frozen=True)
class Forecast:
    """One sheet: where it is, what becomes of it, who has it then, and the stage that it enters."""

    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    fate: Fate
    holders: tuple[Holder, ...]
    enters: Stage | None


_NAMES = sa.text("""
SELECT e.id, m.name FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id WHERE e.id = ANY (:ids)
""")


def forecast(ctx: Context, person_id: int, form: AbsenceForm) -> tuple[Forecast, ...]:
    """Every sheet that waits for *person_id* today and asks for absence, by its code.

    Raises:
        Refused: ``own_absence_only``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    found = loading.actor(ctx, person_id, None)
    if found is None:
        return ()
    where = waiting.scope(ctx, person_id)
    units = [post.unit_id for post in found[1]] + list(where.stood_in_for)
    ids = waiting.candidates(
        ctx,
        where,
        units,
        limit=MOST_SHEETS,
        only=lambda stage: bool(stage.when_absent),
    )
    ids += where.kept
    if not ids:
        return ()
    names = {row.id: row.name for row in ctx.execute(_NAMES, {"ids": ids})}
    away = who_stands_in(ctx, ImaginedAbsence(person_id, form), form.first_day, form.last_day)
    told = [
        _forecast(loaded, names[loaded.id], person_id, away)
        for loaded in loading.evaluations(ctx, sorted(set(ids)), locked=False).values()
        if _asked(loaded).find(person_id)
    ]
    return tuple(sorted(told, key=lambda one: one.code))


def loads(ctx: Context, person_id: int, form: AbsenceForm) -> AbsenceLoads:
    """How many sheets land on whom on the days of the absence to come, without and with it.

    Raises:
        Refused: ``own_absence_only``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    away = who_stands_in(ctx, ImaginedAbsence(person_id, form), form.first_day, form.last_day)
    return approver_loads.during_absence(
        ctx, person_id, away, max(form.first_day, ctx.today), form.last_day
    )


def _asked(loaded: LoadedEvaluation) -> Eligibility:
    return eligible(loaded.definition, loaded.definition.stage(loaded.facts.state), loaded.facts)


def _forecast(
    loaded: LoadedEvaluation,
    measure: str,
    person_id: int,
    away: dict[int | None, Substitutes],
) -> Forecast:
    before = _asked(loaded)
    facts = loaded.facts.with_absence(person_id, away)
    after = _asked(replace(loaded, facts=facts))
    row = follows_by_itself(loaded.definition, facts)
    fate, holders = _fate(before, after, person_id, moves=row is not None)
    if fate is Fate.NOBODY and facts.hold is not None:
        fate = Fate.ON_HOLD
    return Forecast(
        evaluation_id=loaded.id,
        code=loaded.code,
        measure=measure,
        stage=loaded.definition.stage(facts.state),
        fate=fate,
        holders=holders,
        enters=loaded.definition.stage(row.target) if row is not None else None,
    )


def _fate(
    before: Eligibility, after: Eligibility, person_id: int, *, moves: bool
) -> tuple[Fate, tuple[Holder, ...]]:
    had = {holder.person_id for holder in before.holders}
    new = tuple(holder for holder in after.holders if holder.person_id not in had)
    stands_in = any(h.instead_of and h.instead_of.person_id == person_id for h in new)
    if moves:
        return Fate.PASSED_OVER, ()
    if new:
        return (Fate.SUBSTITUTE if stands_in else Fate.NEXT_IN_ORDER), new
    if any(holder.person_id == person_id for holder in after.passed_over) and after.holders:
        return Fate.PASSED_OVER, after.holders
    return (Fate.OTHERS, after.holders) if after.holders else (Fate.NOBODY, ())
