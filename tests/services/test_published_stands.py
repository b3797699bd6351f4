# ruff: noqa: S608 - statements are what is tried here
"""A published publication, against the application's own role: any statements, in any order.

Whatever is tried, by lists of statements and by random sequences of them, what readers get and the
rows that it stands on are the same afterwards; and a later version can still be published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Cluster, Database
from workflow.application import Application

PUBLISHED = "(SELECT min(id) FROM publication WHERE state = 'published')"
OTHER = "(SELECT id FROM evaluation WHERE code = '632')"
SHEET = "(SELECT id FROM evaluation WHERE code = '611')"
NEW_PUBLICATION = """INSERT INTO publication (cycle_id, version, supersedes_id, state, publish_at,
    requested_at, requested_by, capacity, request_key, total, published_at)
    SELECT id, {version}, {supersedes}, '{state}', opened_at, opened_at, 1, '', '{key}', 1, {at}
    FROM evaluation_cycle"""
ANOTHER = NEW_PUBLICATION.format(
    version=9, supersedes="current_publication_id", state="ready", key="another", at="NULL"
)
FORGED = NEW_PUBLICATION.format(
    version=8, supersedes="NULL", state="published", key="forged", at="opened_at"
)
FROZEN = """INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
    SELECT {publication}, e.id, e.code, e.content_hash, now() FROM evaluation e
    WHERE e.id = {sheet}"""
LATEST = "(SELECT max(id) FROM publication)"

#: What somebody who holds the application's role may try; each alone, and in any order.
TRIES = (
    # The publication goes back, or becomes another one.
    *(
        f"UPDATE publication SET state = '{state}', published_at = NULL"
        for state in ("ready", "cancelled", "failed", "requested")
    ),
    "UPDATE publication SET published_at = published_at - interval '1 year'",
    "UPDATE publication SET manifest_hash = NULL, errata_note = 'x'",
    f"UPDATE publication SET version = 99 WHERE id = {PUBLISHED}",
    f"UPDATE publication SET cycle_id = 0 WHERE id = {PUBLISHED}",
    f"UPDATE publication SET supersedes_id = id WHERE id = {PUBLISHED}",
    "UPDATE publication SET id = DEFAULT",
    "DELETE FROM publication",
    "TRUNCATE publication CASCADE",
    """INSERT INTO publication (cycle_id, version, state, publish_at, requested_at, requested_by,
        capacity, request_key, total) SELECT cycle_id, version, 'requested', publish_at,
        requested_at, requested_by, '', 'conflict', 0 FROM publication
        ON CONFLICT (cycle_id, version) DO UPDATE SET state = 'cancelled', published_at = NULL""",
    f"""MERGE INTO publication p USING (SELECT {PUBLISHED} AS id) x ON p.id = x.id
        WHEN MATCHED THEN UPDATE SET state = 'cancelled', published_at = NULL""",
    ANOTHER,
    FORGED,
    f"UPDATE publication SET state = 'published', published_at = now() WHERE id = {LATEST}",
    # What readers follow.
    "UPDATE evaluation_cycle SET current_publication_id = NULL",
    f"UPDATE evaluation_cycle SET current_publication_id = {LATEST}",
    "UPDATE evaluation_cycle SET target_fiscal_year = 1999",
    "UPDATE evaluation_cycle SET kind = 'ex_ante', number = 7",
    "UPDATE evaluation_cycle SET rating_scale = 3",
    "UPDATE evaluation_cycle SET id = DEFAULT",
    "DELETE FROM evaluation_cycle",
    # Its sheets.
    "UPDATE snapshot SET code = '999'",
    "UPDATE snapshot SET first_published_at = NULL",
    f"UPDATE snapshot SET publication_id = {LATEST}",
    "DELETE FROM snapshot",
    "TRUNCATE snapshot",
    FROZEN.format(publication=PUBLISHED, sheet=OTHER),
    FROZEN.format(publication=PUBLISHED, sheet=SHEET)
    + " ON CONFLICT (publication_id, evaluation_id) DO UPDATE SET code = '999'",
    FROZEN.format(publication=LATEST, sheet=OTHER),
    "UPDATE publication_item SET left_out_because = 'not_approved'",
    f"UPDATE publication_item SET publication_id = {LATEST}",
    f"UPDATE publication_item SET publication_id = {PUBLISHED}",
    f"INSERT INTO publication_item SELECT {PUBLISHED}, id, content_hash FROM evaluation",
    f"INSERT INTO publication_item SELECT {LATEST}, id, content_hash FROM evaluation",
    "DELETE FROM publication_item",
    "TRUNCATE publication_item CASCADE",
    # The rows that they stand on.
    "UPDATE evaluation SET closed_at = NULL",
    "UPDATE evaluation SET state = 'draft', closed_at = NULL",
    f"UPDATE evaluation SET state = 'draft' WHERE id = {SHEET}",
    f"UPDATE evaluation SET revision_id = NULL, content_hash = NULL WHERE id = {SHEET}",
    f"UPDATE evaluation SET final_approved_at = NULL, code = '999' WHERE id = {SHEET}",
    "DELETE FROM evaluation",
    "UPDATE content SET body = '{}'",
    "DELETE FROM content",
    f"UPDATE revision SET content_hash = '\\x00' WHERE evaluation_id = {SHEET}",
    f"""INSERT INTO revision (evaluation_id, number, content_hash, origin, created_at)
        SELECT id, 99, content_hash, 'save', now() FROM evaluation WHERE id = {SHEET}""",
    "DELETE FROM revision",
    f"INSERT INTO authorship SELECT {SHEET}, id, now() FROM person ON CONFLICT DO NOTHING",
    "UPDATE authorship SET person_id = 1",
    "DELETE FROM authorship",
    f"UPDATE signature SET voided_at = now() WHERE evaluation_id = {SHEET}",
    "UPDATE signature SET voided_at = NULL",
    f"""INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
        SELECT evaluation_id, round, 'draft', person_id, content_hash, event_id FROM signature
        WHERE evaluation_id = {SHEET}""",
    "DELETE FROM signature",
    "UPDATE event SET action = 'save'",
    "DELETE FROM event",
    "UPDATE pinned_definition SET source = ''",
    # Ways round the triggers.
    "SET session_replication_role = replica",
    "SET ROLE hyoka_owner",
    "SET SESSION AUTHORIZATION hyoka_owner",
    *(
        f"ALTER TABLE {table} DISABLE TRIGGER ALL"
        for table in ("publication", "snapshot", "publication_item", "evaluation_cycle")
    ),
    "ALTER TABLE snapshot OWNER TO hyoka_app",
    "DROP TRIGGER snapshot_is_frozen ON snapshot",
    "DROP TABLE snapshot CASCADE",
    "GRANT ALL ON snapshot TO hyoka_app",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
    "ALTER FUNCTION published_list_stands() SET search_path = pg_temp",
    # Tables of the same name that answer the triggers' questions wrongly.
    "CREATE TEMPORARY TABLE publication AS SELECT * FROM public.publication WHERE false",
    "CREATE TEMPORARY TABLE evaluation AS SELECT * FROM public.evaluation WHERE false",
    "SET search_path = pg_temp, public",
    "SET CONSTRAINTS ALL DEFERRED",
)

#: Orders that a plan has behind them: all statements of one in one transaction.
PLANS = {
    "unpublish, then change": (
        "UPDATE publication SET state = 'ready', published_at = NULL",
        "DELETE FROM snapshot",
    ),
    "a forged version in front": (FORGED, "UPDATE evaluation_cycle SET current_publication_id = "
                                  + LATEST),
    "a later version with nothing in it": (
        ANOTHER,
        f"UPDATE publication SET state = 'published', published_at = now() WHERE id = {LATEST}",
        f"UPDATE evaluation_cycle SET current_publication_id = {LATEST}",
    ),
    "a later version with a sheet that is not over": (
        ANOTHER,
        FROZEN.format(publication=LATEST, sheet=SHEET),
        FROZEN.format(publication=LATEST, sheet=OTHER),
        f"UPDATE publication SET state = 'published', published_at = now() WHERE id = {LATEST}",
    ),
    "open the sheet again": (
        f"UPDATE evaluation SET closed_at = NULL WHERE id = {SHEET}",
        f"UPDATE evaluation SET state = 'draft' WHERE id = {SHEET}",
    ),
    "a table in front": (
        "CREATE TEMPORARY TABLE publication AS SELECT * FROM public.publication WHERE false",
        "DELETE FROM public.snapshot",
    ),
    "an item from another publication": (
        ANOTHER,
        f"INSERT INTO publication_item SELECT {LATEST}, id, content_hash FROM evaluation"
        f" WHERE id = {OTHER}",
        f"UPDATE publication_item SET publication_id = {PUBLISHED} WHERE evaluation_id = {OTHER}",
    ),
}  # fmt: skip

#: What a published publication is, and what it stands on, row by row.
STANDS = """
SELECT jsonb_build_object(
    'publication', (SELECT jsonb_agg(p ORDER BY p.id) FROM publication p WHERE p.id = 1),
    'current', (SELECT jsonb_agg(jsonb_build_array(c.current_publication_id, c.kind, c.number,
        c.target_fiscal_year, c.cycle_fiscal_year, c.rating_scale) ORDER BY c.id)
        FROM evaluation_cycle c),
    'snapshot', (SELECT jsonb_agg(s) FROM snapshot s WHERE s.publication_id = 1),
    'item', (SELECT jsonb_agg(i) FROM publication_item i WHERE i.publication_id = 1),
    'evaluation', (SELECT jsonb_agg(e) FROM evaluation e WHERE e.code = '611'),
    'content', (SELECT jsonb_agg(t ORDER BY t.hash) FROM content t),
    'revision', (SELECT jsonb_agg(r ORDER BY r.id) FROM revision r WHERE r.evaluation_id = 1),
    'authorship', (SELECT jsonb_agg(a ORDER BY a.person_id) FROM authorship a
                   WHERE a.evaluation_id = 1),
    'signature', (SELECT jsonb_agg(g ORDER BY g.id) FROM signature g WHERE g.evaluation_id = 1),
    'event', (SELECT jsonb_agg(v ORDER BY v.id) FROM event v WHERE v.evaluation_id = 1))::text
