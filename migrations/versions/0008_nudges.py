"""The bureau asks those who have late sheets to act (催促): a kind of notice of its own."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OLD_NOTICES = (
    "your_turn", "came_back", "published", "nobody_left", "reminder", "overdue", "escalation",
    "consulted", "consultation_answered", "post_review", "ended", "hand_over", "extension_asked",
    "extension_granted", "extension_refused",
)  # fmt: skip
NEW_NOTICES = (*OLD_NOTICES, "nudge")


def _check(values: tuple[str, ...]) -> None:
    op.execute("ALTER TABLE notice DROP CONSTRAINT ck_notice_kind")
    op.execute(f"ALTER TABLE notice ADD CONSTRAINT ck_notice_kind CHECK (kind IN {values!r})")


def upgrade() -> None:
    _check(NEW_NOTICES)


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind = 'nudge'")
    _check(OLD_NOTICES)
