"""Between a plan that was looked at and its saving, nothing may have moved."""

from __future__ import annotations

import hashlib
import json

from workflow.errors import Conflict
from workflow.services.cut_off_plan import CutOffPlan
from workflow.services.date_plan import DatePlan


def fingerprint(planned: DatePlan | CutOffPlan) -> str:
    """What a plan comes to, as 64 hexadecimal digits: dates and the sheets that move."""
    said = _dates(planned) if isinstance(planned, DatePlan) else _cut_off(planned)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _dates(planned: DatePlan) -> list[object]:
    dates = [
        (cycle.cycle_id, stage, str(laid.wanted_on), str(laid.due_on))
        for cycle in planned.cycles
        for stage, laid in sorted(cycle.dates.items())
    ]
    moved = [
        (one.cycle_id, one.stage, str(one.before), str(one.after), one.own, *one.evaluations)
        for one in planned.moved
    ]
    return [dates, moved]


def _cut_off(planned: CutOffPlan) -> list[object]:
    stays = [(stay.evaluation_id, str(stay.due_on), stay.held) for stay in planned.stays]
    steps = [
        [(one.stay.evaluation_id, one.kind, one.rung, str(one.due_at)) for one in changed]
        for changed in (planned.going, planned.coming)
    ]
    return [planned.cycle_id, str(planned.before), str(planned.after), stays, steps]


def confirm(planned: DatePlan | CutOffPlan, seen: str) -> None:
    """Hold a plan against the one that somebody looked at; called before the command ends.

    Raises:
        Conflict: ``plan_changed``: nothing is saved, the plan is to be shown again.
    """
    if fingerprint(planned) != seen:
        raise Conflict("plan_changed")
