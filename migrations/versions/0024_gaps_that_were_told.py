"""What was last told of an absence whose substitutes are away themselves."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE absence ADD COLUMN gaps_told jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE absence DROP COLUMN gaps_told")
