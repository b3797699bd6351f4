"""合議: how far a joint stage is, from the answers given and those still to come.

Pure counting. Each department (group) has as many answers to give as people were chosen in it; an
answer counts for its department whoever gives it, so that a department is not asked again because
its head changed or came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from workflow.definition.facts import Holder, Reply, Verdict
from workflow.definition.model import JointRule, NoReply, Objection, Quorum


class Outcome(StrEnum):
    """Where a joint stage stands."""

    #: Answers are still to come that could settle it.
    PENDING = "pending"
    #: The quorum is reached.
    AGREED = "agreed"
    #: An objection stands that the rule does not outvote.
    OBJECTED = "objected"
    #: Nobody is there who could give an answer that is still needed.
    NOBODY = "nobody"


@dataclass(frozen=True)
class Group:
    """One department (None: a committee), who was chosen to answer, and who is passed over."""

    unit_id: int | None
    members: tuple[Holder, ...]
    passed_over: tuple[Holder, ...] = ()


@dataclass(frozen=True)
class JointStanding:
    """How far a joint stage is.

    Attributes:
        asked: how many answers the stage asks for in all.
        pending: who has not answered yet.
        vacant: departments in which nobody can answer.
    """

    outcome: Outcome
    asked: int
    replies: tuple[Reply, ...]
    pending: tuple[Holder, ...]
    vacant: tuple[int | None, ...]


@dataclass(frozen=True)
class _Count:
    """One department's answers: how many agree, object, and are still to come."""

    agreed: int
    objected: int
    pending: int
    vacant: bool

    @property
    def asked(self) -> int:
        return self.agreed + self.objected + self.pending


def standing(
    rule: JointRule, groups: Sequence[Group], replies: Sequence[Reply], *, closing: bool
) -> JointStanding:
    """Count the answers of *groups*.

    Args:
        replies: the valid ones of this stage.
        closing: the last day is over, and ``rule.no_reply`` says what silence means.
    """
    counts, pending, vacant = [], [], []
    heard = frozenset(reply.person_id for reply in replies)
    for group in groups:
        given = [r for r in replies if r.unit_id == group.unit_id]
        waiting = _waiting(group, given, heard)
        is_vacant = not group.members and not group.passed_over and not given
        counts.append(
            _Count(
                agreed=sum(r.verdict is not Verdict.OBJECT for r in given),
                objected=sum(r.verdict is Verdict.OBJECT for r in given),
                pending=len(waiting),
                vacant=is_vacant,
            )
        )
        pending += waiting
        if is_vacant:
            vacant.append(group.unit_id)
    asked = sum(count.asked for count in counts)
    if closing and rule.no_reply is not NoReply.WAITS:
        counts = [_silent(count, rule.no_reply) for count in counts]
    outcome = _outcome(rule, counts)
    still = tuple(pending) if outcome in (Outcome.PENDING, Outcome.NOBODY) else ()
    return JointStanding(outcome, asked, tuple(replies), still, tuple(vacant))


def _waiting(group: Group, given: Sequence[Reply], heard: frozenset[int]) -> list[Holder]:
    """Who of a department still has to answer; nobody once as many answered as were asked.

    *heard*: who answered at all: somebody with posts in two departments answers once (兼務).
    """
    if len(given) >= len(group.members):
        return []
    posts = {reply.post_id for reply in given if reply.post_id is not None}
    return [
        member
        for member in group.members
        if member.person_id not in heard and _post(member) not in posts
    ]


def _post(member: Holder) -> int | None:
    return (member.instead_of or member).post_id


def _silent(count: _Count, no_reply: NoReply) -> _Count:
    """One department's count once the last day is over; a vacant one was told as well."""
    missing = count.pending + count.vacant
    if no_reply is NoReply.AGREES:
        return _Count(count.agreed + missing, count.objected, 0, vacant=False)
    if no_reply is NoReply.OBJECTS:
        return _Count(count.agreed, count.objected + missing, 0, vacant=False)
    return _Count(count.agreed, count.objected, 0, vacant=False)


def _outcome(rule: JointRule, counts: Sequence[_Count]) -> Outcome:
    noted = rule.objection is Objection.NOTED
    objected = sum(count.objected for count in counts)
    if objected and rule.objection is Objection.VETO:
        return Outcome.OBJECTED
    if rule.quorum is Quorum.ONE_PER_GROUP:
        return _each_group(counts, noted)
    given = sum(count.agreed + (count.objected if noted else 0) for count in counts)
    pending = sum(count.pending for count in counts)
    vacant = sum(count.vacant for count in counts)
    asked = sum(count.asked for count in counts) + vacant
    needed = asked if rule.quorum is Quorum.ALL else min(rule.number, asked)
    if given >= needed:
        return Outcome.AGREED
    if given + pending >= needed:
        return Outcome.PENDING
    return Outcome.NOBODY if given + pending + vacant >= needed else Outcome.OBJECTED


def _each_group(counts: Sequence[_Count], noted: bool) -> Outcome:
    settled = [c.agreed > 0 or (noted and c.objected > 0) or not c.asked for c in counts]
    open_ones = [c for c, done in zip(counts, settled, strict=True) if not done or c.vacant]
    if not open_ones:
        return Outcome.AGREED
    if any(not c.pending and not c.vacant for c in open_ones):
        return Outcome.OBJECTED
    return Outcome.NOBODY if all(c.vacant for c in open_ones) else Outcome.PENDING
