"""Fills a database with a generated plan and its evaluations, in sets, as the owner.

Every evaluation is a sheet of the sample city under a code of its own: its units, its people and
its whole content. What the services would have written on the way is written here too: revisions,
events with their chain, signatures, stays at stages, timers, notices.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.abc import Params

from bench.cast import Cast, casts_of
from bench.stand import Stand
from workflow.policy import Actor


@dataclass(frozen=True)
class Filled:
    """What was made.

    Attributes:
        casts: the people, by the position of the model; see ``position_of``.
        evaluation_ids: in the order of codes.
        in_a_row: so many neighbouring evaluations share a model.
    """

    cycle_id: int
    casts: tuple[Cast, ...]
    evaluation_ids: tuple[int, ...]
    in_a_row: int

    def cast_of(self, index: int) -> Cast:
        """Who acts on the evaluation at *index* of ``evaluation_ids``."""
        return self.casts[index // self.in_a_row % len(self.casts)]


_TEMPORARY = """
CREATE TEMPORARY TABLE model (position integer PRIMARY KEY, evaluation_id bigint NOT NULL)
ON COMMIT DROP
"""
_PLAN = "INSERT INTO master_plan (name, version) VALUES ('測定用の計画', %s) RETURNING id"
_PILLAR = "INSERT INTO pillar (plan_id, code, name) VALUES (%s, 'G', '測定用の大綱') RETURNING id"
_POLICY = """
INSERT INTO policy (plan_id, pillar_id, code, name) VALUES (%s, %s, 'G', '測定用の施策')
RETURNING id
"""
_MEASURES = """
INSERT INTO measure (plan_id, policy_id, code, name, is_regional_revitalization,
                     responsible_department_id, lead_section_id)
SELECT %(plan)s, %(policy)s, 'G' || %(number)s::text || lpad(g::text, 6, '0'), s.name,
       s.is_regional_revitalization, s.responsible_department_id, s.lead_section_id
FROM generate_series(1, %(count)s) g
JOIN model d ON d.position = (g - 1) / %(in_a_row)s %% (SELECT count(*) FROM model)
JOIN evaluation e ON e.id = d.evaluation_id
JOIN measure s ON s.id = e.subject_id
ORDER BY g
"""
# The dates and ladders are those of the city's own cycle.
_CYCLE = """
INSERT INTO evaluation_cycle (kind, cycle_fiscal_year, target_fiscal_year, number, plan_id,
                              definition_hash, rating_scale, cut_off, opened_at)
SELECT kind, cycle_fiscal_year, target_fiscal_year, %(number)s, %(plan)s, definition_hash,
       rating_scale, cut_off, opened_at
FROM evaluation_cycle WHERE number = 1 RETURNING id
"""
_DATES = """
INSERT INTO cycle_deadline (cycle_id, stage, wanted_on, due_on, due_at, moved_because)
SELECT %s, d.stage, d.wanted_on, d.due_on, d.due_at, d.moved_because
FROM cycle_deadline d JOIN evaluation_cycle c ON c.id = d.cycle_id AND c.number = 1
"""
_RUNGS = """
INSERT INTO cycle_rung (cycle_id, stage, kind, rung, due_at)
SELECT %s, r.stage, r.kind, r.rung, r.due_at
FROM cycle_rung r JOIN evaluation_cycle c ON c.id = r.cycle_id AND c.number = 1
"""
_EVALUATIONS = """
INSERT INTO evaluation (key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                        responsible_department_id, state)
SELECT c.kind || '-' || c.target_fiscal_year || '-' || c.number || '/' || m.code, c.id, 'measure',
       m.id, m.code, m.lead_section_id, m.responsible_department_id, 'draft'
FROM measure m JOIN evaluation_cycle c ON c.plan_id = m.plan_id
WHERE c.id = %s ORDER BY m.code
"""
_GENERATED = """
CREATE TEMPORARY TABLE generated ON COMMIT DROP AS
SELECT e.id, e.code, d.position,
       replace(t.body, '"code":"' || o.code || '"', '"code":"' || e.code || '"') AS body
