"""People, posts and grants: taken in from a file, given passwords, switched off."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import BadInput, Fault, NotFound
from workflow.exchange.people_file import PeopleFile
from workflow.exchange.unit_names import units_named
from workflow.passwords import hash_password
from workflow.policy import Permission
from workflow.services import plan_rows

#: Letters and digits that nobody mistakes for each other on paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

_PERSON = sa.text("""
INSERT INTO person (sign_in_name, name, kana, email) VALUES (:sign_in, :name, :kana, :email)
ON CONFLICT (sign_in_name) DO UPDATE SET name = excluded.name, kana = excluded.kana,
    email = excluded.email,
    mail_state = CASE WHEN person.email = excluded.email THEN person.mail_state ELSE 'good' END,
    mail_refusal = CASE WHEN person.email = excluded.email THEN person.mail_refusal END
RETURNING id, (xmax = 0) AS is_new
""")
_TAKEN = sa.text("""
SELECT lower(email) AS email, name FROM person
WHERE lower(email) = ANY (:emails) AND sign_in_name <> ALL (:names)
""")
#: Those who get another address let go of theirs first: two may change places.
_LET_GO = sa.text("""
UPDATE person p SET email = '' FROM unnest(:names, :emails) AS r (sign_in, email)
WHERE p.sign_in_name = r.sign_in AND lower(p.email) <> r.email
""")
_POST = sa.text("""
INSERT INTO post (unit_id, title, rank, valid_from) VALUES (:unit, :title, :rank, :since)
ON CONFLICT (unit_id, title, valid_from) DO UPDATE SET rank = excluded.rank RETURNING id
""")
_ASSIGNMENT = sa.text("""
INSERT INTO assignment (person_id, post_id, is_primary, valid_from)
VALUES (:person, :post, :primary, :since)
ON CONFLICT (person_id, post_id, valid_from) DO UPDATE SET is_primary = excluded.is_primary
""")
_GRANT = sa.text("""
INSERT INTO role_grant (person_id, role, valid_from) VALUES (:person, :role, :since)
ON CONFLICT DO NOTHING
""")
_CREDENTIAL = sa.text("""
INSERT INTO credential (person_id, password_hash, must_change, changed_at)
VALUES (:person, :hash, true, :now)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = true,
    changed_at = excluded.changed_at, failed_attempts = 0, blocked_until = NULL
""")
_END_SESSIONS = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :by
WHERE person_id = :person AND ended_at IS NULL
""")
_BY_NAME = sa.text("SELECT id FROM person WHERE sign_in_name = :sign_in FOR UPDATE")


@dataclass(frozen=True)
class OneTimePassword:
    """A password that must be changed at the first sign-in; shown once, kept nowhere."""

    sign_in_name: str
    name: str
    password: str


def one_time_password() -> str:
    """Four groups of four: about 79 bits, readable over the telephone."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)


def import_people(ctx: Context, people: PeopleFile, *, since: date) -> list[OneTimePassword]:
    """Take people, posts and grants in; those who are new get a one-time password.

    Raises:
        Refused: ``administrators_only``.
        BadInput: a post names a unit that does not exist, or one that several units share; an
            address is that of somebody whom the file does not name.
    """
    names = [person.sign_in_name for person in people.people]
    emails = [person.email.lower() for person in people.people]
    taken = {row.email: row.name for row in ctx.execute(_TAKEN, {"emails": emails, "names": names})}
    units = plan_rows.known_units(ctx)

    ctx.require(Permission.IMPORT)
    wanted = _posts(people, units)
    if taken:
        raise BadInput(
            "invalid_file",
            tuple(
                Fault(f"people[{p}].email", "address_taken", {"name": taken[email]})
                for p, email in enumerate(emails)
                if email in taken
            ),
        )

    ctx.execute(_LET_GO, {"names": names, "emails": emails})

    made = []
    for index, person in enumerate(people.people):
        row = ctx.execute(
            _PERSON,
            {
                "sign_in": person.sign_in_name,
                "name": person.name,
                "kana": person.kana,
                "email": person.email,
            },
        ).one()
        for unit, post in wanted[index]:
            post_id = ctx.execute(
                _POST, {"unit": unit, "title": post.title, "rank": post.rank, "since": since}
            ).scalar_one()
            ctx.execute(
                _ASSIGNMENT,
                {"person": row.id, "post": post_id, "primary": post.primary, "since": since},
            )
        for role in person.grants:
            ctx.execute(_GRANT, {"person": row.id, "role": role, "since": since})
        if row.is_new:
            made.append(
                OneTimePassword(person.sign_in_name, person.name, _new_password(ctx, row.id))
            )
    return made


def _posts(people: PeopleFile, units: plan_rows.Units) -> list[list[tuple[int, Any]]]:
    departments = plan_rows.departments_of(units)
    faults: list[Fault] = []
    resolved: list[list[tuple[int, Any]]] = []
    for p, person in enumerate(people.people):
        mine: list[tuple[int, Any]] = []
        for q, post in enumerate(person.posts):
            within = (
                {post.department: departments.get(post.department, [])}
                if post.department
                else departments
            )
            found = units_named(post.unit, within)
            if post.rank in ("director", "deputy_director") and (post.unit, None) in units:
                mine.append((units[(post.unit, None)], post))
            elif len(found) == 1:
                mine.append((units[(found[0].department, found[0].section)], post))
            else:
                path = f"people[{p}].posts[{q}].unit"
                faults.append(Fault(path, "unknown_unit", {"unit": post.unit}))
        resolved.append(mine)
    if faults:
        raise BadInput("invalid_file", tuple(faults))
    return resolved


def _new_password(ctx: Context, person_id: int) -> str:
    password = one_time_password()
    ctx.execute(_CREDENTIAL, {"person": person_id, "hash": hash_password(password), "now": ctx.now})
    return password


def reset_password(ctx: Context, *, sign_in_name: str) -> str:
    """Give somebody a new one-time password and end all of their sessions.

    Raises:
        NotFound: ``no_such_person``.
        Refused: ``administrators_only``.
    """
    person_id = ctx.execute(_BY_NAME, {"sign_in": sign_in_name}).scalar_one_or_none()

    ctx.require(Permission.ADMINISTER)
    if person_id is None:
        raise NotFound("no_such_person", name=sign_in_name)

    ctx.execute(_END_SESSIONS, {"person": person_id, "by": ctx.actor.person_id, "now": ctx.now})
    return _new_password(ctx, person_id)


_SET_DISABLED = sa.text("""
UPDATE person SET disabled_at = :at WHERE id = :person
  AND (disabled_at IS NULL) = (CAST(:at AS timestamptz) IS NOT NULL) RETURNING id
""")


def set_disabled(ctx: Context, *, person_id: int, disabled: bool) -> None:
    """Switch an account off (its sessions end at once) or on again.

    Raises:
        Refused: ``administrators_only``, or ``not_yourself``.
    """
    ctx.require(Permission.ADMINISTER)
    if person_id == ctx.actor.person_id:
        raise BadInput("not_yourself")

    changed = ctx.execute(
        _SET_DISABLED, {"person": person_id, "at": ctx.now if disabled else None}
    ).first()
    if changed is not None and disabled:
        ctx.execute(_END_SESSIONS, {"person": person_id, "by": ctx.actor.person_id, "now": ctx.now})
