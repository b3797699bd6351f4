"""不在 as people look at it: whose, when, who stands in; and for whom I stand in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import office_day
from workflow.definition.model import NamedFor
from workflow.errors import NotFound
from workflow.policy import Permission, oneself
from workflow.services import substitute_gaps
from workflow.services.absences import AbsenceForm
from workflow.services.roster import capacity
from workflow.services.substitute_gaps import Away, Gap

_Value = TypeVar("_Value")
#: Absences on one page; those that run and those to come are never so many.
MOST_LINES = 200
#: How far ahead somebody is told for whom they stand in.
WEEKS_AHEAD = timedelta(weeks=8)


class Standing(StrEnum):
    """Where an absence is in time."""

    RUNNING = "running"
    TO_COME = "to_come"
    OVER = "over"


@dataclass(frozen=True)
class StepSubstitutes:
    """Who stands in at one kind of step, first to last, each with the post."""

    step: NamedFor
    people: tuple[str, ...]


@dataclass(frozen=True)
class AbsenceLine:
    """One registered absence.

    Attributes:
        ended_on: the day on which it was ended early or called off.
        registered_by: who registered it; empty for the person's own hand.
        gaps: days from today on, on which substitutes of it are away themselves.
    """

    id: int
    person_id: int
    name: str
    posts: tuple[str, ...]
    first_day: date
    last_day: date
    kind: str
    standing: Standing
    ended_on: date | None
    registered_by: str
    substitutes: tuple[StepSubstitutes, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class RunningAbsence:
    """The absence that counts for the reader today."""

    id: int
    last_day: date


@dataclass(frozen=True)
class StandingIn:
    """An absence in which the reader was named: kinds of steps with the place in their order.

    Attributes:
        gaps: days from today on, on which the reader is away as well.
    """

    name: str
    posts: tuple[str, ...]
    first_day: date
    last_day: date
    is_running: bool
    places: tuple[tuple[NamedFor, int], ...]
    gaps: tuple[Gap, ...]


_LINES = sa.text("""
SELECT x.id, x.person_id, p.name, x.first_day, x.last_day, x.kind, x.ended_at,
       CASE WHEN x.registered_by IS DISTINCT FROM x.person_id THEN
            coalesce((SELECT g.name FROM person g WHERE g.id = x.registered_by), '') ELSE '' END
            AS registered_by,
       (SELECT coalesce(json_agg(json_build_array(b.step, u.name, o.title, q.name)
                        ORDER BY b.step, b.position), '[]')::text
        FROM absence_substitute b JOIN assignment a ON a.id = b.assignment_id
        JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        JOIN person q ON q.id = a.person_id
        WHERE b.absence_id = x.id) AS substitutes,
       (SELECT coalesce(json_agg(json_build_array(u.name, o.title)
                        ORDER BY a.is_primary DESC, a.id), '[]')::text
        FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        WHERE a.person_id = p.id
          AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
       ) AS posts
FROM absence x JOIN person p ON p.id = x.person_id
WHERE (CAST(:person AS bigint) IS NULL OR x.person_id = :person)
ORDER BY x.ended_at IS NOT NULL OR x.last_day < :today,
         CASE WHEN x.ended_at IS NOT NULL OR x.last_day < :today
              THEN date '9999-01-01' - x.first_day ELSE x.first_day - date '1900-01-01' END, x.id
LIMIT :limit
""")
_STANDING_IN = sa.text("""
SELECT x.id, p.name, x.first_day, x.last_day,
       json_agg(json_build_array(b.step, b.position)
                ORDER BY b.step, b.position)::text AS places,
       (SELECT coalesce(json_agg(json_build_array(u.name, o.title)
                        ORDER BY a.is_primary DESC, a.id), '[]')::text
        FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        WHERE a.person_id = p.id
          AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
       ) AS posts
FROM absence_substitute b
JOIN assignment mine ON mine.id = b.assignment_id
JOIN absence x ON x.id = b.absence_id
JOIN person p ON p.id = x.person_id
WHERE mine.person_id = :person AND x.ended_at IS NULL
  AND x.last_day >= :today AND x.first_day <= :until
