"""Who may be named as a substitute, and for which kinds of steps, whatever cycle runs today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import EvaluationFacts, Holder, Rank, Roster
from workflow.definition.model import NamedFor, Stage, WhenAbsent
from workflow.definition.vocabulary import select
from workflow.services import loading, substitutes, waiting
from workflow.services.loading import OwnPost

#: Candidates are asked for today; whether they are away later is said beside their names.
_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class PossibleSubstitute:
    """Somebody who may be named, and when they are away themselves (running or to come)."""

    assignment_id: int
    person_id: int
    title: str
    name: str
    away: tuple[tuple[date, date], ...]


_UNITS_IN_USE = sa.text("""
SELECT array_agg(DISTINCT e.lead_section_id) AS lead_section,
       array_agg(DISTINCT e.responsible_department_id) AS responsible_department,
       ARRAY(SELECT DISTINCT d.unit_id FROM measure_related_department d)
           AS related_departments,
       ARRAY(SELECT policy_bureau_id FROM municipality) AS policy_bureau
FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id WHERE c.closed_at IS NULL
""")
_UNITS = sa.text("""
SELECT DISTINCT u.kind = 'department' AS is_department,
       u.id IS NOT DISTINCT FROM (SELECT policy_bureau_id FROM municipality) AS is_bureau
FROM org_unit u WHERE u.id = ANY (:units)
""")
_AWAY = sa.text("""
SELECT person_id, first_day, last_day FROM absence
WHERE person_id = ANY (:people) AND ended_at IS NULL AND last_day >= :today
ORDER BY first_day
""")


def steps_for(ctx: Context, person_id: int) -> tuple[NamedFor, ...]:
    """The kinds of steps for which this person may name substitutes, in the order of a route.

    Those that the person's posts may have on any route, today's or a later one; and those at which
    a running route selects one of them, by the selectors themselves.
    """
    found = loading.actor(ctx, person_id, None)
    posts = found[1] if found else ()
    heads = [post.unit_id for post in posts if post.rank is not Rank.STAFF]
    chosen = {
        step
        for row in ctx.execute(_UNITS, {"units": heads})
        for step in _steps_of_unit(is_department=row.is_department, is_bureau=row.is_bureau)
    }
    units: Any = ctx.execute(_UNITS_IN_USE).one()._asdict()
    for definition in waiting.open_definitions(ctx):
        for stage in definition.stages:
            step = stage.step if WhenAbsent.SUBSTITUTE in stage.when_absent else None
            if step is not None and _may_select(stage, posts, units):
                chosen.add(step)
    return tuple(step for step in NamedFor if step in chosen)


def _steps_of_unit(*, is_department: bool, is_bureau: bool) -> tuple[NamedFor, ...]:
    """What a unit's head, or the deputy, is asked for."""
    if not is_department:
        return (NamedFor.SECTION_REVIEW,)
    asked = (NamedFor.DEPARTMENT_REVIEW, NamedFor.JOINT_ANSWER)
    return (*asked, NamedFor.BUREAU_APPROVAL) if is_bureau else asked


def _may_select(
    stage: Stage, posts: Iterable[OwnPost], units: Mapping[str, Sequence[int] | None]
) -> bool:
    for post in posts:
        holder = Holder(0, "", post.assignment_id, post.unit_id, post.rank, post.capacity)
        for selector in stage.who:
            if selector.unit is None or post.unit_id not in (units[selector.unit] or ()):
                continue
            facts = EvaluationFacts(
                state=stage.key,
                round=1,
                units={selector.unit: post.unit_id},
                related=(post.unit_id,),
                roster=Roster((holder,)),
            )
            if select(selector, facts):
                return True
    return False


def possible_substitutes(ctx: Context, person_id: int) -> tuple[PossibleSubstitute, ...]:
    """Who may stand in for this person from today on, in the order in which offices name them."""
    able = substitutes.candidates(ctx, person_id, ctx.today, ctx.today + _AHEAD).values()
    people = sorted({candidate.holder.person_id for candidate in able})
    away: dict[int, list[tuple[date, date]]] = {}
    for row in ctx.execute(_AWAY, {"people": people, "today": ctx.today}):
        away.setdefault(row.person_id, []).append((row.first_day, row.last_day))
    return tuple(
        PossibleSubstitute(
            assignment_id=candidate.holder.assignment_id or 0,
            person_id=candidate.holder.person_id,
            title=candidate.holder.title,
            name=candidate.holder.name,
            away=tuple(away.get(candidate.holder.person_id, ())),
        )
        for candidate in able
    )
