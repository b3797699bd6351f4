"""A mail that was lost is covered by the next digest; one that is too old is not sent any more."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD_STATES = ("queued", "sending", "sent", "unknown", "dead")
NEW_STATES = (*OLD_STATES, "superseded")


def _check(values: tuple[str, ...]) -> None:
    op.execute("ALTER TABLE mail DROP CONSTRAINT ck_mail_state")
    op.execute(f"ALTER TABLE mail ADD CONSTRAINT ck_mail_state CHECK (state IN {values!r})")


def upgrade() -> None:
    _check(NEW_STATES)
    op.execute("ALTER TABLE mail ADD COLUMN covered_at timestamptz")
    op.execute("""
ALTER TABLE mail ADD COLUMN covered_by bigint
    CONSTRAINT fk_mail_covered_by REFERENCES mail (id)
""")
    op.execute("""
CREATE INDEX ix_mail_lost ON mail (recipient_id)
WHERE covered_at IS NULL AND state IN ('unknown', 'dead', 'superseded')
""")


def downgrade() -> None:
    op.execute("DROP INDEX ix_mail_lost")
    op.execute("ALTER TABLE mail DROP COLUMN covered_by")
    op.execute("ALTER TABLE mail DROP COLUMN covered_at")
    # What was given up in favour of a later mail is given up.
    op.execute("UPDATE mail SET state = 'dead' WHERE state = 'superseded'")
    _check(OLD_STATES)
