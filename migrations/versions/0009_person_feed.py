"""Calendars that people subscribe to: a secret address per person, kept as its hash alone."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE person_feed (
    person_id bigint NOT NULL CONSTRAINT pk_person_feed PRIMARY KEY
        CONSTRAINT fk_person_feed_person_id REFERENCES person (id),
    token_hash bytea NOT NULL CONSTRAINT uq_person_feed_token_hash UNIQUE,
    made_at timestamptz NOT NULL
)""")
    # Revoked is gone. The reader's role sees no secrets, not even their hashes.
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON person_feed TO hyoka_app")


def downgrade() -> None:
    op.execute("DROP TABLE person_feed")
