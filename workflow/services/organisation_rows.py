"""The organisation from rows to values and back: read whole, written set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Grant, Holder, Rank, Roster
from workflow.models import OfficeAct
from workflow.organisation.draft import Decided
from workflow.organisation.state import (
    GrantHeld,
    Holding,
    Organisation,
    Post,
    Staff,
    Unit,
    holds_on,
)
from workflow.services import office_record
from workflow.services.office_record import Act
from workflow.services.plan_figures import json_rows
from workflow.services.roster import GRANTED_TITLES, capacity

_UNITS = sa.text("""
SELECT id, name, kind = 'department' AS is_department, parent_id, executive_body, sort_order,
       valid_from, valid_until, successor_id
FROM org_unit ORDER BY id
""")
_POSTS = sa.text("""
SELECT id, unit_id, title, rank, valid_from, valid_until FROM post ORDER BY id
""")
_HOLDINGS = sa.text("""
SELECT id, person_id, post_id, is_primary, valid_from, valid_until FROM assignment
WHERE valid_until IS NULL OR valid_until >= :since ORDER BY id
""")
_PEOPLE = sa.text("""
SELECT id, sign_in_name, name, kana, email, disabled_at IS NOT NULL AS is_disabled FROM person
ORDER BY id
""")
_GRANTS = sa.text("""
SELECT id, person_id, role, valid_from, valid_until FROM role_grant
WHERE valid_until IS NULL OR valid_until >= :since ORDER BY id
""")
_BUREAU = sa.text("SELECT policy_bureau_id FROM municipality WHERE id = 1")


def read(ctx: Context, *, since: date) -> Organisation:
    """The organisation with everything that holds on *since* or later."""
    posts = {
        row.id: Post(row.id, row.unit_id, row.title, Rank(row.rank), row.valid_from,
                     row.valid_until)
        for row in ctx.execute(_POSTS)
    }  # fmt: skip
    return Organisation(
        units={row.id: Unit(**row) for row in _mappings(ctx, _UNITS)},
        posts=posts,
        holdings=tuple(Holding(**row) for row in _mappings(ctx, _HOLDINGS, since=since)),
        people={row.id: Staff(**row) for row in _mappings(ctx, _PEOPLE)},
        grants=tuple(GrantHeld(**row) for row in _mappings(ctx, _GRANTS, since=since)),
        policy_bureau_id=ctx.execute(_BUREAU).scalar_one_or_none(),
    )


class _Row(dict[str, Any]):
    """One row by its column names, with its id at hand."""

    @property
    def id(self) -> int:
        return int(self["id"])


def _mappings(ctx: Context, statement: sa.TextClause, **values: object) -> list[_Row]:
    return [_Row(row) for row in ctx.execute(statement, values).mappings()]


def roster(organisation: Organisation, day: date) -> Roster:
    """Everybody in a post or here by a grant on *day*; selectors look at the units they want.

    Absences pass and are left out: this says whose a step is, not who stands in for a week.
    """
    holders = []
    for holding in organisation.holdings_on(day):
        post, person = organisation.posts[holding.post_id], organisation.people[holding.person_id]
        unit = organisation.units[post.unit_id]
        holders.append(
            Holder(
                person_id=person.id,
                name=person.name,
                assignment_id=holding.id,
                unit_id=unit.id,
                rank=post.rank,
                title=capacity(unit.name, post.title),
                post_id=post.id,
            )
        )
    granted = {role: _granted(organisation, day, role) for role in GRANTED_TITLES}
    return Roster(
        tuple(sorted(holders, key=lambda h: (h.unit_id or 0, h.person_id, h.assignment_id or 0))),
        publishers=granted[Grant.PUBLISHER],
        external_reviewers=granted[Grant.EXTERNAL_REVIEWER],
    )


def _granted(organisation: Organisation, day: date, role: str) -> tuple[Holder, ...]:
    people = {
        grant.person_id
        for grant in organisation.grants
        if grant.role == role
        and holds_on(day, grant.valid_from, grant.valid_until)
        and not organisation.people[grant.person_id].is_disabled
    }
    return tuple(
        Holder(key, organisation.people[key].name, None, None, None, GRANTED_TITLES[role])
        for key in sorted(people)
    )


# Writing

_ADD_UNITS = json_rows("""
INSERT INTO org_unit (name, kind, parent_id, executive_body, sort_order, valid_from, begun_by)
SELECT name, kind, parent, body, n, CAST(:day AS date), :by
FROM jsonb_to_recordset(:rows) AS r(name text, kind text, parent bigint, body text, n int)
RETURNING id, name, parent_id
""")
_ADD_POSTS = json_rows("""
INSERT INTO post (unit_id, title, rank, valid_from, valid_until, begun_by)
SELECT unit, title, rank, CAST(:day AS date), until, :by
FROM jsonb_to_recordset(:rows) AS r(unit bigint, title text, rank text, until date)
RETURNING id, unit_id, title
""")
_ADD_PEOPLE = json_rows("""
INSERT INTO person (sign_in_name, name, kana, email, email_set_by)
SELECT sign_in, name, kana, email, :by
FROM jsonb_to_recordset(:rows) AS r(sign_in text, name text, kana text, email text)
ON CONFLICT (sign_in_name) DO UPDATE SET name = excluded.name, kana = excluded.kana,
    email = excluded.email,
    email_set_by = CASE WHEN person.email = excluded.email THEN person.email_set_by
                        ELSE excluded.email_set_by END,
    mail_state = CASE WHEN person.email = excluded.email THEN person.mail_state ELSE 'good' END,
    mail_refusal = CASE WHEN person.email = excluded.email THEN person.mail_refusal END
