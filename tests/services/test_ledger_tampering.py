"""Tampering by somebody who holds the whole server: found, with the first bad event."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from tests.city import City
from tests.databases import Database
from workflow.queries.ledger import Broken

#: The return of 611, between its two submissions.
THIRD = "(SELECT id FROM event WHERE evaluation_id = 1 AND sequence = 3)"


def tamper(db: Database, *statements: str) -> None:
    with psycopg.connect(db.superuser_url, autocommit=True) as connection:
        for table in ("event", "event_narrative", "content", "revision"):
            connection.execute(
                sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.Identifier(table))
            )
        for statement in statements:
            connection.execute(statement.replace("{third}", THIRD).encode())


@pytest.mark.parametrize(
    ("statements", "sequence", "code"),
    [
        (
            [
                "UPDATE event_narrative SET canonical = replace(canonical, '数字', '成果')"
                " WHERE event_id = {third}"
            ],
            3,
            "narrative_changed",
        ),
        (
            [
                "UPDATE event SET canonical = replace(canonical, '\"return\"', '\"approve\"')"
                " WHERE id = {third}"
            ],
            3,
            "event_changed",
        ),
        (["UPDATE event SET action = 'approve' WHERE id = {third}"], 3, "columns_differ"),
        (["UPDATE event SET to_state = 'approved' WHERE id = {third}"], 3, "columns_differ"),
        (["UPDATE event SET person_id = 1 WHERE id = {third}"], 3, "columns_differ"),
        (
            ["UPDATE event SET occurred_at = occurred_at - interval '1 day' WHERE id = {third}"],
            3,
            "columns_differ",
        ),
        (["UPDATE event SET round = 7 WHERE id = {third}"], 3, "columns_differ"),
        (["UPDATE event SET capacity = '市長' WHERE id = {third}"], 3, "columns_differ"),
        (["UPDATE event SET assignment_id = 1 WHERE id = {third}"], 3, "columns_differ"),
        (["UPDATE event SET revision_id = 2 WHERE id = {third}"], 3, "columns_differ"),
        (
            ["DELETE FROM event_narrative WHERE event_id = {third}"],
            3,
            "narrative_missing",
        ),
        (
            [
                "DELETE FROM event_narrative WHERE event_id = {third}",
                "DELETE FROM event WHERE id = {third}",
            ],
            4,
            "event_missing",
        ),
        (
            [
                "UPDATE event SET sequence = 9 WHERE evaluation_id = 1 AND sequence = 2",
                "UPDATE event SET sequence = 2 WHERE evaluation_id = 1 AND sequence = 3",
                "UPDATE event SET sequence = 3 WHERE evaluation_id = 1 AND sequence = 9",
            ],
            2,
            "chain_broken",
        ),
        (
            ["UPDATE event SET hash = sha256('x'::bytea) WHERE id = {third}"],
            3,
            "event_changed",
        ),
    ],
)
def test_tampering_is_found_with_the_first_bad_event(
    city: City, city_database: Database, statements: list[str], sequence: int, code: str
) -> None:
    city.submit("611")
    city.give_back("611")
    city.submit("611")
    city.submit("632")
    assert city.verify().broken == ()

    tamper(city_database, *statements)

    assert city.verify().broken == (Broken("ex_post-2021-1/611", sequence, code),)


def test_a_changed_content_is_found_where_it_was_first_used(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    tamper(
        city_database,
        "UPDATE content SET body = replace(body, '410', '411') WHERE hash ="
        " (SELECT content_hash FROM evaluation WHERE id = 1)",
    )

    assert city.verify().broken == (Broken("ex_post-2021-1/611", 1, "content_changed"),)


def test_an_event_that_was_chained_anew_after_a_change_breaks_the_next_one(
    city: City, city_database: Database
) -> None:
    """Whoever rewrites an event with a fitting hash must rewrite all that follow."""
    city.submit("611")
    city.give_back("611")
    city.submit("611")

    tamper(
        city_database,
        """UPDATE event SET occurred_at = '2022-06-01 02:00Z', canonical =
            replace(canonical, '2022-06-01T01:00:00', '2022-06-01T02:00:00') WHERE id = {third}""",
        "UPDATE event SET hash = ledger_link(previous_hash, canonical) WHERE id = {third}",
    )

    assert city.verify().broken == (Broken("ex_post-2021-1/611", 4, "chain_broken"),)


def test_a_state_that_no_event_led_to_is_found(city: City, city_database: Database) -> None:
    tamper(city_database, "UPDATE evaluation SET state = 'approved' WHERE id = 1")

    assert city.verify().broken == (Broken("ex_post-2021-1/611", 0, "state_differs"),)


def test_two_chains_cannot_be_exchanged(city: City, city_database: Database) -> None:
    tamper(
        city_database,
        "UPDATE event SET evaluation_id = 0 - evaluation_id WHERE evaluation_id IN (1, 5)",
        "UPDATE event SET evaluation_id = 5 WHERE evaluation_id = -1",
        "UPDATE event SET evaluation_id = 1 WHERE evaluation_id = -5",
    )

    assert {(b.sequence, b.code) for b in city.verify().broken} == {(1, "chain_broken")}
    assert len(city.verify().broken) == 2
