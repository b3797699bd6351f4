"""Fills a database with very many evaluations for the tick: rows alone, without what is in them.

A hundred cycles on one plan: a quarter is over and published, a quarter runs on the definition with
joint stages, half on the standard one. Each evaluation has its sheet's units and author, a stay
that is over with settled timers, an event and, while its cycle runs, an open stay whose timers are
months away and a notice that was mailed; contents, working copies and chains are left out, since
the tick reads none of them. Some of the sheets at the department's review have timers besides that
fall due on the days that are measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources

import psycopg

from bench.cast import casts_of
from bench.stand import Stand
from workflow.definition.load import named

CYCLES = 100
#: Timers of a day that is measured bear this generation and up, as after a date that moved.
GENERATION = 100

_MODELS = """
CREATE TEMPORARY TABLE model (
    position integer PRIMARY KEY, evaluation_id bigint NOT NULL, drafter_id bigint NOT NULL)
"""
#: The city's own five sheets must not fall due among the others.
_SILENCE = "UPDATE timer SET settled_at = %s, outcome = 'superseded' WHERE settled_at IS NULL"
_PIN = """
INSERT INTO pinned_definition (content_hash, name, source, pinned_at)
VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING
"""
_PLAN = """
WITH plan AS (
    INSERT INTO master_plan (name, version) VALUES ('百万件の計画', 2) RETURNING id
), pillar AS (
    INSERT INTO pillar (plan_id, code, name) SELECT id, 'M', '測定用の大綱' FROM plan
    RETURNING id, plan_id
), policy AS (
    INSERT INTO policy (plan_id, pillar_id, code, name)
    SELECT plan_id, id, 'M', '測定用の施策' FROM pillar RETURNING id, plan_id
)
INSERT INTO measure (plan_id, policy_id, code, name, is_regional_revitalization,
                     responsible_department_id, lead_section_id)
SELECT p.plan_id, p.id, 'M' || lpad(g::text, 6, '0'), s.name, s.is_regional_revitalization,
       s.responsible_department_id, s.lead_section_id
FROM policy p, generate_series(0, %(measures)s - 1) g
JOIN model d ON d.position = g %% (SELECT count(*) FROM model)
JOIN evaluation e ON e.id = d.evaluation_id
JOIN measure s ON s.id = e.subject_id
ORDER BY g
"""
_CYCLES = """
INSERT INTO evaluation_cycle (kind, cycle_fiscal_year, target_fiscal_year, number, plan_id,
                              definition_hash, rating_scale, cut_off, opened_at, closed_at)
SELECT c.kind, c.cycle_fiscal_year, c.target_fiscal_year, 2 + g, p.id,
       CASE g %% 4 WHEN 1 THEN %(joint)s ELSE c.definition_hash END, c.rating_scale, c.cut_off,
       c.opened_at, CASE g %% 4 WHEN 0 THEN c.opened_at END
FROM evaluation_cycle c, master_plan p, generate_series(0, %(cycles)s - 1) g
WHERE c.number = 1 AND p.version = 2 ORDER BY g
"""
#: One row per evaluation to come; ids are given here, so that no row has to be looked for again.
_SLOTS = """
CREATE TEMPORARY TABLE slot AS
SELECT (SELECT max(id) FROM evaluation) + row_number() OVER (ORDER BY c.number, m.id) AS id,
       (SELECT max(id) FROM stage_entry) + row_number() OVER (ORDER BY c.number, m.id) AS past_id,
       (SELECT max(id) FROM stage_entry) + row_number() OVER (ORDER BY c.number, m.id)
           + %(count)s AS entry_id,
       c.id AS cycle_id, c.kind || '-' || c.target_fiscal_year || '-' || c.number AS prefix,
       m.id AS measure_id, m.code, m.lead_section_id, m.responsible_department_id,
       d.position, d.drafter_id, c.closed_at IS NULL AS runs,
       CASE WHEN c.closed_at IS NOT NULL THEN 'published'
            WHEN (m.n / 5 + c.number) %% 2 = 0 THEN 'draft'
            WHEN c.definition_hash = %(joint)s THEN 'joint_agreement'
            ELSE 'department_review' END AS state
