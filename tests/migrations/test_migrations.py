"""Migrations: numbered and in one line, up and down and up again the same, as the models say."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command

from hyoka import database
from tests.authority import assignment, away
from tests.city import City
from tests.databases import Cluster, Database
from workflow.database import psycopg_url
from workflow.definition.load import named

VERSIONS = sorted((database.MIGRATIONS / "versions").glob("*.py"))

#: Everything that a schema is, in words that can be compared.
DESCRIPTION = """
SELECT 'column', table_name || '.' || column_name,
       concat_ws(' ', data_type, is_nullable, column_default, identity_generation)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', c.conrelid::regclass || '.' || c.conname, pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'
UNION ALL
SELECT 'index', tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid)
FROM pg_trigger t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
UNION ALL
SELECT 'table privilege', c.relname, coalesce(array_to_string(ARRAY(
           SELECT x::text FROM unnest(c.relacl) x ORDER BY 1), ' '), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'S')
UNION ALL
SELECT 'function privilege', p.oid::regprocedure::text, coalesce(array_to_string(ARRAY(
           SELECT x::text FROM unnest(p.proacl) x ORDER BY 1), ' '), '')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
ORDER BY 1, 2, 3
"""


#: Who stands in where, of the one absence.
ORDERS = "SELECT step, position, assignment_id FROM absence_substitute ORDER BY 1, 2"
STAND_INS = ("kimura.daisuke", "yamada.hanako")


def described(db: Database) -> list[tuple[str, str, str]]:
    with psycopg.connect(db.owner_url) as connection:
        return connection.execute(DESCRIPTION.encode()).fetchall()


@pytest.fixture
def unmigrated(cluster: Cluster) -> Iterator[Database]:
    """Roles and an empty database."""
    cluster.template("template_nothing", lambda db: None)
    with cluster.copy("template_nothing") as db:
        yield db


def test_files_are_numbered_without_gaps_and_named_by_their_revision() -> None:
    numbers = [path.name.partition("_")[0] for path in VERSIONS]

    assert numbers == [f"{n:04d}" for n in range(1, len(VERSIONS) + 1)]
    for path in VERSIONS:
        assert re.fullmatch(r"\d{4}_[a-z_]+\.py", path.name), path.name


def test_each_migration_follows_the_one_before_it() -> None:
    before = None
    for path in VERSIONS:
        assigned = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in ("revision", "down_revision", "branch_labels", "depends_on")
        }
        assert assigned == {
            "revision": path.name[:4],
            "down_revision": before,
            "branch_labels": None,
            "depends_on": None,
        }
        before = path.name[:4]
    assert database.head() == before


def test_the_models_and_the_schema_say_the_same(empty_database: Database) -> None:
    assert database.differences(empty_database.owner_url) == []


def test_a_difference_between_models_and_schema_would_be_found(empty_database: Database) -> None:
    with psycopg.connect(empty_database.owner_url) as connection:
        connection.execute("ALTER TABLE person ADD COLUMN shoe_size integer")

    assert database.differences(empty_database.owner_url)


def test_up_down_and_up_again_gives_the_same_schema(unmigrated: Database) -> None:
    owner = unmigrated.owner_url
    database.migrate(owner)
    first = described(unmigrated)
    assert len(first) > 300

    for path in reversed(VERSIONS[:-1]):
        database.migrate(owner, path.name[:4])
    database.migrate(owner)

    assert described(unmigrated) == first


def test_each_step_down_takes_back_what_its_step_up_brought(unmigrated: Database) -> None:
    owner = unmigrated.owner_url
    stages = []
    for path in VERSIONS:
        database.migrate(owner, path.name[:4])
        stages.append(described(unmigrated))
    assert all(later != earlier for earlier, later in pairwise(stages))

    for path, stage in zip(reversed(VERSIONS[:-1]), reversed(stages[:-1]), strict=True):
        database.migrate(owner, path.name[:4])
        assert without_privileges(described(unmigrated)) == without_privileges(stage)


def without_privileges(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """A table from which a right was taken keeps a list of rights; before, it had none at all."""
    return [row for row in rows if "privilege" not in row[0]]


def test_migrating_again_changes_nothing(empty_database: Database) -> None:
    before = described(empty_database)

    database.migrate(empty_database.owner_url)

    assert described(empty_database) == before


def test_preparing_again_changes_nothing_and_the_passwords_hold(cluster: Cluster) -> None:
    cluster.template("template_nothing", lambda db: None)

    database.prepare(cluster.server.dsn(), "template_nothing", cluster.passwords)

    for url in (
        cluster.existing("template_nothing").app_url,
        cluster.existing("template_nothing").owner_url,
        cluster.existing("template_nothing").reader_url,
    ):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_every_table_says_what_each_role_may_do(empty_database: Database) -> None:
    """A table that a later migration adds is granted there by name, or nobody could use it."""
    with psycopg.connect(empty_database.superuser_url) as connection:
        rows = connection.execute("""
            SELECT c.relname, has_table_privilege('hyoka_app', c.oid, 'SELECT'),
                   has_table_privilege('hyoka_app', c.oid, 'TRUNCATE'),
                   has_table_privilege('hyoka_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'),
                   pg_get_userbyid(c.relowner)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        """).fetchall()

    assert len(rows) > 35
    for name, app_reads, app_truncates, reader_writes, owner in rows:
        assert (app_reads, app_truncates, reader_writes, owner) == (
            True, False, False, database.OWNER,
        ), name  # fmt: skip


def test_roles_are_no_more_than_they_must_be(cluster: Cluster, schema_template: str) -> None:
    with psycopg.connect(cluster.server.dsn()) as connection:
        rows = connection.execute("""
            SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
                   OR rolbypassrls
            FROM pg_roles WHERE rolname LIKE 'hyoka%'
        """).fetchall()

    assert sorted(rows) == [(r, False) for r in ("hyoka_app", "hyoka_owner", "hyoka_reader")]


def test_an_address_that_two_share_stays_with_the_first_and_the_other_is_marked(
    unmigrated: Database,
) -> None:
    [this] = [path for path in VERSIONS if path.name.endswith("one_address_one_person.py")]
    database.migrate(unmigrated.owner_url, VERSIONS[VERSIONS.index(this) - 1].name[:4])
    with psycopg.connect(unmigrated.owner_url) as connection:
        connection.execute("""
            INSERT INTO person (sign_in_name, name, email) VALUES ('a', '一', 'x@y.example'),
            ('b', '二', 'X@y.example'), ('c', '三', 'x@Y.example'), ('d', '四', 'd@y.example')
        """)

    database.migrate(unmigrated.owner_url)

    with psycopg.connect(unmigrated.owner_url) as connection:
        rows = connection.execute(
            "SELECT email, mail_state, mail_refusal LIKE '%@%一さんと同じ%' FROM person ORDER BY id"
        ).fetchall()
    assert rows == [
        ("x@y.example", "good", None),
        ("", "refused", True),
        ("", "refused", True),
        ("d@y.example", "good", None),
    ]


def test_the_application_makes_no_tables(empty_database: Database) -> None:
    with (
        psycopg.connect(empty_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE anything (id integer)")


def test_two_migrations_at_once_wait_for_each_other_and_both_succeed(unmigrated: Database) -> None:
    """Two containers that start together."""
    program = "import sys; from hyoka.database import migrate; migrate(sys.argv[1])"
    words = [sys.executable, "-W", "error", "-c", program, unmigrated.owner_url]
    folder = database.MIGRATIONS.parent
    both = [
        subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]

    complaints = [process.communicate(timeout=60)[1] for process in both]

    assert complaints == ["", ""]
    assert database.differences(unmigrated.owner_url) == []


def test_all_the_way_down_nothing_is_left(empty_database: Database) -> None:
    engine = sa.create_engine(psycopg_url(empty_database.owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        command.downgrade(database._config(connection), "base")
    engine.dispose()

    kinds = {row[1] for row in described(empty_database) if "alembic_version" not in row[1]}
    assert kinds == set()


def test_substitutes_go_over_to_the_kinds_of_steps_and_back(
    city: City, city_database: Database
) -> None:
    """Two stages of one kind become one order, the earlier one first; old texts do not say it."""
    text = "\n".join(
        line for line in named("two_levels").source.splitlines() if not line.startswith("step = ")
    )
    more = text.replace('"bureau_approval"', '"decision"').replace(
        'key = "department_review"', 'key = "first_look"'
    )
    head, first, second = (assignment(city, n) for n in ("takahashi.noriko", *STAND_INS))
    absence = away(city, "takahashi.noriko", substitutes={"department_review": list(STAND_INS)})
    owner = city_database.owner_url

    database.migrate(owner, "0022")
    with psycopg.connect(owner) as connection:
        down = connection.execute(ORDERS.replace("step", "stage").encode()).fetchall()
        for source in (text, more):
            connection.execute(
                "INSERT INTO pinned_definition VALUES (%s, 'older', %s, '2022-05-01')",
                (hashlib.sha256(source.encode()).digest(), source),
            )
        connection.execute("DELETE FROM absence_substitute")
        connection.cursor().executemany(
            "INSERT INTO absence_substitute VALUES (%s, %s, %s, %s)",
            [
                (absence, "department_review", 1, second),
                (absence, "first_look", 1, first),
                (absence, "first_look", 2, second),
                (absence, "decision", 1, head),
                (absence, "section_review", 1, first),
                (absence, "nowhere", 1, first),
            ],
        )
    database.migrate(owner)
    with psycopg.connect(owner) as connection:
        up = connection.execute(ORDERS.encode()).fetchall()

    assert down == [("department_review", 1, first), ("department_review", 2, second)]
    assert up == [
        ("bureau_approval", 1, head),
        ("department_review", 1, second),
        ("department_review", 2, first),
        ("section_review", 1, first),
    ]
