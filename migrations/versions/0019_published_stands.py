"""What was published stands, whatever statements the application's role sends in whatever order.

One question is asked everywhere, of the rows themselves: does this belong to a publication whose
state is ``published``? It is asked under a lock on the publication (or on the evaluation), so that
a second transaction cannot slip in between; and of tables by their full path, so that a temporary
table of the same name answers nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- The publication itself: its state goes one way, and what it became it stays.
CREATE FUNCTION published_publication_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a publication begins with its request'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state = 'published' THEN
        RAISE EXCEPTION 'publication % of cycle % was published and stays as it is',
            OLD.version, OLD.cycle_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- From here on: it is being published. Its sheets are over, with the content that was frozen,
    -- and a later version loses nothing of the one before.
    IF OLD.state <> 'ready' OR EXISTS (
        SELECT FROM snapshot s JOIN evaluation e ON e.id = s.evaluation_id
        WHERE s.publication_id = NEW.id
          AND (e.closed_at IS NULL OR e.content_hash IS DISTINCT FROM s.content_hash)
    ) OR EXISTS (
        SELECT FROM snapshot s
        WHERE s.publication_id = NEW.supersedes_id AND NOT EXISTS (
            SELECT FROM snapshot n
            WHERE n.publication_id = NEW.id AND n.evaluation_id = s.evaluation_id)
    ) THEN
        RAISE EXCEPTION 'publication % of cycle % is not ready', NEW.version, NEW.cycle_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Items and snapshots: none comes, goes or changes once their publication is published.
CREATE FUNCTION published_list_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
DECLARE
    concerned bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT publication_id) INTO concerned FROM added;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT publication_id) INTO concerned FROM gone;
    ELSE
        SELECT array_agg(DISTINCT publication_id) INTO concerned
        FROM (SELECT publication_id FROM gone UNION ALL SELECT publication_id FROM added) both_ways;
    END IF;
    -- Whoever is just publishing it is waited for.
    PERFORM FROM publication WHERE id = ANY (concerned) ORDER BY id FOR SHARE;
    IF EXISTS (SELECT FROM publication WHERE id = ANY (concerned) AND state = 'published') THEN
        RAISE EXCEPTION 'what was published never gains, loses or changes rows of %', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

-- The pointer that readers follow goes forwards, from a version to the one that supersedes it.
CREATE FUNCTION current_publication_goes_on() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
DECLARE
    before bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := OLD.current_publication_id;
        IF before IS NOT NULL AND
           (NEW.kind, NEW.cycle_fiscal_year, NEW.target_fiscal_year, NEW.number, NEW.plan_id,
            NEW.rating_scale) IS DISTINCT FROM
           (OLD.kind, OLD.cycle_fiscal_year, OLD.target_fiscal_year, OLD.number, OLD.plan_id,
            OLD.rating_scale) THEN
            RAISE EXCEPTION 'cycle % was published under its name', OLD.id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NEW.current_publication_id IS NOT DISTINCT FROM before THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NOT EXISTS (
        SELECT FROM publication p
        WHERE p.id = NEW.current_publication_id AND p.cycle_id = NEW.id AND p.state = 'published'
          AND p.supersedes_id IS NOT DISTINCT FROM before
    ) THEN
        RAISE EXCEPTION 'readers of cycle % go on to the version that supersedes theirs', NEW.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Whether a sheet is public; the row is locked, so that it cannot become so in between.
CREATE FUNCTION is_published(p_evaluation bigint) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
DECLARE
    over boolean;
BEGIN
    SELECT e.closed_at IS NOT NULL INTO over FROM evaluation e WHERE e.id = p_evaluation FOR SHARE;
    RETURN coalesce(over, false) AND EXISTS (
        SELECT FROM publication p JOIN snapshot s ON s.publication_id = p.id
        WHERE p.state = 'published' AND s.evaluation_id = p_evaluation);
END
$$;

-- The sheet that was published, and who wrote, signed and agreed to it.
CREATE FUNCTION published_evaluation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    IF (NEW.key, NEW.cycle_id, NEW.subject_kind, NEW.subject_id, NEW.code, NEW.attempt,
        NEW.quotes_id, NEW.state, NEW.round, NEW.revision_id, NEW.content_hash,
        NEW.final_approved_at, NEW.closed_at) IS DISTINCT FROM
       (OLD.key, OLD.cycle_id, OLD.subject_kind, OLD.subject_id, OLD.code, OLD.attempt,
        OLD.quotes_id, OLD.state, OLD.round, OLD.revision_id, OLD.content_hash,
        OLD.final_approved_at, OLD.closed_at) AND is_published(OLD.id) THEN
        RAISE EXCEPTION '% was published and stays as it is', OLD.key
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION published_signs_stand() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('signature', 'joint_reply') THEN
        IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
            RAISE EXCEPTION 'what was voided in % stays void', TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF is_published(NEW.evaluation_id)
       OR TG_OP = 'UPDATE' AND is_published(OLD.evaluation_id) THEN
        RAISE EXCEPTION 'a published sheet never gains or changes rows of %', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
"""

