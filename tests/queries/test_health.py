"""What is read to judge the installation: the right rows, in one or two statements."""

from __future__ import annotations

import inspect
import re
from datetime import date, time, timedelta

import psycopg
import pytest

from hyoka import database
from tests.authority import away, hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from web.status_words import PARTS
from workflow import versions
from workflow.application import Application
from workflow.errors import Refused
from workflow.health import TICK_PARTS, Aspect, Level
from workflow.pulses import QUEUES
from workflow.queries import health
from workflow.schema_revision import shipped_revision
from workflow.services import queue_pulses, ticking
from workflow.services.queue_pulses import Pulse

#: The first reminder of 611 was given up.
DEAD = """
UPDATE timer SET settled_at = clock_timestamp(), outcome = 'dead', attempts = 5,
       last_error = 'KeyError: nowhere'
WHERE id = (SELECT t.id FROM timer t JOIN evaluation e ON e.id = t.evaluation_id
            WHERE e.code = '611' AND t.kind = 'reminder' ORDER BY t.due_at LIMIT 1)
"""


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

    write(city_database, "UPDATE alembic_version SET version_num = '9999'")
    assert codes(city.application)[-1] == "schema_newer"


def test_before_any_city_was_taken_in_the_questions_have_answers(
    empty_application: Application,
) -> None:
    assert codes(empty_application) == [
        "tick_late", "due_good", "mails_good", "queues_none", "workers_good", "calendar_ends",
        "schema_good",
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


def pulse(city: City, queue: str, *, worker: str = "worker@hyoka") -> None:
    queue_pulses.taken(city.application, Pulse(queue, worker, 2, "8.0.1"))


def test_a_pulse_says_who_works_on_the_queue(city: City, clock: Clock) -> None:
    pulse(city, "mail", worker="a@here")
    clock.forward(minutes=2)
    pulse(city, "mail", worker="b@here")

    [(name, seen)] = status(city).vital.queues.items()

    assert (name, seen.worker, seen.waiting, seen.redis) == ("mail", "b@here", 2, "8.0.1")
    assert (seen.at, seen.since) == (clock.now, clock.now - timedelta(minutes=2))
    assert sorted(seen.workers) == ["a@here", "b@here"]
    assert {(w.release, w.schema) for w in seen.workers.values()} == {
        (versions.release(), shipped_revision())
    }


def test_a_pulse_of_no_queue_is_refused(city: City) -> None:
    with pytest.raises(ValueError, match="no queue 'celery'"):
        pulse(city, "celery")


def test_a_mail_worker_that_dies_is_found_after_five_pulses(city: City, clock: Clock) -> None:
    for queue in QUEUES:
        pulse(city, queue)
    for _ in range(6):
        clock.forward(minutes=2)
        pulse(city, "tick")
        pulse(city, "batch")

    assert "queue_silent" in codes(city.application)
    pulse(city, "mail")
    assert "queues_good" in codes(city.application)


def test_timers_that_were_given_up_are_counted_while_their_sheet_is_where_it_was(
    city: City, city_database: Database
) -> None:
    city.tick()
    write(city_database, DEAD)

    found = status(city)

    assert found.backlog.dead_timers == 1
    assert [(d.code, d.kind, d.reason) for d in found.dead_timers] == [
        ("611", "reminder", "KeyError: nowhere")
    ]
    city.submit("611")
    assert status(city).backlog.dead_timers == 0


def test_the_parts_of_a_tick_have_the_names_that_the_page_knows() -> None:
    assert set(PARTS) == set(TICK_PARTS)
    source = inspect.getsource(ticking.beat)
    assert set(re.findall(r'round_\.do\("(\w+)"', source)) == set(TICK_PARTS)


def test_readiness_is_one_statement_and_the_status_two(
    city: City, query_counter: QueryCounter
) -> None:
    with city.application.query(city.actor(ADMINISTRATOR)) as ctx:
        with query_counter(city.application) as one:
            health.readiness(ctx)
        with query_counter(city.application) as two:
            health.status(ctx)

    assert (len(one), len(two)) == (1, 2)
