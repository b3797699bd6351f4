"""Dates that change while a cycle runs: requests for more time, ladders up to coordinators."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OLD_NOTICES = (
    "your_turn", "came_back", "published", "nobody_left", "reminder", "overdue", "escalation",
    "consulted", "consultation_answered", "post_review", "ended", "hand_over",
)  # fmt: skip
NEW_NOTICES = (*OLD_NOTICES, "extension_asked", "extension_granted", "extension_refused")
OLD_GRANTS = ("publisher", "administrator", "external_reviewer")
NEW_GRANTS = (*OLD_GRANTS, "coordinator")

TABLES = """
CREATE TABLE extension_request (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_extension_request PRIMARY KEY,
    evaluation_id bigint NOT NULL
        CONSTRAINT fk_extension_request_evaluation_id REFERENCES evaluation (id),
    stage_entry_id bigint NOT NULL
        CONSTRAINT fk_extension_request_stage_entry_id REFERENCES stage_entry (id),
    asked_by bigint NOT NULL CONSTRAINT fk_extension_request_asked_by REFERENCES person (id),
    wanted_on date NOT NULL,
    event_id bigint NOT NULL CONSTRAINT fk_extension_request_event_id REFERENCES event (id),
    asked_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by bigint CONSTRAINT fk_extension_request_decided_by REFERENCES person (id),
    granted boolean,
    decided_event_id bigint
        CONSTRAINT fk_extension_request_decided_event_id REFERENCES event (id),
    CONSTRAINT ck_extension_request_decided CHECK (
        (decided_at IS NULL) = (granted IS NULL)
        AND (decided_at IS NULL) = (decided_event_id IS NULL))
);
CREATE UNIQUE INDEX uq_extension_request_open
    ON extension_request (stage_entry_id) WHERE decided_at IS NULL;
CREATE INDEX ix_extension_request_evaluation_id ON extension_request (evaluation_id);
GRANT SELECT, INSERT, UPDATE ON extension_request TO hyoka_app;
GRANT SELECT ON extension_request TO hyoka_reader;
"""
DROP = """
DROP TABLE extension_request;
DELETE FROM notice
WHERE kind IN ('extension_asked', 'extension_granted', 'extension_refused');
DELETE FROM role_grant WHERE role = 'coordinator';
"""


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN {values!r})")


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def upgrade() -> None:
    _script(TABLES)
    _check("notice", "kind", NEW_NOTICES)
    _check("role_grant", "role", NEW_GRANTS)


def downgrade() -> None:
    _script(DROP)
    _check("notice", "kind", OLD_NOTICES)
    _check("role_grant", "role", OLD_GRANTS)
