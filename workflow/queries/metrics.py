"""Numbers for monitoring: how much there is and how old; never who, and nothing that is secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import StageKind
from workflow.health import judge
from workflow.models import MailState
from workflow.policy import Permission
from workflow.queries import health
from workflow.services import loading

_STATES = sa.text("""
SELECT c.definition_hash, e.state, count(*) AS evaluations
FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE c.closed_at IS NULL GROUP BY c.definition_hash, e.state
""")
_EVENTS = sa.text("SELECT count(*) FROM event")


@dataclass(frozen=True)
class Metrics:
    """What a scrape reads.

    Attributes:
        tick_age: seconds since the last tick; None when it never came by.
        oldest_due: seconds for which the oldest unsettled timer is due; 0 when none is.
        dead_timers: timers that were given up.
        failed_parts: parts of the last tick that failed.
        queue_ages: queue → seconds since somebody took a pulse from it; only those that had one.
        queue_lengths: queue → messages that waited then.
        mails: state → number, every state there.
        evaluations: kind of the stage → number, of the cycles that run, every kind there.
        events: rows of the ledger.
    """

    ready: bool
    tick_age: float | None
    due_timers: int
    oldest_due: float
    dead_timers: int
    failed_parts: int
    queue_ages: Mapping[str, float] = field(hash=False)
    queue_lengths: Mapping[str, int] = field(hash=False)
    notices: int
    mails: Mapping[str, int] = field(hash=False)
    evaluations: Mapping[str, int] = field(hash=False)
    events: int


def metrics(ctx: Context) -> Metrics:
    """Everything at once, by four statements (and one more for each definition not yet known)."""
    ctx.require(Permission.READ)
    vital, row = health.vital(ctx), health.backlog_row(ctx)
    kinds: Counter[str] = Counter()
    for state in ctx.execute(_STATES):
        stage = loading.definition(ctx, state.definition_hash).stage(state.state)
        kinds[stage.kind.value] += state.evaluations
    findings = judge(ctx.now, ctx.today, ctx.settings.tick_seconds, vital)
    tick, due = vital.last_tick, vital.oldest_due
    return Metrics(
        ready=not any(found.fails for found in findings),
        tick_age=(ctx.now - tick).total_seconds() if tick else None,
        due_timers=row.due,
        oldest_due=(ctx.now - due).total_seconds() if due else 0,
        dead_timers=row.dead_timers,
        failed_parts=len(vital.failed_parts),
        queue_ages={
            name: (ctx.now - seen.at).total_seconds() for name, seen in vital.queues.items()
        },
        queue_lengths={
            name: seen.waiting for name, seen in vital.queues.items() if seen.waiting is not None
        },
        notices=row.notices,
        mails={state.value: row.mails.get(state.value, 0) for state in MailState},
        evaluations={kind.value: kinds[kind.value] for kind in StageKind},
        events=ctx.execute(_EVENTS).scalar_one(),
    )
