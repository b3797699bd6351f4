"""What is read to judge the installation: the right rows, in one or two statements."""

from __future__ import annotations

from datetime import date, time

import psycopg
import pytest

from hyoka import database
from tests.authority import away, hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Application
from workflow.errors import Refused
from workflow.health import Aspect, Level
from workflow.queries import health
from workflow.schema_revision import shipped_revision
from workflow.services import ticking


def codes(application: Application) -> list[str]:
    with application.query() as ctx:
        return [found.code for found in health.readiness(ctx)]


def status(city: City) -> health.Status:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        return health.status(ctx)


def write(db: Database, statement: str) -> None:
    """Behind the program's back."""
    with psycopg.connect(db.superuser_url) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("name", [DRAFTERS["611"], PUBLISHER])
def test_the_status_is_for_administrators_alone(city: City, name: str) -> None:
    with (
        city.application.query(city.actor(name)) as ctx,
        pytest.raises(Refused, match="administrators_only"),
    ):
        health.status(ctx)


def test_the_code_knows_the_newest_migration_that_is_shipped_with_it() -> None:
    assert shipped_revision() == database.head()


def test_a_schema_of_another_revision_is_found(city: City, city_database: Database) -> None:
    city.tick()
    assert codes(city.application)[-1] == "schema_good"

    write(city_database, "UPDATE alembic_version SET version_num = '0001'")

    assert codes(city.application)[-1] == "schema_differs"


def test_before_any_city_was_taken_in_the_questions_have_answers(
    empty_application: Application,
) -> None:
    assert codes(empty_application) == [
        "tick_late", "due_good", "mails_good", "calendar_ends", "schema_good",
    ]  # fmt: skip


def test_a_timer_that_nobody_settles_is_found_although_the_tick_comes_by(
    city: City, clock: Clock, city_database: Database
) -> None:
    clock.set(date(2022, 6, 24))
    city.tick()
    assert "due_good" in codes(city.application)

    write(
        city_database,
        "UPDATE timer SET settled_at = NULL, outcome = NULL WHERE outcome = 'fired'",
    )

    assert "due_late" in codes(city.application)
    assert "tick_late" not in codes(city.application)


def test_a_timer_whose_clock_stands_still_is_not_late(city: City, clock: Clock) -> None:
    for code in ("611", "612", "621", "631", "632"):
        city.bring_to(code, "bureau_approval")
        hold(city, APPROVER, code)
    clock.set(date(2022, 9, 1))

    assert city.scalar("SELECT count(*) FROM timer WHERE settled_at IS NULL") > 0
    assert "due_good" in codes(city.application)


def test_mails_that_nobody_sends_are_found(city: City, clock: Clock) -> None:
    city.submit("611")
    clock.forward(minutes=6)
    ticking.beat(city.application)
    assert "mails_good" in codes(city.application)

    clock.forward(minutes=31)

    assert "mails_wait" in codes(city.application)


def test_the_status_counts_what_waits(city: City, clock: Clock) -> None:
    away(city, REVIEWERS["611"], first=date(2022, 6, 1), last=date(2022, 6, 3))
    city.tick()
    city.submit("632")

    found = status(city)

    assert found.backlog.notices == 1
    assert found.backlog.absences_today == 1
    assert found.backlog.unseen_absence is None
    assert found.server.partition(".")[0].isdecimal()
    assert found.vital.last_tick == clock.now
    assert {f.aspect for f in found.findings} == set(Aspect)
    assert {f.level for f in found.findings} == {Level.GOOD}


def test_an_absence_counts_as_unseen_from_the_office_days_midnight(
    city: City, clock: Clock
) -> None:
    away(city, REVIEWERS["611"], first=date(2022, 6, 2), last=date(2022, 6, 3))
    clock.set(date(2022, 6, 2), time(0, 20))
    early = {f.code for f in status(city).findings}
    clock.set(date(2022, 6, 2), time(0, 31))
    late = {f.code for f in status(city).findings}

    assert "absences_good" in early
    assert "absences_unseen" in late


def test_readiness_is_one_statement_and_the_status_two(
    city: City, query_counter: QueryCounter
) -> None:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        with query_counter(city.application) as one:
            health.readiness(ctx)
        with query_counter(city.application) as two:
            health.status(ctx)

    assert (len(one), len(two)) == (1, 2)
