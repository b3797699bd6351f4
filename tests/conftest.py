"""Fixtures of all tests: databases, the sample city, a clock, mail, a counter of statements.

``application`` and ``city`` live at a moment that the test sets; ``installation``, for tests that
start processes of their own, has a clock that runs on from there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa

from hyoka import database
from hyoka.bootstrap import SAMPLE, load_city
from hyoka.local.mailbox import Mailbox, running_mailbox
from hyoka.local.redis import RedisServer, running_redis
from tests import chances, office_clock
from tests.city import City
from tests.databases import Cluster, Database, running_cluster
from tests.recorders import Clock, RecordingDoorbell, RecordingTransport
from workflow.application import Application
from workflow.definition.load import named
from workflow.settings import Settings

#: A Wednesday morning in June 2022, in the year in which the sample's sheets are judged.
START = datetime(2022, 6, 1, 1, 0, tzinfo=UTC)
SECRET_KEY = "not a secret: this key signs cookies of tests alone"

#: CI repeats these on the distribution's PostgreSQL.
ON_EVERY_POSTGRES = ("services", "queries", "concurrency", "migrations")

#: Experiments that start real servers and kill them: ``make faults``.
FAULTS = "faults"

SCHEMA, SAMPLE_CITY = "template_schema", "template_city"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the targets of the Makefile take; here, because options are read before folders are."""
    shuffle = "run the tests in the random order of HYOKA_TEST_SEED"
    parser.getgroup("chances").addoption("--shuffle", action="store_true", help=shuffle)
    group = parser.getgroup("faults")
    group.addoption("--seed", type=int, help="repeat the fault experiments of a seed")
    group.addoption("--long", action="store_true", help="twenty times as much of each experiment")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Chances are the same in each run, on every machine, unless a seed is named."""
    hypothesis.settings.register_profile(
        "drawn", hypothesis.settings.get_profile("ci"), derandomize=False
    )
    hypothesis.settings.load_profile("drawn" if chances.DRAWN else "ci")
    if chances.DRAWN and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = chances.SEED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what depends on PostgreSQL's version, kills servers, draws chances, starts processes."""
    here = Path(__file__).parent
    if config.getoption("--shuffle"):
        random.Random(chances.SEED).shuffle(items)
    for item in items:
        if "installation" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.live)
        test = getattr(item, "obj", None)
        if getattr(test, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.chances)
        if item.path.relative_to(here).parts[0] in ON_EVERY_POSTGRES:
            item.add_marker(pytest.mark.postgres)
        if item.path.relative_to(here).parts[0] == FAULTS:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(1800 if config.getoption("--long") else 300))


def settings_for(db: Database, **others: Any) -> Settings:
    """Settings for an application on *db*; one-time passwords stay unless told otherwise."""
    values: dict[str, Any] = {
        "database_url": db.app_url,
        "owner_database_url": db.owner_url,
        "secret_key": SECRET_KEY,
        "keep_one_time_passwords": True,
        "mail_from": "hyoka@aose.example.jp",
        "public_url": "http://localhost:8000",
    }
    return Settings(**(values | others))


