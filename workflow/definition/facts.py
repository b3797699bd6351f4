"""What the definition must know of the world to decide: frozen values, made by the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from workflow.definition.model import Basis, NamedFor, Stage


class Rank(StrEnum):
    """What a post may do follows from its rank; its title is free text."""

    #: 部長: heads a department.
    DIRECTOR = "director"
    #: 次長: deputy of a department's head.
    DEPUTY_DIRECTOR = "deputy_director"
    #: 課長: heads a section.
    SECTION_CHIEF = "section_chief"
    #: 担当: drafts.
    STAFF = "staff"


class Grant(StrEnum):
    """What a person may do beside the post, granted by name."""

    #: Selects and publishes approved evaluations.
    PUBLISHER = "publisher"
    #: Keeps people, sessions and the calendar; has no right to approve by that.
    ADMINISTRATOR = "administrator"
    #: 部局の庶務担当: hears what becomes late in the department.
    COORDINATOR = "coordinator"
    #: 外部評価委員: judges at an external stage of the route.
    EXTERNAL_REVIEWER = "external_reviewer"


@dataclass(frozen=True)
class Holder:
    """A person in a post that is valid on the day of acting.

    Attributes:
        assignment_id, post_id, unit_id: None for somebody who is here by a grant alone.
        absence: None for somebody who is there; else the substitutes that the registered
            absence names, by kind of step, in their order (those of them who hold a post today).
        instead_of: the absent person whom this holder stands in for.
        kept: the step was this person's before a reorganisation ended the post.
    """

    person_id: int
    name: str
    assignment_id: int | None
    unit_id: int | None
    rank: Rank | None
    title: str
    post_id: int | None = None
    absence: tuple[tuple[NamedFor, tuple[Holder, ...]], ...] | None = None
    instead_of: Holder | None = None
    kept: bool = False

    @property
    def is_absent(self) -> bool:
        """Whether an absence is registered for today."""
        return self.absence is not None

    def substitutes_at(self, stage: Stage) -> tuple[Holder, ...]:
        """Who stands in at *stage* of whatever route, in the registered order."""
        return next((people for step, people in self.absence or () if step == stage.step), ())

    @property
    def basis(self) -> Basis:
        """By what right this holder acts, as far as the person is concerned."""
        if self.instead_of is not None:
            return Basis.SUBSTITUTE
        return Basis.KEPT if self.kept else Basis.OWN


#: Who stands in, by kind of step, in their order.
Substitutes = tuple[tuple[NamedFor, tuple[Holder, ...]], ...]


@dataclass(frozen=True)
class Roster:
    """The people who matter for one evaluation: holders of posts in its units, and by grants."""

    holders: tuple[Holder, ...]
    publishers: tuple[Holder, ...] = ()
    external_reviewers: tuple[Holder, ...] = ()
    #: (department's id, who coordinates there), by a grant beside a post in the department.
    coordinators: tuple[tuple[int, Holder], ...] = ()

    def with_absence(self, person_id: int, away: Mapping[int | None, Substitutes] | None) -> Roster:
        """The same people with *person_id* away, also as somebody's substitute.

        Args:
            away: who stands in, by the assignment of the person; None: the person is there.
        """

        def absence(holder: Holder) -> Substitutes | None:
            return None if away is None else away.get(holder.assignment_id, ())

        def changed(holder: Holder) -> Holder:
            if holder.person_id == person_id:
                return replace(holder, absence=absence(holder))
            if not holder.absence:
                return holder
            return replace(
                holder,
                absence=tuple(
                    (step, tuple(map(changed, people))) for step, people in holder.absence
                ),
            )

        return replace(self, holders=tuple(map(changed, self.holders)))

    @property
    def everybody(self) -> tuple[Holder, ...]:
        """All of them."""
        return (*self.holders, *self.publishers, *self.external_reviewers)


@dataclass(frozen=True)
class Signature:
    """A valid signing-off: who, at which stage, in which round, over which content."""

    person_id: int
    stage: str
    round: int
    content_hash: bytes


class Verdict(StrEnum):
    """An answer at a joint stage (合議)."""

    #: 同意
    AGREE = "agree"
    #: 意見付き同意
    AGREE_WITH_OPINION = "agree_with_opinion"
    #: 不同意
    OBJECT = "object"


@dataclass(frozen=True)
class Reply:
    """An answer given at a joint stage; it counts as long as the content is the one it covered.

    Attributes:
        post_id, unit_id: for which post and department; None for a committee's member.
    """

    person_id: int
    stage: str
    verdict: Verdict
    content_hash: bytes
    unit_id: int | None = None
    post_id: int | None = None


@dataclass(frozen=True)
class Hold:
    """保留: who stopped the clock, and since when."""

    person_id: int
    name: str
    since: datetime


@dataclass(frozen=True)
class Kept:
    """People who keep the step that waited for them when 1 April ended their posts.

    Attributes:
        stage: the step; at every other one the organisation of the day counts.
        holders: those whose post was ended, in the capacity that they had.
        waiting: everybody for whom the sheet waited then; nobody else takes the step over.
    """

    stage: str
    holders: tuple[Holder, ...]
    waiting: frozenset[int]


@dataclass(frozen=True)
class EvaluationFacts:
    """One evaluation as it stands, read under its lock.

    Attributes:
        units: unit ids by the names that selectors use (``lead_section``,
            ``responsible_department``, ``policy_bureau``).
        related: ids of the related departments (関連部局), in the printed order.
        authors: everybody who ever wrote into the sheet, in any round.
        replies: answers of joint stages that were not voided.
        missing: how many fields keep the sheet from being submitted; None when not looked at.
        closing: the last day of a joint stage is over: those who did not answer are settled.
        kept: who keeps the present step over a reorganisation.
    """

    state: str
    round: int
    units: Mapping[str, int | None]
    related: tuple[int, ...] = ()
    authors: frozenset[int] = frozenset()
    signatures: tuple[Signature, ...] = ()
    replies: tuple[Reply, ...] = ()
    first_opened_at: datetime | None = None
    entered_by: int | None = None
    #: The stage from which the last move came.
    entered_from: str | None = None
    hold: Hold | None = None
    content_hash: bytes | None = None
    missing: int | None = None
    closing: bool = False
    kept: Kept | None = None
    roster: Roster = field(default_factory=lambda: Roster(()))

    def with_absence(
        self, person_id: int, away: Mapping[int | None, Substitutes]
    ) -> EvaluationFacts:
        """The same sheet with *person_id* away, who then keeps no step over a reorganisation.

        Args:
            away: who stands in, by the assignment of the person.
        """
        kept = self.kept
        if kept is not None:
            kept = replace(kept, holders=tuple(h for h in kept.holders if h.person_id != person_id))
        return replace(self, kept=kept, roster=self.roster.with_absence(person_id, away))

    def valid_replies(self, stage: str) -> tuple[Reply, ...]:
        """The answers given at *stage* over the content that stands now, in whatever round."""
        return tuple(
            r for r in self.replies if r.stage == stage and r.content_hash == self.content_hash
        )