GROUP BY x.id, p.id, p.name, x.first_day, x.last_day ORDER BY x.first_day, x.id
""")
_PERSON = sa.text("SELECT name FROM person WHERE id = :id")


def of_person(ctx: Context, person_id: int) -> tuple[AbsenceLine, ...]:
    """The absences of one person: running and to come by their days, then those that are over.

    Raises:
        Refused: ``own_absence_only``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    return _lines(ctx, person_id)


def everybody(ctx: Context) -> tuple[AbsenceLine, ...]:
    """Everybody's, for administrators, in the same order.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    return _lines(ctx, None)


def name_of(ctx: Context, person_id: int) -> str:
    """Whose absence is registered.

    Raises:
        Refused: ``own_absence_only``.
        NotFound: ``no_such_account``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    found = ctx.execute(_PERSON, {"id": person_id}).scalar_one_or_none()
    if found is None:
        raise NotFound("no_such_account")
    return str(found)


def standing_in(ctx: Context) -> tuple[StandingIn, ...]:
    """For whom ``ctx.actor`` stands in today and in the coming weeks, soonest first."""
    gaps = _gaps(ctx)
    rows = ctx.execute(
        _STANDING_IN,
        {
            "person": ctx.actor.person_id,
            "today": ctx.today,
            "until": ctx.today + WEEKS_AHEAD,
        },
    )
    return tuple(
        StandingIn(
            name=row.name,
            posts=_posts(row.posts),
            first_day=row.first_day,
            last_day=row.last_day,
            is_running=row.first_day <= ctx.today,
            places=tuple((step, at) for step, at in _by_step(json.loads(row.places))),
            gaps=tuple(g for g in gaps.get(row.id, ()) if ctx.actor.person_id in g.missing_ids),
        )
        for row in rows
    )


def opened(ctx: Context, person_id: int, form: AbsenceForm) -> tuple[Gap, ...]:
    """What an absence of *person_id* would open for those who named the person; soonest first.

    Raises:
        Refused: ``own_absence_only``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    imagined = Away(person_id, form.first_day, form.last_day)
    return tuple(
        gap
        for one in substitute_gaps.of_absences(ctx, imagined=imagined)
        for gap in one.gaps
        if person_id in gap.missing_ids
    )


def _gaps(ctx: Context) -> dict[int, tuple[Gap, ...]]:
    return {one.absence_id: one.gaps for one in substitute_gaps.of_absences(ctx)}


def _by_step(pairs: Iterable[tuple[str, _Value]]) -> list[tuple[NamedFor, _Value]]:
    """In the order in which a sheet comes to the steps."""
    order = list(NamedFor)
    return sorted(
        ((NamedFor(step), value) for step, value in pairs), key=lambda pair: order.index(pair[0])
    )


def _posts(text: str) -> tuple[str, ...]:
    return tuple(capacity(unit, title) for unit, title in json.loads(text))


def _lines(ctx: Context, person_id: int | None) -> tuple[AbsenceLine, ...]:
    values = {"person": person_id, "today": ctx.today, "limit": MOST_LINES}
    gaps = _gaps(ctx)
    return tuple(_line(row, ctx.today, gaps.get(row.id, ())) for row in ctx.execute(_LINES, values))


def _line(row: sa.Row[Any], today: date, gaps: tuple[Gap, ...]) -> AbsenceLine:
    named: dict[str, list[str]] = {}
    for step, unit, title, name in json.loads(row.substitutes):
        named.setdefault(step, []).append(f"{capacity(unit, title)} {name}")
    if row.ended_at is not None or row.last_day < today:
        standing = Standing.OVER
    else:
        standing = Standing.RUNNING if row.first_day <= today else Standing.TO_COME
    return AbsenceLine(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        posts=_posts(row.posts),
        first_day=row.first_day,
        last_day=row.last_day,
        kind=row.kind,
        standing=standing,
        ended_on=None if row.ended_at is None else office_day(row.ended_at),
        registered_by=row.registered_by,
        substitutes=tuple(
            StepSubstitutes(step, tuple(people)) for step, people in _by_step(named.items())
        ),
        gaps=gaps,
    )
