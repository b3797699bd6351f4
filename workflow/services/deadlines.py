"""期限: giving stays that are open another last day, and their ladder anew.

The dates of a cycle itself are ``services.cycle_dates``. A plan of timers has a generation: what
fired under an earlier date may fire again under the new one, and its natural key stays unique.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import BusinessCalendar, CalendarNotCovered
from workflow.definition.model import Definition
from workflow.errors import BadInput
from workflow.services import cycle_dates
from workflow.services.cycle_dates import LaidDate

#: A timer's rung is the generation of its plan times this, plus the step's number on the ladder.
GENERATION = 100

_REPLAN = sa.text("""
WITH superseded AS (
    UPDATE timer SET settled_at = :now, outcome = 'superseded'
    WHERE stage_entry_id = ANY (:entries) AND settled_at IS NULL
), dated AS (
    UPDATE stage_entry SET due_on = :due_on, due_at = :due_at, wanted_on = :wanted_on,
                           dated_at = CASE WHEN :decided THEN :now ELSE dated_at END
    WHERE id = ANY (:entries)
    RETURNING id, evaluation_id
)
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT d.evaluation_id, d.id, r.kind,
       r.rung + :generation * (1 + coalesce((SELECT max(t.rung) / :generation FROM timer t
                                             WHERE t.stage_entry_id = d.id), 0)),
       r.due_at
FROM dated d
CROSS JOIN jsonb_to_recordset(CAST(:rungs AS jsonb)) AS r(kind text, rung int, due_at timestamptz)
""")

# A step that the new calendar puts before this moment is not lost: it is due at once.
_SHIFT = sa.text("""
UPDATE timer t SET due_at = greatest(coalesce(r.due_at, :now), :now)
FROM timer o
LEFT JOIN jsonb_to_recordset(CAST(:rungs AS jsonb)) AS r(kind text, rung int, due_at timestamptz)
    ON r.kind = o.kind AND r.rung = o.rung % :generation
WHERE t.id = o.id AND o.stage_entry_id = ANY (:entries) AND o.settled_at IS NULL AND o.due_at > :now
""")


def laid(
    ctx: Context,
    definition: Definition,
    wanted: Mapping[str, date],
    calendar: BusinessCalendar,
    cut_off: time,
    *,
    clock: datetime | None = None,
) -> dict[str, LaidDate]:
    """What wanted last days come to on *calendar*: stage key → date.

    Args:
        clock: until when the time of the stays has run, if it stands still; else until now.

    Raises:
        BadInput: ``calendar_not_covered``.
    """
    try:
        return {
            stage: cycle_dates.lay(
                ctx, definition.stage(stage), day, calendar, cut_off, clock=clock
            )
            for stage, day in wanted.items()
        }
    except CalendarNotCovered as error:
        raise BadInput("calendar_not_covered", day=error.day) from error


def replan(
    ctx: Context, entries: Sequence[int], date_: LaidDate, *, own: bool, decided: bool
) -> None:
    """Give open stays at one stage another last day, and plan their timers anew.

    Args:
        own: it is a date of their own, and the day that was wanted is kept; else the cycle's.
        decided: somebody set it, knowing of a hold; else the calendar moved it, and a stay on hold
            gets back all the days it was held.
    """
    ctx.execute(
        _REPLAN,
        {
            "entries": list(entries),
            "due_on": date_.due_on,
            "due_at": date_.due_at,
            "wanted_on": date_.wanted_on if own else None,
            "decided": decided,
            "generation": GENERATION,
            "now": ctx.now,
            "rungs": _rungs(date_),
        },
    )


def shift_ladder(ctx: Context, entries: Sequence[int], date_: LaidDate) -> None:
    """Move what is still to come of the ladder of open stays whose last day stays as it is.

    What fired does not fire again, and what was to come is not lost.
    """
    ctx.execute(
        _SHIFT,
        {
            "entries": list(entries),
            "generation": GENERATION,
            "now": ctx.now,
            "rungs": _rungs(date_),
        },
    )


def shifted(
    pending: Mapping[tuple[str, int], datetime], date_: LaidDate, now: datetime
) -> dict[tuple[str, int], datetime]:
    """What ``shift_ladder`` makes of one stay's open timers: kind and number → moment."""
    ladder = {(kind, number): at for kind, number, at in date_.rungs}
    return {
        step: max(ladder.get(step, now), now) if at > now else at for step, at in pending.items()
    }


def _rungs(date_: LaidDate) -> str:
    return json.dumps(
        [
            {"kind": kind, "rung": number, "due_at": due_at.isoformat()}
            for kind, number, due_at in date_.rungs
        ]
    )
