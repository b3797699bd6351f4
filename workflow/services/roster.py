"""Who holds which post on a day, who is away then, and who stands in: the people of a roster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Grant, Holder, Rank, Roster, Substitutes
from workflow.definition.model import NamedFor

# One statement: the office of the units, with the absence of each person on the day and those who
# stand in for it, and who is here by a grant. A substitute counts while the post and the account
# do, for the posts of the same department alone, and is looked up no further: nobody stands in for
# a substitute.
_ROSTER = sa.text("""
SELECT p.id, p.name, a.id AS assignment_id, o.id AS post_id, o.unit_id, o.rank, o.title,
       u.name AS unit_name, NULL AS role, x.id AS absence,
       (SELECT coalesce(json_agg(json_build_array(
                   b.step, q.id, q.name, c.id, r.id, r.unit_id, r.rank, r.title, v.name,
                   EXISTS (SELECT 1 FROM absence y WHERE y.person_id = q.id AND y.ended_at IS NULL
                           AND y.first_day <= :today AND y.last_day >= :today))
                   ORDER BY b.step, b.position), '[]')::text
        FROM absence_substitute b
        JOIN assignment c ON c.id = b.assignment_id
        JOIN post r ON r.id = c.post_id
        JOIN person q ON q.id = c.person_id
        JOIN org_unit v ON v.id = r.unit_id
        WHERE b.absence_id = x.id AND q.disabled_at IS NULL
          AND coalesce(v.parent_id, v.id) = coalesce(u.parent_id, u.id)
          AND r.valid_from <= :today AND (r.valid_until IS NULL OR r.valid_until >= :today)
          AND c.valid_from <= :today AND (c.valid_until IS NULL OR c.valid_until >= :today)
       ) AS substitutes
FROM post o
JOIN assignment a ON a.post_id = o.id
JOIN person p ON p.id = a.person_id
JOIN org_unit u ON u.id = o.unit_id
LEFT JOIN LATERAL (
    SELECT y.id FROM absence y WHERE y.person_id = p.id AND y.ended_at IS NULL
      AND y.first_day <= :today AND y.last_day >= :today
    ORDER BY y.id DESC LIMIT 1
) x ON true
WHERE o.unit_id = ANY (:units) AND p.disabled_at IS NULL
  AND o.valid_from <= :today AND (o.valid_until IS NULL OR o.valid_until >= :today)
  AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
UNION ALL
SELECT p.id, p.name, NULL, NULL, NULL, NULL, '', '', g.role, NULL, '[]'
FROM role_grant g JOIN person p ON p.id = g.person_id
WHERE g.role IN ('publisher', 'external_reviewer') AND p.disabled_at IS NULL
  AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
UNION ALL
SELECT p.id, p.name, a.id, o.id, coalesce(u.parent_id, u.id), o.rank, o.title, u.name, g.role,
       NULL, '[]'
FROM role_grant g
JOIN person p ON p.id = g.person_id
JOIN assignment a ON a.person_id = p.id
JOIN post o ON o.id = a.post_id
JOIN org_unit u ON u.id = o.unit_id
WHERE g.role = 'coordinator' AND p.disabled_at IS NULL
  AND (u.id = ANY (:units) OR u.parent_id = ANY (:units))
  AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
  AND o.valid_from <= :today AND (o.valid_until IS NULL OR o.valid_until >= :today)
  AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
ORDER BY 9 NULLS FIRST, 5, 1, 3
""")

#: What somebody is called who acts by a grant and not by a post.
GRANTED_TITLES = {"publisher": "公表担当", "external_reviewer": "外部評価委員"}


def roster_of(ctx: Context, units: Sequence[int], *, day: date | None = None) -> Roster:
    """The holders of posts in the units with these ids on *day* (today), and those by grants."""
    rows = ctx.execute(_ROSTER, {"units": list(units), "today": day or ctx.today}).all()
    granted: dict[str, list[Holder]] = {role: [] for role in GRANTED_TITLES}
    for row in rows:
        if row.role in granted:
            granted[row.role].append(
                Holder(row.id, row.name, None, None, None, GRANTED_TITLES[row.role])
            )
    return Roster(
        holders=tuple(_holder(row) for row in rows if row.role is None),
        publishers=tuple(granted["publisher"]),
        external_reviewers=tuple(granted["external_reviewer"]),
        coordinators=tuple(
            (row.unit_id, _holder(row)) for row in rows if row.role == Grant.COORDINATOR
        ),
    )


def _holder(row: sa.Row[Any]) -> Holder:
    return Holder(
        person_id=row.id,
        name=row.name,
        assignment_id=row.assignment_id,
        unit_id=row.unit_id,
        rank=Rank(row.rank),
        title=capacity(row.unit_name, row.title),
        post_id=row.post_id,
        absence=None if row.absence is None else _substitutes(json.loads(row.substitutes)),
    )


def _substitutes(items: Sequence[list[Any]]) -> Substitutes:
    return tuple(
        (NamedFor(step), tuple(_substitute(item) for item in group))
        for step, group in groupby(items, key=lambda item: str(item[0]))
    )


def _substitute(item: list[Any]) -> Holder:
    _step, person, name, assignment, post, unit, rank, title, unit_name, absent = item
    return Holder(
        person_id=person,
        name=name,
        assignment_id=assignment,
        unit_id=unit,
        rank=Rank(rank),
        title=capacity(unit_name, title),
        post_id=post,
        absence=() if absent else None,
    )


def capacity(unit_name: str, title: str) -> str:
    """A post in words, as offices write it.

    課長 of まちづくり推進課 is まちづくり推進課長, 事務局長 of 市議会事務局 is 市議会事務局長.
    """
    for length in range(len(title) - 1, 0, -1):
        shared = title[:length]
        if shared[-1] in "部課室局" and unit_name.endswith(shared):
            return unit_name + title[length:]
    if title.startswith(unit_name):
        return title
    return f"{unit_name} {title}" if title == "担当" else f"{unit_name}{title}"
