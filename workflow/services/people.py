"""People, posts and grants: taken in from a file, given passwords, switched off."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import BadInput, Fault, NotFound
from workflow.exchange.people_file import PeopleFile
from workflow.exchange.unit_names import units_named
from workflow.models import OfficeAct
from workflow.passwords import hash_password
from workflow.policy import Permission
from workflow.services import office_record, password_links, plan_rows
from workflow.services.office_record import Act

#: How long the password of a new account holds, and one that the shell printed.
INITIAL_HOLDS = timedelta(days=7)
#: Letters and digits that nobody mistakes for each other on paper.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

_FORMER_ADDRESSES = sa.text("""
SELECT sign_in_name, email FROM person WHERE sign_in_name = ANY (:names) FOR UPDATE
""")
_PERSON = sa.text("""
INSERT INTO person (sign_in_name, name, kana, email, email_set_by)
VALUES (:sign_in, :name, :kana, :email, :by)
ON CONFLICT (sign_in_name) DO UPDATE SET name = excluded.name, kana = excluded.kana,
    email = excluded.email,
    email_set_by = CASE WHEN person.email = excluded.email THEN person.email_set_by
                        ELSE excluded.email_set_by END,
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
UPDATE person p SET email = ''
FROM unnest(CAST(:names AS text[]), CAST(:emails AS text[])) AS r (sign_in, email)
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
ON CONFLICT DO NOTHING RETURNING id
""")
_GIVE = sa.text("""
INSERT INTO credential (person_id, password_hash, must_change, changed_at, expires_at)
VALUES (:person, :hash, true, :now, :expires)
ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = true,
    changed_at = excluded.changed_at, expires_at = excluded.expires_at, failed_attempts = 0,
    blocked_until = NULL
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
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4)]
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

    former = dict(tuple(row) for row in ctx.execute(_FORMER_ADDRESSES, {"names": names}))
    ctx.execute(_LET_GO, {"names": names, "emails": emails})

    made: list[OneTimePassword] = []
    acts: list[Act] = []
    newcomers: list[int] = []
    moved: dict[int, str] = {}
    for index, person in enumerate(people.people):
        row = ctx.execute(
            _PERSON,
            {
                "sign_in": person.sign_in_name,
                "name": person.name,
                "kana": person.kana,
                "email": person.email,
                "by": ctx.actor.person_id,
            },
        ).one()
        if row.is_new:
            newcomers.append(row.id)
            acts.append(Act(OfficeAct.ACCOUNT_MADE, row.id))
            password = give_one_time_password(ctx, row.id, holds=INITIAL_HOLDS)
            made.append(OneTimePassword(person.sign_in_name, person.name, password))
        elif former[person.sign_in_name] != person.email:
            moved[row.id] = former[person.sign_in_name]
            acts.append(Act(OfficeAct.ADDRESS_CHANGED, row.id))
        for unit, post in wanted[index]:
            post_id = ctx.execute(
                _POST, {"unit": unit, "title": post.title, "rank": post.rank, "since": since}
            ).scalar_one()
            ctx.execute(
                _ASSIGNMENT,
                {"person": row.id, "post": post_id, "primary": post.primary, "since": since},
            )
        for role in person.grants:
            granted = {"person": row.id, "role": role, "since": since}
            if ctx.execute(_GRANT, granted).first() is not None:
                details = {"role": role, "from": since.isoformat(), "until": ""}
                acts.append(Act(OfficeAct.RIGHT_GRANTED, row.id, details))

    office_record.record(ctx, acts, untold=newcomers, former_addresses=moved)
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


def give_one_time_password(
    ctx: Context, person_id: int, *, holds: timedelta, password: str | None = None
) -> str:
    """From now on the person signs in with this password, once, and then chooses one.

    Args:
        holds: until when; the door stays shut afterwards.
        password: a new one where it is None.
    """
    password = password or one_time_password()
    values = {"person": person_id, "hash": hash_password(password), "now": ctx.now}
    ctx.execute(_GIVE, {**values, "expires": ctx.now + holds})
    password_links.end_ways(ctx, person_id)
    ctx.execute(
        password_links.END_SESSIONS,
        {"person": person_id, "by": ctx.actor.person_id, "now": ctx.now},
    )
    return password


def print_password(ctx: Context, *, sign_in_name: str) -> str:
    """For the shell: a new one-time password to be printed; all sessions of the person end.

    Who has the shell has the database. The person and the administrators are told.

    Raises:
        NotFound: ``no_such_person``.
        Refused: ``shell_only``.
    """
    person_id = ctx.execute(_BY_NAME, {"sign_in": sign_in_name}).scalar_one_or_none()

    ctx.require(Permission.PRINT_PASSWORD)
    if person_id is None:
        raise NotFound("no_such_person", name=sign_in_name)

    password = give_one_time_password(ctx, person_id, holds=INITIAL_HOLDS)
    office_record.record(ctx, [Act(OfficeAct.PASSWORD_PRINTED, person_id)])
    return password


_SET_DISABLED = sa.text("""
UPDATE person SET disabled_at = :at WHERE id = :person
  AND (disabled_at IS NULL) = (CAST(:at AS timestamptz) IS NOT NULL) RETURNING id
""")


def set_disabled(ctx: Context, *, person_id: int, disabled: bool) -> None:
    """Switch an account off (its sessions and links end at once) or on again.

    Raises:
        Refused: ``administrators_only``, or ``not_yourself``.
    """
    ctx.require(Permission.ADMINISTER)
    if person_id == ctx.actor.person_id:
        raise BadInput("not_yourself")

    changed = ctx.execute(
        _SET_DISABLED, {"person": person_id, "at": ctx.now if disabled else None}
    ).first()
    if changed is None:
        return
    if disabled:
        password_links.end_ways(ctx, person_id)
        ctx.execute(
            password_links.END_SESSIONS,
            {"person": person_id, "by": ctx.actor.person_id, "now": ctx.now},
        )
    kind = OfficeAct.ACCOUNT_STOPPED if disabled else OfficeAct.ACCOUNT_RESUMED
    office_record.record(ctx, [Act(kind, person_id)])
