"""The ledger's one place: append_events chains, and triggers keep events as they are."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The canonical texts follow RFC 8785 (JCS): keys in code-point order, no white space, strings
# escaped as PostgreSQL's to_json does it (\b \f \n \r \t \" \\ and \u00xx in lower case for other
# control characters), which is what JCS asks for. tests/services/test_ledger.py holds them against
# an independent implementation.
FUNCTIONS = r"""
CREATE FUNCTION ledger_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(to_json(normalize(value, NFC))::text, 'null') $$;

CREATE FUNCTION ledger_instant(value timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT '"' || to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"' $$;

-- The chain of an evaluation begins with its name, so that two chains cannot be exchanged.
CREATE FUNCTION ledger_genesis(evaluation_key text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT sha256(convert_to('hyoka-ledger-1:' || evaluation_key, 'UTF8')) $$;

CREATE FUNCTION ledger_link(previous bytea, canonical text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT sha256(previous || convert_to(canonical, 'UTF8')) $$;

-- Appends one event to each of the given evaluations, as they stand now, in one set.
-- The caller holds the evaluations' row locks; without them the unique key on
-- (evaluation_id, sequence) refuses the slower one.
CREATE FUNCTION append_events(
    p_evaluations bigint[],
    p_action text,
    p_to_state text,
    p_occurred_at timestamptz,
    p_person bigint,
    p_assignment bigint,
    p_capacity text,
    p_on_behalf_of bigint,
    p_person_name text,
    p_on_behalf_name text,
    p_reason text,
    p_request_key text
) RETURNS TABLE (event_id bigint, evaluation_id bigint, sequence integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
WITH standing AS MATERIALIZED (
    SELECT e.id, e.key, e.state, e.round, e.revision_id, e.content_hash,
           coalesce(last.sequence, 0) + 1 AS sequence,
           coalesce(last.hash, ledger_genesis(e.key)) AS previous_hash,
           '{"capacity":' || ledger_text(p_capacity)
           || ',"on_behalf_of":' || ledger_text(p_on_behalf_name)
           || ',"person":' || ledger_text(p_person_name)
           || ',"reason":' || ledger_text(p_reason)
           || ',"salt":"' || gen_random_uuid()::text || '"}' AS narrative
    FROM evaluation e
    LEFT JOIN LATERAL (
        SELECT v.sequence, v.hash FROM event v
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
           || ',"content_hash":' || coalesce('"' || encode(w.content_hash, 'hex') || '"', 'null')
           || ',"evaluation":' || ledger_text(w.key)
           || ',"format_version":1'
           || ',"from":' || ledger_text(w.state)
           || ',"narrative_hash":"' || encode(w.narrative_hash, 'hex') || '"'
           || ',"occurred_at":' || ledger_instant(p_occurred_at)
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
        request_key, format_version, canonical, previous_hash, hash
    )
    SELECT w.id, w.sequence, p_occurred_at, p_action, w.state, p_to_state, w.round, p_person,
           p_assignment, p_capacity, p_on_behalf_of, w.revision_id, w.content_hash,
           w.narrative_hash, p_request_key, 1, w.canonical, w.previous_hash,
           ledger_link(w.previous_hash, w.canonical)
    FROM worded w
    RETURNING id, event.evaluation_id, event.sequence
), told AS (
    INSERT INTO event_narrative (event_id, canonical)
    SELECT a.id, w.narrative FROM appended a JOIN worded w ON w.id = a.evaluation_id
)
SELECT a.id, a.evaluation_id, a.sequence FROM appended a
$$;

-- Stands in the way of everybody, the owner included; SQLSTATE as for a missing privilege.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A narrative may lose its text when its retention ends; nothing else about it changes.
CREATE FUNCTION only_dispose() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF NEW.event_id = OLD.event_id AND OLD.canonical IS NOT NULL
       AND NEW.canonical IS NULL AND NEW.disposed_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a narrative is disposed of as a whole or left alone'
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER narrative_stays BEFORE DELETE OR TRUNCATE ON event_narrative
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER narrative_is_only_disposed BEFORE UPDATE ON event_narrative
    FOR EACH ROW EXECUTE FUNCTION only_dispose();
CREATE TRIGGER content_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON content
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER revision_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What was published is never changed; what was not may still lose sheets that fell out.
CREATE FUNCTION published_stays() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF EXISTS (SELECT 1 FROM publication p
               WHERE p.id = OLD.publication_id AND p.state = 'published') THEN
        RAISE EXCEPTION 'a published snapshot is never deleted'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;

CREATE FUNCTION nothing_is_added() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF EXISTS (SELECT 1 FROM added a JOIN publication p ON p.id = a.publication_id
               WHERE p.state = 'published') THEN
        RAISE EXCEPTION 'nothing is added to what was published'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER published_snapshot_is_whole AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_added();
CREATE TRIGGER snapshot_is_frozen BEFORE UPDATE OR TRUNCATE ON snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER published_snapshot_stays BEFORE DELETE ON snapshot
    FOR EACH ROW EXECUTE FUNCTION published_stays();
CREATE TRIGGER definition_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON pinned_definition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DROP = """
DROP TRIGGER definition_is_immutable ON pinned_definition;
DROP TRIGGER revision_is_immutable ON revision;
DROP TRIGGER content_is_immutable ON content;
DROP TRIGGER narrative_is_only_disposed ON event_narrative;
DROP TRIGGER narrative_stays ON event_narrative;
DROP TRIGGER event_is_append_only ON event;
DROP TRIGGER published_snapshot_stays ON snapshot;
DROP TRIGGER snapshot_is_frozen ON snapshot;
DROP FUNCTION published_stays();
DROP TRIGGER published_snapshot_is_whole ON snapshot;
DROP FUNCTION nothing_is_added();
DROP FUNCTION only_dispose();
DROP FUNCTION refuse_change();
DROP FUNCTION append_events(
    bigint[], text, text, timestamptz, bigint, bigint, text, bigint, text, text, text, text
);
DROP FUNCTION ledger_link(bytea, text);
DROP FUNCTION ledger_genesis(text);
DROP FUNCTION ledger_instant(timestamptz);
DROP FUNCTION ledger_text(text);
"""


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def upgrade() -> None:
    _script(FUNCTIONS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(DROP)
