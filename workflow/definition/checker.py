"""Proves or refutes what must hold of a route in a real organisation, by exploring all of it.

What is explored is exactly what the engine would do: the same ``eligible`` and the same rows. A
situation is (stage, who wrote, who signed in this round, who made the last move); rounds need no
number, because only the present round's signatures bar anybody: two rounds in which the same
people are barred are the same situation (a test explores a small route with numbered rounds and
finds the same answers). The search is breadth-first, so every refutation is a shortest path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflow.definition.eligibility import eligible, signs
from workflow.definition.facts import EvaluationFacts, Holder, Roster, Signature
from workflow.definition.model import Definition, Requirement, Transition

#: Stands for the content: what is signed is always what is there, so one hash serves all.
_CONTENT = b"\x00" * 32

#: More situations than any real office makes of a real route; a route that needs more is refused.
MOST_SITUATIONS = 200_000


class Claim(StrEnum):
    """What is proved or refuted."""

    #: No stage that is not final is left by nothing.
    NO_DEAD_END = "no_dead_end"
    #: From every situation that can be reached, a final stage can be reached.
    ALWAYS_AN_END = "always_an_end"
    #: At every stage that can be reached somebody may act.
    ALWAYS_SOMEBODY = "always_somebody"
    #: No final stage is reached by one person's moves alone, from whichever posts and rounds.
    NOBODY_ALONE = "nobody_alone"
    #: Whoever goes back says why.
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


@dataclass(frozen=True)
class _Situation:
    stage: str
    authors: frozenset[int]
    signed: frozenset[tuple[str, int]]
    entered_by: int | None
    entered_from: str | None
    #: Counted only when rounds are explored unmerged.
    round: int


@dataclass(frozen=True)
class _Move:
    row: Transition
    holder: Holder | None


class Office:
    """One kind of sheet in one organisation on one day: its units, and who holds which post."""

    def __init__(
        self, definition: Definition, units: Mapping[str, int | None], roster: Roster
    ) -> None:
        self.definition = definition
        self.units = units
        self.roster = roster

    def facts(self, at: _Situation) -> EvaluationFacts:
        """The situation as the engine's rules see it."""
        return EvaluationFacts(
            state=at.stage,
            round=1,
            units=self.units,
            authors=at.authors,
            signatures=tuple(
                Signature(person, stage, 1, _CONTENT) for stage, person in sorted(at.signed)
            ),
            entered_by=at.entered_by,
            entered_from=at.entered_from,
            content_hash=_CONTENT,
            missing=0,
            roster=self.roster,
        )

    def moves(self, at: _Situation) -> Iterator[_Move]:
        """Everything that may happen next, by people and by the engine."""
        stage = self.definition.stage(at.stage)
        acting: tuple[Holder, ...] | None = None
        for row in self.definition.transitions_from(at.stage):
            if row.by == "system":
                yield _Move(row, None)
            elif row.by == "previous":
                if at.entered_from == row.target:
                    yield from (_Move(row, h) for h in self._person(at.entered_by))
            else:
                if acting is None:
                    acting = eligible(self.definition, stage, self.facts(at)).holders
                seen: set[int] = set()
                for holder in acting:
                    # Two posts of one person lead to the same situation.
                    if holder.person_id not in seen:
                        seen.add(holder.person_id)
                        yield _Move(row, holder)

    def _person(self, person_id: int | None) -> tuple[Holder, ...]:
        everybody = (*self.roster.holders, *self.roster.publishers)
        return tuple(h for h in everybody if h.person_id == person_id)[:1]

    def after(self, at: _Situation, move: _Move, *, numbered: bool) -> _Situation:
        """The situation after *move*; ``numbered`` keeps rounds apart."""
        row = move.row
        person = move.holder.person_id if move.holder else None
        stage = self.definition.stage(row.source)
        authors = at.authors | {person} if stage.editable and person is not None else at.authors
        position = self.definition.position(row.target)
        order = self.definition.position
        kept = at.signed
        if position <= order(row.source):
            kept = frozenset((s, p) for s, p in at.signed if order(s) < position)
        if row.new_round:
            # A new round: who signed before no longer bars anybody.
            kept = frozenset()
        if row.signs and person is not None:
            kept = kept | {(row.source, person)}
        number = at.round + (1 if numbered and row.new_round else 0)
        return _Situation(row.target, authors, kept, person, row.source, number)


