"""append_events takes the time from the transaction and refuses what it can see to be untrue.

``transaction_clock`` is the one clock: when the transaction began, by the database. Only where the
owner of the database marked it as one for tests (a row in ``test_clock``, which the application's
role cannot write) is another time heard: a shift of the whole database, or the moment that a
transaction names in the setting ``hyoka.now``.
"""

from __future__ import annotations

from alembic import context, op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BEFORE = (
    "bigint[], text, text, timestamptz, bigint, bigint, text, bigint, text, text, text, text, text"
)
ARGUMENTS = "bigint[], text, text, bigint, bigint, text, bigint, text, text, text, text"

CLOCK = """
CREATE TABLE test_clock (
    only_one boolean NOT NULL DEFAULT true CONSTRAINT pk_test_clock PRIMARY KEY
        CONSTRAINT ck_test_clock_only_one CHECK (only_one),
    shift interval NOT NULL DEFAULT '0'
);
CREATE FUNCTION transaction_clock() RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS
$$
SELECT coalesce(
    (SELECT coalesce(nullif(current_setting('hyoka.now', true), '')::timestamptz, now() + t.shift)
     FROM test_clock t),
    now())
$$;
GRANT SELECT ON test_clock TO hyoka_app, hyoka_reader;
"""

APPEND_EVENTS = r"""
-- What an event may not say. The name tells which claim it was; the rules of the routes are not
-- asked here: they stand in the program, once.
CREATE FUNCTION refuse_event(claim text, told text) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    RAISE EXCEPTION 'this event would not be true: % (%)', claim, told
        USING ERRCODE = 'check_violation', CONSTRAINT = 'event_' || claim, TABLE = 'event';
END
$$;

-- Appends one event to each of the given evaluations, as they stand now, in one set.
-- The caller holds the evaluations' row locks; without them the unique key on
-- (evaluation_id, sequence) refuses the slower one.
CREATE FUNCTION append_events(
    p_evaluations bigint[],
    p_action text,
    p_to_state text,
    p_person bigint,
    p_assignment bigint,
    p_capacity text,
    p_on_behalf_of bigint,
    p_on_behalf_name text,
    p_reason text,
    p_request_key text,
    p_basis text DEFAULT 'own'
) RETURNS TABLE (event_id bigint, evaluation_id bigint, sequence integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
#variable_conflict use_column
DECLARE
    person_name text;
BEGIN
IF p_person IS NULL THEN
    person_name := 'hyoka';  -- the engine itself
ELSE
    SELECT p.name INTO person_name FROM person p WHERE p.id = p_person;
    IF NOT FOUND THEN
        PERFORM refuse_event('person_exists', p_person::text);
    END IF;
END IF;
-- Is or was theirs: a step that was kept over a reorganisation names the post that ended.
IF p_assignment IS NOT NULL AND NOT EXISTS (
    SELECT FROM assignment a WHERE a.id = p_assignment AND a.person_id = p_person) THEN
    PERFORM refuse_event('post_is_theirs', p_assignment::text);
END IF;
RETURN QUERY
WITH standing AS MATERIALIZED (
    SELECT e.id, e.key, e.round, e.revision_id, e.content_hash,
           CASE WHEN last.to_state <> e.state THEN refuse_event('state_is_the_sheets', e.key)
                ELSE e.state END AS state,
           coalesce(last.sequence, 0) + 1 AS sequence,
           coalesce(last.hash, ledger_genesis(e.key)) AS previous_hash,
           greatest(transaction_clock(), last.occurred_at) AS occurred_at,
           '{"capacity":' || ledger_text(p_capacity)
           || ',"on_behalf_of":' || ledger_text(p_on_behalf_name)
           || ',"person":' || ledger_text(person_name)
           || ',"reason":' || ledger_text(p_reason)
           || ',"salt":"' || gen_random_uuid()::text || '"}' AS narrative
    FROM evaluation e
    LEFT JOIN LATERAL (
        SELECT v.sequence, v.hash, v.to_state, v.occurred_at FROM event v
        WHERE v.evaluation_id = e.id ORDER BY v.sequence DESC LIMIT 1
    ) last ON true
    WHERE e.id = ANY (p_evaluations)
), written AS MATERIALIZED (
    SELECT s.*, sha256(convert_to(s.narrative, 'UTF8')) AS narrative_hash
    FROM standing s
), worded AS MATERIALIZED (
    SELECT w.*,
           '{"action":' || ledger_text(p_action)
           || ',"assignment":' || coalesce(p_assignment::text, 'null')
           || ',"basis":' || ledger_text(p_basis)
           || ',"content_hash":' || coalesce('"' || encode(w.content_hash, 'hex') || '"', 'null')
           || ',"evaluation":' || ledger_text(w.key)
           || ',"format_version":2'
           || ',"from":' || ledger_text(w.state)
           || ',"narrative_hash":"' || encode(w.narrative_hash, 'hex') || '"'
           || ',"occurred_at":' || ledger_instant(w.occurred_at)
           || ',"on_behalf_of":' || coalesce(p_on_behalf_of::text, 'null')
           || ',"person":' || coalesce(p_person::text, 'null')
           || ',"revision":' || coalesce(w.revision_id::text, 'null')
           || ',"round":' || w.round::text
           || ',"sequence":' || w.sequence::text
           || ',"to":' || ledger_text(p_to_state) || '}' AS canonical
    FROM written w
), appended AS (
    INSERT INTO event (
        evaluation_id, sequence, occurred_at, action, from_state, to_state, round, person_id,
        assignment_id, capacity, on_behalf_of, revision_id, content_hash, narrative_hash,
        request_key, format_version, basis, canonical, previous_hash, hash
    )
    SELECT w.id, w.sequence, w.occurred_at, p_action, w.state, p_to_state, w.round, p_person,
           p_assignment, p_capacity, p_on_behalf_of, w.revision_id, w.content_hash,
           w.narrative_hash, p_request_key, 2, p_basis, w.canonical, w.previous_hash,
           ledger_link(w.previous_hash, w.canonical)
    FROM worded w
    RETURNING id, evaluation_id, sequence
), told AS (
    INSERT INTO event_narrative (event_id, canonical)
    SELECT a.id, w.narrative FROM appended a JOIN worded w ON w.id = a.evaluation_id
)
SELECT a.id, a.evaluation_id, a.sequence FROM appended a;
END
$$;
"""


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def _grant(arguments: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION append_events({arguments}) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION append_events({arguments}) TO hyoka_app")


def upgrade() -> None:
    op.execute(f"DROP FUNCTION append_events({BEFORE})")
    _script(CLOCK)
    _script(APPEND_EVENTS)
    _grant(ARGUMENTS)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION append_events({ARGUMENTS})")
    op.execute("DROP FUNCTION refuse_event(text, text)")
    op.execute("DROP FUNCTION transaction_clock()")
    op.execute("DROP TABLE test_clock")
    earlier = context.script.get_revision("0004")
    assert earlier is not None  # noqa: S101 - numbers have no gaps
    _script(earlier.module.APPEND_EVENTS)
    _grant(BEFORE)
