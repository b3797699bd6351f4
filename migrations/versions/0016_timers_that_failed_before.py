"""The few timers that failed and are tried again, among millions that are over."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
CREATE INDEX ix_timer_failed ON timer (due_at) WHERE settled_at IS NULL AND attempts > 0
""")


def downgrade() -> None:
    op.execute("DROP INDEX ix_timer_failed")
