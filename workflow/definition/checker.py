"""Proves or refutes what must hold of a route in a real organisation, by exploring all of it.

``exploration`` walks every situation with the engine's own rules; here, and in ``signing_claims``
for what is signed, each claim is asked of all of them. The search is breadth-first, so every
refutation is a shortest path. What bounds the proof is said with it: how many situations were
looked at, with rounds merged by who is still barred (``tests/unit/test_definition_checker.py``
explores small routes with numbered rounds beside it and finds the same answers).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workflow.definition import cautions
from workflow.definition.cautions import Doubt
from workflow.definition.claims import Claim, Finding, Refutation, Step, refuted
from workflow.definition.eligibility import signs
from workflow.definition.exploration import Explored, explore
from workflow.definition.facts import Verdict
from workflow.definition.model import Definition, Stage, StageKind
from workflow.definition.office import Office
from workflow.definition.signing_claims import signing_claims
from workflow.definition.situation import Situation

__all__ = ["Claim", "Office", "Proof", "Refutation", "Step", "check"]


@dataclass(frozen=True)
class Proof:
    """What an exploration found.

    Attributes:
        situations: how many different situations were looked at.
        reached: the stages that a sheet can come to.
        doubts: what is warned of in this office.
    """

    situations: int
    refutations: tuple[Refutation, ...]
    reached: frozenset[str]
    doubts: tuple[Doubt, ...]


def check(office: Office, *, rounds: int | None = None) -> Proof:
    """Explore every situation of *office* and judge all claims.

    Args:
        rounds: explore with numbered rounds up to this many, unmerged; None merges them.

    Raises:
        TooWide: the route is too wide to be explored (``exploration.MOST_SITUATIONS``).
    """
    explored = explore(office, rounds=rounds)
    publishable = _leading_to(office, explored, lambda stage: stage.kind is StageKind.PUBLISHED)
    found = [
        _first(office, explored, Claim.NO_DEAD_END, "nothing_leads_out", _dead_end),
        _first(office, explored, Claim.ALWAYS_SOMEBODY, "nobody_may_act", Office.nobody),
        _out_of_reach(
            office,
            explored,
            Claim.ALWAYS_AN_END,
            "no_end_in_reach",
            _leading_to(office, explored, lambda stage: stage.final),
        ),
        _out_of_reach(
            office, explored, Claim.ALWAYS_PUBLISHABLE, "no_publication_in_reach", publishable
        ),
        _alone(office),
        *signing_claims(office, explored, publishable),
        _without_comment(office, explored),
        *_without_reason(office.definition),
    ]
    reached = frozenset(at.stage for at in explored.came)
    return Proof(
        len(explored.came),
        tuple(refutation for refutation in found if refutation),
        reached,
        tuple(cautions.in_office(office, explored, reached)),
    )


def _first(
    office: Office,
    explored: Explored,
    claim: Claim,
    code: str,
    fails: Callable[[Office, Situation], bool],
) -> Refutation | None:
    """The first situation, in the order of the search, that *fails*."""
    for at in explored.came:
        if fails(office, at):
            stage = office.definition.stage(at.stage)
            return refuted(office, claim, explored.path(at), code, stage=stage)
    return None


def _dead_end(office: Office, at: Situation) -> bool:
    leading_out = [r for r in office.definition.transitions_from(at.stage) if r.by != "system"]
    return not office.definition.stage(at.stage).final and not leading_out


def _leading_to(
    office: Office, explored: Explored, wanted: Callable[[Stage], bool]
) -> frozenset[Situation]:
    """Every situation from which a *wanted* end can be reached: walked backwards from these."""
    back: dict[Situation, list[Situation]] = {}
    for at, steps in explored.forward.items():
        for _move, then in steps:
            back.setdefault(then, []).append(at)
    stages = office.definition.by_key
    good = {at for at in explored.came if wanted(stages[at.stage])}
    waiting = deque(good)
    while waiting:
        for before in back.get(waiting.popleft(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    return frozenset(good)


def _out_of_reach(
    office: Office, explored: Explored, claim: Claim, code: str, good: frozenset[Situation]
) -> Refutation | None:
    """What leads to no wanted end, and is none."""
    stages = office.definition.by_key

    def fails(_office: Office, at: Situation) -> bool:
        return at not in good and not stages[at.stage].final

    return _first(office, explored, claim, code, fails)


def _alone(office: Office) -> Refutation | None:
    """For each person: what can be reached by their moves and the engine's."""
    everybody = {h.person_id: h for h in office.roster.everybody}
    for holder in office.roster.holders:
        for _step, others in holder.absence or ():
            everybody.update({other.person_id: other for other in others})
    best: Refutation | None = None
    for person_id, holder in sorted(everybody.items()):
        explored = explore(office, only=person_id)
        for at in explored.came:
            if office.definition.stage(at.stage).kind is not StageKind.PUBLISHED:
                continue
            path = explored.path(at)
            if best is None or len(path) < len(best.path):
                best = refuted(
                    office, Claim.NOBODY_ALONE, path, "alone_to_the_end", who=holder.name
                )
            break
    return best


def _without_comment(office: Office, explored: Explored) -> Refutation | None:
    """The first signature that is given without words where the stage asks for some."""
    for at, steps in explored.forward.items():
        stage = office.definition.stage(at.stage)
        if not stage.comment_required:
            continue
        for move, _then in steps:
            silent_row = move.row is not None and move.row.signs and not move.row.asks_for_words
            if silent_row or move.verdict is Verdict.AGREE:
                moves = (*explored.path(at), (at, move))
                claim = Claim.COMMENT_WHERE_REQUIRED
                return refuted(office, claim, moves, "signed_without_comment", stage=stage)
    return None


def _without_reason(definition: Definition) -> Iterator[Refutation]:
    """Going back over somebody's signature, by one's own will, asks for a reason."""
    for row in definition.transitions:
        backwards = definition.position(row.target) < definition.position(row.source)
        going_back = (
            row.by == "stage"
            and backwards
            and (signs(definition, definition.stage(row.source)) or row.action == "return")
        )
        ending = row.by == "stage" and definition.stage(row.target).kind is StageKind.ENDED
        if (going_back or ending or row.by == "target") and not row.asks_for_words:
            step = Step("", row.label, row.source, row.target)
            found = Finding.of("no_reason_asked", action=row)
            yield Refutation(Claim.REASON_ON_RETURN, (step,), found)
