"""The chain of the installation: who got which right, password, end of a session, and by whom.

Beside it what a new password needs: links that hold once and for a day, requests that a second
administrator confirms, one-time passwords that expire, and mails that carry a link.
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ARGUMENTS = "text, bigint, bigint, text, bigint, jsonb, text"

TABLES = r"""
CREATE TABLE installation_event (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_installation_event PRIMARY KEY,
    sequence integer NOT NULL CONSTRAINT uq_installation_event_sequence UNIQUE,
    occurred_at timestamptz NOT NULL,
    action text NOT NULL,
    person_id bigint CONSTRAINT fk_installation_event_person_id REFERENCES person (id),
    assignment_id bigint
        CONSTRAINT fk_installation_event_assignment_id REFERENCES assignment (id),
    capacity text NOT NULL,
    concerns_id bigint CONSTRAINT fk_installation_event_concerns_id REFERENCES person (id),
    details jsonb NOT NULL,
    narrative_hash bytea NOT NULL,
    format_version integer NOT NULL,
    canonical text NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX ix_installation_event_concerns_id ON installation_event (concerns_id);
CREATE TABLE installation_narrative (
    event_id bigint NOT NULL CONSTRAINT pk_installation_narrative PRIMARY KEY
        CONSTRAINT fk_installation_narrative_event_id REFERENCES installation_event (id),
    canonical text,
    disposed_at timestamptz
);
CREATE TRIGGER installation_event_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON installation_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER installation_narrative_stays BEFORE DELETE OR TRUNCATE ON installation_narrative
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER installation_narrative_is_only_disposed BEFORE UPDATE ON installation_narrative
    FOR EACH ROW EXECUTE FUNCTION only_dispose();

-- Appends one event to the installation's chain. Two commands wait for each other here: there is
-- one chain, and what it tells happens seldom.
CREATE FUNCTION append_installation_event(
    p_action text,
    p_person bigint,
    p_assignment bigint,
    p_capacity text,
    p_concerns bigint,
    p_details jsonb,
    p_reason text
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
DECLARE
    last record;
    moment timestamptz;
    person_name text := 'hyoka';  -- the engine itself, or the shell
    concerns_name text;
    narrative text;
    told text;
    number integer;
    previous bytea;
    made bigint;
BEGIN
    IF p_person IS NOT NULL THEN
        SELECT p.name INTO person_name FROM person p WHERE p.id = p_person;
        IF NOT FOUND THEN
            PERFORM refuse_event('person_exists', p_person::text);
        END IF;
    END IF;
    IF p_assignment IS NOT NULL AND NOT EXISTS (
        SELECT FROM assignment a WHERE a.id = p_assignment AND a.person_id = p_person) THEN
        PERFORM refuse_event('post_is_theirs', p_assignment::text);
    END IF;
    SELECT p.name INTO concerns_name FROM person p WHERE p.id = p_concerns;

    LOCK TABLE installation_event IN SHARE ROW EXCLUSIVE MODE;
    SELECT e.sequence, e.hash, e.occurred_at INTO last
    FROM installation_event e ORDER BY e.sequence DESC LIMIT 1;
    number := coalesce(last.sequence, 0) + 1;
    previous := coalesce(last.hash, ledger_genesis('installation'));
    moment := greatest(transaction_clock(), last.occurred_at);
    narrative := '{"capacity":' || ledger_text(p_capacity)
        || ',"concerns":' || ledger_text(concerns_name)
        || ',"person":' || ledger_text(person_name)
        || ',"reason":' || ledger_text(p_reason)
        || ',"salt":"' || gen_random_uuid()::text || '"}';
    told := '{"action":' || ledger_text(p_action)
        || ',"assignment":' || coalesce(p_assignment::text, 'null')
        || ',"chain":"installation"'
        || ',"concerns":' || coalesce(p_concerns::text, 'null')
        || ',"details":{' || coalesce((
               SELECT string_agg(ledger_text(d.key) || ':' || ledger_text(d.value), ','
                                 ORDER BY d.key COLLATE "C")
               FROM jsonb_each_text(p_details) d), '') || '}'
        || ',"format_version":1'
        || ',"narrative_hash":"' || encode(sha256(convert_to(narrative, 'UTF8')), 'hex') || '"'
        || ',"occurred_at":' || ledger_instant(moment)
        || ',"person":' || coalesce(p_person::text, 'null')
        || ',"sequence":' || number::text || '}';
    INSERT INTO installation_event (
        sequence, occurred_at, action, person_id, assignment_id, capacity, concerns_id, details,
        narrative_hash, format_version, canonical, previous_hash, hash
    ) VALUES (
        number, moment, p_action, p_person, p_assignment, p_capacity, p_concerns, p_details,
        sha256(convert_to(narrative, 'UTF8')), 1, told, previous, ledger_link(previous, told)
    ) RETURNING id INTO made;
    INSERT INTO installation_narrative (event_id, canonical) VALUES (made, narrative);
    RETURN made;
END
$$;

CREATE TABLE password_link (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_password_link PRIMARY KEY,
    person_id bigint NOT NULL CONSTRAINT fk_password_link_person_id REFERENCES person (id),
    salt text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT uq_password_link_token_hash UNIQUE,
    asked_by bigint CONSTRAINT fk_password_link_asked_by REFERENCES person (id),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX ix_password_link_person_id ON password_link (person_id) WHERE ended_at IS NULL;
CREATE TABLE password_request (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_password_request PRIMARY KEY,
    person_id bigint NOT NULL CONSTRAINT fk_password_request_person_id REFERENCES person (id),
    salt text NOT NULL,
    asked_by bigint NOT NULL CONSTRAINT fk_password_request_asked_by REFERENCES person (id),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    confirmed_by bigint CONSTRAINT fk_password_request_confirmed_by REFERENCES person (id),
    ended_at timestamptz,
    CONSTRAINT ck_password_request_two_administrators CHECK (confirmed_by <> asked_by)
);
CREATE UNIQUE INDEX uq_password_request_open ON password_request (person_id)
    WHERE ended_at IS NULL;
ALTER TABLE credential ADD COLUMN expires_at timestamptz;
ALTER TABLE person ADD COLUMN email_set_by bigint
    CONSTRAINT fk_person_email_set_by REFERENCES person (id);
ALTER TABLE mail ADD COLUMN password_link_id bigint
    CONSTRAINT fk_mail_password_link_id REFERENCES password_link (id);
"""

# What was granted, stopped and set before there was a chain is where it begins.
BEGINNING = """
SELECT append_installation_event('right_granted', NULL, NULL, '自動処理', g.person_id,
    jsonb_build_object('role', g.role, 'from', g.valid_from,
                       'until', coalesce(g.valid_until::text, '')), '')
FROM role_grant g ORDER BY g.id;
SELECT append_installation_event('account_stopped', NULL, NULL, '自動処理', p.id, '{}', '')
FROM person p WHERE p.disabled_at IS NOT NULL ORDER BY p.id;
"""
#: One-time passwords of before have their week from now on.
EXPIRING = """
UPDATE credential SET expires_at = transaction_clock() + interval '7 days' WHERE must_change
"""

DOWN = """
ALTER TABLE mail DROP COLUMN password_link_id;
ALTER TABLE person DROP COLUMN email_set_by;
ALTER TABLE credential DROP COLUMN expires_at;
DROP TABLE password_request, password_link;
DROP FUNCTION append_installation_event(text, bigint, bigint, text, bigint, jsonb, text);
DROP TABLE installation_narrative, installation_event;
"""


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def upgrade() -> None:
    _script(TABLES)
    _script(BEGINNING)
    op.execute(EXPIRING)
    op.execute("GRANT SELECT ON installation_event, installation_narrative TO hyoka_app")
    op.execute("GRANT SELECT ON installation_event, installation_narrative TO hyoka_reader")
    op.execute("GRANT SELECT, INSERT, UPDATE ON password_link, password_request TO hyoka_app")
    op.execute(f"REVOKE ALL ON FUNCTION append_installation_event({ARGUMENTS}) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION append_installation_event({ARGUMENTS}) TO hyoka_app")


def downgrade() -> None:
    _script(DOWN)
