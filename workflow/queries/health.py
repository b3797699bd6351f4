"""What tells whether the installation works: for load balancers, administrators and monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import OFFICE_ZONE
from workflow.health import Backlog, Finding, Vital, judge, judge_backlog
from workflow.policy import Permission
from workflow.schema_revision import shipped_revision
from workflow.services.gathering import IMMEDIATE
from workflow.services.ladders import DUE_TIMERS

# One row whatever is there: an empty database answers as well.
_VITAL = sa.text(f"""
SELECT (SELECT beat_at FROM heartbeat WHERE name = 'tick') AS last_tick,
       (SELECT min(due_at) FROM ({DUE_TIMERS} LIMIT 1) d) AS oldest_due,
       (SELECT min(created_at) FROM mail WHERE state IN ('queued', 'sending')) AS oldest_mail,
       (SELECT calendar_until FROM municipality WHERE id = 1) AS calendar_until,
       (SELECT max(version_num) FROM alembic_version) AS schema
""")  # noqa: S608 - a constant of our own
# Notices of people who get no mails wait for nothing.
_BACKLOG = sa.text(f"""
WITH waiting AS (
    SELECT n.kind, n.created_at FROM notice n JOIN person p ON p.id = n.recipient_id
    WHERE n.gathered_at IS NULL AND p.disabled_at IS NULL AND p.mail_state = 'good'
)
SELECT (SELECT count(*) FROM ({DUE_TIMERS}) d) AS due,
       (SELECT count(*) FROM waiting) AS notices,
       (SELECT min(created_at) FROM waiting WHERE kind = ANY (:immediate)) AS oldest_immediate,
       (SELECT coalesce(jsonb_object_agg(state, mails), '{{}}')
        FROM (SELECT state, count(*) AS mails FROM mail GROUP BY state) m) AS mails,
       (SELECT count(*) FROM publication
        WHERE state IN ('requested', 'building', 'ready')) AS publications,
       (SELECT min(publish_at) FROM publication
        WHERE state IN ('requested', 'building', 'ready') AND publish_at <= :now)
           AS overdue_publication,
       (SELECT count(*) FROM absence WHERE ended_at IS NULL AND first_day = :today)
           AS absences_today,
       (SELECT min(greatest(registered_at, :midnight)) FROM absence
        WHERE ended_at IS NULL AND begun_at IS NULL
          AND first_day <= :today AND last_day >= :today) AS unseen_absence,
       (SELECT count(*) FROM user_session WHERE ended_at IS NULL AND expires_at > :now)
           AS sessions,
       current_setting('server_version') AS server
""")  # noqa: S608 - a constant of our own


@dataclass(frozen=True)
class Status:
    """The status page.

    Attributes:
        findings: every aspect, judged.
        server: version of the PostgreSQL server.
    """

    now: datetime
    findings: tuple[Finding, ...]
    vital: Vital
    backlog: Backlog
    sessions: int
    server: str


def readiness(ctx: Context) -> tuple[Finding, ...]:
    """What makes the installation ready or not, by one statement; for everybody to ask."""
    return judge(ctx.now, ctx.today, ctx.settings.tick_seconds, vital(ctx))


def status(ctx: Context) -> Status:
    """Everything of the status page, by two statements.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    found, row = vital(ctx), backlog_row(ctx)
    backlog = _backlog(row)
    findings = (
        *judge(ctx.now, ctx.today, ctx.settings.tick_seconds, found),
        *judge_backlog(ctx.now, backlog),
    )
    return Status(ctx.now, findings, found, backlog, row.sessions, row.server)


def _backlog(row: Any) -> Backlog:
    return Backlog(
        due=row.due,
        notices=row.notices,
        oldest_immediate=row.oldest_immediate,
        mails=row.mails,
        publications=row.publications,
        overdue_publication=row.overdue_publication,
        absences_today=row.absences_today,
        unseen_absence=row.unseen_absence,
    )


def vital(ctx: Context) -> Vital:
    """What readiness depends on, as it is now."""
    row = ctx.execute(_VITAL, {"now": ctx.now}).one()
    return Vital(
        row.last_tick,
        row.oldest_due,
        row.oldest_mail,
        row.calendar_until,
        row.schema or "",
        shipped_revision(),
    )


def backlog_row(ctx: Context) -> Any:
    """The one row of what waits: numbers and ages, no names."""
    return ctx.execute(
        _BACKLOG,
        {
            "now": ctx.now,
            "today": ctx.today,
            "midnight": datetime.combine(ctx.today, time(), OFFICE_ZONE),
            "immediate": sorted(IMMEDIATE),
        },
    ).one()
