"""What each role may do; a table that a later migration adds is granted there by name."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Written by append_events alone.
LEDGER = ("event", "event_narrative", "ledger_checkpoint")
# Rows come and never change.
APPEND_ONLY = ("attachment_blob", "authorship", "content", "pinned_definition", "revision")
# Lists that an import or an editor replaces.
REPLACEABLE = (
    "closed_day",
    "measure_related_department",
    "project_account",
    "project_section",
    # Until it is published; a trigger keeps it after that.
    "snapshot",
)
CHANGEABLE = (
    "assignment",
    "credential",
    "cycle_deadline",
    "cycle_rung",
    "evaluation",
    "evaluation_cycle",
    "heartbeat",
    "indicator",
    "indicator_figure",
    "mail",
    "major_project_outline",
    "master_plan",
    "measure",
    "municipality",
    "notice",
    "org_unit",
    "person",
    "pillar",
    "policy",
    "post",
    "project",
    "project_figure",
    "publication",
    "publication_item",
    "role_grant",
    "stage_entry",
    "timer",
    "user_session",
    "working_copy",
)
SECRET = ("credential", "user_session")
APPEND_EVENTS = (
    "append_events(bigint[], text, text, timestamptz, bigint, bigint, text, bigint, "
    "text, text, text, text)"
)


def upgrade() -> None:
    every = (*LEDGER, *APPEND_ONLY, *REPLACEABLE, *CHANGEABLE, "signature")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA public TO hyoka_app, hyoka_reader")
    op.execute(f"GRANT SELECT ON {', '.join(every)}, alembic_version TO hyoka_app")
    op.execute(f"GRANT INSERT ON {', '.join(APPEND_ONLY)} TO hyoka_app")
    op.execute(f"GRANT INSERT, UPDATE ON {', '.join(CHANGEABLE)} TO hyoka_app")
    # A signature is voided, never rewritten.
    op.execute("GRANT INSERT, UPDATE (voided_at) ON signature TO hyoka_app")
    op.execute(f"GRANT INSERT, UPDATE, DELETE ON {', '.join(REPLACEABLE)} TO hyoka_app")
    op.execute(f"REVOKE ALL ON FUNCTION {APPEND_EVENTS} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {APPEND_EVENTS} TO hyoka_app")
    readable = [name for name in every if name not in SECRET]
    op.execute(f"GRANT SELECT ON {', '.join(readable)} TO hyoka_reader")


def downgrade() -> None:
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM hyoka_app, hyoka_reader")
    op.execute(f"REVOKE ALL ON FUNCTION {APPEND_EVENTS} FROM hyoka_app")
    op.execute("REVOKE USAGE ON SCHEMA public FROM hyoka_app, hyoka_reader")
