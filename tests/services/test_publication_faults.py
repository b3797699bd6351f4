"""Publishing under faults: killed half-way, failing, run twice; and what is published stays."""

from __future__ import annotations

import hashlib

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.city import City
from tests.databases import Database
from tests.sample_people import SHEETS
from workflow.application import Application
from workflow.policy import SYSTEM
from workflow.services import publication
from workflow.services.publication import MOST_ATTEMPTS


def approved(city: City) -> int:
    """All five sheets approved and selected."""
    for code in SHEETS:
        city.bring_to(code, "approved")
    return city.request_publication(SHEETS)


def chunk(application: Application, publication_id: int, size: int) -> bool:
    with application.command(SYSTEM) as ctx:
        return publication.build_chunk(ctx, publication_id, size=size)


def expected_manifest(city: City) -> str:
    """SHA-256 over code and hash of every sheet, worked out here."""
    rows = city.rows("SELECT code, encode(content_hash, 'hex') AS hash FROM evaluation")
    lines = sorted(f"{row.code} {row.hash}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_progress_is_seen_after_each_chunk(city: City, application: Application) -> None:
    wanted = approved(city)

    seen = []
    while chunk(application, wanted, 2):
        view = city.publication(wanted)
        seen.append((view.state, view.built, view.total))

    assert seen == [("building", 2, 5), ("building", 4, 5)]
    assert (city.publication(wanted).state, city.publication(wanted).built) == ("ready", 5)


def test_killed_after_a_chunk_and_started_again_it_publishes_the_same_manifest(
    city: City, application: Application
) -> None:
    wanted = approved(city)
    chunk(application, wanted, 2)  # and here the worker was killed

    assert publication.run(application, wanted, chunk=2)

    view = city.publication(wanted)
    assert view.manifest_hash == expected_manifest(city)
    assert (view.built, view.total) == (5, 5)
    assert city.scalar("SELECT count(*) FROM snapshot") == 5
    assert city.verify().broken == ()


def test_killed_before_the_flip_nothing_is_public_and_the_next_run_flips(
    city: City, application: Application
) -> None:
    wanted = approved(city)
    while chunk(application, wanted, 500):
        pass
    assert city.scalar("SELECT current_publication_id FROM evaluation_cycle") is None
    assert {city.state(code) for code in SHEETS} == {"approved"}

    assert publication.due(application) == [wanted]
    assert publication.run(application, wanted)

    assert city.publication(wanted).manifest_hash == expected_manifest(city)


def test_run_again_after_it_was_published_nothing_happens_twice(
    city: City, application: Application
) -> None:
    wanted = approved(city)
    publication.run(application, wanted)
    before = city.counts()

    assert publication.run(application, wanted)

    assert city.counts() == before
    assert publication.due(application) == []


def test_the_chunk_size_changes_nothing_about_the_result(
    city: City, application: Application
) -> None:
    wanted = approved(city)

    publication.run(application, wanted, chunk=1)

    assert city.publication(wanted).manifest_hash == expected_manifest(city)


def refuse_snapshots(db: Database, verb: str) -> None:
    """The database fails in the middle of the job, for real: a missing privilege."""
    direction = "FROM" if verb == "REVOKE" else "TO"
    with psycopg.connect(db.superuser_url, autocommit=True) as connection:
        connection.execute(f"{verb} INSERT ON snapshot {direction} hyoka_app".encode())


def test_a_failure_is_raised_and_counted_and_the_next_run_succeeds(
    city: City, application: Application, city_database: Database
) -> None:
    wanted = approved(city)
    refuse_snapshots(city_database, "REVOKE")

    for _ in range(2):
        with pytest.raises(DBAPIError, match="permission denied"):
            publication.run(application, wanted)
    row = city.rows("SELECT attempts, state, last_error FROM publication")[0]
    assert (row.attempts, row.state) == (2, "requested")
    assert "permission denied" in row.last_error

    refuse_snapshots(city_database, "GRANT")
    assert publication.run(application, wanted)
    assert city.publication(wanted).manifest_hash == expected_manifest(city)


def test_after_the_last_attempt_it_is_given_up_and_the_cycle_is_free_again(
    city: City, application: Application, city_database: Database
) -> None:
    wanted = approved(city)
    refuse_snapshots(city_database, "REVOKE")

    for _ in range(MOST_ATTEMPTS):
        assert publication.due(application) == [wanted]
        with pytest.raises(DBAPIError):
            publication.run(application, wanted)

    assert city.publication(wanted).state == "failed"
    assert publication.due(application) == []
    refuse_snapshots(city_database, "GRANT")
    again = city.request_publication(SHEETS)
    assert publication.run(application, again)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshot SET content_hash = content_hash",
        "UPDATE snapshot SET code = '999'",
        "DELETE FROM snapshot",
        "TRUNCATE snapshot",
        "UPDATE content SET body = '{}'",
        "DELETE FROM content",
        "UPDATE revision SET number = 9",
        "DELETE FROM revision",
        "UPDATE pinned_definition SET source = ''",
        "DELETE FROM pinned_definition",
        "DELETE FROM publication",
        "DELETE FROM publication_item",
        """INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
           SELECT s.publication_id, e.id, e.code, e.content_hash, s.approved_at
           FROM snapshot s, evaluation e WHERE e.code = '632'""",
        "UPDATE signature SET person_id = person_id",
        "UPDATE signature SET content_hash = content_hash",
        "DELETE FROM signature",
    ],
)
def test_what_is_published_cannot_be_changed_by_the_application(
    city: City, city_database: Database, statement: str
) -> None:
    city.publish(["611"])

    with (
        psycopg.connect(city_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshot SET code = '999'",
        "DELETE FROM snapshot",
        "TRUNCATE snapshot",
        "UPDATE content SET body = '{}'",
        "UPDATE revision SET number = 9",
        "DELETE FROM pinned_definition",
    ],
)
def test_not_even_the_owner_of_the_tables_changes_what_is_published(
    city: City, city_database: Database, statement: str
) -> None:
    city.publish(["611"])

    with (
        psycopg.connect(city_database.owner_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never"),
    ):
        connection.execute(statement.encode())
