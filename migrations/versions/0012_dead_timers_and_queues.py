"""Timers that are given up after some attempts; what a heartbeat says beside its instant.

The columns that go were never written nor read by any release.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
ALTER TABLE timer
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN last_error text,
    DROP COLUMN claim_token,
    DROP COLUMN lease_until""")
    op.execute("CREATE INDEX ix_timer_dead ON timer (due_at) WHERE outcome = 'dead'")
    op.execute("ALTER TABLE heartbeat ADD COLUMN detail jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE heartbeat DROP COLUMN detail")
    op.execute("DROP INDEX ix_timer_dead")
    op.execute("""
ALTER TABLE timer
    DROP COLUMN attempts,
    DROP COLUMN last_error,
    ADD COLUMN claim_token text,
    ADD COLUMN lease_until timestamptz""")
