"""From the rows of a file to what will be: pure, and the same at the dry run and at the apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from workflow.exchange.transfers import Change, Problem
from workflow.organisation.draft import Decided, Draft
from workflow.organisation.staff import change_staff
from workflow.organisation.state import Organisation
from workflow.organisation.units import change_units


@dataclass(frozen=True)
class Outcome:
    """What the changes lead to, or why they cannot.

    Attributes:
        after: the organisation as it will be; only good without problems.
        problems: everything that is wrong, row by row.
    """

    after: Organisation
    decided: Decided
    problems: tuple[Problem, ...]


def decide_changes(before: Organisation, changes: Sequence[Change], day: date) -> Outcome:
    """Apply *changes* to *before* as of *day*: units first, then people."""
    draft = Draft(before, day)
    change_units(draft, changes)
    change_staff(draft, changes)
    return Outcome(draft.after(), draft.decided(), tuple(draft.problems))