FROM evaluation_cycle c
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM measure
      WHERE plan_id = (SELECT id FROM master_plan WHERE version = 2)) m ON c.plan_id = m.plan_id
JOIN model d ON d.position = m.n %% (SELECT count(*) FROM model)
"""
#: From the table ``slot``; ``twelve`` fills its own in the same way.
EVALUATIONS = """
INSERT INTO evaluation (id, key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                        responsible_department_id, state, closed_at)
OVERRIDING SYSTEM VALUE
SELECT id, prefix || '/' || code, cycle_id, 'measure', measure_id, code, lead_section_id,
       responsible_department_id, state, CASE WHEN NOT runs THEN %(now)s::timestamptz END
FROM slot ORDER BY id
"""
_AUTHORS = """
INSERT INTO authorship (evaluation_id, person_id, first_wrote_at)
SELECT id, drafter_id, %(now)s FROM slot ORDER BY id
"""
_EVENTS = """
INSERT INTO event (evaluation_id, sequence, occurred_at, action, from_state, to_state, round,
                   person_id, capacity, narrative_hash, format_version, canonical, previous_hash,
                   hash)
SELECT id, 1, %(now)s::timestamptz - interval '30 days', 'submit', 'draft', state, 1, drafter_id,
       '担当', '', 2, '', '', ''
FROM slot ORDER BY id
"""
_PAST = """
INSERT INTO stage_entry (id, evaluation_id, stage, round, entered_at, left_at, due_on, due_at)
OVERRIDING SYSTEM VALUE
SELECT past_id, id, 'draft', 1, %(now)s::timestamptz - interval '60 days',
       %(now)s::timestamptz - interval '30 days', CAST(%(now)s AS date) - 30,
       %(now)s::timestamptz - interval '30 days'
FROM slot ORDER BY id
"""
_OPEN = """
INSERT INTO stage_entry (id, evaluation_id, stage, round, entered_at, due_on, due_at)
OVERRIDING SYSTEM VALUE
SELECT entry_id, id, state, 1, %(now)s::timestamptz - interval '30 days',
       CAST(%(now)s AS date) + 120, %(now)s::timestamptz + interval '120 days'
FROM slot WHERE runs ORDER BY id
"""
_SETTLED = """
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at, settled_at, outcome)
SELECT s.id, s.past_id, r.kind, r.rung, %(now)s::timestamptz - r.before,
       %(now)s::timestamptz - r.before, r.outcome
FROM slot s CROSS JOIN (VALUES
    ('reminder', 1, interval '40 days', 'fired'), ('reminder', 2, interval '35 days', 'fired'),
    ('overdue', 1, interval '30 days', 'superseded')) r (kind, rung, before, outcome)
ORDER BY s.id
"""
_PENDING = """
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT s.id, s.entry_id, r.kind, r.rung,
       %(now)s::timestamptz + r.after + (s.id %% 86400) * interval '1 second'
FROM slot s CROSS JOIN (VALUES
    ('reminder', 1, interval '110 days'), ('reminder', 2, interval '120 days'),
    ('overdue', 1, interval '121 days'), ('escalation', 1, interval '125 days'))
    r (kind, rung, after)
WHERE s.runs ORDER BY s.id
"""
# Spread evenly over the table, and as many for each model whatever the size of the table.
_DUE = """
CREATE TEMPORARY TABLE chosen AS
SELECT id, entry_id, (row_number() OVER (ORDER BY nth, position)) AS nth FROM (
    SELECT id, entry_id, position, nth, per_model FROM (
        SELECT id, entry_id, position,
               row_number() OVER (PARTITION BY position ORDER BY id) AS nth,
               count(*) OVER (PARTITION BY position) * (SELECT count(*) FROM model)
                   / %(due)s AS per_model
        FROM slot WHERE state = 'department_review') numbered
    WHERE nth %% per_model = 0 AND nth / per_model <= %(due)s / (SELECT count(*) FROM model)) taken
