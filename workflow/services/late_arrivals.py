"""A sheet that comes to a stage when its last day is over gets a last day of its own.

Whoever gets it back on the day after would otherwise be late at once, and so many steps of the
ladder would climb to the department and the bureau in the same minute. How many business days it
gets is the stage's ``late_days``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
import structlog

from workflow.application import Context
from workflow.calendar.business_days import CalendarNotCovered
from workflow.calendar.era import japanese_date
from workflow.errors import BadInput
from workflow.policy import SYSTEM
from workflow.services import closed_days, deadlines, loading, recording

log = structlog.get_logger(__name__)

_LATE = sa.text("""
SELECT s.id, s.evaluation_id, s.stage, s.due_on, c.cut_off, c.definition_hash
FROM stage_entry s
JOIN evaluation e ON e.id = s.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE s.evaluation_id = ANY (:ids) AND s.left_at IS NULL AND s.due_at < :now
ORDER BY s.evaluation_id
""")


def give_dates(ctx: Context, evaluation_ids: Sequence[int]) -> None:
    """Give those of the sheets that are late where they have just come a last day of their own.

    The caller has locked them. Each gets an event that says from which day to which. Where the
    calendar does not reach so far the date of the cycle counts on, loudly: nobody's act is refused
    for it.
    """
    groups: dict[tuple[bytes, str, date], list[sa.Row[tuple[int, int]]]] = defaultdict(list)
    for row in ctx.execute(_LATE, {"ids": list(evaluation_ids), "now": ctx.now}):
        groups[row.definition_hash, row.stage, row.due_on].append(row)
    if not groups:
        return
    calendar = closed_days.load(ctx)
    for (definition_hash, key, due_on), rows in groups.items():
        definition = loading.definition(ctx, definition_hash)
        days = definition.stage(key).late_days
        if not days:
            continue
        try:
            day = calendar.add_business_days(ctx.today, days)
            laid = deadlines.laid(ctx, definition, {key: day}, calendar, rows[0].cut_off)[key]
        except (BadInput, CalendarNotCovered) as error:
            log.error("calendar_missing", day=str(ctx.today), error=str(error))
            continue
        deadlines.replan(ctx, [row.id for row in rows], laid, own=True, decided=True)
        recording.append(
            ctx,
            [row.evaluation_id for row in rows],
            action="move_deadline",
            to_state=key,
            holder=None,
            actor=SYSTEM,
            reason="期限を過ぎて回ってきたため: "
            f"{japanese_date(due_on)} → {japanese_date(laid.due_on)}",
        )
