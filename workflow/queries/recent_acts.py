"""What somebody lately did, and which of it can still be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.queries.action_labels import action_label
from workflow.services import loading

MOST_RECENT = 10


@dataclass(frozen=True)
class RecentAct:
    """Something I did, newest first."""

    evaluation_id: int
    code: str
    measure: str
    action: str
    label: str
    at: datetime
    #: The sheet has not been opened by the next person: it can be taken back.
    can_withdraw: bool


# The acts are chosen before anything is looked up for them, so that one plan serves everybody.
_RECENT = sa.text(f"""
SELECT v.evaluation_id, v.action, v.from_state, v.to_state, v.occurred_at, e.code, e.state,
       m.name AS measure, c.definition_hash,
       coalesce((SELECT d.from_hash FROM definition_change d
                 WHERE d.evaluation_id = e.id AND d.event_id >= v.id
                 ORDER BY d.event_id LIMIT 1), c.definition_hash) AS definition_then,
       s.entered_by = :person AND s.first_opened_at IS NULL AND v.to_state = e.state
       AND v.id = (SELECT max(w.id) FROM event w WHERE w.evaluation_id = e.id) AS unopened
FROM (
    SELECT * FROM event WHERE person_id = :person
    ORDER BY occurred_at DESC, id DESC LIMIT {MOST_RECENT}
) v
JOIN evaluation e ON e.id = v.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
ORDER BY v.occurred_at DESC, v.id DESC
""")  # noqa: S608 - a number of ours


def recent_acts(ctx: Context) -> tuple[RecentAct, ...]:
    """What ``ctx.actor`` lately did, newest first."""
    rows = ctx.execute(_RECENT, {"person": ctx.actor.person_id or 0}).all()
    acts = []
    for row in rows:
        definition = loading.definition(ctx, row.definition_hash)
        then = loading.definition(ctx, row.definition_then)
        withdrawal = definition.find(row.state, "withdraw")
        acts.append(
            RecentAct(
                evaluation_id=row.evaluation_id,
                code=row.code,
                measure=row.measure,
                action=row.action,
                label=action_label(then, row.from_state, row.action, row.to_state),
                at=row.occurred_at,
                can_withdraw=bool(row.unopened)
                and withdrawal is not None
                and row.action not in ("withdraw", "return", "definition_changed"),
            )
        )
    return tuple(acts)
