"""Every situation that a route can come to in one organisation on one day, and how.

What is explored is exactly what the engine would do: the same ``eligible``, the same
``follows_by_itself`` and the same rows. A situation is (stage, who of those who could sign wrote,
whose signatures and answers stand, who made the last move where that counts). Rounds need no
number, because only what stands bars anybody: two rounds in which the same people are barred are
the same situation. Those who write and can never sign are
left out of it for the same reason. A hold changes nothing but time and is not walked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible, signs
from workflow.definition.facts import EvaluationFacts, Holder, Reply, Roster, Signature, Verdict
from workflow.definition.model import Definition, Stage, Transition
from workflow.definition.vocabulary import select

#: Stands for the content: what is signed is always what is there, so one hash serves all.
_CONTENT = b"\x00" * 32

#: More situations than any real office makes of a real route; a route that needs more is refused.
MOST_SITUATIONS = 200_000


class TooWide(ValueError):
    """A route that makes more situations in an office than can be looked at."""


@dataclass(frozen=True)
class Situation:
    """Where a sheet can be, as far as it matters for what may follow."""

    stage: str
    authors: frozenset[int] = frozenset()
    signed: frozenset[tuple[str, int]] = frozenset()
    replies: frozenset[Reply] = frozenset()
    entered_by: int | None = None
    entered_from: str | None = None
    #: Counted only when rounds are explored unmerged.
    round: int = 1


@dataclass(frozen=True)
class Move:
    """One thing that may happen: a row that is walked, or an answer at a joint stage.

    Attributes:
        holder: who does it; None for the engine.
        rewritten: the text was changed while it was drafted, so answers over it are void.
    """

    row: Transition | None
    holder: Holder | None
    verdict: Verdict | None = None
    rewritten: bool = False


class Office:
    """One kind of sheet in one organisation on one day: its units, and who holds which post."""

    def __init__(
        self,
        definition: Definition,
        units: Mapping[str, int | None],
        roster: Roster,
        related: tuple[int, ...] = (),
    ) -> None:
        self.definition = definition
        self.units = units
        self.roster = roster
        self.related = related
        self.signers = frozenset(self._signers())

    def facts(self, at: Situation, *, closing: bool = False) -> EvaluationFacts:
        """The situation as the engine's rules see it."""
        return EvaluationFacts(
            state=at.stage,
            round=1,
            units=self.units,
            related=self.related,
            authors=at.authors,
            signatures=tuple(
                Signature(person, stage, 1, _CONTENT) for stage, person in sorted(at.signed)
            ),
            replies=tuple(sorted(at.replies, key=lambda r: (r.stage, r.person_id))),
            entered_by=at.entered_by,
            entered_from=at.entered_from,
            content_hash=_CONTENT,
            missing=0,
            closing=closing,
            roster=self.roster,
        )

    def _signers(self) -> Iterator[int]:
        """Everybody who could ever sign: whom a signing stage selects, and who stands in."""
        nothing = self.facts(Situation(self.definition.initial.key))
        for stage in self.definition.stages:
            if not signs(self.definition, stage):
                continue
            for holder in (h for selector in stage.who for h in select(selector, nothing)):
                yield holder.person_id
                yield from (other.person_id for other in holder.substitutes_at(stage.key))

    def moves(self, at: Situation) -> Iterator[Move]:
        """Everything that may happen next, by people and by the engine."""
        stage = self.definition.stage(at.stage)
        facts = self.facts(at)
        if (row := follows_by_itself(self.definition, facts)) is not None:
            yield Move(row, None)
            return
        if stage.settled_by_time:
            row = follows_by_itself(self.definition, self.facts(at, closing=True))
            if row is not None:
                yield Move(row, None)
        acting = eligible(self.definition, stage, facts).holders
        if stage.joint is not None:
            for holder in _people(acting):
                yield Move(None, holder, Verdict.AGREE)
                yield Move(None, holder, Verdict.OBJECT)
        for row in self.definition.transitions_from(at.stage):
            for walker in self._walkers(at, row, acting):
                yield Move(row, walker)
                if stage.editable and at.replies:
                    yield Move(row, walker, rewritten=True)

    def _walkers(
        self, at: Situation, row: Transition, acting: tuple[Holder, ...]
    ) -> tuple[Holder | None, ...]:
        if row.by == "system":
            return (None,)
        if row.by in ("joint", "absence"):
            return ()
        if row.by == "previous":
            if at.entered_by is None or at.entered_from != row.target:
                return ()
            return tuple(h for h in self.roster.everybody if h.person_id == at.entered_by)[:1]
        if row.by == "target":
            target = self.definition.stage(row.target)
            facts = replace(self.facts(at), state=row.target)
            return _people(eligible(self.definition, target, facts).holders)
        return _people(acting)

    def after(self, at: Situation, move: Move, *, numbered: bool) -> Situation:
        """The situation after *move*; ``numbered`` keeps rounds apart, and all that is merged."""
        person = move.holder.person_id if move.holder else None
        if move.row is None:
            assert move.holder is not None and move.verdict is not None  # noqa: S101, PT018
            seat = move.holder.instead_of or move.holder
            given = Reply(
                move.holder.person_id, at.stage, move.verdict, _CONTENT, seat.unit_id, seat.post_id
            )
            return replace(at, replies=at.replies | {given}, entered_by=None, entered_from=None)
        row = move.row
        stage = self.definition.stage(row.source)
        authors = at.authors
        if stage.editable and person is not None and (numbered or person in self.signers):
            authors |= {person}
        order = self.definition.position
        position = order(row.target)
        kept, replies = at.signed, at.replies
        if position <= order(row.source):
            kept = frozenset((s, p) for s, p in kept if order(s) < position)
            replies = frozenset(
                r for r in replies if r.stage != row.target and r.verdict is not Verdict.OBJECT
            )
        if row.by == "system" or move.rewritten:
            # The content changed: what was answered over the old one does not count.
            replies = frozenset()
        if row.signs and person is not None:
            kept = kept | {(row.source, person)}
        can_be_withdrawn = person is not None and any(
            back.by == "previous" and back.target == row.source
            for back in self.definition.transitions_from(row.target)
        )
        return Situation(
            stage=row.target,
            authors=authors,
            signed=kept,
            replies=replies,
            entered_by=person if numbered or can_be_withdrawn else None,
            entered_from=row.source if numbered or can_be_withdrawn else None,
            round=at.round + (1 if numbered and row.new_round else 0),
        )

    def nobody(self, stage: Stage, at: Situation) -> bool:
        """Whether nothing happens at *at* because nobody is left who may act."""
        if stage.final:
            return False
        return all(
            move.row is not None and move.row.by in ("system", "previous")
            for move in self.moves(at)
        )


