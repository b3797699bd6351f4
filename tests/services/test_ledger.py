"""The ledger: canonical texts, the chain worked out anew, and tampering that is found."""

from __future__ import annotations

import hashlib
import json
import unicodedata

import psycopg
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.city import City
from tests.databases import Cluster, Database
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER
from workflow.errors import Refused
from workflow.queries import ledger

NASTY = (
    '引用符 " と \\ と / と \u2028 と \u2029',
    "制御文字 \x01\x08\t\n\x0b\x0c\r\x1f\x7f",
    "絵文字 👩‍👩‍👧‍👦 🏛️ と 髙 𠮷",
    unicodedata.normalize("NFD", "がぎぐげご パピプペポ é"),
    "</script><!-- \u202e逆\u202c",
    "",
    "null",
    "€ \ud7ff \ue000 \uffff",
)


def appended(connection: psycopg.Connection, person: str, reason: str, capacity: str) -> None:
    connection.execute("UPDATE person SET name = %s WHERE id = 1", (person,))
    connection.execute(
        "SELECT append_events(ARRAY[1]::bigint[], 'save', 'draft', 1, NULL, %s, NULL, NULL, %s,"
        " NULL)",
        (capacity, reason),
    )


def last_texts(connection: psycopg.Connection) -> tuple[str, str]:
    row = connection.execute("""
        SELECT v.canonical, n.canonical FROM event v JOIN event_narrative n ON n.event_id = v.id
        ORDER BY v.id DESC LIMIT 1
    """).fetchone()
    assert row is not None
    return row


def check_canonical(connection: psycopg.Connection, reason: str, person: str) -> None:
    """Both texts are what an independent implementation of RFC 8785 makes of their values."""
    appended(connection, person, reason, "課長")
    canonical, narrative = last_texts(connection)

    told = json.loads(narrative)
    assert rfc8785.dumps(told).decode() == narrative
    assert told["reason"] == unicodedata.normalize("NFC", reason)
    assert told["person"] == unicodedata.normalize("NFC", person)
    outer = json.loads(canonical)
    assert rfc8785.dumps(outer).decode() == canonical
    assert outer["narrative_hash"] == hashlib.sha256(narrative.encode()).hexdigest()


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts_are_written_as_rfc_8785_asks(
    city: City, city_database: Database, text: str
) -> None:
    with psycopg.connect(city_database.app_url) as connection:
        check_canonical(connection, text, "佐藤 一郎")
        check_canonical(connection, "理由", text)


@pytest.fixture(scope="module")
def scratch(cluster: Cluster, city_template: tuple[str, dict[str, str]]) -> Database:
    """One copy for all examples: appending is all that is done to it."""
    with cluster.copy(city_template[0]) as db:
        yield db


# PostgreSQL stores no NUL, and UTF-8 knows no lone surrogates.
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=60)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(reason=texts, person=texts)
def test_any_text_is_written_as_rfc_8785_asks(scratch: Database, reason: str, person: str) -> None:
    with psycopg.connect(scratch.app_url) as connection:
        check_canonical(connection, reason, person)
        connection.rollback()


def test_the_chain_can_be_worked_out_from_the_stored_texts_alone(city: City) -> None:
    city.publish(["611", "612"])
    city.submit("632")
    city.give_back("632", reason=NASTY[2])

    rows = city.rows("""
        SELECT e.key, v.sequence, v.canonical, v.previous_hash, v.hash FROM event v
        JOIN evaluation e ON e.id = v.evaluation_id ORDER BY e.key, v.sequence
    """)
    heads: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for row in rows:
        begin = hashlib.sha256(b"hyoka-ledger-1:" + row.key.encode()).digest()
        previous = heads.get(row.key, begin)
        counts[row.key] = counts.get(row.key, 0) + 1
        assert row.sequence == counts[row.key]
        assert bytes(row.previous_hash) == previous
        heads[row.key] = hashlib.sha256(previous + row.canonical.encode()).digest()
        assert bytes(row.hash) == heads[row.key]
        assert json.loads(row.canonical)["evaluation"] == row.key
    assert counts["ex_post-2021-1/611"] == 5
    verified = city.verify()
    assert (verified.evaluations, verified.events, verified.broken) == (5, len(rows), ())


