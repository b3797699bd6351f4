"""Organisation and staff as of a day: reorganisations, who ends and begins what, successors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: Column → tables that get it; each names a reorganisation.
STAMPED = {
    "begun_by": ("org_unit", "post", "assignment"),
    "ended_by": ("org_unit", "assignment"),
}
DATED = ("org_unit", "post", "assignment")

KINDS = (
    "'your_turn', 'came_back', 'published', 'nobody_left', 'reminder', 'overdue', 'escalation', "
    "'consulted', 'consultation_answered', 'post_review', 'ended'"
)

# Rows that a reorganisation wrote ahead of its day go again when it is called off: only those,
# and only until the day was carried out.
GUARD = """
CREATE FUNCTION only_before_its_day() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM reorganisation r
                   WHERE r.id = OLD.begun_by AND r.state = 'scheduled') THEN
        RAISE EXCEPTION 'a row of % is only deleted with a reorganisation that is called off',
            TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$
"""


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "reorganisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("report_hash", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_at", instant, nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", instant, nullable=True),
        sa.Column("applied_by", sa.BigInteger(), nullable=True),
        sa.Column("decided", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("carried_out_at", instant, nullable=True),
        sa.Column("handed_over", sa.BigInteger(), nullable=True),
        sa.Column("called_off_at", instant, nullable=True),
        sa.Column("called_off_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'scheduled', 'carried_out', 'called_off')",
            name=op.f("ck_reorganisation_state"),
        ),
        sa.CheckConstraint(
            "(applied_at IS NULL) = (decided IS NULL) AND "
            "(state NOT IN ('scheduled', 'carried_out') OR applied_at IS NOT NULL) AND "
            "(state = 'carried_out') = (carried_out_at IS NOT NULL)",
            name=op.f("ck_reorganisation_stamps"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["person.id"], name=op.f(f"fk_reorganisation_{column}")
            )
            for column in ("proposed_by", "applied_by", "called_off_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reorganisation")),
    )
    op.create_index(
        "uq_reorganisation_effective_on",
        "reorganisation",
        ["effective_on"],
        unique=True,
        postgresql_where=sa.text("state IN ('scheduled', 'carried_out')"),
    )
    op.add_column("org_unit", sa.Column("successor_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_org_unit_successor_id"), "org_unit", "org_unit", ["successor_id"], ["id"]
    )
    for column, tables in STAMPED.items():
        for table in tables:
            op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
            op.create_foreign_key(
                op.f(f"fk_{table}_{column}"), table, "reorganisation", [column], ["id"]
            )
    _add_kept_steps()
    op.execute(GUARD)
    for table in DATED:
        op.execute(
            f"CREATE TRIGGER {table}_goes_only_before_its_day BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_before_its_day()"
        )
    # Somebody may have named a substitute by a post that was to begin.
    op.execute(f"GRANT DELETE ON {', '.join(DATED)}, absence_substitute TO hyoka_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON reorganisation, kept_step TO hyoka_app")
    op.execute("GRANT SELECT ON reorganisation, kept_step TO hyoka_reader")
    _allow_notices(f"{KINDS}, 'hand_over'")


def _add_kept_steps() -> None:
    def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
        return sa.Column(name, sa.BigInteger(), nullable=nullable)

    owners = {
        "stage_entry_id": "stage_entry",
        "person_id": "person",
        "reorganisation_id": "reorganisation",
        "assignment_id": "assignment",
        "unit_id": "org_unit",
    }
    op.create_table(
        "kept_step",
        *(number(name, nullable=name in ("assignment_id", "unit_id")) for name in owners),
        sa.Column("rank", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "rank IN ('director', 'deputy_director', 'section_chief', 'staff')",
            name=op.f("ck_kept_step_rank"),
        ),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_kept_step_{name}"))
            for name, table in owners.items()
        ),
        sa.PrimaryKeyConstraint("stage_entry_id", "person_id", name=op.f("pk_kept_step")),
    )
    op.create_index(op.f("ix_kept_step_person_id"), "kept_step", ["person_id"])


def _allow_notices(kinds: str) -> None:
    op.drop_constraint(op.f("ck_notice_kind"), "notice")
    op.create_check_constraint(op.f("ck_notice_kind"), "notice", f"kind IN ({kinds})")


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind = 'hand_over'")
    _allow_notices(KINDS)
    op.execute(f"REVOKE DELETE ON {', '.join(DATED)}, absence_substitute FROM hyoka_app")
    for table in DATED:
        op.execute(f"DROP TRIGGER {table}_goes_only_before_its_day ON {table}")
    op.execute("DROP FUNCTION only_before_its_day()")
    op.drop_table("kept_step")
    for column, tables in STAMPED.items():
        for table in tables:
            op.drop_column(table, column)
    op.drop_column("org_unit", "successor_id")
    op.drop_table("reorganisation")