FROM (SELECT id, code, row_number() OVER (ORDER BY code) - 1 AS n
      FROM evaluation WHERE cycle_id = %(cycle)s) e
JOIN model d ON d.position = e.n / %(in_a_row)s %% (SELECT count(*) FROM model)
JOIN evaluation o ON o.id = d.evaluation_id
JOIN content t ON t.hash = o.content_hash
"""
_CONTENTS = """
INSERT INTO content (hash, schema_version, body)
SELECT sha256(convert_to(body, 'UTF8')), 1, body FROM generated
"""
_COPIES = """
INSERT INTO working_copy (evaluation_id, fields, updated_at)
SELECT g.id, w.fields, clock_timestamp() FROM generated g
JOIN model d ON d.position = g.position JOIN working_copy w ON w.evaluation_id = d.evaluation_id
"""
_REVISIONS = """
WITH made AS (
    INSERT INTO revision (evaluation_id, number, content_hash, origin, created_at)
    SELECT id, 1, sha256(convert_to(body, 'UTF8')), 'opening', clock_timestamp() FROM generated
    RETURNING id, evaluation_id, content_hash
)
UPDATE evaluation e SET revision_id = made.id, content_hash = made.content_hash
FROM made WHERE e.id = made.evaluation_id
"""
_AUTHORS = """
INSERT INTO authorship (evaluation_id, person_id, first_wrote_at)
SELECT id, %(person)s, clock_timestamp() FROM generated WHERE position = %(position)s
"""
_APPEND = """
SELECT count(*) FROM append_events(
    ARRAY(SELECT id FROM generated WHERE position = %(position)s ORDER BY id),
    %(action)s, %(to)s, %(person)s, %(assignment)s, %(capacity)s, NULL,
    NULL, '', gen_random_uuid()::text)
"""
_SIGN = """
INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
SELECT v.evaluation_id, v.round, v.from_state, v.person_id, v.content_hash, v.id
FROM event v JOIN generated g ON g.id = v.evaluation_id
WHERE v.action = 'approve' AND v.from_state = %s
"""
_LEAVE = """
WITH gone AS (
    UPDATE stage_entry s SET left_at = clock_timestamp()
    FROM generated g WHERE g.id = s.evaluation_id AND s.left_at IS NULL RETURNING s.id
)
UPDATE timer t SET settled_at = clock_timestamp(), outcome = 'superseded'
FROM gone WHERE t.stage_entry_id = gone.id
"""
_ENTER = """
WITH entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
    SELECT e.id, e.state, e.round, clock_timestamp(), v.person_id, d.due_on, d.due_at
    FROM evaluation e
    JOIN generated g ON g.id = e.id
    JOIN LATERAL (SELECT person_id FROM event WHERE evaluation_id = e.id
                  ORDER BY sequence DESC LIMIT 1) v ON true
    JOIN cycle_deadline d ON d.cycle_id = e.cycle_id AND d.stage = e.state
    ORDER BY e.id
    RETURNING id, evaluation_id, stage
)
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT n.evaluation_id, n.id, r.kind, r.rung, r.due_at
FROM entered n JOIN cycle_rung r ON r.cycle_id = %s AND r.stage = n.stage
"""
_TELL = """
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at, gathered_at)
SELECT 'your_turn', s.evaluation_id, s.id, %(person)s, clock_timestamp(), clock_timestamp()
FROM stage_entry s JOIN generated g ON g.id = s.evaluation_id
WHERE g.position = %(position)s AND s.left_at IS NULL
"""
_STATE = """
UPDATE evaluation e
SET state = %(to)s, version = version + 1,
    final_approved_at = CASE WHEN %(to)s = 'approved' THEN clock_timestamp() END
