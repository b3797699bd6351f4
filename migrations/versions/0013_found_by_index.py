"""Indexes by which the tick finds what is due, and the desk what somebody wrote or signed."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Joint stages whose last day is over, among all sheets that stand at one.
    op.execute("""
CREATE INDEX ix_stage_entry_due ON stage_entry (stage, due_at, id)
    WHERE left_at IS NULL AND held_at IS NULL
""")
    # The last mail that somebody got at once, among all mails of their years.
    op.execute("""
CREATE INDEX ix_mail_immediate ON mail (recipient_id, created_at) WHERE slot <> 'digest'
""")
    # What a person waits for: the sheets that they wrote or signed, among those of all years.
    op.execute("CREATE INDEX ix_authorship_person_id ON authorship (person_id, evaluation_id)")
    op.execute("""
CREATE INDEX ix_signature_person_id ON signature (person_id, evaluation_id)
    WHERE voided_at IS NULL
""")


def downgrade() -> None:
    op.execute("DROP INDEX ix_signature_person_id")
    op.execute("DROP INDEX ix_authorship_person_id")
    op.execute("DROP INDEX ix_mail_immediate")
    op.execute("DROP INDEX ix_stage_entry_due")
