"""When a stay got another last day: a hold that began before it is counted from then on."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE stage_entry ADD COLUMN dated_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE stage_entry DROP COLUMN dated_at")
