"""What tells whether the installation works: for load balancers, administrators and monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from workflow import pulses, versions
from workflow.application import Context
from workflow.clock import OFFICE_ZONE
from workflow.health import Backlog, Finding, Vital, judge, judge_backlog
from workflow.policy import Permission
from workflow.schema_revision import shipped_revision
from workflow.services import mail_hours
from workflow.services.gathering import IMMEDIATE
from workflow.services.ladders import DUE_TIMERS
from workflow.services.mail_hours import DAY, waits_since
from workflow.services.notices import WAITS_FOR_HOLD

# One row whatever is there: an empty database answers as well.
_VITAL = sa.text(f"""
SELECT (SELECT beat_at FROM heartbeat WHERE name = 'tick') AS last_tick,
       (SELECT detail -> 'failed' FROM heartbeat WHERE name = 'tick') AS failed_parts,
       (SELECT coalesce(jsonb_object_agg(
                   substr(name, 7), jsonb_build_object('at', beat_at, 'detail', detail)), '{{}}')
        FROM heartbeat WHERE name LIKE 'queue:%') AS queues,
       (SELECT min(due_at) FROM ({DUE_TIMERS} LIMIT 1) d) AS oldest_due,
       (SELECT min(created_at) FROM mail WHERE state IN ('queued', 'sending')) AS oldest_mail,
       {DAY},
       (SELECT max(version_num) FROM alembic_version) AS schema
""")  # noqa: S608 - a constant of our own
#: So many due timers are counted; whoever has more knows enough.
MOST_COUNTED = 10_000
# Notices of people who get no mails wait for nothing; those of sheets on hold wait for that.
_BACKLOG = sa.text(f"""
WITH waiting AS (
    SELECT n.kind, n.created_at FROM notice n JOIN person p ON p.id = n.recipient_id
    WHERE n.gathered_at IS NULL AND p.disabled_at IS NULL AND p.mail_state = 'good'
      AND NOT {WAITS_FOR_HOLD}
)
SELECT (SELECT count(*) FROM ({DUE_TIMERS} LIMIT {MOST_COUNTED}) d) AS due,
       (SELECT count(*) FROM timer t JOIN stage_entry s ON s.id = t.stage_entry_id
        WHERE t.outcome = 'dead' AND s.left_at IS NULL) AS dead_timers,
       (SELECT count(*) FROM waiting) AS notices,
       (SELECT min(created_at) FROM waiting WHERE kind = ANY (:immediate)) AS oldest_immediate,
       (SELECT coalesce(jsonb_object_agg(state, mails), '{{}}')
        FROM (SELECT state, count(*) AS mails FROM mail
              WHERE covered_at IS NULL OR state NOT IN ('unknown', 'dead') GROUP BY state) m
       ) AS mails,
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
       {DAY},
       current_setting('server_version') AS server
""")  # noqa: S608 - a constant of our own


_DEAD = sa.text("""
SELECT t.kind, t.due_at, t.last_error, e.id AS evaluation_id, e.code, m.name
FROM timer t
JOIN stage_entry s ON s.id = t.stage_entry_id
JOIN evaluation e ON e.id = t.evaluation_id
JOIN measure m ON m.id = e.subject_id AND e.subject_kind = 'measure'
WHERE t.outcome = 'dead' AND s.left_at IS NULL
ORDER BY t.due_at, t.id LIMIT :most
""")
#: Dead timers that the page names; the rest is counted.
MOST_NAMED = 20


@dataclass(frozen=True)
class DeadTimer:
    """A timer that was given up: of which sheet, what it should have told, and why it failed."""

    kind: str
    due_at: datetime
    reason: str
    evaluation_id: int
    code: str
    name: str


@dataclass(frozen=True)
class Status:
    """The status page.

    Attributes:
        findings: every aspect, judged.
        server: version of the PostgreSQL server.
        dead_timers: the oldest of them, at most ``MOST_NAMED``.
    """

    now: datetime
    tick_seconds: float
    findings: tuple[Finding, ...]
    vital: Vital
    backlog: Backlog
    sessions: int
    server: str
    dead_timers: tuple[DeadTimer, ...]


def readiness(ctx: Context) -> tuple[Finding, ...]:
    """What makes the installation ready or not, by one statement; for everybody to ask."""
    return judge(ctx.now, ctx.today, ctx.settings.tick_seconds, vital(ctx))


def status(ctx: Context) -> Status:
    """Everything of the status page, by two statements, and one more when timers were given up.

    Raises:
        Refused: ``administrators_only``.
    """
    ctx.require(Permission.ADMINISTER)
    found, row = vital(ctx), backlog_row(ctx)
    backlog = _backlog(ctx, row)
    findings = (
        *judge(ctx.now, ctx.today, ctx.settings.tick_seconds, found),
        *judge_backlog(ctx.now, backlog),
    )
    dead = _dead_timers(ctx) if backlog.dead_timers else ()
    return Status(
        ctx.now,
        ctx.settings.tick_seconds,
        findings,
        found,
        backlog,
        row.sessions,
        row.server,
        dead,
    )


def _dead_timers(ctx: Context) -> tuple[DeadTimer, ...]:
    return tuple(
        DeadTimer(row.kind, row.due_at, row.last_error, row.evaluation_id, row.code, row.name)
        for row in ctx.execute(_DEAD, {"most": MOST_NAMED})
    )


def _backlog(ctx: Context, row: Any) -> Backlog:
    return Backlog(
        due=row.due,
        dead_timers=row.dead_timers,
        notices=row.notices,
        oldest_immediate=waits_since(ctx, row.oldest_immediate, mail_hours.judge(ctx, row)),
        mails=row.mails,
        publications=row.publications,
        overdue_publication=row.overdue_publication,
        absences_today=row.absences_today,
        unseen_absence=row.unseen_absence,
    )


def vital(ctx: Context) -> Vital:
    """What readiness depends on, as it is now."""
    row = ctx.execute(_VITAL, {"now": ctx.now, "today": ctx.today}).one()
    return Vital(
        last_tick=row.last_tick,
        failed_parts=tuple(row.failed_parts or ()),
        oldest_due=row.oldest_due,
        oldest_mail=waits_since(ctx, row.oldest_mail, mail_hours.judge(ctx, row)),
        calendar_until=row.calendar_until,
        schema=row.schema or "",
        shipped=shipped_revision(),
        release=versions.release(),
        queues={
            name: pulses.from_detail(datetime.fromisoformat(found["at"]), found["detail"])
            for name, found in row.queues.items()
        },
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
