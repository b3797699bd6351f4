"""決裁 as an office practises it: joint answers, absences, holds, questions, readings afterwards.

Events say by what right somebody acted (``basis``), so ``append_events`` writes format version 2;
events of version 1 stay as they are and are verified as before.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BASES = ("own", "delegated", "substitute", "pull_up", "post_review", "kept")
VERDICTS = ("agree", "agree_with_opinion", "object")
ABSENCE_KINDS = ("business_trip", "leave", "illness", "other")
REVIEW_CAUSES = ("absence", "substitute", "pull_up")

OLD_NOTICES = (
    "your_turn", "came_back", "published", "nobody_left", "reminder", "overdue", "escalation",
)  # fmt: skip
NEW_NOTICES = (*OLD_NOTICES, "consulted", "consultation_answered", "post_review", "ended")
OLD_GRANTS = ("publisher", "administrator")
NEW_GRANTS = (*OLD_GRANTS, "external_reviewer")

TABLES_OF_ACTS = ("absence", "absence_substitute", "consultation", "joint_reply", "post_review")

OLD_ARGUMENTS = (
    "bigint[], text, text, timestamptz, bigint, bigint, text, bigint, text, text, text, text"
)
NEW_ARGUMENTS = OLD_ARGUMENTS + ", text"

APPEND_EVENTS = r"""
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
    p_request_key text,
    p_basis text DEFAULT 'own'
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
           || ',"basis":' || ledger_text(p_basis)
           || ',"content_hash":' || coalesce('"' || encode(w.content_hash, 'hex') || '"', 'null')
           || ',"evaluation":' || ledger_text(w.key)
           || ',"format_version":2'
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
        request_key, format_version, basis, canonical, previous_hash, hash
    )
    SELECT w.id, w.sequence, p_occurred_at, p_action, w.state, p_to_state, w.round, p_person,
           p_assignment, p_capacity, p_on_behalf_of, w.revision_id, w.content_hash,
           w.narrative_hash, p_request_key, 2, p_basis, w.canonical, w.previous_hash,
           ledger_link(w.previous_hash, w.canonical)
    FROM worded w
    RETURNING id, event.evaluation_id, event.sequence
), told AS (
    INSERT INTO event_narrative (event_id, canonical)
    SELECT a.id, w.narrative FROM appended a JOIN worded w ON w.id = a.evaluation_id
)
SELECT a.id, a.evaluation_id, a.sequence FROM appended a
$$;
"""


# As migration 0002 made it; for the way down.
APPEND_EVENTS_BEFORE = r"""
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
"""

TABLES = f"""
CREATE TABLE absence (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_absence PRIMARY KEY,
    person_id bigint NOT NULL CONSTRAINT fk_absence_person_id REFERENCES person (id),
    first_day date NOT NULL,
    last_day date NOT NULL,
    kind text NOT NULL CONSTRAINT ck_absence_kind CHECK (kind IN {ABSENCE_KINDS!r}),
    registered_at timestamptz NOT NULL,
    registered_by bigint CONSTRAINT fk_absence_registered_by REFERENCES person (id),
    begun_at timestamptz,
    ended_at timestamptz,
    ended_by bigint CONSTRAINT fk_absence_ended_by REFERENCES person (id),
    CONSTRAINT ck_absence_period CHECK (last_day >= first_day)
);
CREATE INDEX ix_absence_person_id ON absence (person_id) WHERE ended_at IS NULL;

CREATE TABLE absence_substitute (
    absence_id bigint NOT NULL
        CONSTRAINT fk_absence_substitute_absence_id REFERENCES absence (id),
    stage text NOT NULL,
    position integer NOT NULL,
    assignment_id bigint NOT NULL
        CONSTRAINT fk_absence_substitute_assignment_id REFERENCES assignment (id),
    CONSTRAINT pk_absence_substitute PRIMARY KEY (absence_id, stage, position)
);
CREATE INDEX ix_absence_substitute_assignment_id ON absence_substitute (assignment_id);

CREATE TABLE joint_reply (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_joint_reply PRIMARY KEY,
    evaluation_id bigint NOT NULL
        CONSTRAINT fk_joint_reply_evaluation_id REFERENCES evaluation (id),
    stage text NOT NULL,
    person_id bigint NOT NULL CONSTRAINT fk_joint_reply_person_id REFERENCES person (id),
    post_id bigint CONSTRAINT fk_joint_reply_post_id REFERENCES post (id),
    unit_id bigint CONSTRAINT fk_joint_reply_unit_id REFERENCES org_unit (id),
    verdict text NOT NULL CONSTRAINT ck_joint_reply_verdict CHECK (verdict IN {VERDICTS!r}),
    content_hash bytea NOT NULL
        CONSTRAINT fk_joint_reply_content_hash REFERENCES content (hash),
    event_id bigint NOT NULL CONSTRAINT fk_joint_reply_event_id REFERENCES event (id),
    voided_at timestamptz
);
CREATE UNIQUE INDEX uq_joint_reply_valid
    ON joint_reply (evaluation_id, stage, person_id, content_hash) WHERE voided_at IS NULL;

