"""Mails that people may do without: the office says which kinds, each person chooses."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: Not more than these, whatever the office says: see ``NoticeKind`` and services.mail_choices.
DECLINABLE = ("your_turn", "published", "reminder")


def upgrade() -> None:
    op.execute(f"""
CREATE TABLE declinable_notice (
    kind text NOT NULL CONSTRAINT pk_declinable_notice PRIMARY KEY
        CONSTRAINT ck_declinable_notice_kind CHECK (kind IN {DECLINABLE!r})
)""")
    op.execute(f"""
CREATE TABLE declined_notice (
    person_id bigint NOT NULL CONSTRAINT fk_declined_notice_person_id REFERENCES person (id),
    kind text NOT NULL CONSTRAINT ck_declined_notice_kind CHECK (kind IN {DECLINABLE!r}),
    CONSTRAINT pk_declined_notice PRIMARY KEY (person_id, kind)
)""")
    for table in ("declinable_notice", "declined_notice"):
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO hyoka_app")
        op.execute(f"GRANT SELECT ON {table} TO hyoka_reader")


def downgrade() -> None:
    op.execute("DROP TABLE declined_notice")
    op.execute("DROP TABLE declinable_notice")