def _people(holders: tuple[Holder, ...]) -> tuple[Holder, ...]:
    """Each person once: two posts of one person lead to the same situation."""
    return tuple({holder.person_id: holder for holder in reversed(holders)}.values())[::-1]


Arrival = tuple[Situation, Move]


@dataclass(frozen=True)
class Explored:
    """Every situation with how it was first reached (breadth-first: by a shortest path)."""

    came: Mapping[Situation, Arrival | None]
    forward: Mapping[Situation, tuple[Situation, ...]]

    def path(self, at: Situation) -> tuple[Arrival, ...]:
        """The moves that lead to *at*, each with the situation that it leaves."""
        steps: list[Arrival] = []
        arrival = self.came[at]
        while arrival is not None:
            steps.append(arrival)
            arrival = self.came[arrival[0]]
        return tuple(reversed(steps))


def explore(office: Office, *, only: int | None = None, rounds: int | None = None) -> Explored:
    """Every situation that can be reached.

    Args:
        only: by the moves of this person and of the engine alone.
        rounds: with numbered rounds up to this many, unmerged; None merges them.

    Raises:
        TooWide: more than ``MOST_SITUATIONS``.
    """
    start = Situation(office.definition.initial.key)
    came: dict[Situation, Arrival | None] = {start: None}
    forward: dict[Situation, tuple[Situation, ...]] = {}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        found = []
        for move in office.moves(at):
            if only is not None and move.holder is not None and move.holder.person_id != only:
                continue
            then = office.after(at, move, numbered=rounds is not None)
            if rounds is not None and then.round > rounds:
                continue
            found.append(then)
            if then not in came:
                came[then] = (at, move)
                waiting.append(then)
        forward[at] = tuple(found)
        if len(came) > MOST_SITUATIONS:
            raise TooWide(f"more than {MOST_SITUATIONS} situations")
    return Explored(came, forward)