FROM generated g WHERE g.id = e.id
"""
_IDS = "SELECT id FROM generated ORDER BY code"


def fill(
    stand: Stand, name: str, *, number: int, count: int, saves: int, until: str, in_a_row: int = 1
) -> Filled:
    """Add a cycle with *count* evaluations that stand at stage *until* to the database *name*.

    Args:
        number: of the cycle and of its plan; the city's own is number 1.
        saves: events that each evaluation has between its opening and its submission.
        until: ``department_review`` or ``approved``.
        in_a_row: so many neighbouring evaluations are alike in all but their codes.
    """
    casts = casts_of(stand, name)
    with stand.owner(name) as connection, connection.transaction():
        cycle_id = _plan_and_cycle(connection, casts, number, count, in_a_row)
        for statement in (_CONTENTS, _COPIES, _REVISIONS):
            connection.execute(statement)
        for position, cast in enumerate(casts):
            connection.execute(_AUTHORS, {"person": cast.drafter.person_id, "position": position})
        _append(connection, casts, "drafter", "open", "draft")
        connection.execute(_ENTER, (cycle_id,))
        for _ in range(saves):
            _append(connection, casts, "drafter", "save", "draft")
        _move(connection, casts, cycle_id, "drafter", "submit", "department_review", "reviewer")
        if until == "approved":
            _move(connection, casts, cycle_id, "reviewer", "approve", "bureau_approval", "approver")
            _move(connection, casts, cycle_id, "approver", "approve", "approved", None)
            connection.execute(_SIGN, ("department_review",))
            connection.execute(_SIGN, ("bureau_approval",))
        ids = tuple(row[0] for row in connection.execute(_IDS))
    stand.settle(name)
    return Filled(cycle_id, casts, ids, in_a_row)


def _plan_and_cycle(
    connection: psycopg.Connection, casts: tuple[Cast, ...], number: int, count: int, in_a_row: int
) -> int:
    connection.execute(_TEMPORARY)
    for position, cast in enumerate(casts):
        connection.execute("INSERT INTO model VALUES (%s, %s)", (position, cast.model_id))
    plan_id = _key(connection, _PLAN, (number,))
    pillar_id = _key(connection, _PILLAR, (plan_id,))
    policy_id = _key(connection, _POLICY, (plan_id, pillar_id))
    connection.execute(
        _MEASURES,
        {
            "plan": plan_id,
            "policy": policy_id,
            "number": number,
            "count": count,
            "in_a_row": in_a_row,
        },
    )
    cycle_id = _key(connection, _CYCLE, {"plan": plan_id, "number": number})
    for statement in (_DATES, _RUNGS, _EVALUATIONS):
        connection.execute(statement, (cycle_id,))
    connection.execute(_GENERATED, {"cycle": cycle_id, "in_a_row": in_a_row})
    return cycle_id


def _key(connection: psycopg.Connection, statement: str, values: Params) -> int:
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0])


def _append(
    connection: psycopg.Connection, casts: tuple[Cast, ...], who: str, action: str, to: str
) -> None:
    for position, cast in enumerate(casts):
        actor: Actor = getattr(cast, who)
        connection.execute(
            _APPEND,
            {
                "position": position,
                "action": action,
                "to": to,
                "person": actor.person_id,
                "assignment": actor.assignment_id,
                "capacity": actor.capacity,
            },
        )


def _move(
    connection: psycopg.Connection,
    casts: tuple[Cast, ...],
    cycle_id: int,
    who: str,
    action: str,
    to: str,
    told: str | None,
) -> None:
    _append(connection, casts, who, action, to)
    connection.execute(_LEAVE)
    connection.execute(_STATE, {"to": to})
    connection.execute(_ENTER, (cycle_id,))
    if told is not None:
        for position, cast in enumerate(casts):
            person = getattr(cast, told).person_id
            connection.execute(_TELL, {"person": person, "position": position})