def test_an_event_says_who_when_in_which_capacity_on_which_revision_from_where_to_where(
    city: City,
) -> None:
    city.submit("611")
    city.give_back("611", reason="数字が合いません。")

    row = city.rows("""
        SELECT v.canonical, n.canonical AS narrative FROM event v
        JOIN event_narrative n ON n.event_id = v.id ORDER BY v.id DESC LIMIT 1
    """)[0]
    told, narrative = json.loads(row.canonical), json.loads(row.narrative)
    assert (told["action"], told["from"], told["to"]) == ("return", "department_review", "draft")
    assert told["occurred_at"] == "2022-06-01T01:00:00.000000Z"
    assert told["person"] == city.person_id("takahashi.noriko")
    assert told["assignment"] == city.actor("takahashi.noriko").assignment_id
    assert (told["sequence"], told["round"], told["format_version"]) == (3, 1, 2)
    assert told["content_hash"] == city.page(APPROVER, "611").seen_hash
    assert (narrative["person"], narrative["capacity"]) == ("高橋 典子", "市民自治部長")
    assert narrative["reason"] == "数字が合いません。"
    assert len(narrative["salt"]) == 36


@pytest.mark.parametrize("table", ["event", "event_narrative", "ledger_checkpoint"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET canonical = canonical",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "INSERT INTO {} DEFAULT VALUES",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
def test_the_application_has_no_right_to_touch_the_ledger(
    city_database: Database, table: str, statement: str
) -> None:
    if table == "ledger_checkpoint":
        statement = statement.replace("canonical", "body")
    with (
        psycopg.connect(city_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege) as refused,
    ):
        connection.execute(sql.SQL(statement).format(sql.Identifier(table)))
    assert refused.value.sqlstate == "42501"


@pytest.mark.parametrize("statement", ["UPDATE event SET round = 9", "DELETE FROM event",
                                       "TRUNCATE event CASCADE",
                                       "DELETE FROM event_narrative",
                                       "UPDATE event_narrative SET canonical = 'x'"])  # fmt: skip
def test_a_trigger_stands_in_the_way_of_the_owner_too(
    city: City, city_database: Database, statement: str
) -> None:
    with (
        psycopg.connect(city_database.owner_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_reader_sees_the_ledger_and_no_password(city_database: Database) -> None:
    with psycopg.connect(city_database.reader_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (5,)
        for statement in (
            "SELECT * FROM credential",
            "SELECT * FROM user_session",
            "UPDATE person SET name = ''",
            "SELECT append_events(ARRAY[1]::bigint[], 'x', 'draft', 1, NULL, '', NULL, NULL, '',"
            " NULL)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_narrative_can_be_disposed_of_without_breaking_the_chain(
    city: City, city_database: Database
) -> None:
    city.submit("611")
    city.give_back("611", reason="個人名のある理由。")
    with psycopg.connect(city_database.owner_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE event_narrative SET canonical = NULL, disposed_at = now()"
            " WHERE event_id = (SELECT max(id) FROM event)"
        )

    assert city.verify().broken == ()
    entry = city.page(APPROVER, "611").timeline[0]
    assert (entry.disposed, entry.person, entry.reason) == (True, "", "")


def test_a_narrative_is_not_brought_back_nor_half_disposed_of(
    city: City, city_database: Database
) -> None:
    with psycopg.connect(city_database.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE event_narrative SET canonical = NULL, disposed_at = now()")
        for statement in (
            "UPDATE event_narrative SET canonical = '{}'",
            "UPDATE event_narrative SET disposed_at = NULL",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="disposed of"):
                connection.execute(statement.encode())


def test_who_may_not_walk_the_chains(city: City) -> None:
    for name in (DRAFTERS["611"], APPROVER):
        with (
            pytest.raises(Refused, match="administrators_only"),
            city.application.query(city.actor(name)) as ctx,
        ):
            ledger.verify(ctx)

    for name in (ADMINISTRATOR, PUBLISHER):
        with city.application.query(city.actor(name)) as ctx:
            assert ledger.verify(ctx).broken == ()
