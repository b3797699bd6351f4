"""What the definition must know of the world to decide: frozen values, made by the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True)
class Holder:
    """A person in a post that is valid on the day of acting.

    ``assignment_id`` and ``unit_id`` are None for somebody who is here by a grant alone.
    """

    person_id: int
    name: str
    assignment_id: int | None
    unit_id: int | None
    rank: Rank | None
    title: str


@dataclass(frozen=True)
class Roster:
    """The people who matter for one evaluation: holders of posts in its units, and publishers."""

    holders: tuple[Holder, ...]
    publishers: tuple[Holder, ...] = ()


@dataclass(frozen=True)
class Signature:
    """A valid signing-off: who, at which stage, in which round, over which content."""

    person_id: int
    stage: str
    round: int
    content_hash: bytes


@dataclass(frozen=True)
class EvaluationFacts:
    """One evaluation as it stands, read under its lock.

    Attributes:
        units: unit ids by the names that selectors use (``lead_section``,
            ``responsible_department``, ``policy_bureau``).
        authors: everybody who ever wrote into the sheet, in any round.
        missing: how many fields keep the sheet from being submitted; None when not looked at.
    """

    state: str
    round: int
    units: Mapping[str, int | None]
    authors: frozenset[int] = frozenset()
    signatures: tuple[Signature, ...] = ()
    first_opened_at: datetime | None = None
    entered_by: int | None = None
    #: The stage from which the last move came.
    entered_from: str | None = None
    content_hash: bytes | None = None
    missing: int | None = None
    roster: Roster = field(default_factory=lambda: Roster(()))