def check(office: Office, *, rounds: int | None = None) -> Proof:
    """Explore every situation of *office* and judge all claims.

    Args:
        rounds: explore with numbered rounds up to this many, unmerged; None merges them.

    Raises:
        ValueError: more than ``MOST_SITUATIONS``: the route is too wide to be proved this way.
    """
    start = _Situation(office.definition.initial.key, frozenset(), frozenset(), None, None, 1)
    came: dict[_Situation, tuple[_Situation, _Move] | None] = {start: None}
    forward: dict[_Situation, list[_Situation]] = {}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        forward[at] = []
        for move in office.moves(at):
            then = office.after(at, move, numbered=rounds is not None)
            if rounds is not None and then.round > rounds:
                continue
            forward[at].append(then)
            if then not in came:
                came[then] = (at, move)
                waiting.append(then)
        if len(came) > MOST_SITUATIONS:
            raise ValueError(f"more than {MOST_SITUATIONS} situations")

    found = [
        _first(office, came, Claim.NO_DEAD_END, lambda at: _dead_end(office, at)),
        _first(office, came, Claim.ALWAYS_SOMEBODY, lambda at: _nobody(office, at)),
        _no_end(office, came, forward),
        _alone(office),
        *_without_reason(office),
    ]
    return Proof(len(came), tuple(refutation for refutation in found if refutation))


_Came = Mapping[_Situation, tuple[_Situation, _Move] | None]


def _first(
    office: Office, came: _Came, claim: Claim, finding: Callable[[_Situation], str | None]
) -> Refutation | None:
    """The first situation, in the order of the search, of which *finding* says something."""
    for at in came:
        words = finding(at)
        if words:
            return Refutation(claim, _path(office, came, at), words)
    return None


def _dead_end(office: Office, at: _Situation) -> str | None:
    stage = office.definition.stage(at.stage)
    people = [r for r in office.definition.transitions_from(at.stage) if r.by != "system"]
    return None if stage.final or people else f"nothing leads out of {stage.label}"


def _nobody(office: Office, at: _Situation) -> str | None:
    stage = office.definition.stage(at.stage)
    if stage.final or eligible(office.definition, stage, office.facts(at)).holders:
        return None
    return f"nobody may act at {stage.label}"


def _no_end(
    office: Office, came: _Came, forward: Mapping[_Situation, list[_Situation]]
) -> Refutation | None:
    """Walk backwards from the final stages; what is not met cannot reach one."""
    back: dict[_Situation, list[_Situation]] = {}
    for at, others in forward.items():
        for then in others:
            back.setdefault(then, []).append(at)
    good = {at for at in came if office.definition.stage(at.stage).final}
    waiting = deque(good)
    while waiting:
        for before in back.get(waiting.popleft(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    label = {stage.key: stage.label for stage in office.definition.stages}
    return _first(
        office,
        came,
        Claim.ALWAYS_AN_END,
        lambda at: None if at in good else f"from {label[at.stage]} no end can be reached",
    )


def _alone(office: Office) -> Refutation | None:
    """For each person: what can be reached by their moves and the engine's."""
    everybody = {h.person_id: h for h in (*office.roster.holders, *office.roster.publishers)}
    best: Refutation | None = None
    for person_id, holder in sorted(everybody.items()):
        start = _Situation(office.definition.initial.key, frozenset(), frozenset(), None, None, 1)
        came: dict[_Situation, tuple[_Situation, _Move] | None] = {start: None}
        waiting = deque([start])
        while waiting:
            at = waiting.popleft()
            if office.definition.stage(at.stage).final:
                path = _path(office, came, at)
                if best is None or len(path) < len(best.path):
                    best = Refutation(
                        Claim.NOBODY_ALONE, path, f"{holder.name} reaches the end alone"
                    )
                break
            for move in office.moves(at):
                if move.holder is not None and move.holder.person_id != person_id:
                    continue
                then = office.after(at, move, numbered=False)
                if then not in came:
                    came[then] = (at, move)
                    waiting.append(then)
    return best


def _without_reason(office: Office) -> Iterator[Refutation]:
    """Going back over somebody's signature, by one's own will, asks for a reason."""
    definition = office.definition
    for row in definition.transitions:
        backwards = definition.position(row.target) < definition.position(row.source)
        if not backwards or row.by != "stage" or Requirement.REASON in row.requires:
            continue
        if signs(definition, definition.stage(row.source)) or row.action == "return":
            step = Step("", row.label, row.source, row.target)
            yield Refutation(Claim.REASON_ON_RETURN, (step,), f"{row.label} asks for no reason")


def _path(office: Office, came: _Came, at: _Situation) -> tuple[Step, ...]:
    steps: list[Step] = []
    label = {stage.key: stage.label for stage in office.definition.stages}
    arrival = came[at]
    while arrival is not None:
        before, move = arrival
        who = f"{move.holder.title} {move.holder.name}".strip() if move.holder else "自動処理"
        steps.append(Step(who, move.row.label, label[move.row.source], label[move.row.target]))
        arrival = came[before]
    return tuple(reversed(steps))
