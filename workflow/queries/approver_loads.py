"""How many sheets land on each approver on each day: what if a date moved, or somebody were away.

Counted by the rules alone: every sheet of a running cycle, at the stage where it is and at those
still before it, for everybody whom the definition selects there. A moved date is looked at with
today's organisation, the days of an absence each with its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.clock import OFFICE_ZONE
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Substitutes
from workflow.definition.model import Definition, Stage
from workflow.services import cycle_dates, loading
from workflow.services.loading import LoadedEvaluation

_OPEN = sa.text("""
SELECT e.id, e.cycle_id, s.due_on FROM evaluation e
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = ANY (:cycles) AND e.closed_at IS NULL ORDER BY e.id
""")
_RUNNING = sa.text("""
SELECT e.id, e.cycle_id, e.state, c.definition_hash, s.due_on FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.closed_at IS NULL
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.closed_at IS NULL ORDER BY e.id
""")


@dataclass(frozen=True)
class Load:
    """How many sheets one person is to have done by one day, as it is and as it would be."""

    day: date
    person: str
    before: int
    after: int


@dataclass(frozen=True)
class AbsenceLoads:
    """What an absence does to the days in it.

    Attributes:
        loads: who has more or fewer sheets on a day than without the absence.
        without_anybody: codes of sheets whose last day where they are now lies in the absence,
            where somebody can act as it is and nobody could then.
    """

    loads: tuple[Load, ...]
    without_anybody: tuple[str, ...]


def open_sheets(
    ctx: Context, cycle_ids: Collection[int]
) -> tuple[Mapping[int, date | None], Sequence[LoadedEvaluation]]:
    """The sheets of these cycles that still run, with the last day of their present stage."""
    rows = ctx.execute(_OPEN, {"cycles": sorted(cycle_ids)}).all()
    own = {row.id: row.due_on for row in rows}
    return own, tuple(loading.evaluations(ctx, sorted(own), locked=False).values())


def stages_to_come(definition: Definition, state: str) -> Iterator[Stage]:
    """The stages where somebody signs, from *state* on."""
    for stage in definition.stages[definition.position(state) :]:
        if any(row.signs for row in definition.transitions_from(stage.key)):
            yield stage


def approvers(definition: Definition, stage: Stage, facts: EvaluationFacts) -> tuple[str, ...]:
    """Post and name of everybody who could act at *stage* by *facts*, each once."""
    holders = eligible(definition, stage, replace(facts, state=stage.key)).holders
    return tuple(dict.fromkeys(f"{h.title} {h.name}" for h in holders))


def changed(
    before: Mapping[tuple[date, str], int], after: Mapping[tuple[date, str], int]
) -> tuple[Load, ...]:
    """The counts by day and person that differ."""
    return tuple(
        Load(day, person, before.get((day, person), 0), after.get((day, person), 0))
        for day, person in sorted({*before, *after})
        if before.get((day, person), 0) != after.get((day, person), 0)
    )


def during_absence(
    ctx: Context,
    person_id: int,
    away: Mapping[int | None, Substitutes],
    first_day: date,
    last_day: date,
) -> AbsenceLoads:
    """What is due from *first_day* to *last_day* lands on whom, were *person_id* away.

    Each day is looked at with its own organisation and the absences that are registered for it.
    The number of statements follows the last days in the absence, not the sheets.

    Args:
        away: who would stand in, by the person's assignments and the kind of step.
    """
    before: Counter[tuple[date, str]] = Counter()
    after: Counter[tuple[date, str]] = Counter()
    nobody: set[str] = set()
    for day, stages in sorted(_last_days(ctx, first_day, last_day).items()):
        then = ctx.at(max(datetime.combine(day, time(12), OFFICE_ZONE), ctx.now))
        for sheet in loading.evaluations(then, sorted(stages), locked=False).values():
            gone = sheet.facts.with_absence(person_id, away)
            for stage in stages[sheet.id]:
                there = approvers(sheet.definition, stage, sheet.facts)
                found = approvers(sheet.definition, stage, gone)
                before.update((day, person) for person in there)
                after.update((day, person) for person in found)
                here = stage.key == sheet.facts.state and there and not found
                if here and follows_by_itself(sheet.definition, gone) is None:
                    nobody.add(sheet.code)
    return AbsenceLoads(changed(before, after), tuple(sorted(nobody)))


def _last_days(ctx: Context, first: date, last: date) -> dict[date, dict[int, list[Stage]]]:
    """Day from *first* to *last* → sheet → the stages to come whose last day it is."""
    rows = ctx.execute(_RUNNING).all()
    dates = {cycle: cycle_dates.stored(ctx, cycle) for cycle in sorted({r.cycle_id for r in rows})}
    found: dict[date, dict[int, list[Stage]]] = {}
    for row in rows:
        definition = loading.definition(ctx, row.definition_hash)
        for stage in stages_to_come(definition, row.state):
            laid = dates[row.cycle_id].get(stage.key)
            day = row.due_on if stage.key == row.state else laid.due_on if laid else None
            if day is not None and first <= day <= last:
                found.setdefault(day, {}).setdefault(row.id, []).append(stage)
    return found
