"""One kind of sheet in one organisation on one day, and what may happen to it there.

What may happen is what the engine would do: the same ``eligible``, the same ``decide`` with the
guards of each row, the same ``follows_by_itself`` and the same ``facts_after``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from workflow.definition.decide import Decision, decide, facts_after, follows_by_itself
from workflow.definition.eligibility import eligible, signs
from workflow.definition.facts import EvaluationFacts, Holder, Reply, Roster, Verdict
from workflow.definition.model import SIGNED, Definition, Stage, Transition
from workflow.definition.situation import BEFORE, CONTENT, NOW, Move, Situation, Step
from workflow.definition.vocabulary import CONTENT_CHANGED, select

#: When a sheet was opened; only whether it was counts.
_OPENED = datetime.min.replace(tzinfo=UTC)
#: What is handed in wherever a row asks for words.
_WORDS = "…"


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
        self._counts_opening = {
            row.source for row in definition.transitions if "not_opened" in row.guards
        }

    def facts(self, at: Situation, *, closing: bool = False) -> EvaluationFacts:
        """The situation as the engine's rules see it."""
        return EvaluationFacts(
            state=at.stage,
            round=NOW,
            units=self.units,
            related=self.related,
            authors=at.authors,
            signatures=tuple(sorted(at.signed, key=lambda s: (s.stage, s.person_id))),
            replies=tuple(sorted(at.replies, key=lambda r: (r.stage, r.person_id))),
            first_opened_at=_OPENED if at.opened else None,
            entered_by=at.entered_by,
            entered_from=at.entered_from,
            content_hash=CONTENT,
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
                yield from (other.person_id for other in holder.substitutes_at(stage))

    def steps(self, at: Situation, *, numbered: bool = False) -> Iterator[Step]:
        """Everything that may happen next, by people and by the engine, and where it leads.

        Args:
            numbered: keep apart what is merged: rounds, all authors, every last mover.
        """
        facts = self.facts(at)
        if (row := follows_by_itself(self.definition, facts)) is not None:
            yield from self._walk(at, facts, row, (None,), numbered=numbered)
            return
        stage = self.definition.stage(at.stage)
        acting = eligible(self.definition, stage, facts).holders
        if stage.settled_by_time:
            over = self.facts(at, closing=True)
            row = follows_by_itself(self.definition, over)
            if row is not None:
                yield from self._walk(at, over, row, (None,), numbered=numbered)
        if stage.joint is not None:
            for holder in _people(acting):
                for verdict in (Verdict.AGREE, Verdict.OBJECT):
                    yield self._answer(at, holder, verdict)
        for row in self.definition.transitions_from(at.stage):
            walkers = self._walkers(at, facts, row, acting)
            yield from self._walk(at, facts, row, walkers, numbered=numbered)
        yield from self._import(at, stage, numbered=numbered)
        waits = any(
            r.by in ("stage", "publication") for r in self.definition.transitions_from(at.stage)
        )
        if waits and at.stage in self._counts_opening and not at.opened and acting:
            yield Move(None, acting[0]), self._opened(at)

    def _walkers(
        self,
        at: Situation,
        facts: EvaluationFacts,
        row: Transition,
        acting: tuple[Holder, ...],
    ) -> tuple[Holder | None, ...]:
        if row.by in ("joint", "absence", "system"):
            return ()
        if row.by == "publication":
            return self.roster.publishers if row == self.definition.publishing else ()
        if row.by == "previous":
            if at.entered_by is None or at.entered_from != row.target:
                return ()
            return tuple(h for h in self.roster.everybody if h.person_id == at.entered_by)[:1]
        if row.by == "target":
            target = self.definition.stage(row.target)
            facts = replace(facts, state=row.target)
            return _people(eligible(self.definition, target, facts).holders)
        return _people(acting)

    def _walk(
        self,
        at: Situation,
        facts: EvaluationFacts,
        row: Transition,
        walkers: Iterable[Holder | None],
        *,
        numbered: bool,
    ) -> Iterator[Step]:
        """*row* by each of the *walkers*, where its guards let it through."""
        decision = decide(self.definition, facts, row, reason=_WORDS)
        editable = self.definition.stage(at.stage).editable
        for walker in walkers:
            if isinstance(decision, Decision):
                then = self._after(at, facts, decision, walker, numbered=numbered)
                yield Move(row, walker), then
            if editable and walker is not None and at.is_vouched_for:
                other = at.rewritten()
                yield from self._rewritten(other, row, walker, numbered=numbered)

    def _rewritten(
        self, other: Situation, row: Transition, walker: Holder | None, *, numbered: bool
    ) -> Iterator[Step]:
        facts = self.facts(other)
        decision = decide(self.definition, facts, row, reason=_WORDS)
        if isinstance(decision, Decision):
            then = self._after(other, facts, decision, walker, numbered=numbered)
            yield Move(row, walker, rewritten=True), then

    def _import(self, at: Situation, stage: Stage, *, numbered: bool) -> Iterator[Step]:
        """A late import, where it changes more than a draft; it is refused where its row is."""
        if stage.final or stage.editable:
            return
        row = self.definition.find(at.stage, CONTENT_CHANGED)
        if row is not None:
            yield from self._rewritten(at.rewritten(), row, None, numbered=numbered)
        elif at.is_vouched_for:
            yield Move(None, None, rewritten=True), at.rewritten()

    def _answer(self, at: Situation, holder: Holder, verdict: Verdict) -> Step:
        seat = holder.instead_of or holder
        given = Reply(holder.person_id, at.stage, verdict, CONTENT, seat.unit_id, seat.post_id)
        then = replace(at, replies=at.replies | {given}, entered_by=None, entered_from=None)
        return Move(None, holder, verdict), self._opened(then)

    def _opened(self, at: Situation) -> Situation:
        """Somebody has seen the sheet; who brought it counts only where they could take it back."""
        if at.stage not in self._counts_opening:
            return at
        shut = all(
            "not_opened" in r.guards for r in self.definition.walked_by(at.stage, "previous")
        )
        if shut:
            at = replace(at, entered_by=None, entered_from=None)
        return replace(at, opened=True)

    def _after(
        self,
        at: Situation,
        facts: EvaluationFacts,
        decision: Decision,
        walker: Holder | None,
        *,
        numbered: bool,
    ) -> Situation:
        row, person = decision.transition, walker.person_id if walker else None
        source = self.definition.stage(row.source)
        authors = at.authors
        if source.editable and person is not None and (numbered or person in self.signers):
            authors |= {person}
        after = facts_after(facts, decision, person)
        by_hand = person is not None and (
            numbered
            or any(
                r.target == row.source for r in self.definition.walked_by(row.target, "previous")
            )
        )
        settled, decided = self._settled(at, decision, facts, person)
        return Situation(
            stage=row.target,
            authors=authors,
            signed=frozenset(
                replace(s, round=BEFORE) if row.new_round else s for s in after.signatures
            ),
            replies=frozenset(after.replies),
            settled=settled,
            decided=decided,
            entered_by=person if by_hand else None,
            entered_from=row.source if by_hand else None,
            round=at.round + (1 if numbered and row.new_round else 0),
        )

    def _settled(
        self, at: Situation, decision: Decision, facts: EvaluationFacts, person: int | None
    ) -> tuple[frozenset[str], str | None]:
        """The stages that are settled after the move, and where the 決裁 was signed."""
        row = decision.transition
        settled = at.settled.difference(decision.voids_signatures)
        decided = None if at.decided in decision.voids_signatures else at.decided
        if decision.goes_back:
            return settled, decided
        signed = row.signs and person is not None
        left_as_it_should = signed or row.by in ("joint", "absence", "target")
        if left_as_it_should and self.definition.stage(row.source).kind in SIGNED:
            settled |= {row.source}
        answered = row.by == "joint" and any(
            reply.verdict is not Verdict.OBJECT for reply in facts.valid_replies(row.source)
        )
        if row.final_approval and (signed or answered):
            decided = row.source
        return settled, decided

    def nobody(self, at: Situation) -> bool:
        """Whether nothing happens at *at* because nobody is left who may act."""
        return not self.definition.stage(at.stage).final and not any(
            move.leads_on for move, _then in self.steps(at)
        )


def _people(holders: tuple[Holder, ...]) -> tuple[Holder, ...]:
    """Each person once: two posts of one person lead to the same situation."""
    return tuple({holder.person_id: holder for holder in reversed(holders)}.values())[::-1]
