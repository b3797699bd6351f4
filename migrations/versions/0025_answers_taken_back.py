"""An answer at a joint stage can be taken back by who gave it; the row says by which event.

What a substitute's answer asked the absent one to read afterwards goes with it, as long as it was
not read.
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE joint_reply
    ADD COLUMN taken_back_event_id bigint
        CONSTRAINT fk_joint_reply_taken_back_event_id REFERENCES event (id),
    ADD CONSTRAINT ck_joint_reply_taken_back
        CHECK (taken_back_event_id IS NULL OR voided_at IS NOT NULL);

CREATE FUNCTION what_was_read_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    IF OLD.acknowledged_at IS NOT NULL OR is_published(OLD.evaluation_id) THEN
        RAISE EXCEPTION 'what was read afterwards stays'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER what_was_read_stays BEFORE DELETE ON post_review
    FOR EACH ROW EXECUTE FUNCTION what_was_read_stays();
GRANT DELETE ON post_review TO hyoka_app;
"""

DOWN = """
REVOKE DELETE ON post_review FROM hyoka_app;
DROP TRIGGER what_was_read_stays ON post_review;
DROP FUNCTION what_was_read_stays();
ALTER TABLE joint_reply
    DROP CONSTRAINT ck_joint_reply_taken_back,
    DROP COLUMN taken_back_event_id;
"""


def upgrade() -> None:
    """Let answers be taken back."""
    op.execute(UP)


def downgrade() -> None:
    """Answers stand again; those that were taken back stay void."""
    op.execute(DOWN)
