"""What a reader may do with a sheet from where it stands, why not, and what would come of it.

Asked with the very rules that decide when the button is pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from workflow.application import Context
from workflow.definition.decide import Decision, decide, facts_after, follows_by_itself
from workflow.definition.eligibility import Eligibility, eligible
from workflow.definition.facts import Holder
from workflow.definition.model import Basis, Requirement, Stage, Transition
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import BY_THE_ENGINE
from workflow.policy import acting_as, basis_of
from workflow.services import post_reviews
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class ActionChoice:
    """One transition that leaves the present stage, and whether the reader may walk it.

    Attributes:
        by: who walks it, one of ``vocabulary.WALKERS``.
        refusal: None when the reader may; otherwise the reason.
        holder: the post in which the reader would act; None where it is not the reader's turn.
        basis: by what right the reader would act.
        arrives: where the sheet comes to rest: beyond *target* where that needs nobody (後閲).
        next_holders: who would have the sheet there, as of today.
        next_due_on: the last day of the stage where it comes to rest.
        reads_afterwards: who would read afterwards what happens without them (後閲).
    """

    action: str
    target: Stage
    label: str
    label_en: str
    by: str
    needs_reason: bool
    needs_comment: bool
    signs: bool
    final_approval: bool
    refusal: Refusal | None
    holder: Holder | None
    basis: Basis
    arrives: Stage
    next_holders: tuple[Holder, ...]
    next_due_on: date | None
    reads_afterwards: tuple[Holder, ...]


def choices(
    ctx: Context, loaded: LoadedEvaluation, due: Mapping[str, date]
) -> tuple[ActionChoice, ...]:
    """Every transition a person could walk from here; *due*: stage → its last day."""
    rows = loaded.definition.transitions_from(loaded.facts.state)
    return tuple(_choice(ctx, loaded, row, due) for row in rows if row.by not in BY_THE_ENGINE)


def _choice(
    ctx: Context, loaded: LoadedEvaluation, row: Transition, due: Mapping[str, date]
) -> ActionChoice:
    target = loaded.definition.stage(row.target)
    holder = acting_as(ctx.actor, loaded.definition, row, loaded.facts)
    # What is still to be handed in with the form (a reason) is not a reason to hide the button.
    decision = decide(loaded.definition, loaded.facts, row, reason="…")
    refused = next((answer for answer in (holder, decision) if isinstance(answer, Refusal)), None)
    acting = holder if isinstance(holder, Holder) else None
    left_out = () if refused else post_reviews.left_out(loaded, row, acting)
    if isinstance(decision, Refusal):
        after = replace(loaded.facts, state=target.key)
        arrives, then = target, eligible(loaded.definition, target, after)
    else:
        arrives, then, passed = _where_it_rests(ctx, _with_author(ctx, loaded), decision)
        left_out = (*left_out, *passed)
    return ActionChoice(
        action=row.action,
        target=target,
        label=row.label,
        label_en=row.label_en,
        by=row.by,
        needs_reason=Requirement.REASON in row.requires,
        needs_comment=Requirement.COMMENT in row.requires,
        signs=row.signs,
        final_approval=row.final_approval,
        refusal=refused,
        holder=acting,
        basis=basis_of(loaded.definition, row, acting) if acting else Basis.OWN,
        arrives=arrives,
        next_holders=then.holders,
        next_due_on=due.get(arrives.key),
        reads_afterwards=left_out,
    )


def _where_it_rests(
    ctx: Context, loaded: LoadedEvaluation, decision: Decision
) -> tuple[Stage, Eligibility, tuple[Holder, ...]]:
    """The stage at which somebody has to act next, and whom the engine passes over on the way."""
    facts = facts_after(loaded.facts, decision, ctx.actor.person_id)
    passed: tuple[Holder, ...] = ()
    for _ in loaded.definition.stages:
        row = follows_by_itself(loaded.definition, facts)
        following = decide(loaded.definition, facts, row) if row is not None else None
        if row is None or following is None or isinstance(following, Refusal):
            break
        here = replace(loaded, facts=facts)
        passed = (*passed, *post_reviews.left_out(here, row, None))
        facts = facts_after(facts, following, None)
    stage = loaded.definition.stage(facts.state)
    return stage, eligible(loaded.definition, stage, facts), passed


def _with_author(ctx: Context, loaded: LoadedEvaluation) -> LoadedEvaluation:
    """Whoever submits stands for the text and so may not sign it, just as ``actions.act`` says."""
    person_id = ctx.actor.person_id
    if person_id is None or not loaded.definition.stage(loaded.facts.state).editable:
        return loaded
    authors = loaded.facts.authors | {person_id}
    return replace(loaded, facts=replace(loaded.facts, authors=authors))