CREATE TABLE consultation (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_consultation PRIMARY KEY,
    evaluation_id bigint NOT NULL
        CONSTRAINT fk_consultation_evaluation_id REFERENCES evaluation (id),
    number integer NOT NULL,
    asked_by_id bigint NOT NULL CONSTRAINT fk_consultation_asked_by_id REFERENCES person (id),
    asked_person_id bigint NOT NULL
        CONSTRAINT fk_consultation_asked_person_id REFERENCES person (id),
    question_event_id bigint NOT NULL
        CONSTRAINT fk_consultation_question_event_id REFERENCES event (id),
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    answer_event_id bigint CONSTRAINT fk_consultation_answer_event_id REFERENCES event (id),
    CONSTRAINT uq_consultation_evaluation_id_number UNIQUE (evaluation_id, number)
);
CREATE INDEX ix_consultation_open ON consultation (asked_person_id) WHERE answered_at IS NULL;

CREATE TABLE post_review (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_post_review PRIMARY KEY,
    evaluation_id bigint NOT NULL
        CONSTRAINT fk_post_review_evaluation_id REFERENCES evaluation (id),
    stage text NOT NULL,
    round integer NOT NULL,
    person_id bigint NOT NULL CONSTRAINT fk_post_review_person_id REFERENCES person (id),
    capacity text NOT NULL,
    cause text NOT NULL CONSTRAINT ck_post_review_cause CHECK (cause IN {REVIEW_CAUSES!r}),
    event_id bigint NOT NULL CONSTRAINT fk_post_review_event_id REFERENCES event (id),
    opened_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_event_id bigint
        CONSTRAINT fk_post_review_acknowledged_event_id REFERENCES event (id),
    CONSTRAINT uq_post_review_evaluation_id_stage_round_person_id
        UNIQUE (evaluation_id, stage, round, person_id),
    CONSTRAINT ck_post_review_acknowledged
        CHECK ((acknowledged_at IS NULL) = (acknowledged_event_id IS NULL))
);
CREATE INDEX ix_post_review_open ON post_review (person_id) WHERE acknowledged_at IS NULL;

ALTER TABLE stage_entry
    ADD COLUMN held_at timestamptz,
    ADD COLUMN held_by bigint CONSTRAINT fk_stage_entry_held_by REFERENCES person (id),
    ADD CONSTRAINT ck_stage_entry_hold CHECK ((held_at IS NULL) = (held_by IS NULL));
ALTER TABLE evaluation
    ADD COLUMN attempt integer NOT NULL DEFAULT 1,
    ADD COLUMN quotes_id bigint CONSTRAINT fk_evaluation_quotes_id REFERENCES evaluation (id),
    DROP CONSTRAINT uq_evaluation_cycle_id_subject_kind_subject_id,
    ADD CONSTRAINT uq_evaluation_cycle_id_subject_kind_subject_id_attempt
        UNIQUE (cycle_id, subject_kind, subject_id, attempt);
CREATE UNIQUE INDEX uq_evaluation_running
    ON evaluation (cycle_id, subject_kind, subject_id) WHERE closed_at IS NULL;
ALTER TABLE event
    ADD COLUMN basis text NOT NULL DEFAULT 'own',
    ADD CONSTRAINT ck_event_basis CHECK (basis IN {BASES!r});
"""

# What was written with the new kinds is lost on the way down, and events of format version 2 no
# longer verify: going down is for a schema that was just tried.
DROP = """
DELETE FROM notice WHERE kind IN ('consulted', 'consultation_answered', 'post_review', 'ended');
DELETE FROM role_grant WHERE role = 'external_reviewer';
ALTER TABLE event DROP COLUMN basis;
DROP INDEX uq_evaluation_running;
ALTER TABLE evaluation
    DROP COLUMN quotes_id,
    DROP CONSTRAINT uq_evaluation_cycle_id_subject_kind_subject_id_attempt,
    DROP COLUMN attempt,
    ADD CONSTRAINT uq_evaluation_cycle_id_subject_kind_subject_id
        UNIQUE (cycle_id, subject_kind, subject_id);
ALTER TABLE stage_entry DROP COLUMN held_by, DROP COLUMN held_at;
DROP TABLE post_review, consultation, joint_reply, absence_substitute, absence;
"""


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN {values!r})")


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def _grant(arguments: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION append_events({arguments}) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION append_events({arguments}) TO hyoka_app")


def upgrade() -> None:
    _script(TABLES)
    _check("notice", "kind", NEW_NOTICES)
    _check("role_grant", "role", NEW_GRANTS)
    op.execute(f"DROP FUNCTION append_events({OLD_ARGUMENTS})")
    _script(APPEND_EVENTS)
    _grant(NEW_ARGUMENTS)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(TABLES_OF_ACTS)} TO hyoka_app")
    op.execute(f"GRANT SELECT ON {', '.join(TABLES_OF_ACTS)} TO hyoka_reader")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION append_events({NEW_ARGUMENTS})")
    _script(DROP)
    _check("notice", "kind", OLD_NOTICES)
    _check("role_grant", "role", OLD_GRANTS)
    _script(APPEND_EVENTS_BEFORE)
    _grant(OLD_ARGUMENTS)
