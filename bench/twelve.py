"""Fills a database with twelve departments and the sheets of many years, for pages that people see.

Each department has a director, a section with its chief and somebody who drafts. The older half of
the cycles is over and published. In the running ones sheets stand at all stages; for the director
of the first department exactly so many wait as are asked for, all in the newest cycle. Contents are
left out: neither the desk nor the board reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from bench.million import EVALUATIONS
from bench.stand import Stand

DEPARTMENTS = 12

_UNITS = """
WITH department AS (
    INSERT INTO org_unit (name, kind, sort_order, valid_from)
    SELECT '測定第' || g || '部', 'department', 100 + g, '2000-01-01'
    FROM generate_series(1, %(departments)s) g ORDER BY g
    RETURNING id, name, sort_order
)
INSERT INTO org_unit (name, kind, parent_id, sort_order, valid_from)
SELECT replace(name, '部', '課'), 'section', id, sort_order, '2000-01-01'
FROM department ORDER BY id
"""
_PEOPLE = """
WITH office AS (
    SELECT u.id AS unit_id, u.sort_order, o.title, o.rank, o.nth
    FROM org_unit u JOIN (VALUES
        ('department', '部長', 'director', 1), ('section', '課長', 'section_chief', 2),
        ('section', '主査', 'staff', 3), ('department', '前部長', NULL, 4))
        o (kind, title, rank, nth)
        ON o.kind = u.kind
    WHERE u.sort_order > 100
), everybody AS (
    INSERT INTO person (sign_in_name, name, email)
    SELECT 'm' || sort_order || '.' || nth, '測定 ' || sort_order || '番' || nth,
           'm' || sort_order || '.' || nth || '@example.jp'
    FROM office ORDER BY sort_order, nth RETURNING id, sign_in_name
), posts AS (
    INSERT INTO post (unit_id, title, rank, valid_from)
    SELECT unit_id, title, rank, '2000-01-01' FROM office WHERE rank IS NOT NULL
    RETURNING id, unit_id, title
)
INSERT INTO assignment (person_id, post_id, valid_from)
SELECT e.id, p.id, '2000-01-01'
FROM posts p JOIN office o ON o.unit_id = p.unit_id AND o.title = p.title
JOIN everybody e ON e.sign_in_name = 'm' || o.sort_order || '.' || o.nth
"""
_PLAN = """
WITH plan AS (
    INSERT INTO master_plan (name, version) VALUES ('十二部局の計画', 2) RETURNING id
), pillar AS (
    INSERT INTO pillar (plan_id, code, name)
    SELECT id, 'T' || g, '測定用の大綱' || g FROM plan, generate_series(1, 6) g
    RETURNING id, plan_id
), policy AS (
    INSERT INTO policy (plan_id, pillar_id, code, name)
    SELECT plan_id, id, 'T' || id, '測定用の施策' FROM pillar RETURNING id, plan_id
), numbered AS (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM policy)
INSERT INTO measure (plan_id, policy_id, code, name, is_regional_revitalization,
                     responsible_department_id, lead_section_id)
SELECT p.plan_id, p.id, 'T' || lpad(g::text, 5, '0'), '安全で安心なまちづくりの推進 ' || g, false,
       d.id, s.id
FROM generate_series(0, %(measures)s - 1) g
JOIN numbered p ON p.n = g %% 6
JOIN org_unit d ON d.kind = 'department' AND d.sort_order = 101 + g %% %(departments)s
JOIN org_unit s ON s.parent_id = d.id
ORDER BY g
"""
#: The newest judges the year after the city's own, so that it is the one that pages show.
_CYCLES = """
INSERT INTO evaluation_cycle (kind, cycle_fiscal_year, target_fiscal_year, number, plan_id,
                              definition_hash, rating_scale, cut_off, opened_at, closed_at)
SELECT c.kind, c.cycle_fiscal_year + 1 - g, c.target_fiscal_year + 1 - g, 2, p.id,
       c.definition_hash, c.rating_scale, c.cut_off, c.opened_at,
       CASE WHEN g >= (%(cycles)s + 1) / 2 THEN c.opened_at END
FROM evaluation_cycle c, master_plan p, generate_series(0, %(cycles)s - 1) g
WHERE c.number = 1 AND p.version = 2 ORDER BY g
"""
# In the first department nothing but what is asked for stands at the department's review.
_SLOTS = """
CREATE TEMPORARY TABLE slot AS
SELECT (SELECT max(id) FROM evaluation) + row_number() OVER (ORDER BY c.id, m.id) AS id,
       c.id AS cycle_id, c.kind || '-' || c.target_fiscal_year || '-2' AS prefix,
       m.id AS measure_id, m.code, m.lead_section_id, m.responsible_department_id, m.n,
       c.closed_at IS NULL AS runs, d.id AS drafter_id, h.id AS head_id,
       CASE WHEN c.closed_at IS NOT NULL THEN 'published'
            WHEN m.n %% %(departments)s = 0 THEN
                CASE WHEN c.id = (SELECT min(id) FROM evaluation_cycle WHERE number = 2)
                          AND m.n / %(departments)s < %(wait)s THEN 'department_review'
                     ELSE (ARRAY['draft', 'bureau_approval', 'approved'])[1 + m.n / 12 %% 3] END
            ELSE (ARRAY['draft', 'department_review', 'bureau_approval', 'approved'])
                 [1 + m.n / 12 %% 4] END AS state,
       CAST(%(now)s::timestamptz AT TIME ZONE 'Asia/Tokyo' AS date) - 1
           + CAST(m.n / 12 %% 30 AS integer) AS due_on
