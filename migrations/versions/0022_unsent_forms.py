"""Forms that reached us without a session: sealed for whoever typed them, for a short time."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE unsent_form (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_unsent_form PRIMARY KEY,
    token_hash bytea NOT NULL CONSTRAINT uq_unsent_form_token_hash UNIQUE,
    person_id bigint NOT NULL CONSTRAINT fk_unsent_form_person_id REFERENCES person (id),
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
)""")
    op.execute("CREATE INDEX ix_unsent_form_person_id ON unsent_form (person_id)")
    op.execute("CREATE INDEX ix_unsent_form_expires_at ON unsent_form (expires_at)")
    # Never changed, and gone when its time is over. The reader's role sees nothing of it.
    op.execute("GRANT SELECT, INSERT, DELETE ON unsent_form TO hyoka_app")


def downgrade() -> None:
    op.execute("DROP TABLE unsent_form")
