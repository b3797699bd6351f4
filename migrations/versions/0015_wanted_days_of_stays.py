"""The day that was wanted for a stay with a date of its own: it goes back there when a day opens.

Empty where a stay follows its cycle, and in stays that were dated before: what they have counts.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE stage_entry ADD COLUMN wanted_on date")


def downgrade() -> None:
    op.execute("ALTER TABLE stage_entry DROP COLUMN wanted_on")
