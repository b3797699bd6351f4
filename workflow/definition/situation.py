"""Where a sheet can be, and what may happen to it next, as an exploration keeps them apart.

A situation is (stage, who of those who could sign wrote, whose signatures and answers stand and
whether they cover the content of now, which stages were settled over it, who made the last move and
whether the sheet was opened where that counts). Rounds need no number, because only what stands
bars anybody, and guards ask of a signature only whether it is of this round: two rounds in which
the same people are barred are the same situation. Those who write and can never sign are left out
of it for the same reason. A hold changes nothing but time and is not walked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workflow.definition.facts import Holder, Reply, Signature, Verdict
from workflow.definition.model import Transition

#: Stand for the content: that of now, and whatever it was before. A signature covers one of them.
CONTENT, FORMER = b"\x00" * 32, b"\x01" * 32
#: The round of now, and whichever was before: only whether a signature is of this round counts.
NOW, BEFORE = 1, 0


@dataclass(frozen=True)
class Situation:
    """Where a sheet can be, as far as it matters for what may follow and for what is claimed.

    Attributes:
        signed: what was signed and is not void, also over a content that has changed since.
        replies: answers of joint stages over the content of now.
        settled: stages where people sign that the sheet left forwards as they are left, over the
            content of now: signed, agreed (合議), passed over (後閲) or taken up (引上げ).
        decided: where the 決裁 over the content of now was signed.
        opened: counted only where a guard asks for it.
        round: counted only when rounds are explored unmerged.
    """

    stage: str
    authors: frozenset[int] = frozenset()
    signed: frozenset[Signature] = frozenset()
    replies: frozenset[Reply] = frozenset()
    settled: frozenset[str] = frozenset()
    decided: str | None = None
    entered_by: int | None = None
    entered_from: str | None = None
    opened: bool = False
    round: int = 1

    @property
    def is_vouched_for(self) -> bool:
        """Whether anything stands over the content of now that another content would void."""
        covered = any(s.content_hash == CONTENT for s in self.signed)
        return covered or bool(self.replies or self.settled)

    def rewritten(self) -> Situation:
        """The same with another content: whatever was signed or answered covers the former one."""
        return replace(
            self,
            signed=frozenset(replace(s, content_hash=FORMER) for s in self.signed),
            replies=frozenset(),
            settled=frozenset(),
            decided=None,
        )


@dataclass(frozen=True)
class Move:
    """One thing that may happen.

    A row that is walked; an answer at a joint stage; without either: that somebody opens the sheet
    (``holder``), or that a late import changes the content where it is (``rewritten``).

    Attributes:
        holder: who does it; None for the engine.
        rewritten: the content is another one than before.
    """

    row: Transition | None
    holder: Holder | None
    verdict: Verdict | None = None
    rewritten: bool = False

    @property
    def leads_on(self) -> bool:
        """Whether it goes on with the sheet: no change from outside, nothing that is taken back."""
        if self.row is None:
            return self.verdict is not None
        return self.row.by not in ("system", "previous")

    @property
    def by_import(self) -> bool:
        """Whether a late import does it."""
        return self.rewritten and self.holder is None


#: A move, and where it leads.
Step = tuple[Move, Situation]
#: A move, and the situation that it leaves.
Arrival = tuple[Situation, Move]
