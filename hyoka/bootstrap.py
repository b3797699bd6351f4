"""Makes an installation stand: roles, database, schema, sample city. Used by ``up`` and the tests.

Every step can be run again and finds what is there.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import date
from pathlib import Path

from sqlalchemy import text

from hyoka import database
from workflow.application import Application
from workflow.calendar.fiscal_year import first_day
from workflow.definition.load import named
from workflow.definition.model import Definition
from workflow.exchange.people_file import Person, read_people_file
from workflow.exchange.plan_file import read_plan_file
from workflow.policy import SYSTEM
from workflow.schema_revision import SHARE
from workflow.services import people, plan_import
from workflow.services.roster import capacity
from workflow.settings import Settings

SAMPLE = SHARE / "sample"
DATABASE = "hyoka"
#: What the sample's sheets run on: of five, three have related departments, which answer.
ROUTE = "joint"

#: What people of a rank do with sheets, and what a grant is called.
_TASKS = {
    "director": "部局審査",
    "deputy_director": "部局審査",
    "section_chief": "作成",
    "staff": "作成",
}
_GRANTS = {"publisher": "公表", "administrator": "システム管理"}


def secrets_in(home: Path) -> dict[str, str]:
    """The installation's passwords and signing key, made once and kept in a file for its owner."""
    path = home / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    names = (database.OWNER, database.APP, database.READER, "secret_key")
    made = {name: secrets.token_urlsafe(36) for name in names}
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file)
    return made


def prepare_database(superuser_dsn: str, home: Path) -> dict[str, str]:
    """Roles, database and schema; returns the environment that the children need.

    Args:
        superuser_dsn: libpq URL of a superuser, of the form that ``PostgresServer.dsn`` gives.
        home: where the secrets are kept.
    """
    made = secrets_in(home)
    database.prepare(superuser_dsn, DATABASE, made)

    def url(role: str) -> str:
        return database.url_for(superuser_dsn, DATABASE, role, made[role])

    database.migrate(url(database.OWNER))
    return {
        "HYOKA_DATABASE_URL": url(database.APP),
        "HYOKA_OWNER_DATABASE_URL": url(database.OWNER),
        "HYOKA_SECRET_KEY": made["secret_key"],
    }


def load_sample(environment: dict[str, str], *, keep_passwords: bool) -> list[tuple[str, str, str]]:
    """Take the sample city in, unless some city is there already.

    Returns (sign-in name, name and role in words, one-time password) of each sample user; an
    empty list when there was nothing to do. *keep_passwords* is told by the environment of the
    web; it changes nothing here but the words.
    """
    application = Application(_settings(environment))
    try:
        with application.query(SYSTEM) as ctx:
            if ctx.execute(text("SELECT 1 FROM municipality")).first() is not None:
                return []
        made = load_city(
            application, SAMPLE / "city.json", SAMPLE / "people.toml", definition=named(ROUTE)
        )
    finally:
        application.dispose()
    return [(user.sign_in_name, role, user.password) for user, role in made]


def _settings(environment: dict[str, str]) -> Settings:
    names = {key.removeprefix("HYOKA_").lower(): value for key, value in environment.items()}
    return Settings(**names)  # type: ignore[arg-type]


def load_city(
    application: Application,
    plan_path: Path,
    people_path: Path,
    *,
    deadlines: dict[str, date] | None = None,
    definition: Definition | None = None,
) -> list[tuple[people.OneTimePassword, str]]:
    """Take in a plan file and its people, in one transaction.

    The organisation comes first, then the people who work in it, then the cycle: so that those
    whose turn it is are told.
    """
    plan = read_plan_file(plan_path.read_bytes())
    staff = read_people_file(people_path.read_bytes())
    since = first_day(plan.target_fiscal_year)
    with application.command(SYSTEM) as ctx:
        plan_import.prepare_organisation(ctx, plan)
        made = people.import_people(ctx, staff, since=since)
        plan_import.import_plan(ctx, plan, deadlines=deadlines, definition=definition)
    by_name = {person.sign_in_name: person for person in staff.people}
    bureau = plan.bureau(plan.departments or {})
    return [(user, _role(by_name[user.sign_in_name], bureau)) for user in made]


def _role(person: Person, bureau: str | None) -> str:
    """Name, posts, and what they do with sheets, for the list that ``up`` prints."""
    posts = "・".join(capacity(post.unit, post.title) for post in person.posts)
    tasks = [_TASKS[post.rank] for post in person.posts]
    tasks += [
        "最終承認" for post in person.posts if post.rank == "director" and post.unit == bureau
    ]
    tasks += [_GRANTS[grant] for grant in person.grants]
    return f"{person.name}  {posts}（{'・'.join(dict.fromkeys(tasks))}）"