"""


@contextmanager
def published_city(
    cluster: Cluster, template: tuple[str, dict[str, str]]
) -> Iterator[tuple[City, Database]]:
    """611 is published as version 1, 632 waits for the bureau."""
    with cluster.copy(template[0]) as db:
        application = Application(settings_for(db), clock=lambda: START)
        city = City(application, template[1])
        city.bring_to("632", "bureau_approval")
        city.publish(["611"])
        yield city, db
        application.dispose()


@pytest.fixture(scope="module")
def published(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> Iterator[tuple[City, Database]]:
    """One copy for all tries: whatever they leave behind, the published version stands."""
    with published_city(cluster, city_template) as found:
        yield found


def stands(db: Database) -> str:
    with psycopg.connect(db.superuser_url) as connection:
        row = connection.execute(STANDS.encode()).fetchone()
    assert row is not None
    return str(row[0])


def try_all(db: Database, statements: Sequence[str]) -> int:
    """Send them in one session; how many were refused. What was not refused is committed."""
    refused = 0
    with psycopg.connect(db.app_url) as connection:
        for statement in statements:
            try:
                with connection.transaction():
                    connection.execute(statement.encode())
            except psycopg.Error:
                refused += 1
    return refused


@pytest.mark.parametrize("statement", TRIES)
def test_no_statement_alone_changes_what_was_published(
    published: tuple[City, Database], statement: str
) -> None:
    _, db = published
    before = stands(db)

    try_all(db, [statement])

    assert stands(db) == before


@pytest.mark.parametrize("plan", PLANS)
def test_no_plan_of_several_statements_changes_what_was_published(
    published: tuple[City, Database], plan: str
) -> None:
    _, db = published
    before = stands(db)

    assert try_all(db, PLANS[plan]) > 0

    assert stands(db) == before


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(statements=st.lists(st.sampled_from(TRIES), min_size=2, max_size=14))
def test_no_order_of_statements_changes_what_was_published(
    published: tuple[City, Database], statements: list[str]
) -> None:
    _, db = published
    before = stands(db)

    try_all(db, statements)

    assert stands(db) == before


def test_a_sheet_slips_into_no_publication_that_becomes_published_meanwhile(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> None:
    """Two transactions: whoever adds a row waits for who publishes, and the other way round."""
    with published_city(cluster, city_template) as (city, db):
        city.bring_to("632", "approved")
        wanted = city.request_publication(["632"])
        add = FROZEN.format(
            publication=wanted, sheet="(SELECT id FROM evaluation WHERE code = '612')"
        )
        with (
            psycopg.connect(db.app_url) as publishing,
            psycopg.connect(db.app_url) as adding,
        ):
            publishing.execute("SELECT FROM publication WHERE id = %s FOR UPDATE", (wanted,))
            adding.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                adding.execute(add.encode())
            adding.rollback()
            publishing.rollback()
            adding.execute(add.encode())
            publishing.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                publishing.execute(
                    "UPDATE publication SET last_error = 'x' WHERE id = %s", (wanted,)
                )


def test_a_later_version_is_published_as_ever_and_then_stands_too(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> None:
    with published_city(cluster, city_template) as (city, db):
        city.publish(["632"])

        assert [row.version for row in city.rows("SELECT version FROM publication")] == [1, 2]
        assert city.scalar(
            "SELECT count(*) FROM snapshot s JOIN evaluation_cycle c"
            " ON c.current_publication_id = s.publication_id"
        ) == 2  # fmt: skip
        before = stands(db)
        try_all(db, list(TRIES))
        assert stands(db) == before
        assert city.verify().broken == ()