RETURNING id, sign_in_name, email, (xmax = 0) AS is_new
""")
_ADD_HOLDINGS = json_rows("""
INSERT INTO assignment (person_id, post_id, is_primary, valid_from, valid_until, begun_by)
SELECT person, post, main, CAST(:day AS date), until, :by
FROM jsonb_to_recordset(:rows) AS r(person bigint, post bigint, main boolean, until date)
""")
_END_UNITS = sa.text("""
UPDATE org_unit SET valid_until = CAST(:day AS date) - 1, ended_by = :by WHERE id = ANY (:ids)
""")
_SUCCEED = json_rows("""
UPDATE org_unit u SET successor_id = r.successor
FROM jsonb_to_recordset(:rows) AS r(unit bigint, successor bigint) WHERE u.id = r.unit
""")
_END_POSTS = sa.text("""
UPDATE post SET valid_until = CAST(:day AS date) - 1 WHERE id = ANY (:ids)
""")
_END_HOLDINGS = sa.text("""
UPDATE assignment SET valid_until = CAST(:day AS date) - 1, ended_by = :by WHERE id = ANY (:ids)
""")
_END_GRANTS = sa.text("""
UPDATE role_grant SET valid_until = CAST(:day AS date) - 1
WHERE id = ANY (:ids) AND valid_from < CAST(:day AS date)
RETURNING person_id, role, valid_from, valid_until
""")
_ADDRESSES = sa.text("""
SELECT id, sign_in_name, email FROM person WHERE sign_in_name = ANY (:names) FOR UPDATE
""")


def write(ctx: Context, reorganisation_id: int, decided: Decided, day: date) -> None:
    """Write what was decided: ends on the day before, beginnings on the day; and record it."""
    stamp = {"by": reorganisation_id, "day": day}
    real: dict[int, int] = {}

    def ends(statement: sa.TextClause, rows: tuple[Any, ...]) -> None:
        if rows:
            ctx.execute(statement, {**stamp, "ids": [row.id for row in rows]})

    # Ends first, so that nothing new stands beside what it replaces.
    ends(_END_HOLDINGS, decided.ended_holdings)
    ends(_END_POSTS, decided.ended_posts)
    ends(_END_UNITS, decided.ended_units)
    told = {"reorganisation": str(reorganisation_id), "day": day.isoformat()}
    acts = [Act(OfficeAct.REORGANISATION_APPLIED, None, told)]
    if decided.ended_grants:
        ids = [row.id for row in decided.ended_grants]
        acts += rights_changed(ctx.execute(_END_GRANTS, {"day": day, "ids": ids}))
    _add_units(ctx, decided, stamp, real)
    if decided.successors:
        pairs = [
            {"unit": unit, "successor": real.get(after, after)}
            for unit, after in decided.successors
        ]
        ctx.execute(_SUCCEED, {"rows": pairs})
    _add_posts(ctx, decided, stamp, real)
    hired, newcomers, moved = _add_people(ctx, decided, real)
    office_record.record(ctx, acts + hired, untold=newcomers, former_addresses=moved)
    if decided.new_holdings:
        rows = [
            {
                "person": real.get(held.person_id, held.person_id),
                "post": real.get(held.post_id, held.post_id),
                "main": held.is_primary,
                "until": held.valid_until.isoformat() if held.valid_until else None,
            }
            for held in decided.new_holdings
        ]
        ctx.execute(_ADD_HOLDINGS, {**stamp, "rows": rows})


def _add_units(
    ctx: Context, decided: Decided, stamp: Mapping[str, object], real: dict[int, int]
) -> None:
    for is_department in (True, False):
        new = [unit for unit in decided.new_units if unit.is_department is is_department]
        if not new:
            continue
        parents = {unit.id: real.get(unit.parent_id or 0, unit.parent_id) for unit in new}
        rows = [
            {
                "name": unit.name,
                "kind": "department" if is_department else "section",
                "parent": parents[unit.id],
                "body": unit.executive_body,
                "n": unit.sort_order,
            }
            for unit in new
        ]
        made = ctx.execute(_ADD_UNITS, {**stamp, "rows": rows}).all()
        ids = {(row.name, row.parent_id): row.id for row in made}
        real.update({unit.id: ids[(unit.name, parents[unit.id])] for unit in new})


def _add_posts(
    ctx: Context, decided: Decided, stamp: Mapping[str, object], real: dict[int, int]
) -> None:
    if not decided.new_posts:
        return
    rows = [
        {
            "unit": real.get(post.unit_id, post.unit_id),
            "title": post.title,
            "rank": post.rank,
            "until": post.valid_until.isoformat() if post.valid_until else None,
        }
        for post in decided.new_posts
    ]
    made = ctx.execute(_ADD_POSTS, {**stamp, "rows": rows}).all()
    ids = {(row.unit_id, row.title): row.id for row in made}
    for post in decided.new_posts:
        real[post.id] = ids[(real.get(post.unit_id, post.unit_id), post.title)]


def rights_changed(rows: Iterable[sa.Row[Any]]) -> list[Act]:
    """That the days of these rights are other ones now."""
    return [
        Act(
            OfficeAct.RIGHT_CHANGED,
            row.person_id,
            {
                "role": row.role,
                "from": row.valid_from.isoformat(),
                "until": row.valid_until.isoformat() if row.valid_until else "",
            },
        )
        for row in rows
    ]


def _add_people(
    ctx: Context, decided: Decided, real: dict[int, int]
) -> tuple[list[Act], list[int], dict[int, str]]:
    """What to record of those who come: acts, who is new, whose address was another one."""
    if not decided.hired:
        return [], [], {}
    names = [who.sign_in_name for who in decided.hired]
    former = {row.id: row.email for row in ctx.execute(_ADDRESSES, {"names": names})}
    rows = [
        {"sign_in": who.sign_in_name, "name": who.name, "kana": who.kana, "email": who.email}
        for who in decided.hired
    ]
    written = ctx.execute(_ADD_PEOPLE, {"rows": rows, "by": ctx.actor.person_id}).all()
    made = {row.sign_in_name: row.id for row in written}
    real.update({who.id: made[who.sign_in_name] for who in decided.hired})
    newcomers = [row.id for row in written if row.is_new]
    moved = {
        row.id: former[row.id] for row in written if former.get(row.id, row.email) != row.email
    }
    acts = [Act(OfficeAct.ACCOUNT_MADE, person) for person in newcomers]
    acts += [Act(OfficeAct.ADDRESS_CHANGED, person) for person in moved]
    return acts, newcomers, moved