TRIGGERS = """
DROP TRIGGER published_snapshot_stays ON snapshot;
DROP FUNCTION published_stays();
DROP TRIGGER published_snapshot_is_whole ON snapshot;
DROP FUNCTION nothing_is_added();

CREATE TRIGGER publication_begins_unpublished BEFORE INSERT ON publication
    FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION published_publication_stands();
CREATE TRIGGER published_publication_stands BEFORE UPDATE ON publication
    FOR EACH ROW WHEN (OLD.state = 'published' OR NEW.state = 'published')
    EXECUTE FUNCTION published_publication_stands();
CREATE TRIGGER publication_is_never_deleted BEFORE DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER item_is_never_truncated BEFORE TRUNCATE ON publication_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER current_publication_goes_on BEFORE UPDATE ON evaluation_cycle
    FOR EACH ROW WHEN (OLD.current_publication_id IS NOT NULL
                       OR NEW.current_publication_id IS NOT NULL)
    EXECUTE FUNCTION current_publication_goes_on();
CREATE TRIGGER cycle_begins_unpublished BEFORE INSERT ON evaluation_cycle
    FOR EACH ROW WHEN (NEW.current_publication_id IS NOT NULL)
    EXECUTE FUNCTION current_publication_goes_on();
CREATE TRIGGER published_evaluation_stands BEFORE UPDATE ON evaluation
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION published_evaluation_stands();
CREATE TRIGGER authorship_is_never_forgotten BEFORE UPDATE OR DELETE OR TRUNCATE ON authorship
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signature_stays BEFORE DELETE OR TRUNCATE ON signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER joint_reply_stays BEFORE DELETE OR TRUNCATE ON joint_reply
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
LISTS = ("publication_item", "snapshot")
SIGNS = {"authorship": "INSERT", "signature": "INSERT OR UPDATE", "joint_reply": "INSERT OR UPDATE",
         "revision": "INSERT"}  # fmt: skip
#: Trigger functions of earlier migrations that look into tables, or might one day.
EARLIER = ("refuse_change", "only_dispose", "only_before_its_day")

DOWN = """
DROP TRIGGER joint_reply_stays ON joint_reply;
DROP TRIGGER signature_stays ON signature;
DROP TRIGGER authorship_is_never_forgotten ON authorship;
DROP TRIGGER published_evaluation_stands ON evaluation;
DROP TRIGGER cycle_begins_unpublished ON evaluation_cycle;
DROP TRIGGER current_publication_goes_on ON evaluation_cycle;
DROP TRIGGER item_is_never_truncated ON publication_item;
DROP TRIGGER publication_is_never_deleted ON publication;
DROP TRIGGER published_publication_stands ON publication;
DROP TRIGGER publication_begins_unpublished ON publication;
DROP FUNCTION published_signs_stand();
DROP FUNCTION published_evaluation_stands();
DROP FUNCTION is_published(bigint);
DROP FUNCTION current_publication_goes_on();
DROP FUNCTION published_list_stands();
DROP FUNCTION published_publication_stands();

CREATE FUNCTION published_stays() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF EXISTS (SELECT 1 FROM publication p
               WHERE p.id = OLD.publication_id AND p.state = 'published') THEN
        RAISE EXCEPTION 'a published snapshot is never deleted'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;
CREATE FUNCTION nothing_is_added() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF EXISTS (SELECT 1 FROM added a JOIN publication p ON p.id = a.publication_id
               WHERE p.state = 'published') THEN
        RAISE EXCEPTION 'nothing is added to what was published'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER published_snapshot_is_whole AFTER INSERT ON snapshot
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_added();
CREATE TRIGGER published_snapshot_stays BEFORE DELETE ON snapshot
    FOR EACH ROW EXECUTE FUNCTION published_stays();
"""


def _script(text: str) -> None:
    """Several statements at once: the driver takes them only as they are, without parameters."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(text)


def _list_triggers() -> dict[str, str]:
    """Trigger's name → what it is, for every way in which a row of a list comes, goes, changes."""
    ways = {
        "INSERT": "NEW TABLE AS added",
        "DELETE": "OLD TABLE AS gone",
        "UPDATE": "OLD TABLE AS gone NEW TABLE AS added",
    }
    return {
        f"published_{table}_stands_{way.lower()}": (
            f"AFTER {way} ON {table} REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION published_list_stands()"
        )
        for table in LISTS
        for way, tables in ways.items()
    }


def upgrade() -> None:
    _script(FUNCTIONS)
    _script(TRIGGERS)
    for name, trigger in _list_triggers().items():
        op.execute(f"CREATE TRIGGER {name} {trigger}")
    for table, ways in SIGNS.items():
        op.execute(
            f"CREATE TRIGGER published_{table}_stands BEFORE {ways} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION published_signs_stand()"
        )
    for name in EARLIER:
        op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def downgrade() -> None:
    for name in EARLIER:
        op.execute(f"ALTER FUNCTION {name}() RESET search_path")
    for table in SIGNS:
        op.execute(f"DROP TRIGGER published_{table}_stands ON {table}")
    for name, trigger in _list_triggers().items():
        op.execute(f"DROP TRIGGER {name} ON {trigger.split(' ON ')[1].split()[0]}")
    _script(DOWN)
