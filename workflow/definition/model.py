"""What a definition is, as frozen values; ``load`` makes them from TOML, ``decide`` reads them.

Nothing here is evaluated: selectors, guards and requirements are names registered in
``vocabulary``, so that a definition is data and can be explored by a checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from workflow.definition.absence import NamedFor as NamedFor
from workflow.definition.absence import WhenAbsent as WhenAbsent
from workflow.definition.absence import kind_of_step


class Requirement(StrEnum):
    """What a person must hand in with an action; both travel as the event's reason."""

    #: A sentence that says why.
    REASON = "reason"
    #: A sentence of the approver's own, where the route asks for one (付記).
    COMMENT = "comment"


class StageKind(StrEnum):
    """What a stage is for."""

    #: 起案: people write.
    DRAFTING = "drafting"
    #: 承認・決裁: one of those whom the stage selects signs.
    SIGN_OFF = "sign_off"
    #: 合議: several agree, each for a post or a department.
    JOINT = "joint"
    #: 公表待ち: a publisher selects, the publishing job moves.
    RELEASE = "release"
    #: 公表済: the end that a route is for.
    PUBLISHED = "published"
    #: 却下・廃案: the other end; a new sheet may quote it.
    ENDED = "ended"


FINAL = frozenset({StageKind.PUBLISHED, StageKind.ENDED})
#: Where people sign or answer for the content.
SIGNED = frozenset({StageKind.SIGN_OFF, StageKind.JOINT})


class Quorum(StrEnum):
    """How many must agree at a joint stage."""

    #: Everybody whom the stage selects.
    ALL = "all"
    #: At least one in each department.
    ONE_PER_GROUP = "one_per_group"
    #: A number of those whom the stage selects (m of n).
    AT_LEAST = "at_least"


class Objection(StrEnum):
    """What one objection (不同意) means at a joint stage."""

    #: It settles the stage against the sheet.
    VETO = "veto"
    #: It is a vote: the stage is lost once the quorum cannot be reached any more.
    COUNTS = "counts"
    #: It is kept for the decider to see, and counts as an answer.
    NOTED = "noted"


class NoReply(StrEnum):
    """What becomes of those who have not answered when the stage's last day is over."""

    #: The stage goes on waiting.
    WAITS = "waits"
    #: Silence is consent.
    AGREES = "agrees"
    #: 通知済: they were told, and that is enough.
    NOTIFIED = "notified"
    #: Silence is an objection.
    OBJECTS = "objects"


class Basis(StrEnum):
    """By what right somebody acted; written with each event."""

    #: In one's own post.
    OWN = "own"
    #: 専決: standing authority by rule, in the place of a superior.
    DELEGATED = "delegated"
    #: 代決・代理: for somebody whose absence is registered.
    SUBSTITUTE = "substitute"
    #: 引上げ: a superior took it from a lower stage.
    PULL_UP = "pull_up"
    #: 後閲: passed over, or read afterwards.
    POST_REVIEW = "post_review"
    #: The step was kept from a post that a reorganisation ended.
    KEPT = "kept"


@dataclass(frozen=True)
class Selector:
    """Who: a registered selector and the unit it looks at (None for grants)."""

    name: str
    unit: str | None = None


@dataclass(frozen=True)
class Rung:
    """One step of a stage's ladder: *kind* at *offset* business days from the due date.

    Attributes:
        to: whom an escalation tells; reminders and overdue notices go to those whose turn it is.
    """

    kind: str
    number: int
    offset_business_days: int
    to: tuple[Selector, ...] = ()


@dataclass(frozen=True)
class JointRule:
    """How a joint stage is settled.

    Attributes:
        number: for ``Quorum.AT_LEAST``, how many; else 0. Never more than are there.
    """

    quorum: Quorum
    number: int
    objection: Objection
    no_reply: NoReply


@dataclass(frozen=True)
class DelegatedAuthority:
    """専決: in whose place the stage decides, and by which rule (a regulation's article)."""

    instead_of: str
    rule: str


