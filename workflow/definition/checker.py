"""Proves or refutes what must hold of a route in a real organisation, by exploring all of it.

``exploration`` walks every situation with the engine's own rules; here each claim is asked of all
of them. The search is breadth-first, so every refutation is a shortest path. What bounds the proof
is said with it: how many situations were looked at, with rounds merged by who is still barred
(``tests/unit/test_definition_checker.py`` explores small routes with numbered rounds beside it and
finds the same answers).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflow.definition.eligibility import signs
from workflow.definition.exploration import Arrival, Explored, Move, Office, Situation, explore
from workflow.definition.facts import Holder, Verdict
from workflow.definition.model import Definition, Stage, StageKind

__all__ = ["Claim", "Office", "Proof", "Refutation", "Step", "check"]


class Claim(StrEnum):
    """What is proved or refuted."""

    #: No stage that is not final is left by nothing.
    NO_DEAD_END = "no_dead_end"
    #: From every situation that can be reached, a final stage can be reached.
    ALWAYS_AN_END = "always_an_end"
    #: From every situation that is no end, publication can be reached.
    ALWAYS_PUBLISHABLE = "always_publishable"
    #: At every stage that can be reached somebody may act, or the engine goes on by itself.
    ALWAYS_SOMEBODY = "always_somebody"
    #: Publication is not reached by one person's moves alone, from whichever posts and rounds, as a
    #: substitute or not.
    NOBODY_ALONE = "nobody_alone"
    #: Nobody signs without a comment at a stage that asks for one.
    COMMENT_WHERE_REQUIRED = "comment_where_required"
    #: Whoever goes back, takes a sheet up or ends it says why.
    REASON_ON_RETURN = "reason_on_return"


@dataclass(frozen=True)
class Step:
    """One move on a path: who, as what, did what, from where to where."""

    who: str
    action: str
    source: str
    target: str


@dataclass(frozen=True)
class Refutation:
    """A claim that does not hold, and the shortest path that shows it."""

    claim: Claim
    path: tuple[Step, ...]
    #: What stands at the end of the path, in words.
    finding: str


@dataclass(frozen=True)
class Proof:
    """What an exploration found.

    Attributes:
        situations: how many different situations were looked at.
    """

    situations: int
    refutations: tuple[Refutation, ...]


def check(office: Office, *, rounds: int | None = None) -> Proof:
    """Explore every situation of *office* and judge all claims.

    Args:
        rounds: explore with numbered rounds up to this many, unmerged; None merges them.

    Raises:
        TooWide: the route is too wide to be explored (``exploration.MOST_SITUATIONS``).
    """
    explored = explore(office, rounds=rounds)
    found = [
        _first(office, explored, Claim.NO_DEAD_END, lambda at: _dead_end(office, at)),
        _first(office, explored, Claim.ALWAYS_SOMEBODY, lambda at: _nobody(office, at)),
        _out_of_reach(office, explored, Claim.ALWAYS_AN_END, lambda stage: stage.final),
        _out_of_reach(
            office,
            explored,
            Claim.ALWAYS_PUBLISHABLE,
            lambda stage: stage.kind is StageKind.PUBLISHED,
        ),
        _alone(office),
        _without_comment(office, explored),
        *_without_reason(office.definition),
    ]
    return Proof(len(explored.came), tuple(refutation for refutation in found if refutation))


def _first(
    office: Office, explored: Explored, claim: Claim, finding: Callable[[Situation], str | None]
) -> Refutation | None:
    """The first situation, in the order of the search, of which *finding* says something."""
    for at in explored.came:
        words = finding(at)
        if words:
            return Refutation(claim, _path(office, explored, at), words)
    return None


def _dead_end(office: Office, at: Situation) -> str | None:
    stage = office.definition.stage(at.stage)
    leading_out = [r for r in office.definition.transitions_from(at.stage) if r.by != "system"]
    return None if stage.final or leading_out else f"nothing leads out of {stage.label}"


def _nobody(office: Office, at: Situation) -> str | None:
    stage = office.definition.stage(at.stage)
    return f"nobody may act at {stage.label}" if office.nobody(stage, at) else None


def _out_of_reach(
    office: Office, explored: Explored, claim: Claim, wanted: Callable[[Stage], bool]
) -> Refutation | None:
    """Walk backwards from the wanted ends; what is not met, and is no end, cannot reach one."""
    back: dict[Situation, list[Situation]] = {}
    for at, others in explored.forward.items():
        for then in others:
            back.setdefault(then, []).append(at)
    stages: Mapping[str, Stage] = office.definition.by_key
    good = {at for at in explored.came if wanted(stages[at.stage])}
    waiting = deque(good)
    while waiting:
        for before in back.get(waiting.popleft(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    what = "no end" if claim is Claim.ALWAYS_AN_END else "no publication"

    def finding(at: Situation) -> str | None:
        stage = stages[at.stage]
        return None if at in good or stage.final else f"from {stage.label} {what} can be reached"

    return _first(office, explored, claim, finding)


def _alone(office: Office) -> Refutation | None:
    """For each person: what can be reached by their moves and the engine's."""
    everybody = {h.person_id: h for h in office.roster.everybody}
    for holder in office.roster.holders:
        for _stage, others in holder.absence or ():
            everybody.update({other.person_id: other for other in others})
    best: Refutation | None = None
    for person_id, holder in sorted(everybody.items()):
        explored = explore(office, only=person_id)
        for at in explored.came:
            if office.definition.stage(at.stage).kind is not StageKind.PUBLISHED:
                continue
            path = _path(office, explored, at)
            if best is None or len(path) < len(best.path):
                best = Refutation(Claim.NOBODY_ALONE, path, f"{holder.name} reaches the end alone")
            break
    return best


def _without_comment(office: Office, explored: Explored) -> Refutation | None:
    """The first signature that is given without words where the stage asks for some."""
    for at in explored.came:
        stage = office.definition.stage(at.stage)
        if not stage.comment_required:
            continue
        for move in office.moves(at):
            silent_row = move.row is not None and move.row.signs and not move.row.asks_for_words
            if silent_row or move.verdict is Verdict.AGREE:
                path = (*_path(office, explored, at), _step(office, (at, move)))
                words = f"{stage.label} is signed without a comment"
                return Refutation(Claim.COMMENT_WHERE_REQUIRED, path, words)
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
            yield Refutation(Claim.REASON_ON_RETURN, (step,), f"{row.label} asks for no reason")


#: What an answer at a joint stage is called on a path.
_ANSWERS = {Verdict.AGREE: "同意する", Verdict.OBJECT: "不同意とする"}


def _path(office: Office, explored: Explored, at: Situation) -> tuple[Step, ...]:
    return tuple(_step(office, arrival) for arrival in explored.path(at))


def _step(office: Office, arrival: Arrival) -> Step:
    before, move = arrival
    stages = office.definition.by_key
    source = stages[before.stage].label
    if move.row is None:
        assert move.verdict is not None  # noqa: S101 - it is an answer
        return Step(_who(move), _ANSWERS[move.verdict], source, source)
    return Step(_who(move), move.row.label, source, stages[move.row.target].label)


def _who(move: Move) -> str:
    holder: Holder | None = move.holder
    if holder is None:
        return "自動処理"
    words = f"{holder.title} {holder.name}".strip()
    absent = holder.instead_of
    return words if absent is None else f"{words}（{absent.title} {absent.name}の代理）"
