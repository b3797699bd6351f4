"""Changing the definition of a running cycle: which one held before, and what its stages became."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The dates of a cycle are laid out anew for the stages of the newer definition.
LAID_OUT_ANEW = ("cycle_deadline", "cycle_rung")

TABLE = """
CREATE TABLE definition_change (
    event_id bigint CONSTRAINT pk_definition_change PRIMARY KEY
        CONSTRAINT fk_definition_change_event_id REFERENCES event (id),
    evaluation_id bigint NOT NULL
        CONSTRAINT fk_definition_change_evaluation_id REFERENCES evaluation (id),
    from_hash bytea NOT NULL
        CONSTRAINT fk_definition_change_from_hash REFERENCES pinned_definition (content_hash),
    to_hash bytea NOT NULL
        CONSTRAINT fk_definition_change_to_hash REFERENCES pinned_definition (content_hash),
    stage_map jsonb NOT NULL
)
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(
        "CREATE INDEX ix_definition_change_evaluation_id ON definition_change (evaluation_id)"
    )
    op.execute(
        "CREATE TRIGGER definition_change_is_append_only "
        "BEFORE UPDATE OR DELETE OR TRUNCATE ON definition_change "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON definition_change TO hyoka_app")
    op.execute("GRANT SELECT ON definition_change TO hyoka_reader")
    op.execute(f"GRANT DELETE ON {', '.join(LAID_OUT_ANEW)} TO hyoka_app")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON {', '.join(LAID_OUT_ANEW)} FROM hyoka_app")
    op.execute("DROP TABLE definition_change")