"""
_FALLING_DUE = """
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT c.id, c.entry_id, CASE c.nth / 5 %% 2 WHEN 0 THEN 'reminder' ELSE 'overdue' END,
       %(generation)s * d.nth + 1, d.at - interval '2 hours' + c.nth * interval '1 second'
FROM chosen c CROSS JOIN unnest(%(days)s::timestamptz[]) WITH ORDINALITY d (at, nth)
ORDER BY d.nth, c.nth
"""
_MAILS = """
INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                  body_text, body_html, state, created_at, next_attempt_at, sent_at)
SELECT p.id, CAST(%(now)s AS date) - 1 - CAST(g.n / p.everybody AS integer),
       CASE g.n %% 3 WHEN 0 THEN 'digest' ELSE 'now-' || g.n END, 'at_most_once', p.email,
       '<' || g.n || '@million>', '【期限】', '', '', 'sent', w.at, w.at, w.at
FROM generate_series(0, %(mails)s - 1) g (n)
JOIN (SELECT id, email, row_number() OVER (ORDER BY id) - 1 AS position,
             count(*) OVER () AS everybody FROM person) p ON p.position = g.n %% p.everybody
CROSS JOIN LATERAL (
    SELECT %(now)s::timestamptz - interval '1 day' * (1 + g.n / p.everybody)) w (at)
ORDER BY g.n DESC
"""
_NOTICES = """
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at, gathered_at,
                    mail_id)
SELECT 'your_turn', s.id, s.entry_id, s.drafter_id, %(now)s::timestamptz - interval '30 days',
       %(now)s::timestamptz - interval '30 days', m.first + s.id %% m.mails
FROM slot s CROSS JOIN (SELECT min(id) AS first, count(*) AS mails FROM mail) m
WHERE s.runs ORDER BY s.id
"""
_SEQUENCES = """
SELECT setval(pg_get_serial_sequence(t, 'id'), %(last)s)
FROM unnest(ARRAY['evaluation', 'stage_entry']) t
"""


def fill(stand: Stand, name: str, *, count: int, due: int, days: Sequence[datetime]) -> None:
    """Add *count* evaluations to the database *name*, *due* timers of which fall due on each day.

    Args:
        count: a multiple of 500.
        due: a multiple of 5, and not more than a quarter of *count*.
        days: the moments at which a tick is measured, in their order.
    """
    now = days[0] - timedelta(days=1)
    casts = casts_of(stand, name)
    joint = named("joint_external")
    source = resources.files("workflow.definition").joinpath("joint_external.toml")
    values = {"now": now, "count": count, "joint": joint.content_hash, "cycles": CYCLES}
    with psycopg.connect(stand.server.dsn(name)) as connection:
        # Millions of keys that are right by the way they are made: not looked up one by one.
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(_MODELS)
        for position, cast in enumerate(casts):
            connection.execute(
                "INSERT INTO model VALUES (%s, %s, %s)",
                (position, cast.model_id, cast.drafter.person_id),
            )
        connection.execute(_SILENCE, (now,))
        connection.execute(_PIN, (joint.content_hash, joint.name, source.read_text("utf-8")))
        connection.execute(_PLAN, {"measures": count // CYCLES})
        connection.execute(_CYCLES, values)
        connection.execute(_SLOTS, values)
        for statement in (EVALUATIONS, _AUTHORS, _EVENTS, _PAST, _OPEN, _SETTLED, _PENDING):
            connection.execute(statement, values)
        connection.execute(_DUE, {"due": due})
        connection.execute(_FALLING_DUE, {"days": list(days), "generation": GENERATION})
        connection.execute(_MAILS, {"mails": count // 5, "now": now})
        connection.execute(_NOTICES, values)
        connection.execute(_SEQUENCES, {"last": 10 * count})
    stand.settle(name)
