"""代理者の不在: what opens in somebody's absence while a substitute is away as well.

Nobody is named who is away already, so a gap comes from an absence that is registered afterwards.
It is worked out from the rows whenever it is asked for, and so ends with either absence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import NamedFor, Stage, WhenAbsent
from workflow.services import waiting
from workflow.services.roster import capacity

_DAY = timedelta(days=1)

# Where a substitute is away at all, or would be (:imagined), or something was told before.
_NAMED = sa.text("""
SELECT x.id, x.person_id, p.name, x.first_day, x.last_day, x.gaps_told, b.step,
       coalesce(u.parent_id, u.id) AS department_id, b.assignment_id, q.id AS substitute_id,
       q.name AS substitute, u.name AS unit_name, o.title, q.disabled_at IS NULL AS has_account,
       greatest(a.valid_from, o.valid_from) AS valid_from,
       least(coalesce(a.valid_until, 'infinity'), coalesce(o.valid_until, 'infinity'),
             x.last_day) AS valid_until,
       (SELECT coalesce(json_agg(json_build_array(y.first_day, y.last_day)), '[]')::text
        FROM absence y WHERE y.person_id = q.id AND y.ended_at IS NULL
          AND y.first_day <= x.last_day AND y.last_day >= :today) AS away
FROM absence x
JOIN person p ON p.id = x.person_id
JOIN absence_substitute b ON b.absence_id = x.id
JOIN assignment a ON a.id = b.assignment_id
JOIN post o ON o.id = a.post_id
JOIN org_unit u ON u.id = o.unit_id
JOIN person q ON q.id = a.person_id
WHERE x.ended_at IS NULL AND x.last_day >= :today
  AND (x.gaps_told <> '[]' OR EXISTS (
       SELECT FROM absence_substitute c JOIN assignment d ON d.id = c.assignment_id
       LEFT JOIN absence y ON y.person_id = d.person_id AND y.ended_at IS NULL
            AND y.first_day <= x.last_day AND y.last_day >= greatest(x.first_day, :today)
       WHERE c.absence_id = x.id
         AND (y.id IS NOT NULL OR d.person_id = CAST(:imagined AS bigint))))
ORDER BY x.first_day, x.id, b.step, 8, b.position
""")


@dataclass(frozen=True)
class Gap:
    """Days of one absence on which one of its substitutes is away, or several are.

    Attributes:
        person_id, name: who is away and named them.
        department_id: for the posts of which department they stand in.
        missing: those of the order who are away, each with the post; ``missing_ids`` the people.
        left: who stands in then, first to last; ``left_ids`` their assignments.
        is_led: one who is away comes before all who are left: the next in order stands in.
        stages: those of running routes where nobody is left and the stage says what follows.
    """

    absence_id: int
    person_id: int
    name: str
    step: NamedFor
    department_id: int
    first_day: date
    last_day: date
    missing: tuple[str, ...]
    missing_ids: tuple[int, ...]
    left: tuple[str, ...]
    left_ids: tuple[int, ...]
    is_led: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Away:
    """Somebody would be away on these days."""

    person_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class GapsOfAbsence:
    """The gaps of one absence, and what was last told of them."""

    absence_id: int
    person_id: int
    name: str
    first_day: date
    last_day: date
    told: Sequence[Sequence[Any]]
    gaps: tuple[Gap, ...]


def of_absences(ctx: Context, *, imagined: Away | None = None) -> list[GapsOfAbsence]:
    """Every absence that has gaps from today on, or of which gaps were told; soonest first.

    Args:
        imagined: an absence that is not registered yet, beside those that are.
    """
    values = {"today": ctx.today, "imagined": imagined.person_id if imagined else None}
    rows = ctx.execute(_NAMED, values).all()
    stages = _stages(ctx) if rows else {}
    found = []
    for _, one in groupby(rows, key=lambda row: row.id):
        named = list(one)
        x = named[0]
        gaps = tuple(
            gap
            for _, order in groupby(named, key=lambda row: (row.step, row.department_id))
            for gap in _gaps(list(order), ctx.today, imagined, stages)
        )
        found.append(
            GapsOfAbsence(x.id, x.person_id, x.name, x.first_day, x.last_day, x.gaps_told, gaps)
        )
    return found


def _stages(ctx: Context) -> dict[NamedFor, tuple[Stage, ...]]:
    """The stages of running routes where substitutes stand in; those that say the same once."""
    found: dict[NamedFor, dict[tuple[str, tuple[WhenAbsent, ...]], Stage]] = {}
    for definition in waiting.open_definitions(ctx):
        for stage in definition.stages:
            if stage.step is not None and WhenAbsent.SUBSTITUTE in stage.when_absent:
                same = found.setdefault(stage.step, {})
                same.setdefault((stage.label, stage.when_absent), stage)
    return {step: tuple(stages.values()) for step, stages in found.items()}


def _gaps(
    order: Sequence[sa.Row[Any]],
    today: date,
    imagined: Away | None,
    stages: Mapping[NamedFor, tuple[Stage, ...]],
) -> Iterator[Gap]:
    """The gaps of one order of substitutes: days in a row on which the same people are away."""
    x = order[0]
    away = [tuple(_away(row, imagined)) for row in order]

    def there(day: date) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Who of the order is away, and who is left, by their places."""
        able = [n for n, row in enumerate(order) if row.valid_from <= day <= row.valid_until]
        able = [n for n in able if order[n].has_account]
        gone = tuple(n for n in able if any(a <= day <= b for a, b in away[n]))
        return gone, tuple(n for n in able if n not in gone)

    for (gone, left), days in groupby(_days(max(x.first_day, today), x.last_day), key=there):
        if not gone:
            continue
        in_a_row = list(days)
        step = NamedFor(x.step)
        yield Gap(
            absence_id=x.id,
            person_id=x.person_id,
            name=x.name,
            step=step,
            department_id=x.department_id,
            first_day=in_a_row[0],
            last_day=in_a_row[-1],
            missing=tuple(_words(order[n]) for n in gone),
            missing_ids=tuple(order[n].substitute_id for n in gone),
            left=tuple(_words(order[n]) for n in left),
            left_ids=tuple(order[n].assignment_id for n in left),
            is_led=not left or gone[0] < left[0],
            stages=() if left else stages.get(step, ()),
        )


def _away(row: sa.Row[Any], imagined: Away | None) -> Iterable[tuple[date, date]]:
    for first, last in json.loads(row.away):
        yield date.fromisoformat(first), date.fromisoformat(last)
    if imagined is not None and imagined.person_id == row.substitute_id:
        yield imagined.first_day, imagined.last_day


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _words(row: sa.Row[Any]) -> str:
    return f"{capacity(row.unit_name, row.title)} {row.substitute}"
