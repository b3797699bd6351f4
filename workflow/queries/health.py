"""Whether the installation works: what a load balancer or a container asks."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from workflow.application import Context

#: Ticks that may be missed before the periodic work counts as standing still, and some slack.
MISSED_TICKS, SLACK = 5, timedelta(seconds=60)

_LAST_TICK = sa.text("SELECT beat_at FROM heartbeat WHERE name = 'tick'")


def tick_is_late(ctx: Context) -> bool:
    """Whether the tick has not come by for too long, or never."""
    last = ctx.execute(_LAST_TICK).scalar_one_or_none()
    if last is None:
        return True
    limit = timedelta(seconds=MISSED_TICKS * ctx.settings.tick_seconds) + SLACK
    # A beat from the future (the clock was set back) says nothing of the present either.
    return bool(abs(ctx.now - last) > limit)
