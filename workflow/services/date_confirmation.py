"""Between a plan that was looked at and its saving, nothing may have moved."""

from __future__ import annotations

import hashlib
import json

from workflow.errors import Conflict
from workflow.services.date_plan import DatePlan


def fingerprint(planned: DatePlan) -> str:
    """What a plan comes to, as 64 hexadecimal digits: dates and the sheets that move."""
    dates = [
        (cycle.cycle_id, stage, str(laid.wanted_on), str(laid.due_on))
        for cycle in planned.cycles
        for stage, laid in sorted(cycle.dates.items())
    ]
    moved = [
        (one.cycle_id, one.stage, str(one.before), str(one.after), one.own, *one.evaluations)
        for one in planned.moved
    ]
    return hashlib.sha256(json.dumps([dates, moved]).encode()).hexdigest()


def confirm(planned: DatePlan, seen: str) -> None:
    """Hold a plan against the one that somebody looked at; called before the command ends.

    Raises:
        Conflict: ``plan_changed``: nothing is saved, the plan is to be shown again.
    """
    if fingerprint(planned) != seen:
        raise Conflict("plan_changed")
