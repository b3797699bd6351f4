"""Due timers turned into notices by hand: one set-based statement, one transaction.

What somebody would write who knows the one stage that has due timers and puts its rules into the
statement: whose turn it is at the department's review. It claims like the core (skipping what is
locked), and tells each person once.
"""

from __future__ import annotations

from datetime import date, datetime

import psycopg

#: More than are ever due; without a limit the planner reads whole tables for a few thousand rows.
MOST = 10_000

_FIRE = """
WITH due AS (
    SELECT t.id, t.evaluation_id, t.stage_entry_id, t.kind, t.rung, e.responsible_department_id
    FROM timer t
    JOIN stage_entry s ON s.id = t.stage_entry_id
    JOIN evaluation e ON e.id = t.evaluation_id
    WHERE t.settled_at IS NULL AND t.due_at <= %(now)s AND s.held_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM extension_request x
                      WHERE x.stage_entry_id = s.id AND x.decided_at IS NULL)
    ORDER BY t.due_at, t.id LIMIT %(most)s
    FOR UPDATE OF t SKIP LOCKED FOR KEY SHARE OF e SKIP LOCKED
), office AS MATERIALIZED (
    SELECT DISTINCT o.unit_id, o.rank, p.id AS person_id
    FROM post o
    JOIN assignment a ON a.post_id = o.id
    JOIN person p ON p.id = a.person_id
    WHERE p.disabled_at IS NULL
      AND o.valid_from <= %(today)s AND (o.valid_until IS NULL OR o.valid_until >= %(today)s)
      AND a.valid_from <= %(today)s AND (a.valid_until IS NULL OR a.valid_until >= %(today)s)
), able AS MATERIALIZED (
    SELECT d.id, o.person_id, o.rank <> 'deputy_director' AS is_head
    FROM due d JOIN office o ON o.unit_id = d.responsible_department_id
    WHERE o.rank IN ('director', 'section_chief', 'deputy_director')
      AND NOT EXISTS (SELECT 1 FROM authorship w
                      WHERE w.evaluation_id = d.evaluation_id AND w.person_id = o.person_id)
), approver AS MATERIALIZED (
    SELECT o.person_id, count(*) OVER () AS approvers
    FROM office o JOIN municipality m ON m.id = 1 AND o.unit_id = m.policy_bureau_id
    WHERE o.rank IN ('director', 'section_chief')
), staying AS MATERIALIZED (
    SELECT a.id, a.person_id, a.is_head,
           bool_or(a.is_head) OVER (PARTITION BY a.id) AS has_head
    FROM able a
    WHERE NOT EXISTS (SELECT 1 FROM approver x
                      WHERE x.person_id = a.person_id AND x.approvers = 1)
), told AS (
    INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, created_at)
    SELECT d.kind, d.evaluation_id, d.stage_entry_id, d.rung, s.person_id, %(now)s
    FROM due d JOIN staying s ON s.id = d.id AND s.is_head = s.has_head
    ON CONFLICT DO NOTHING
)
UPDATE timer t SET settled_at = %(now)s, outcome = 'fired' FROM due WHERE t.id = due.id
"""


def fire(connection: psycopg.Connection, *, now: datetime, today: date) -> int:
    """Settle every timer that is due at *now*; returns how many."""
    settled = connection.execute(_FIRE, {"now": now, "today": today, "most": MOST}).rowcount
    connection.commit()
    return settled
