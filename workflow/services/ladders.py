"""Whom a step of a ladder tells, and what: a rule that the tick and its forecasts share."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.definition.eligibility import eligible
from workflow.definition.ladder import is_copy, named_by
from workflow.models import NoticeKind
from workflow.services.deadlines import GENERATION
from workflow.services.loading import LoadedEvaluation

#: Timers that are due at ``:now``: of sheets that still run, whose clock runs.
DUE = """
SELECT t.id, t.evaluation_id, t.stage_entry_id, t.kind, t.rung, t.due_at
FROM timer t
JOIN stage_entry s ON s.id = t.stage_entry_id
JOIN evaluation e ON e.id = t.evaluation_id
WHERE t.settled_at IS NULL AND t.due_at <= :now AND s.held_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM extension_request x
                  WHERE x.stage_entry_id = s.id AND x.decided_at IS NULL)"""
#: The same, earliest first. PostgreSQL cannot know that what lies in the past is settled, and
#: takes a third of all timers for due: only where it is asked for the first few does it go by the
#: index of what is open, and does not read all of them. So whoever wants to know whether there are
#: some, or how many, sets a limit.
DUE_TIMERS = f"{DUE}\nORDER BY t.due_at, t.id"


@dataclass(frozen=True)
class Told:
    """One person who is told, and what a notice says beside the sheet itself.

    Attributes:
        remark: for an escalation, who has the sheet.
        why: the post or the part in which the person is told.
    """

    person_id: int
    remark: str
    why: str


def told_by(evaluation: LoadedEvaluation, kind: str, rung: int) -> tuple[Told, ...]:
    """Whom the step of the ladder tells on the day of *evaluation*'s roster, each person once.

    Reminders and overdue notices go to those whose turn it is; an escalation to those whom the step
    names. Of these, whoever has the sheet is left out on the day of an overdue notice: it tells
    them already. On other days a 課長 is told of the section's sheets although they could draft.
    """
    definition = evaluation.definition
    stage = definition.stage(evaluation.facts.state)
    holders = eligible(definition, stage, evaluation.facts).holders
    if kind != NoticeKind.ESCALATION:
        return tuple({h.person_id: Told(h.person_id, "", h.title) for h in holders}.values())
    step = definition.rung(stage.key, kind, rung % GENERATION)
    if step is None:
        return ()
    left_out = {holder.person_id for holder in holders} if is_copy(stage, step) else set()
    words = "、".join(f"{h.title} {h.name}" for h in holders[:2])
    if len(holders) > 2:
        words += f" ほか{len(holders) - 2}名"
    return tuple(
        {
            h.person_id: Told(h.person_id, words, h.title)
            for h in named_by(stage, step, evaluation.facts)
            if h.person_id not in left_out
        }.values()
    )
