"""People already waiting keep their step when a reorganisation ends their posts.

The rule of products that offices know (domain.md, 2.3): whoever a sheet waits for on the eve keeps
this one step, from whatever post; the steps after it find their people in the new organisation,
and a return finds them anew. Drafts are no such step: they stay with the section.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder, Kept, Roster
from workflow.definition.model import Definition
from workflow.services.loading import LoadedEvaluation
from workflow.services.plan_figures import json_rows

_ENDED = sa.text("SELECT id FROM assignment WHERE ended_by = :by")
_KEEP = json_rows("""
INSERT INTO kept_step (stage_entry_id, person_id, reorganisation_id, assignment_id, unit_id, rank,
                       capacity, is_kept)
SELECT entry, person, :by, assignment, unit, rank, capacity, kept
FROM jsonb_to_recordset(:rows) AS r(entry bigint, person bigint, assignment bigint, unit bigint,
                                    rank text, capacity text, kept boolean)
ON CONFLICT (stage_entry_id, person_id) DO UPDATE SET
    unit_id = excluded.unit_id, is_kept = kept_step.is_kept OR excluded.is_kept
""")


def without_absences(facts: EvaluationFacts) -> EvaluationFacts:
    """The same with everybody there: whose a step is does not change by a week's leave."""
    roster = facts.roster
    present = tuple(replace(holder, absence=None) for holder in roster.holders)
    return replace(facts, roster=Roster(present, roster.publishers, roster.external_reviewers))


def kept_of(
    definition: Definition,
    before: EvaluationFacts,
    after: EvaluationFacts,
    ended: Collection[int],
    owners: Mapping[int, int | None],
) -> Kept | None:
    """Who keeps the present step of a sheet; None where nobody's post ended, or at a draft.

    Args:
        before, after: the sheet on the eve and on the day.
        ended: assignments that the reorganisation ended.
        owners: unit → the one that does its work on the day; others stay as they are.
    """
    stage = definition.stage(before.state)
    if stage.editable or stage.final:
        return None
    waiting = eligible(definition, stage, without_absences(before)).holders
    there = {h.person_id for h in eligible(definition, stage, without_absences(after)).holders}
    moved = tuple(
        replace(holder, kept=True, unit_id=owners.get(holder.unit_id or 0, holder.unit_id))
        for holder in waiting
        if (holder.assignment_id in ended or holder.kept) and holder.person_id not in there
    )  # fmt: skip
    if not moved:
        return None
    return Kept(stage.key, moved, frozenset(holder.person_id for holder in waiting))


def keep(
    ctx: Context,
    reorganisation_id: int,
    before: Mapping[int, LoadedEvaluation],
    after: Mapping[int, LoadedEvaluation],
    owners: Mapping[int, int | None],
) -> None:
    """Write down who keeps which step."""
    ended = set(ctx.execute(_ENDED, {"by": reorganisation_id}).scalars())
    rows: list[dict[str, object]] = []
    for key, new in after.items():
        old = before[key]
        kept = kept_of(old.definition, old.facts, new.facts, ended, owners)
        if kept is None or new.entry_id is None:
            continue
        moved = {holder.person_id: holder for holder in kept.holders}
        stage = old.definition.stage(old.facts.state)
        for holder in eligible(old.definition, stage, without_absences(old.facts)).holders:
            rows.append(_row(new.entry_id, moved.get(holder.person_id, holder)))
    if rows:
        ctx.execute(_KEEP, {"by": reorganisation_id, "rows": rows})


def _row(entry: int, holder: Holder) -> dict[str, object]:
    return {
        "entry": entry,
        "person": holder.person_id,
        "assignment": holder.assignment_id,
        "unit": holder.unit_id,
        "rank": holder.rank,
        "capacity": holder.title,
        "kept": holder.kept,
    }
