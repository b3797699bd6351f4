"""What append_events does not take from the application: the time, and what it sees is untrue."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.city import City
from tests.conftest import START
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import DRAFTERS, REVIEWERS

APPEND = """SELECT append_events(ARRAY[1]::bigint[], 'save', %(to)s, %(person)s, %(assignment)s,
    '', NULL, NULL, '', NULL)"""
TRUE = {"to": "draft", "person": None, "assignment": None}


def refused(connection: psycopg.Connection, **claims: object) -> str | None:
    """The name of the claim that the database did not believe."""
    try:
        with connection.transaction():
            connection.execute(APPEND, TRUE | claims)
    except psycopg.errors.CheckViolation as error:
        return error.diag.constraint_name
    return None


def test_only_people_who_exist_act_and_only_in_posts_that_are_or_were_theirs(
    city: City, city_database: Database
) -> None:
    drafter, other = city.actor(DRAFTERS["611"]), city.actor(REVIEWERS["611"])
    with psycopg.connect(city_database.app_url) as connection:
        connection.execute(
            "UPDATE assignment SET valid_until = valid_from WHERE id = %s", (drafter.assignment_id,)
        )
        mine = {"person": drafter.person_id, "assignment": drafter.assignment_id}

        assert refused(connection, **mine) is None
        assert refused(connection) is None
        assert refused(connection, person=99_999) == "event_person_exists"
        for wrong in (
            mine | {"assignment": other.assignment_id},
            mine | {"assignment": 99_999},
            mine | {"person": None},
        ):
            assert refused(connection, **wrong) == "event_post_is_theirs"


def test_an_event_comes_from_the_state_to_which_the_last_one_led(
    city: City, city_database: Database
) -> None:
    with psycopg.connect(city_database.app_url) as connection:
        connection.execute("UPDATE evaluation SET state = 'bureau_approval' WHERE id = 1")

        assert refused(connection, to="approved") == "event_state_is_the_sheets"


def test_the_name_is_the_persons(city: City, city_database: Database) -> None:
    drafter = city.actor(DRAFTERS["611"])
    with psycopg.connect(city_database.app_url) as connection:
        connection.execute(APPEND, TRUE | {"person": drafter.person_id})
        row = connection.execute("""
            SELECT n.canonical::json ->> 'person' FROM event_narrative n ORDER BY event_id DESC
        """).fetchone()

    assert row == (drafter.name,)


def test_no_application_says_when_it_is_where_the_owner_did_not_mark_the_database(
    city: City, city_database: Database
) -> None:
    """As in a real installation: ``hyoka.now`` is nobody's but the owner's to allow."""
    with psycopg.connect(city_database.owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM test_clock")
    with psycopg.connect(city_database.app_url) as connection:
        for forged in (
            "INSERT INTO test_clock DEFAULT VALUES",
            "UPDATE test_clock SET shift = '1'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forged.encode())
            connection.rollback()
        connection.execute("SET search_path = pg_temp, public")
        connection.execute("CREATE TEMPORARY TABLE test_clock AS SELECT true, interval '-9 years'")
        connection.execute("SELECT set_config('hyoka.now', '2001-01-01', false)")
        connection.execute(APPEND, TRUE)
        row = connection.execute("""
            SELECT occurred_at = pg_catalog.now(), occurred_at > '2022-06-02'
            FROM event ORDER BY id DESC LIMIT 1
        """).fetchone()

    assert row == (True, True)


def test_the_time_of_an_event_is_the_commands_and_never_before_the_last_one(
    city: City, clock: Clock
) -> None:
    clock.forward(hours=3)
    city.submit("611")
    clock.forward(hours=-2)
    city.give_back("611")
    city.submit("632")

    def times(code: str) -> list[timedelta]:
        return [
            row.occurred_at - START
            for row in city.rows(
                "SELECT occurred_at FROM event WHERE evaluation_id = :id ORDER BY sequence",
                id=city.evaluation(code),
            )
        ]

    assert times("611") == [timedelta(0), timedelta(hours=3), timedelta(hours=3)]
    assert times("632") == [timedelta(0), timedelta(hours=1)]
    assert city.verify().broken == ()
