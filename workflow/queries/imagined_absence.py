"""An absence that is not registered yet, added to what the rules are asked on a day.

Nothing is written: the facts of the day are taken, the absence is added, and the rules are asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Substitutes
from workflow.services import substitutes
from workflow.services.absences import AbsenceForm
from workflow.services.loading import LoadedEvaluation

_DEPARTMENTS = sa.text("""
SELECT a.id, coalesce(u.parent_id, u.id) AS department
FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
WHERE a.person_id = :person
""")


@dataclass(frozen=True)
class ImaginedAbsence:
    """Who would be away, when, and who would stand in."""

    person_id: int
    form: AbsenceForm

    def covers(self, day: date) -> bool:
        """Whether the person would be away on *day*."""
        return self.form.first_day <= day <= self.form.last_day

    def added(
        self, then: Context, loaded: dict[int, LoadedEvaluation]
    ) -> dict[int, LoadedEvaluation]:
        """Sheets that were loaded on the day of *then*, as they would be with the absence."""
        if not loaded or not self.covers(then.today):
            return loaded
        away = who_stands_in(then, self, then.today, then.today)
        return {
            key: replace(one, facts=one.facts.with_absence(self.person_id, away))
            for key, one in loaded.items()
        }


def who_stands_in(
    ctx: Context, imagined: ImaginedAbsence, first: date, last: date
) -> dict[int | None, Substitutes]:
    """Who would stand in from *first* to *last*, by the person's assignments.

    For each post people of its department alone, as ``services.roster`` finds them.
    """
    able = substitutes.candidates(ctx, imagined.person_id, first, last)
    named = sorted(imagined.form.substitutes.items())
    found: dict[int | None, Substitutes] = {}
    for row in ctx.execute(_DEPARTMENTS, {"person": imagined.person_id}):
        of_department = (
            (
                step,
                tuple(
                    replace(able[one].holder, absence=() if able[one].is_absent else None)
                    for one in assignments
                    if one in able and able[one].department_id == row.department
                ),
            )
            for step, assignments in named
        )
        found[row.id] = tuple((step, people) for step, people in of_department if people)
    return found
