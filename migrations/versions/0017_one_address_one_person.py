"""One mail address belongs to one person, whatever its case.

Where two share one already, it stays with whoever was there first; the others have none from then
on, and their mark on the page of mails says why, so that somebody gives them their own.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
UPDATE person p SET email = '', mail_state = 'refused',
    mail_refusal = p.email || ': ' || f.name
        || 'さんと同じアドレスのため外しました / is also the address of ' || f.sign_in_name
FROM person f
WHERE p.email <> '' AND lower(f.email) = lower(p.email) AND f.id < p.id
  AND NOT EXISTS (SELECT FROM person e WHERE lower(e.email) = lower(p.email) AND e.id < f.id)
""")
    op.execute("""
CREATE UNIQUE INDEX uq_person_email ON person (lower(email)) WHERE email <> ''
""")


def downgrade() -> None:
    op.execute("DROP INDEX uq_person_email")
