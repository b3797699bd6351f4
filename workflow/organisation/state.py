"""The organisation as values: units, posts, who holds them, people; all with validity dates.

Read by ``services.organisation_rows``. Numbers below zero stand for rows that are still to be
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from workflow.definition.facts import Rank


def holds_on(day: date, since: date | None, until: date | None) -> bool:
    """Whether a validity from *since* to *until* (both included, None: open) covers *day*."""
    return (since is None or since <= day) and (until is None or until >= day)


@dataclass(frozen=True)
class Unit:
    """部局 or 課."""

    id: int
    name: str
    is_department: bool
    parent_id: int | None
    executive_body: str
    sort_order: int
    valid_from: date
    valid_until: date | None = None
    #: Who took over when the unit ended.
    successor_id: int | None = None


@dataclass(frozen=True)
class Post:
    """A post in a unit."""

    id: int
    unit_id: int
    title: str
    rank: Rank
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class Holding:
    """A person in a post."""

    id: int
    person_id: int
    post_id: int
    is_primary: bool
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class GrantHeld:
    """A right that no post brings, held by a person."""

    id: int
    person_id: int
    role: str
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class Staff:
    """A member of staff."""

    id: int
    sign_in_name: str
    name: str
    kana: str = ""
    email: str = ""
    is_disabled: bool = False


@dataclass(frozen=True)
class Organisation:
    """Everything of one installation, whatever its dates."""

    units: Mapping[int, Unit]
    posts: Mapping[int, Post]
    holdings: tuple[Holding, ...]
    people: Mapping[int, Staff]
    grants: tuple[GrantHeld, ...]
    policy_bureau_id: int | None

    def holdings_on(self, day: date) -> tuple[Holding, ...]:
        """Who is in which post on *day*; people whose account is off are nowhere."""
        return tuple(
            holding
            for holding in self.holdings
            if holds_on(day, holding.valid_from, holding.valid_until)
            and holds_on(
                day,
                self.posts[holding.post_id].valid_from,
                self.posts[holding.post_id].valid_until,
            )
            and not self.people[holding.person_id].is_disabled
        )

    def owner_on(self, unit_id: int | None, day: date) -> int | None:
        """The unit that does the work of *unit_id* on *day*; None where nobody took over."""
        seen: set[int] = set()
        while unit_id is not None and unit_id not in seen:
            seen.add(unit_id)
            unit = self.units[unit_id]
            if unit.valid_until is None or unit.valid_until >= day:
                return unit_id
            unit_id = unit.successor_id
        return None


def departments_of(units: Iterable[Unit]) -> dict[str, list[str]]:
    """Names of departments and of their sections, as the search for names wants them."""
    listed = list(units)
    names = {unit.id: unit.name for unit in listed if unit.is_department}
    found: dict[str, list[str]] = {name: [] for name in names.values()}
    for unit in listed:
        if not unit.is_department and unit.parent_id in names:
            found[names[unit.parent_id]].append(unit.name)
    return found