@dataclass(frozen=True)
class Stage:
    """One place where a sheet can be."""

    key: str
    label: str
    label_en: str
    kind: StageKind = StageKind.SIGN_OFF
    who: tuple[Selector, ...] = ()
    distinct_from: tuple[str, ...] = ()
    ladder: tuple[Rung, ...] = ()
    #: How a joint stage is settled; None for every other kind.
    joint: JointRule | None = None
    #: Absence counts only at stages that say what follows from it.
    when_absent: tuple[WhenAbsent, ...] = ()
    delegated: DelegatedAuthority | None = None
    #: 保留: whoever has it may stop the clock.
    may_hold: bool = False
    #: Nobody signs here without a sentence of their own.
    comment_required: bool = False
    #: A sheet that comes here when the last day is over gets one of its own, so many business days
    #: later; 0: the last day counts as it is.
    late_days: int = 3
    #: 重要・異例: registered conditions under which nobody decides as a substitute.
    no_substitute_when: tuple[str, ...] = ()
    #: The kind of step as the text says it; ``step`` is what counts.
    declared_step: NamedFor | None = None

    @property
    def step(self) -> NamedFor | None:
        """For which kind of step a substitute stands in: as it is said, else by who is asked."""
        if self.declared_step is not None or self.kind not in SIGNED or not self.who:
            return self.declared_step
        return kind_of_step(self.who[0].unit, is_joint=self.kind is StageKind.JOINT)

    @property
    def editable(self) -> bool:
        """Only while the sheet is here may its content be edited by people."""
        return self.kind is StageKind.DRAFTING

    @property
    def settled_by_time(self) -> bool:
        """A joint stage that does not wait for answers once its last day is over."""
        return self.joint is not None and self.joint.no_reply is not NoReply.WAITS

    @property
    def final(self) -> bool:
        """Nothing follows."""
        return self.kind in FINAL


@dataclass(frozen=True)
class Transition:
    """One row of the table: *action* moves a sheet from one stage to another.

    Attributes:
        by: who walks it, one of ``vocabulary.WALKERS``.
        signs: the person signs the content off: four eyes counts it.
        final_approval: this signature is the 決裁.
    """

    action: str
    source: str
    target: str
    label: str
    label_en: str
    by: str = "stage"
    guards: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    signs: bool = False
    final_approval: bool = False
    #: A new round begins; signatures of stages that the sheet did not go back over still stand.
    new_round: bool = False

    @property
    def asks_for_words(self) -> bool:
        """Whether a sentence must come with it."""
        return bool(self.requires)


@dataclass(frozen=True)
class Definition:
    """A whole route, pinned to a cycle by ``content_hash`` (SHA-256 of the source text)."""

    name: str
    label: str
    source: str
    content_hash: bytes
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]

    @property
    def initial(self) -> Stage:
        """The first stage; every evaluation begins here."""
        return self.stages[0]

    @cached_property
    def by_key(self) -> Mapping[str, Stage]:
        """Stages by their key."""
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {stage.key: i for i, stage in enumerate(self.stages)}

    @cached_property
    def _leaving(self) -> Mapping[str, tuple[Transition, ...]]:
        found: dict[str, tuple[Transition, ...]] = {}
        for row in self.transitions:
            found[row.source] = (*found.get(row.source, ()), row)
        return found

    def stage(self, key: str) -> Stage:
        """The stage named *key*.

        Raises:
            KeyError: for a state that this definition does not know (fail closed).
        """
        try:
            return self.by_key[key]
        except KeyError:
            raise KeyError(f"definition {self.name!r} has no stage {key!r}") from None

    def transitions_from(self, state: str) -> tuple[Transition, ...]:
        """All rows that leave *state*, in the order of the file."""
        return self._leaving.get(state, ())

    def find(self, state: str, action: str, target: str | None = None) -> Transition | None:
        """The row for *action* in *state*, the first where *target* is not given."""
        for row in self.transitions:
            if row.source == state and row.action == action and target in (None, row.target):
                return row
        return None

    def walked_by(self, state: str, walker: str) -> tuple[Transition, ...]:
        """The rows that leave *state* and are walked by *walker*."""
        return tuple(row for row in self.transitions_from(state) if row.by == walker)

    @property
    def publishing(self) -> Transition | None:
        """The row that publication walks: the first; None where people alone lead to the end."""
        return next((row for row in self.transitions if row.by == "publication"), None)

    def rung(self, stage: str, kind: str, number: int) -> Rung | None:
        """A step of a stage's ladder."""
        for rung in self.stage(stage).ladder:
            if (rung.kind, rung.number) == (kind, number):
                return rung
        return None

    def position(self, key: str) -> int:
        """Where in the order of the file the stage stands; earlier is smaller."""
        return self._positions[key]
