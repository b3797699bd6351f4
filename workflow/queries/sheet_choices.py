"""What a reader may do with a sheet from where it stands, why not, and what would come of it.

Asked with the very rules that decide when the button is pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from workflow.application import Context
from workflow.definition.decide import decide
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.model import Requirement, Stage, Transition
from workflow.definition.refusal import Refusal
from workflow.policy import acting_as
from workflow.services import moving
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class ActionChoice:
    """One transition that leaves the present stage, and whether the reader may walk it.

    Attributes:
        refusal: None when the reader may; otherwise the reason.
        holder: the post in which the reader would act; None where it is not the reader's turn.
        next_holders: who would have the sheet afterwards, as of today.
        next_due_on: the last day of the stage that it would enter.
    """

    action: str
    target: Stage
    label: str
    label_en: str
    needs_reason: bool
    signs: bool
    refusal: Refusal | None
    holder: Holder | None
    next_holders: tuple[Holder, ...]
    next_due_on: date | None


def choices(
    ctx: Context, loaded: LoadedEvaluation, due: Mapping[str, date]
) -> tuple[ActionChoice, ...]:
    """Every transition a person could walk from here; *due*: stage → its last day."""
    rows = loaded.definition.transitions_from(loaded.facts.state)
    return tuple(
        _choice(ctx, loaded, row, due) for row in rows if row.by not in ("publication", "system")
    )


def _choice(
    ctx: Context, loaded: LoadedEvaluation, row: Transition, due: Mapping[str, date]
) -> ActionChoice:
    target = loaded.definition.stage(row.target)
    holder = acting_as(ctx.actor, loaded.definition, row, loaded.facts)
    # What is still to be handed in with the form (a reason) is not a reason to hide the button.
    decision = decide(loaded.definition, loaded.facts, row, reason="…")
    after = replace(loaded.facts, state=target.key)
    if not isinstance(decision, Refusal):
        after = moving.facts_after(ctx, _with_author(ctx, loaded), decision)
    refused = next((answer for answer in (holder, decision) if isinstance(answer, Refusal)), None)
    return ActionChoice(
        action=row.action,
        target=target,
        label=row.label,
        label_en=row.label_en,
        needs_reason=Requirement.REASON in row.requires,
        signs=row.signs,
        refusal=refused,
        holder=holder if isinstance(holder, Holder) else None,
        next_holders=eligible(loaded.definition, target, after).holders,
        next_due_on=due.get(target.key),
    )


def _with_author(ctx: Context, loaded: LoadedEvaluation) -> LoadedEvaluation:
    """Whoever submits stands for the text and so may not sign it, just as ``actions.act`` says."""
    person_id = ctx.actor.person_id
    if person_id is None or not loaded.definition.stage(loaded.facts.state).editable:
        return loaded
    authors = loaded.facts.authors | {person_id}
    return replace(loaded, facts=replace(loaded.facts, authors=authors))
