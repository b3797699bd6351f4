"""How a sheet that runs on one definition goes on under another: where to, or why not.

Pure. A stage goes on as the one to which it is mapped, else as the one of the same key. Nothing
that somebody did is lost or counted twice: signatures and answers go along with their stage, and
where they cannot, the sheet cannot follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Definition, Stage, StageKind
from workflow.definition.refusal import Refusal


@dataclass(frozen=True)
class Succession:
    """One sheet under the newer definition.

    Attributes:
        target: where it will be; None where its stage has no successor.
        refusals: why it cannot follow; empty where it can.
        holders: who has it there today.
        newly: people who have it there and do not have it where it is.
        goes_on: the engine moves it further at once (a stage without anybody to ask, or settled).
    """

    target: Stage | None
    refusals: tuple[Refusal, ...]
    holders: tuple[Holder, ...] = ()
    newly: tuple[int, ...] = ()
    goes_on: bool = False


def stage_map(old: Definition, new: Definition, given: Mapping[str, str]) -> dict[str, str]:
    """Stage keys of *old* → their successors in *new*; keys without one are left out."""
    known = new.by_key
    wanted = {stage.key: given.get(stage.key, stage.key) for stage in old.stages}
    return {key: successor for key, successor in wanted.items() if successor in known}


def succeed(
    old: Definition,
    new: Definition,
    stages: Mapping[str, str],
    facts: EvaluationFacts,
    *,
    approved: bool,
) -> Succession:
    """How a sheet follows from *old* to *new*.

    Args:
        stages: made by ``stage_map``.
        facts: the sheet as it stands under *old*.
        approved: the 決裁 was given and holds.
    """
    here = old.stage(facts.state)
    if here.final:
        return _at_the_end(new, here)
    key = stages.get(here.key)
    if key is None:
        joint_in_hand = here.kind is StageKind.JOINT and facts.valid_replies(here.key)
        code = Refusal("answers_under_way", {"stage": here.label})
        gone = Refusal("stage_gone", {"stage": here.label, "key": here.key})
        return Succession(None, (gone, code) if joint_in_hand else (gone,))
    target = new.stage(key)
    refusals = [
        *_misplaced(here, target, facts, approved=approved),
        *_lost_signatures(old, new, stages, facts, target),
    ]
    then = facts_under(stages, facts, here, target)
    answer = eligible(new, target, then)
    goes_on = follows_by_itself(new, then) is not None
    if not answer.holders and not goes_on:
        refusals.append(Refusal("nobody_at_new_stage", {"stage": target.label}))
    before = {h.person_id for h in eligible(old, here, facts).holders}
    newly = {h.person_id for h in answer.holders} - before
    return Succession(target, tuple(refusals), answer.holders, tuple(sorted(newly)), goes_on)


def same_step(here: Stage, target: Stage) -> bool:
    """Whether people who keep a step over a reorganisation keep it at *target* as well."""
    return here.key == target.key or here.who == target.who


def facts_under(
    stages: Mapping[str, str], facts: EvaluationFacts, here: Stage, target: Stage
) -> EvaluationFacts:
    """The sheet as the newer definition's rules will see it at *target*."""
    kept = facts.kept
    if kept is not None:
        kept = replace(kept, stage=target.key) if same_step(here, target) else None
    return replace(
        facts,
        state=target.key,
        kept=kept,
        signatures=tuple(
            replace(s, stage=stages[s.stage]) for s in facts.signatures if s.stage in stages
        ),
        replies=tuple(
            replace(r, stage=stages[r.stage]) for r in facts.replies if r.stage in stages
        ),
        missing=None,
        closing=False,
    )


def _at_the_end(new: Definition, here: Stage) -> Succession:
    """A sheet that is published or ended keeps its place, whatever was mapped."""
    there = new.by_key.get(here.key)
    if there is None or there.kind is not here.kind:
        return Succession(None, (Refusal("final_stage_gone", {"stage": here.label}),))
    return Succession(there, ())


def _misplaced(
    here: Stage, target: Stage, facts: EvaluationFacts, *, approved: bool
) -> Iterator[Refusal]:
    """What the new place may not be to the old one."""
    if target.final or here.editable != target.editable:
        yield Refusal("other_kind_of_stage", {"stage": here.label, "target": target.label})
    elif target.kind is StageKind.RELEASE and not approved:
        yield Refusal("approval_skipped", {"stage": here.label, "target": target.label})
    answered = here.kind is StageKind.JOINT and bool(facts.valid_replies(here.key))
    if answered and target.kind is not StageKind.JOINT:
        yield Refusal("answers_under_way", {"stage": here.label})


def _lost_signatures(
    old: Definition,
    new: Definition,
    stages: Mapping[str, str],
    facts: EvaluationFacts,
    target: Stage,
) -> Iterator[Refusal]:
    """What was signed in this round must go along, and not beyond where the sheet will be.

    Answers that count go along as well; they may lie ahead (a return over a joint stage keeps
    them).
    """
    signed = {s.stage for s in facts.signatures if s.round == facts.round}
    answered = {r.stage for r in facts.replies if r.content_hash == facts.content_hash}
    for stage in old.stages:
        if stage.key not in signed | answered:
            continue
        if stage.key not in stages:
            yield Refusal("signed_stage_gone", {"stage": stage.label, "key": stage.key})
        elif stage.key in signed and new.position(stages[stage.key]) > new.position(target.key):
            there = new.stage(stages[stage.key]).label
            yield Refusal("signed_stage_ahead", {"stage": there, "target": target.label})
