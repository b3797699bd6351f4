"""How many sheets land on each approver on each day: what if a date moved, or somebody were away.

Counted by the rules alone: every sheet of a running cycle, at the stage where it is and at those
still before it, for everybody whom the definition selects there by today's organisation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Roster, Substitutes
from workflow.definition.model import Stage
from workflow.services import cycle_dates, loading
from workflow.services.loading import LoadedEvaluation

_OPEN = sa.text("""
SELECT e.id, e.cycle_id, s.due_on FROM evaluation e
JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.cycle_id = ANY (:cycles) AND e.closed_at IS NULL ORDER BY e.id
""")
_RUNNING = sa.text("SELECT id FROM evaluation_cycle WHERE closed_at IS NULL ORDER BY id")


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
        without_anybody: codes of sheets whose last day lies in the absence, where nobody could act.
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


def stages_to_come(sheet: LoadedEvaluation) -> Iterator[Stage]:
    """The stages where somebody signs, from the present one on."""
    definition = sheet.definition
    for stage in definition.stages[definition.position(sheet.facts.state) :]:
        if any(row.signs for row in definition.transitions_from(stage.key)):
            yield stage


def approvers(sheet: LoadedEvaluation, stage: Stage, roster: Roster) -> tuple[str, ...]:
    """Post and name of everybody who could act on *sheet* at *stage*, each once."""
    facts = replace(sheet.facts, state=stage.key, roster=roster)
    holders = eligible(sheet.definition, stage, facts).holders
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

    Args:
        away: who would stand in, by the person's assignments and the stage.
    """
    cycles = list(ctx.execute(_RUNNING).scalars())
    dates = {cycle: cycle_dates.stored(ctx, cycle) for cycle in cycles}
    own, loaded = open_sheets(ctx, cycles)
    before: Counter[tuple[date, str]] = Counter()
    after: Counter[tuple[date, str]] = Counter()
    nobody = []
    for sheet in loaded:
        there = sheet.facts.roster
        gone = there.with_absence(person_id, dict(away))
        for stage in stages_to_come(sheet):
            here = stage.key == sheet.facts.state
            laid = dates[sheet.cycle_id].get(stage.key)
            day = own[sheet.id] if here else laid.due_on if laid else None
            if day is None or not first_day <= day <= last_day:
                continue
            before.update((day, person) for person in approvers(sheet, stage, there))
            found = approvers(sheet, stage, gone)
            after.update((day, person) for person in found)
            facts = replace(sheet.facts, state=stage.key, roster=gone)
            if here and not found and follows_by_itself(sheet.definition, facts) is None:
                nobody.append(sheet.code)
    return AbsenceLoads(changed(before, after), tuple(sorted(nobody)))
