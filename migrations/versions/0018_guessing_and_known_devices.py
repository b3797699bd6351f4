"""How often somebody guessed from an address or a network, and who signed in on which device."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE sign_in_origin (
    origin text NOT NULL CONSTRAINT pk_sign_in_origin PRIMARY KEY,
    failed_attempts bigint NOT NULL,
    failed_at timestamptz NOT NULL,
    blocked_until timestamptz
)""")
    op.execute("CREATE INDEX ix_sign_in_origin_failed_at ON sign_in_origin (failed_at)")
    op.execute("""
CREATE TABLE known_device (
    person_id bigint NOT NULL CONSTRAINT fk_known_device_person_id REFERENCES person (id),
    token_hash bytea NOT NULL,
    password_key bytea NOT NULL,
    used_at timestamptz NOT NULL,
    failed_attempts bigint DEFAULT 0 NOT NULL,
    blocked_until timestamptz,
    CONSTRAINT pk_known_device PRIMARY KEY (person_id, token_hash)
)""")
    op.execute("CREATE INDEX ix_known_device_used_at ON known_device (used_at)")
    # The reader's role sees neither addresses nor hashes of secrets.
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_origin, known_device TO hyoka_app")


def downgrade() -> None:
    op.execute("DROP TABLE known_device")
    op.execute("DROP TABLE sign_in_origin")
