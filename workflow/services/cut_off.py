"""締切時刻: setting another time of day at which the last days of a running cycle end.

It has statements of its own beside a change of dates: no ladder begins anew, so nothing that was
told is told again and nothing that falls away is told at once; and ``dated_at`` stays, so a sheet
on hold gets back all the days it was held and comes back under the new cut-off.
"""

from __future__ import annotations

import json
from datetime import time
from itertools import groupby

import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission
from workflow.services import cut_off_plan, cycle_dates, date_changes, recording
from workflow.services.cut_off_plan import CutOffPlan

_SET = sa.text("UPDATE evaluation_cycle SET cut_off = :cut_off WHERE id = :id")
_MOVE = sa.text("""
UPDATE stage_entry SET due_at = (due_on + CAST(:cut_off AS time)) AT TIME ZONE 'Asia/Tokyo'
WHERE id = ANY (:entries)
""")
_GO = sa.text("""
UPDATE timer SET settled_at = :now, outcome = 'superseded'
WHERE id = ANY (:ids) AND settled_at IS NULL
""")
# What an earlier change of the cut-off took away lies there under its natural key.
_COME = sa.text("""
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT r.evaluation, r.entry, r.kind, r.rung, r.due_at
FROM jsonb_to_recordset(CAST(:steps AS jsonb))
    AS r(evaluation bigint, entry bigint, kind text, rung int, due_at timestamptz)
ON CONFLICT (stage_entry_id, kind, rung) DO UPDATE
SET due_at = excluded.due_at, settled_at = NULL, outcome = NULL
WHERE timer.outcome = 'superseded'
""")


def change(ctx: Context, *, cycle_id: int, cut_off: time) -> CutOffPlan:
    """Set another cut-off (office time) for a cycle and everything open in it.

    Raises:
        Refused: ``publishers_only``.
        NotFound: ``no_such_cycle``.
        BadInput: ``cycle_is_over``, ``nothing_changed`` or ``calendar_not_covered``.
    """
    date_changes.lock_running(ctx)

    ctx.require(Permission.OPEN_CYCLE)

    planned = cut_off_plan.plan(ctx, cycle_id=cycle_id, cut_off=cut_off)

    ctx.execute(_SET, {"id": cycle_id, "cut_off": cut_off})
    cycle_dates.replace_all(ctx, cycle_id, planned.dates)
    entries = [stay.entry_id for stay in planned.stays]
    ctx.execute(_MOVE, {"entries": entries, "cut_off": cut_off})
    ctx.execute(_GO, {"ids": [one.timer_id for one in planned.going], "now": ctx.now})
    ctx.execute(_COME, {"steps": _steps(planned)})

    words = f"締切時刻が変更されたため: {planned.before:%H:%M} → {planned.after:%H:%M}"
    by_stage = sorted(planned.stays, key=lambda stay: stay.stage)
    for stage, stays in groupby(by_stage, key=lambda stay: stay.stage):
        recording.append(
            ctx,
            [stay.evaluation_id for stay in stays],
            action="move_deadline",
            to_state=stage,
            holder=None,
            reason=words,
        )
    return planned


def _steps(planned: CutOffPlan) -> str:
    return json.dumps(
        [
            {
                "evaluation": one.stay.evaluation_id,
                "entry": one.stay.entry_id,
                "kind": one.kind,
                "rung": one.rung,
                "due_at": one.due_at.isoformat(),
            }
            for one in planned.coming
        ]
    )