FROM evaluation_cycle c
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM measure
      WHERE plan_id = (SELECT id FROM master_plan WHERE version = 2)) m ON c.plan_id = m.plan_id
JOIN org_unit u ON u.id = m.responsible_department_id
JOIN person d ON d.sign_in_name = 'm' || u.sort_order || '.3'
JOIN person h ON h.sign_in_name = 'm' || u.sort_order || '.4'
"""
_ENTRIES = """
INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
SELECT id, state, 1, %(now)s::timestamptz - interval '10 days', drafter_id, due_on,
       (due_on + time '17:15') AT TIME ZONE 'Asia/Tokyo'
FROM slot WHERE runs ORDER BY id
"""
_COPIES = """
INSERT INTO working_copy (evaluation_id, fields, updated_at)
SELECT id, jsonb_build_object('rating', 1 + n %% 4), %(now)s FROM slot ORDER BY id
"""
_AUTHORS = """
INSERT INTO authorship (evaluation_id, person_id, first_wrote_at)
SELECT id, drafter_id, %(now)s FROM slot ORDER BY id
"""
_SIGNATURES = """
INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
SELECT s.id, 1, 'department_review', s.head_id, '', v.id
FROM slot s JOIN event v ON v.evaluation_id = s.id AND v.sequence = 2
WHERE s.state IN ('bureau_approval', 'approved', 'published') ORDER BY s.id
"""
_EVENTS = """
INSERT INTO event (evaluation_id, sequence, occurred_at, action, from_state, to_state, round,
                   person_id, capacity, narrative_hash, format_version, canonical, previous_hash,
                   hash)
SELECT s.id, v.sequence, %(now)s::timestamptz - v.ago, v.action, v.source, v.target, 1,
       CASE v.sequence WHEN 1 THEN s.drafter_id ELSE s.head_id END, '', '', 2, '', '', ''
FROM slot s JOIN (VALUES
    (1, interval '10 days', 'submit', 'draft', 'department_review'),
    (2, interval '9 days', 'approve', 'department_review', 'bureau_approval'))
    v (sequence, ago, action, source, target)
    ON v.sequence = 1 OR s.state IN ('bureau_approval', 'approved', 'published')
ORDER BY s.id, v.sequence
"""
_NARRATIVES = """
INSERT INTO event_narrative (event_id, canonical)
SELECT v.id, '{"capacity":"","note":"","on_behalf_of":null,"person":"","reason":"","salt":""}'
FROM event v JOIN slot s ON s.id = v.evaluation_id ORDER BY v.id
"""
_SEQUENCE = "SELECT setval(pg_get_serial_sequence('evaluation', 'id'), (SELECT max(id) FROM slot))"
_READER = "SELECT id FROM person WHERE sign_in_name = 'm101.1'"
_NEWEST = "SELECT min(id) FROM evaluation_cycle WHERE number = 2"


@dataclass(frozen=True)
class Offices:
    """What was made.

    Attributes:
        reader_id: the director of the first department.
        cycle_id: the newest cycle.
    """

    reader_id: int
    cycle_id: int


def fill(stand: Stand, name: str, *, cycles: int, measures: int, wait: int) -> Offices:
    """Add *cycles* × *measures* evaluations to the database *name*; *wait* wait for the reader."""
    values: dict[str, Any] = {
        "cycles": cycles,
        "measures": measures,
        "wait": wait,
        "departments": DEPARTMENTS,
    }
    with psycopg.connect(stand.server.dsn(name)) as connection:
        # Keys that are right by the way they are made: not looked up one by one.
        connection.execute("SET LOCAL session_replication_role = replica")
        now = _one(connection, "SELECT clock_timestamp()")
        assert isinstance(now, datetime)
        values["now"] = now
        for statement in (
            _UNITS, _PEOPLE, _PLAN, _CYCLES, _SLOTS, EVALUATIONS, _ENTRIES, _COPIES, _AUTHORS,
            _EVENTS, _SIGNATURES, _NARRATIVES, _SEQUENCE,
        ):  # fmt: skip
            connection.execute(statement, values)
        reader, cycle = _one(connection, _READER), _one(connection, _NEWEST)
    stand.settle(name)
    return Offices(reader, cycle)


def _one(connection: psycopg.Connection, statement: str) -> Any:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
