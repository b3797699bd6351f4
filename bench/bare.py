"""The bare routes: Flask, one query, one Jinja template with the same table; nothing around it.

No session, no rules, no translation, no frame: the words of the route stand in the template, the
reader comes with the address. The templates write the markup out by hand, without macros.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template, request

from workflow.calendar.era import japanese_date

_DESK = sa.text("""
SELECT e.id, e.code, m.name AS measure, s.due_on, s.due_on - d.today AS days_left, e.state,
       u.name AS unit, o.title, v.occurred_at AT TIME ZONE 'Asia/Tokyo' AS last_at, v.action,
       w.name AS last_by
FROM assignment a
JOIN post o ON o.id = a.post_id AND o.rank = 'director'
JOIN org_unit u ON u.id = o.unit_id
JOIN evaluation e ON e.responsible_department_id = u.id AND e.state = 'department_review'
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.closed_at IS NULL
JOIN measure m ON m.id = e.subject_id
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
CROSS JOIN LATERAL (
    SELECT CAST(clock_timestamp() AT TIME ZONE 'Asia/Tokyo' AS date) AS today) d
LEFT JOIN LATERAL (
    SELECT occurred_at, action, person_id FROM event WHERE evaluation_id = e.id
    ORDER BY sequence DESC LIMIT 1) v ON true
LEFT JOIN person w ON w.id = v.person_id
WHERE a.person_id = :person
  AND a.valid_from <= d.today AND (a.valid_until IS NULL OR a.valid_until >= d.today)
  AND o.valid_from <= d.today AND (o.valid_until IS NULL OR o.valid_until >= d.today)
ORDER BY s.due_at, e.code
""")
_BOARD = sa.text("""
SELECT u.id, u.name, e.state, count(*) AS sheets,
       count(*) FILTER (WHERE s.due_at < coalesce(s.held_at, d.now)) AS late,
       count(s.held_at) AS held,
       coalesce(max(CAST(coalesce(s.held_at, d.now) AT TIME ZONE 'Asia/Tokyo' AS date) - s.due_on)
                FILTER (WHERE s.due_at < coalesce(s.held_at, d.now)), 0) AS longest
FROM evaluation e
JOIN org_unit u ON u.id = e.responsible_department_id
CROSS JOIN (SELECT clock_timestamp() AS now) d
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = :cycle
GROUP BY u.id, e.state ORDER BY u.sort_order, u.name
""")
_STAGES = {
    "draft": "作成中",
    "department_review": "部局審査",
    "bureau_approval": "総合政策部承認",
    "approved": "公表待ち",
    "published": "公表済",
}
_WORDS: dict[str, str] = {"submit": "提出しました", "approve": "承認しました"}


def create_bare(url: str | sa.URL) -> Flask:
    """A Flask application with nothing but the bare routes, on the database at *url*."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["day"] = japanese_date
    engine = sa.create_engine(url, pool_size=1)
    app.extensions["engine"] = engine

    def rows(statement: sa.TextClause, values: dict[str, Any]) -> Any:
        with engine.connect() as connection:
            return connection.execute(statement, values).all()

    @app.get("/desk")
    def desk() -> str:
        found = rows(_DESK, {"person": request.args.get("person", type=int)})
        return render_template("desk.html", rows=found, words=_WORDS)

    @app.get("/progress")
    def board() -> str:
        cycle = request.args.get("cycle", type=int)
        departments: dict[int, dict[str, Any]] = {}
        totals = dict.fromkeys(_STAGES, (0, 0, 0, 0))
        for row in rows(_BOARD, {"cycle": cycle}):
            found = departments.setdefault(row.id, {"name": row.name, "id": row.id, "cells": {}})
            found["cells"][row.state] = row
            sheets, late, held, longest = totals[row.state]
            totals[row.state] = (
                sheets + row.sheets,
                late + row.late,
                held + row.held,
                max(longest, row.longest),
            )
        return render_template(
            "board.html",
            stages=_STAGES,
            departments=departments.values(),
            totals=totals,
            cycle=cycle,
        )

    return app
