"""What is claimed of a route, what refutes a claim, and what is only warned of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from workflow.definition.facts import Holder, Verdict
from workflow.definition.model import Stage, Transition
from workflow.definition.office import Office
from workflow.definition.situation import Arrival, Move
from workflow.sentences.findings import FINDINGS


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
    #: What is published was signed, as it stands, at the stage of the 決裁.
    FINALLY_APPROVED = "finally_approved"
    #: What is published left every stage before the 決裁 where people sign as that stage is left,
    #: over the content that stands: signed, agreed, passed over (後閲) or taken up (引上げ).
    REVIEWS_SIGNED = "reviews_signed"
    #: Where a late import voids what was signed, the route itself leads back at least to there.
    WAY_BACK = "way_back"
    #: No person signs or answers at two stages of a sheet, as a substitute or not.
    DIFFERENT_HANDS = "different_hands"
    #: Nobody signs without a comment at a stage that asks for one.
    COMMENT_WHERE_REQUIRED = "comment_where_required"
    #: Whoever goes back, takes a sheet up or ends it says why.
    REASON_ON_RETURN = "reason_on_return"


class Caution(StrEnum):
    """What can be meant, and seldom is."""

    NEVER_REACHED = "never_reached"
    ROW_NEVER_WALKED = "row_never_walked"
    ESCALATES_TO_NOBODY = "escalates_to_nobody"
    LADDER_OUT_OF_ORDER = "ladder_out_of_order"
    LADDER_TWICE = "ladder_twice"
    SEVERAL_PUBLISHED = "several_published"
    SUBMITTED_INCOMPLETE = "submitted_incomplete"
    WITHDRAWN_AFTER_OPENING = "withdrawn_after_opening"
    REVIEW_LEFT_OUT = "review_left_out"


@dataclass(frozen=True)
class Finding:
    """What was found, to be said in either language.

    Attributes:
        code: one of ``workflow.sentences.findings``.
        names: what the sentence names: by its key, in Japanese and in English.
    """

    code: str
    names: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, code: str, **named: Stage | Transition | str | int) -> Finding:
        """A finding that names stages and rows by their labels."""
        return cls(code, tuple((key, *_labels(thing)) for key, thing in named.items()))

    def said(self, locale: str) -> str:
        """The sentence for a reader of ``ja`` or ``en``."""
        japanese, english = FINDINGS[self.code]
        if locale == "ja":
            return japanese.format_map({key: name for key, name, _ in self.names})
        return english.format_map({key: name for key, _, name in self.names})

    def __str__(self) -> str:
        """In English, with stages by the labels that they have everywhere in the program."""
        return FINDINGS[self.code][1].format_map({key: name for key, name, _ in self.names})


def _labels(thing: Stage | Transition | str | int) -> tuple[str, str]:
    if isinstance(thing, str | int):
        return str(thing), str(thing)
    return thing.label, thing.label_en


@dataclass(frozen=True)
class Step:
    """One move on a path: who, as what, did what, from where to where."""

    who: str
    action: str
    source: str
    target: str


@dataclass(frozen=True)
class Refutation:
    """A claim that does not hold, and the shortest path that shows it.

    Attributes:
        found: what stands at the end of the path.
        moves: the path as it was explored, for whoever walks it.
    """

    claim: Claim
    path: tuple[Step, ...]
    found: Finding
    moves: tuple[Arrival, ...] = field(default=(), compare=False)

    @property
    def finding(self) -> str:
        """What stands at the end of the path, in words."""
        return str(self.found)


def refuted(
    office: Office, claim: Claim, moves: tuple[Arrival, ...], code: str, **named: Stage | str
) -> Refutation:
    """A refutation by *moves*."""
    path = tuple(_step(office, arrival) for arrival in moves)
    return Refutation(claim, path, Finding.of(code, **named), moves)


#: What an answer at a joint stage is called on a path.
_ANSWERS: Mapping[Verdict | None, str] = {
    Verdict.AGREE: "同意する",
    Verdict.OBJECT: "不同意とする",
}
_REWRITTEN, _IMPORTED, _OPENED = "書き直して", "決算額などの取込みで内容が変わる", "開く"


def _step(office: Office, arrival: Arrival) -> Step:
    before, move = arrival
    stages = office.definition.by_key
    source = stages[before.stage].label
    target = source if move.row is None else stages[move.row.target].label
    return Step(_who(move), _what(move), source, target)


def _what(move: Move) -> str:
    if move.row is None:
        return _IMPORTED if move.by_import else _ANSWERS.get(move.verdict, _OPENED)
    return f"{_REWRITTEN}{move.row.label}" if move.rewritten and move.holder else move.row.label


def _who(move: Move) -> str:
    holder: Holder | None = move.holder
    if holder is None:
        return "自動処理"
    words = f"{holder.title} {holder.name}".strip()
    absent = holder.instead_of
    return words if absent is None else f"{words}（{absent.title} {absent.name}の代理）"