# Servers and templates, once per process


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of our own."""
    with running_cluster() as running:
        yield running


def migrate_to_head(db: Database) -> None:
    """Fill a template with the schema, and with a clock that tests may set."""
    database.migrate(db.owner_url)
    with psycopg.connect(db.owner_url, autocommit=True) as connection:
        office_clock.mark(connection)


def load_sample(route: str = "standard") -> Callable[[Database], dict[str, str]]:
    """What fills a template with the sample city as of ``START``; gives the one-time passwords."""

    def load(db: Database) -> dict[str, str]:
        application = Application(settings_for(db), clock=lambda: START)
        try:
            made = load_city(
                application,
                SAMPLE / "city.json",
                SAMPLE / "people.toml",
                definition=named(route),
            )
        finally:
            application.dispose()
        return {user.sign_in_name: user.password for user, _ in made}

    return load


@pytest.fixture(scope="session")
def schema_template(cluster: Cluster) -> str:
    """The schema, as the migrations make it, and nothing in it."""
    cluster.template(SCHEMA, migrate_to_head)
    return SCHEMA


@pytest.fixture(scope="session")
def city_template(cluster: Cluster, schema_template: str) -> tuple[str, dict[str, str]]:
    """The sample city, opened at ``START``; its name, and the one-time passwords."""
    passwords = cluster.template(SAMPLE_CITY, load_sample(), like=schema_template)
    assert isinstance(passwords, dict)
    return SAMPLE_CITY, passwords


@pytest.fixture(scope="session")
def route_template(
    request: pytest.FixtureRequest, cluster: Cluster, schema_template: str
) -> tuple[str, dict[str, str]]:
    """The sample city on another of the shipped definitions, opened at ``START``.

    A test names the one it wants with ``on_route("two_levels")`` (tests/city.py).
    """
    name = f"{SAMPLE_CITY}_{request.param}"
    passwords = cluster.template(name, load_sample(request.param), like=schema_template)
    assert isinstance(passwords, dict)
    return name, passwords


@pytest.fixture(scope="session")
def live_city_template(
    request: pytest.FixtureRequest, cluster: Cluster, schema_template: str
) -> tuple[str, dict[str, str]]:
    """The sample city for tests that start processes; its name, and the one-time passwords.

    On the standard definition unless a test says ``living_on_route("…")`` (tests/city.py).
    """
    route = getattr(request, "param", "standard")
    name = SAMPLE_CITY if route == "standard" else f"{SAMPLE_CITY}_{route}"
    passwords = cluster.template(name, load_sample(route), like=schema_template)
    assert isinstance(passwords, dict)
    return name, passwords


# A fresh database per test


@pytest.fixture
def empty_database(cluster: Cluster, schema_template: str) -> Iterator[Database]:
    """The schema alone."""
    with cluster.copy(schema_template) as db:
        yield db


@pytest.fixture
def city_database(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> Iterator[Database]:
    """The sample city."""
    with cluster.copy(city_template[0]) as db:
        yield db


@pytest.fixture
def clock() -> Clock:
    """Stands at ``START`` until the test moves it."""
    return Clock(START)


@pytest.fixture
def doorbell() -> RecordingDoorbell:
    """What ``application`` rang."""
    return RecordingDoorbell()


@pytest.fixture
def transport() -> RecordingTransport:
    """A mail server that keeps what it gets."""
    return RecordingTransport()


@pytest.fixture
def application(
    city_database: Database, clock: Clock, doorbell: RecordingDoorbell
) -> Iterator[Application]:
    """An application on a fresh sample city, at the time of ``clock``."""
    application = Application(settings_for(city_database), clock=clock, doorbell=doorbell)
    yield application
    application.dispose()


@pytest.fixture
def city(application: Application, city_template: tuple[str, dict[str, str]]) -> City:
    """The people of the sample city and what they do."""
    return City(application, city_template[1])


@pytest.fixture
def route_city(
    cluster: Cluster,
    route_template: tuple[str, dict[str, str]],
    clock: Clock,
    doorbell: RecordingDoorbell,
) -> Iterator[City]:
    """The sample city on another route than the standard one, fresh, at the time of ``clock``."""
    template, passwords = route_template
    with cluster.copy(template) as db:
        application = Application(settings_for(db), clock=clock, doorbell=doorbell)
        yield City(application, passwords)
        application.dispose()


@pytest.fixture
def empty_application(empty_database: Database, clock: Clock) -> Iterator[Application]:
    """An application on the schema alone, at the time of ``clock``."""
    application = Application(settings_for(empty_database), clock=clock)
    yield application
    application.dispose()


QueryCounter = Callable[[Application], AbstractContextManager[list[str]]]


@pytest.fixture
def query_counter() -> QueryCounter:
    """``with query_counter(application) as statements:`` gathers the statements of the block."""

    @contextmanager
    def counting(application: Application) -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        sa.event.listen(application.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(application.engine, "before_cursor_execute", note)

    return counting


# For tests that start processes


@dataclass(frozen=True)
class Installation:
    """The sample city as processes of its own find it: a database, Redis, a mail server.

    Attributes:
        environment: everything of ``HYOKA_`` that a child process needs.
        application: on the same database, by its own clock.
    """

    database: Database
    redis: RedisServer
    mailbox: Mailbox
    environment: dict[str, str] = field(repr=False)
    application: Application
    city: City

    @property
    def passwords(self) -> dict[str, str]:
        """Sign-in name → one-time password."""
        return dict(self.city.passwords)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real Redis that keeps nothing."""
    with running_redis(tmp_path_factory.mktemp("redis") / "data", appendonly=False) as running:
        yield running


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A real SMTP server that keeps the mails in a folder."""
    with running_mailbox(tmp_path / "mailbox") as running:
        yield running


@pytest.fixture
def installation(
    cluster: Cluster,
    live_city_template: tuple[str, dict[str, str]],
    redis_server: RedisServer,
    mailbox: Mailbox,
) -> Iterator[Installation]:
    """A fresh sample city for web, worker and beat as real processes.

    Its clock runs on from ``START`` for all of them: the office is open, whatever the hour is.
    """
    template, passwords = live_city_template
    with cluster.copy(template) as db:
        with psycopg.connect(db.superuser_url, autocommit=True) as connection:
            office_clock.set_to(connection, START)
        environment = {
            "HYOKA_DATABASE_URL": db.app_url,
            "HYOKA_OWNER_DATABASE_URL": db.owner_url,
            "HYOKA_REDIS_URL": redis_server.url,
            "HYOKA_SECRET_KEY": SECRET_KEY,
            "HYOKA_SMTP_HOST": "127.0.0.1",
            "HYOKA_SMTP_PORT": str(mailbox.port),
            "HYOKA_MAIL_FROM": "hyoka@aose.example.jp",
            "HYOKA_KEEP_ONE_TIME_PASSWORDS": "true",
        }
        names = {key.removeprefix("HYOKA_").lower(): value for key, value in environment.items()}
        application = Application(settings_for(db, **names))
        yield Installation(
            db, redis_server, mailbox, environment, application, City(application, passwords)
        )
        application.dispose()
