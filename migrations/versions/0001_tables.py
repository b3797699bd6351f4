"""All tables of the first running form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


MUTUAL = (
    ("municipality", "policy_bureau_id", "org_unit"),
    ("evaluation_cycle", "current_publication_id", "publication"),
    ("evaluation", "revision_id", "revision"),
)


def upgrade() -> None:
    op.create_table(
        "attachment_blob",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment_blob")),
    )
    op.create_table(
        "closed_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "content",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_content")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_checkpoint")),
    )
    op.create_table(
        "master_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["master_plan.id"], name=op.f("fk_master_plan_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_plan")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_master_plan_name_version")),
    )
    op.create_table(
        "municipality",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy_bureau_id", sa.BigInteger(), nullable=True),
        sa.Column("calendar_from", sa.Date(), nullable=True),
        sa.Column("calendar_until", sa.Date(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_municipality_only_one")),
        sa.ForeignKeyConstraint(
            ["policy_bureau_id"],
            ["org_unit.id"],
            name=op.f("fk_municipality_policy_bureau_id"),
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_municipality")),
    )
    op.create_index(
        op.f("ix_municipality_policy_bureau_id"), "municipality", ["policy_bureau_id"], unique=False
    )
    op.create_table(
        "org_unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("executive_body", sa.Text(), server_default="市長", nullable=False),
        sa.Column("sort_order", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('department', 'section')", name=op.f("ck_org_unit_kind")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_org_unit_period")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["org_unit.id"], name=op.f("fk_org_unit_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_unit")),
        sa.UniqueConstraint(
            "parent_id",
            "name",
            "valid_from",
            name=op.f("uq_org_unit_parent_id_name_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sign_in_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kana", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("mail_state", sa.Text(), server_default="good", nullable=False),
        sa.Column("mail_refusal", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mail_state IN ('good', 'refused')", name=op.f("ck_person_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_person_sign_in_name")),
    )
    op.create_table(
        "pinned_definition",
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_pinned_definition")),
    )
    op.create_table(
        "credential",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "evaluation_cycle",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle_fiscal_year", sa.Integer(), nullable=False),
        sa.Column("target_fiscal_year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("definition_hash", sa.LargeBinary(), nullable=False),
        sa.Column("rating_scale", sa.Text(), nullable=False),
        sa.Column("cut_off", sa.Time(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("current_publication_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('ex_ante', 'interim', 'ex_post')", name=op.f("ck_evaluation_cycle_kind")
        ),
        sa.ForeignKeyConstraint(
            ["current_publication_id"],
            ["publication.id"],
            name=op.f("fk_evaluation_cycle_current_publication_id"),
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["definition_hash"],
            ["pinned_definition.content_hash"],
            name=op.f("fk_evaluation_cycle_definition_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["person.id"], name=op.f("fk_evaluation_cycle_opened_by")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["master_plan.id"], name=op.f("fk_evaluation_cycle_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_cycle")),
        sa.UniqueConstraint(
            "kind",
            "target_fiscal_year",
            "number",
            name=op.f("uq_evaluation_cycle_kind_target_fiscal_year_number"),
        ),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "promise IN ('at_most_once', 'at_least_once')", name=op.f("ck_mail_promise")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'unknown', 'dead')", name=op.f("ck_mail_state")
        ),
        sa.ForeignKeyConstraint(["recipient_id"], ["person.id"], name=op.f("fk_mail_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
        sa.UniqueConstraint(
            "recipient_id",
            "business_day",
            "slot",
            name=op.f("uq_mail_recipient_id_business_day_slot"),
        ),
    )
    op.create_index(
        "ix_mail_open",
        "mail",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_table(
        "pillar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["master_plan.id"], name=op.f("fk_pillar_plan_id")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["pillar.id"], name=op.f("fk_pillar_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pillar")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_pillar_plan_id_code")),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "rank IN ('director', 'deputy_director', 'section_chief', 'staff')",
            name=op.f("ck_post_rank"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_post_period")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["org_unit.id"], name=op.f("fk_post_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint(
            "unit_id", "title", "valid_from", name=op.f("uq_post_unit_id_title_valid_from")
        ),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('publisher', 'administrator')", name=op.f("ck_role_grant_role")
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_role_grant_period")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "person_id", "role", "valid_from", name=op.f("uq_role_grant_person_id_role_valid_from")
        ),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_assignment_period")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_assignment_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "person_id",
            "post_id",
            "valid_from",
            name=op.f("uq_assignment_person_id_post_id_valid_from"),
        ),
    )
    op.create_index("ix_assignment_post_id", "assignment", ["post_id"], unique=False)
    op.create_table(
        "cycle_deadline",
        sa.Column("cycle_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_cycle_deadline_cycle_id")
        ),
        sa.PrimaryKeyConstraint("cycle_id", "stage", name=op.f("pk_cycle_deadline")),
    )
    op.create_table(
        "cycle_rung",
        sa.Column("cycle_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["evaluation_cycle.id"],
            name=op.f("fk_cycle_rung_cycle_id"),
        ),
        sa.PrimaryKeyConstraint("cycle_id", "stage", "kind", "rung", name=op.f("pk_cycle_rung")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("lead_section_id", sa.BigInteger(), nullable=False),
        sa.Column("responsible_department_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("final_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retention_class", sa.Text(), nullable=True),
        sa.CheckConstraint("subject_kind IN ('measure')", name=op.f("ck_evaluation_subject_kind")),
        sa.CheckConstraint(
            "(revision_id IS NULL) = (content_hash IS NULL)", name=op.f("ck_evaluation_content")
        ),
        sa.ForeignKeyConstraint(
            ["content_hash"], ["content.hash"], name=op.f("fk_evaluation_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_evaluation_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_section_id"], ["org_unit.id"], name=op.f("fk_evaluation_lead_section_id")
        ),
        sa.ForeignKeyConstraint(
            ["responsible_department_id"],
            ["org_unit.id"],
            name=op.f("fk_evaluation_responsible_department_id"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_evaluation_revision_id"), use_alter=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "cycle_id",
            "subject_kind",
            "subject_id",
            name=op.f("uq_evaluation_cycle_id_subject_kind_subject_id"),
        ),
        sa.UniqueConstraint("key", name=op.f("uq_evaluation_key")),
    )
    op.create_index("ix_evaluation_cycle_state", "evaluation", ["cycle_id", "state"], unique=False)
    op.create_index(
        "ix_evaluation_state_lead", "evaluation", ["state", "lead_section_id"], unique=False
    )
    op.create_index(
        "ix_evaluation_state_responsible",
        "evaluation",
        ["state", "responsible_department_id"],
        unique=False,
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("pillar_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pillar_id"], ["pillar.id"], name=op.f("fk_policy_pillar_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["master_plan.id"], name=op.f("fk_policy_plan_id")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["policy.id"], name=op.f("fk_policy_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_policy_plan_id_code")),
    )
    op.create_index(op.f("ix_policy_pillar_id"), "policy", ["pillar_id"], unique=False)
    op.create_table(
        "authorship",
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("first_wrote_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_authorship_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_authorship_person_id")),
        sa.PrimaryKeyConstraint("evaluation_id", "person_id", name=op.f("pk_authorship")),
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_regional_revitalization", sa.Boolean(), nullable=False),
        sa.Column("responsible_department_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_section_id", sa.BigInteger(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_section_id"], ["org_unit.id"], name=op.f("fk_measure_lead_section_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["master_plan.id"], name=op.f("fk_measure_plan_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_measure_policy_id")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["measure.id"], name=op.f("fk_measure_predecessor_id")
        ),
        sa.ForeignKeyConstraint(
            ["responsible_department_id"],
            ["org_unit.id"],
            name=op.f("fk_measure_responsible_department_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_measure_plan_id_code")),
    )
    op.create_index(op.f("ix_measure_policy_id"), "measure", ["policy_id"], unique=False)
    op.create_table(
        "publication",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cycle_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.BigInteger(), nullable=True),
        sa.Column("errata_note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_as", sa.BigInteger(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("built", sa.Integer(), server_default="0", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manifest_hash", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("claim_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_publication_published"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'building', 'ready', 'published', 'cancelled', 'failed')",
            name=op.f("ck_publication_state"),
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_publication_cycle_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_as"], ["assignment.id"], name=op.f("fk_publication_requested_as")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["person.id"], name=op.f("fk_publication_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["publication.id"], name=op.f("fk_publication_supersedes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("cycle_id", "version", name=op.f("uq_publication_cycle_id_version")),
        sa.UniqueConstraint("request_key", name=op.f("uq_publication_request_key")),
    )
    op.create_index(
        "uq_publication_running",
        "publication",
        ["cycle_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'building', 'ready')"),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "origin IN ('opening', 'save', 'submission', 'import')", name=op.f("ck_revision_origin")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_revision_author_id")),
        sa.ForeignKeyConstraint(
            ["content_hash"], ["content.hash"], name=op.f("fk_revision_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_revision_evaluation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint(
            "evaluation_id", "number", name=op.f("uq_revision_evaluation_id_number")
        ),
    )
    op.create_table(
        "stage_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_opened_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_stage_entry_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_stage_entry_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_opened_by"], ["person.id"], name=op.f("fk_stage_entry_first_opened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_entry")),
    )
    op.create_index("ix_stage_entry_evaluation_id", "stage_entry", ["evaluation_id"], unique=False)
    op.create_index(
        "uq_stage_entry_open",
        "stage_entry",
        ["evaluation_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_user_session_assignment_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_user_session_ended_by")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_user_session_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index("ix_user_session_expires_at", "user_session", ["expires_at"], unique=False)
    op.create_index("ix_user_session_person_id", "user_session", ["person_id"], unique=False)
    op.create_table(
        "working_copy",
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_working_copy_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["person.id"], name=op.f("fk_working_copy_updated_by")
        ),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_working_copy")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.BigInteger(), nullable=True),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=True),
        sa.Column("narrative_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("format_version", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_event_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_event_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["on_behalf_of"], ["person.id"], name=op.f("fk_event_on_behalf_of")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_event_person_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_event_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "evaluation_id", "sequence", name=op.f("uq_event_evaluation_id_sequence")
        ),
    )
    op.create_index(
        "ix_event_person_id_occurred_at", "event", ["person_id", "occurred_at"], unique=False
    )
    op.create_index(
        "uq_event_request_key",
        "event",
        ["evaluation_id", "request_key"],
        unique=True,
        postgresql_where=sa.text("request_key IS NOT NULL"),
    )
    op.create_table(
        "indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("measure_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("baseline_fiscal_year", sa.Integer(), nullable=True),
        sa.Column("baseline_value", sa.Numeric(), nullable=True),
        sa.Column("baseline_text", sa.Text(), nullable=True),
        sa.Column("lower_bound", sa.Numeric(), nullable=True),
        sa.Column("upper_bound", sa.Numeric(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "direction IN ('increase', 'decrease', 'maintain')", name=op.f("ck_indicator_direction")
        ),
        sa.CheckConstraint(
            "lower_bound IS NULL OR upper_bound >= lower_bound", name=op.f("ck_indicator_band")
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_indicator_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["indicator.id"], name=op.f("fk_indicator_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("measure_id", "number", name=op.f("uq_indicator_measure_id_number")),
    )
    op.create_table(
        "measure_related_department",
        sa.Column("measure_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_measure_related_department_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["org_unit.id"], name=op.f("fk_measure_related_department_unit_id")
        ),
        sa.PrimaryKeyConstraint(
            "measure_id", "position", name=op.f("pk_measure_related_department")
        ),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("rung", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('your_turn', 'came_back', 'published', 'nobody_left', 'reminder', "
            "'overdue', 'escalation')",
            name=op.f("ck_notice_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_notice_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_notice_mail_id")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["person.id"], name=op.f("fk_notice_recipient_id")
        ),
        sa.ForeignKeyConstraint(
            ["stage_entry_id"], ["stage_entry.id"], name=op.f("fk_notice_stage_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "kind",
            "evaluation_id",
            "stage_entry_id",
            "rung",
            "recipient_id",
            name=op.f("uq_notice_kind_evaluation_id_stage_entry_id_rung_recipient_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_notice_mail_id", "notice", ["mail_id"], unique=False)
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["recipient_id"],
        unique=False,
        postgresql_where=sa.text("gathered_at IS NULL"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("measure_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_major_project", sa.Boolean(), nullable=True),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_project_measure_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["master_plan.id"], name=op.f("fk_project_plan_id")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["project.id"], name=op.f("fk_project_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_project_plan_id_code")),
    )
    op.create_index(op.f("ix_project_measure_id"), "project", ["measure_id"], unique=False)
    op.create_table(
        "publication_item",
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("left_out_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_hash"], ["content.hash"], name=op.f("fk_publication_item_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_publication_item_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_publication_item_publication_id")
        ),
        sa.PrimaryKeyConstraint(
            "publication_id", "evaluation_id", name=op.f("pk_publication_item")
        ),
    )
    op.create_index(
        "ix_publication_item_evaluation_id", "publication_item", ["evaluation_id"], unique=False
    )
    op.create_table(
        "snapshot",
        sa.Column("publication_id", sa.BigInteger(), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_hash"], ["content.hash"], name=op.f("fk_snapshot_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_snapshot_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_snapshot_publication_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", "evaluation_id", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("claim_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_timer_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["stage_entry_id"], ["stage_entry.id"], name=op.f("fk_timer_stage_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint(
            "stage_entry_id", "kind", "rung", name=op.f("uq_timer_stage_entry_id_kind_rung")
        ),
    )
    op.create_index(
        "ix_timer_due",
        "timer",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "event_narrative",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("canonical", sa.Text(), nullable=True),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_narrative_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_narrative")),
    )
    op.create_table(
        "indicator_figure",
        sa.Column("indicator_id", sa.BigInteger(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("target_value", sa.Numeric(), nullable=True),
        sa.Column("target_text", sa.Text(), nullable=True),
        sa.Column("actual_value", sa.Numeric(), nullable=True),
        sa.Column("actual_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk_indicator_figure_indicator_id")
        ),
        sa.PrimaryKeyConstraint("indicator_id", "fiscal_year", name=op.f("pk_indicator_figure")),
    )
    op.create_index(
        "ix_indicator_figure_fiscal_year", "indicator_figure", ["fiscal_year"], unique=False
    )
    op.create_table(
        "major_project_outline",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_major_project_outline_project_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "fiscal_year", name=op.f("pk_major_project_outline")),
    )
    op.create_table(
        "project_account",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_account_project_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "position", name=op.f("pk_project_account")),
    )
    op.create_table(
        "project_figure",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("project_cost", sa.BigInteger(), nullable=True),
        sa.Column("personnel_cost", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('budget', 'estimate', 'settlement')", name=op.f("ck_project_figure_kind")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_figure_project_id")
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "fiscal_year", "kind", name=op.f("pk_project_figure")
        ),
    )
    op.create_table(
        "project_section",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_section_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["org_unit.id"], name=op.f("fk_project_section_unit_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "position", name=op.f("pk_project_section")),
    )
    op.create_index(
        op.f("ix_project_section_unit_id"), "project_section", ["unit_id"], unique=False
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_hash"], ["content.hash"], name=op.f("fk_signature_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_signature_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_signature_event_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signature_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    op.create_index(
        "uq_signature_valid",
        "signature",
        ["evaluation_id", "round", "stage", "person_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    # Two tables that point at each other: the second pointer comes when both stand.
    for table, column, target in MUTUAL:
        op.create_foreign_key(f"fk_{table}_{column}", table, target, [column], ["id"])


def downgrade() -> None:
    for table, column, _target in MUTUAL:
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    op.drop_index(
        "uq_signature_valid", table_name="signature", postgresql_where=sa.text("voided_at IS NULL")
    )
    op.drop_table("signature")
    op.drop_index(op.f("ix_project_section_unit_id"), table_name="project_section")
    op.drop_table("project_section")
    op.drop_table("project_figure")
    op.drop_table("project_account")
    op.drop_table("major_project_outline")
    op.drop_index("ix_indicator_figure_fiscal_year", table_name="indicator_figure")
    op.drop_table("indicator_figure")
    op.drop_table("event_narrative")
    op.drop_index(
        "ix_timer_due", table_name="timer", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_table("timer")
    op.drop_table("snapshot")
    op.drop_index("ix_publication_item_evaluation_id", table_name="publication_item")
    op.drop_table("publication_item")
    op.drop_index(op.f("ix_project_measure_id"), table_name="project")
    op.drop_table("project")
    op.drop_index(
        "ix_notice_waiting", table_name="notice", postgresql_where=sa.text("gathered_at IS NULL")
    )
    op.drop_index("ix_notice_mail_id", table_name="notice")
    op.drop_table("notice")
    op.drop_table("measure_related_department")
    op.drop_table("indicator")
    op.drop_index(
        "uq_event_request_key",
        table_name="event",
        postgresql_where=sa.text("request_key IS NOT NULL"),
    )
    op.drop_index("ix_event_person_id_occurred_at", table_name="event")
    op.drop_table("event")
    op.drop_table("working_copy")
    op.drop_index("ix_user_session_person_id", table_name="user_session")
    op.drop_index("ix_user_session_expires_at", table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(
        "uq_stage_entry_open", table_name="stage_entry", postgresql_where=sa.text("left_at IS NULL")
    )
    op.drop_index("ix_stage_entry_evaluation_id", table_name="stage_entry")
    op.drop_table("stage_entry")
    op.drop_table("revision")
    op.drop_index(
        "uq_publication_running",
        table_name="publication",
        postgresql_where=sa.text("state IN ('requested', 'building', 'ready')"),
    )
    op.drop_table("publication")
    op.drop_index(op.f("ix_measure_policy_id"), table_name="measure")
    op.drop_table("measure")
    op.drop_table("authorship")
    op.drop_index(op.f("ix_policy_pillar_id"), table_name="policy")
    op.drop_table("policy")
    op.drop_index("ix_evaluation_state_responsible", table_name="evaluation")
    op.drop_index("ix_evaluation_state_lead", table_name="evaluation")
    op.drop_index("ix_evaluation_cycle_state", table_name="evaluation")
    op.drop_table("evaluation")
    op.drop_table("cycle_rung")
    op.drop_table("cycle_deadline")
    op.drop_index("ix_assignment_post_id", table_name="assignment")
    op.drop_table("assignment")
    op.drop_table("role_grant")
    op.drop_table("post")
    op.drop_table("pillar")
    op.drop_index(
        "ix_mail_open",
        table_name="mail",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_table("mail")
    op.drop_table("evaluation_cycle")
    op.drop_table("credential")
    op.drop_table("pinned_definition")
    op.drop_table("person")
    op.drop_table("org_unit")
    op.drop_index(op.f("ix_municipality_policy_bureau_id"), table_name="municipality")
    op.drop_table("municipality")
    op.drop_table("master_plan")
    op.drop_table("ledger_checkpoint")
    op.drop_table("heartbeat")
    op.drop_table("content")
    op.drop_table("closed_day")
    op.drop_table("attachment_blob")
