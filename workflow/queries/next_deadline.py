"""The next deadline of somebody whose desk is empty: of the sheets on their way to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import turn_of
from workflow.services import loading, waiting
from workflow.services.loading import LoadedEvaluation, OwnPost

#: So many sheets that are on their way are looked at, soonest deadline first.
MOST_AHEAD = 200

_DEADLINES = sa.text("""
SELECT cycle_id, stage, due_on FROM cycle_deadline
WHERE cycle_id = ANY (:cycles) AND due_on >= :today
""")


def next_deadline(ctx: Context, where: waiting.Scope, posts: Sequence[OwnPost]) -> date | None:
    """The first day on which a stage is due that a sheet has before it and ``ctx.actor`` acts at.

    As everything stands today: who holds which post, who is absent, who wrote and signed what. A
    sheet at rest at an end goes nowhere. None where nothing comes, or nothing that has a date.
    """
    units = [*(post.unit_id for post in posts), *where.stood_in_for]
    ids = waiting.candidates(
        ctx, where, units, grants=ctx.actor.grants, limit=MOST_AHEAD, ahead=True
    )
    if not ids:
        return None
    loaded = loading.evaluations(ctx, ids, locked=False).values()
    cycles = sorted({evaluation.cycle_id for evaluation in loaded})
    rows = ctx.execute(_DEADLINES, {"cycles": cycles, "today": ctx.today})
    due = {(row.cycle_id, row.stage): row.due_on for row in rows}
    return min(
        (
            due[evaluation.cycle_id, stage]
            for evaluation in loaded
            for stage in _ahead(evaluation, ctx.actor.person_id or 0)
            if (evaluation.cycle_id, stage) in due
        ),
        default=None,
    )


def _ahead(evaluation: LoadedEvaluation, person_id: int) -> list[str]:
    """The stages still before the sheet at which it would be the person's turn."""
    definition, facts = evaluation.definition, evaluation.facts
    if definition.stage(facts.state).final:
        return []
    later = definition.stages[definition.position(facts.state) + 1 :]
    return [
        stage.key
        for stage in later
        if not stage.final
        and turn_of(definition, replace(facts, state=stage.key, hold=None), person_id)
    ]
