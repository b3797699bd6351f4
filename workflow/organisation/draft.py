"""The organisation while it is being changed: what ends, what begins, what is wrong.

``units`` and ``staff`` decide; this keeps. At the end it is an ``Organisation`` to look into and
a ``Decided`` to be written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from workflow.calendar.era import japanese_date
from workflow.definition.facts import Rank
from workflow.exchange.transfer_faults import TransferFaultCode
from workflow.exchange.transfers import Change, Problem
from workflow.exchange.unit_names import suggestion, units_named
from workflow.organisation.state import (
    Holding,
    Organisation,
    Post,
    Staff,
    Unit,
    departments_of,
)


@dataclass(frozen=True)
class Ended:
    """A row that ends the day before, and until when it was meant to hold."""

    id: int
    was: date | None


@dataclass(frozen=True)
class Decided:
    """What is to be written: rows that begin on the day, rows that end the day before."""

    new_units: tuple[Unit, ...]
    new_posts: tuple[Post, ...]
    new_holdings: tuple[Holding, ...]
    #: New people have ids below zero; the others come back.
    hired: tuple[Staff, ...]
    ended_units: tuple[Ended, ...]
    ended_posts: tuple[Ended, ...]
    ended_holdings: tuple[Ended, ...]
    ended_grants: tuple[Ended, ...]
    retired: tuple[int, ...]
    #: Old unit → the one that takes over.
    successors: tuple[tuple[int, int], ...]
    #: Posts of renamed units: the new one, and the old one whose holders go on in it.
    carried_posts: tuple[tuple[int, int], ...] = ()

    @property
    def carried_from(self) -> dict[int, int]:
        """New post → the old one."""
        return dict(self.carried_posts)

    def as_json(self) -> dict[str, Any]:
        """Plain values, days as texts."""

        def plain(value: object) -> object:
            if isinstance(value, date):
                return value.isoformat()
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            return [plain(item) for item in value] if isinstance(value, list | tuple) else value

        kept: Any = plain(asdict(self))
        return dict(kept)


@dataclass
class Draft:
    """A copy of the organisation in which things are moved about."""

    before: Organisation
    day: date
    units: dict[int, Unit] = field(init=False)
    posts: dict[int, Post] = field(init=False)
    holdings: dict[int, Holding] = field(init=False)
    people: dict[int, Staff] = field(init=False)
    #: Unit id → the row that ends it.
    ending_units: dict[int, int] = field(default_factory=dict)
    #: Old post → the post in which its holders go on (改称).
    carried_posts: dict[int, int] = field(default_factory=dict)
    hired: list[int] = field(default_factory=list)
    retired: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units = dict(self.before.units)
        self.posts = dict(self.before.posts)
        self.holdings = {holding.id: holding for holding in self.before.holdings}
        self.people = dict(self.before.people)
        self._next = 0

    @property
    def eve(self) -> date:
        """The last day of what ends."""
        return self.day - timedelta(days=1)

    def number(self) -> int:
        """The next number for a row that is still to be written."""
        self._next -= 1
        return self._next

    def wrong(self, change: Change, column: str, code: StrEnum, **values: object) -> None:
        """Note what is wrong with a row."""
        self.problems.append(Problem(change.row, column, code, values))

    # What holds on the day

    def standing(self, valid_until: date | None) -> bool:
        """Whether something with this end is still there on the day."""
        return valid_until is None or valid_until >= self.day

    def units_before(self) -> list[Unit]:
        """The units as they would stand on the day if nothing changed."""
        return [unit for unit in self.before.units.values() if self.standing(unit.valid_until)]

    def units_after(self) -> list[Unit]:
        """The units that are there on the day."""
        return [unit for unit in self.units.values() if self.standing(unit.valid_until)]

    def held_by(self, person_id: int) -> list[Holding]:
        """The posts of a person on the day, the main one first."""
        held = [
            holding
            for holding in self.holdings.values()
            if holding.person_id == person_id and self.standing(holding.valid_until)
        ]
        return sorted(held, key=lambda holding: (not holding.is_primary, holding.id))

    def post_named(self, unit_id: int, title: str) -> Post | None:
        """The post of that title in the unit on the day."""
        return next(
            (
                post
                for post in self.posts.values()
                if post.unit_id == unit_id
                and post.title == title
                and self.standing(post.valid_until)
            ),
            None,
        )

    # Names

    def find_unit(
        self,
        change: Change,
        column: str,
        name: str,
        among: Iterable[Unit],
        *,
        rank: Rank | None = None,
    ) -> Unit | None:
        """The unit that a cell names; notes what is wrong when there is not exactly one.

        A post of a department (部長, 次長) is in the department also where a section has its name.
        """
        units = list(among)
        departments = {unit.name: unit for unit in units if unit.is_department}
        if rank in (Rank.DIRECTOR, Rank.DEPUTY_DIRECTOR) and name in departments:
            return departments[name]
        known = departments_of(units)
        found = units_named(name, known)
        if len(found) > 1:
            places = "、".join(unit.department for unit in found)
            code = TransferFaultCode.SEVERAL_UNITS
            self.wrong(change, column, code, name=name, departments=places)
            return None
        if not found:
            names = [unit.name for unit in units]
            hint = suggestion(name, names)
            code = TransferFaultCode.NO_SUCH_UNIT
            self.wrong(change, column, code, name=name, **hint)
            return None
        parent = departments.get(found[0].department)
        if found[0].section is None:
            return parent
        return next(
            unit
            for unit in units
            if not unit.is_department
            and unit.name == found[0].section
            and parent is not None
            and unit.parent_id == parent.id
        )

    # Ends and beginnings

    def end_holding(self, change: Change, holding: Holding) -> None:
        """A person leaves a post the day before."""
        if self._begins_later(change, holding.valid_from, self.people[holding.person_id].name):
            return
        self.holdings[holding.id] = replace(holding, valid_until=self.eve)

    def end_post(self, change: Change, post: Post) -> None:
        """A post ends the day before."""
        if not self._begins_later(change, post.valid_from, post.title):
            self.posts[post.id] = replace(post, valid_until=self.eve)

    def end_unit(self, change: Change, unit: Unit) -> None:
        """A unit ends the day before; its successor is told later."""
        if not self._begins_later(change, unit.valid_from, unit.name):
            self.units[unit.id] = replace(unit, valid_until=self.eve)

    def _begins_later(self, change: Change, begins: date, name: str) -> bool:
        if begins < self.day:
            return False
        column = "sign_in_name" if change.sign_in_name else "unit"
        code = TransferFaultCode.BEGINS_LATER
        words = {"begins_ja": japanese_date(begins, weekday=False), "begins_en": str(begins)}
        self.wrong(change, column, code, name=name, **words)
        return True

    def begin_holding(
        self, person_id: int, post_id: int, *, primary: bool, until: date | None = None
    ) -> None:
        """A person begins in a post on the day."""
        number = self.number()
        self.holdings[number] = Holding(number, person_id, post_id, primary, self.day, until)

    # At the end

    def after(self) -> Organisation:
        """The organisation as it will be."""
        retired = frozenset(self.retired)
        return Organisation(
            units=self.units,
            posts=self.posts,
            holdings=tuple(self.holdings.values()),
            people={
                key: replace(person, is_disabled=person.is_disabled or key in retired)
                for key, person in self.people.items()
            },
            grants=tuple(
                replace(grant, valid_until=self.eve)
                if grant.person_id in retired and self.standing(grant.valid_until)
                else grant
                for grant in self.before.grants
            ),
            policy_bureau_id=self.before.policy_bureau_id,
        )

    def decided(self) -> Decided:
        """What is to be written."""
        old = self.before

        def ended(now: Iterable[Any], was: Iterable[Any]) -> tuple[Ended, ...]:
            until = {row.id: row.valid_until for row in was}
            return tuple(
                Ended(row.id, until[row.id])
                for row in now
                if row.id in until and row.valid_until != until[row.id]
            )

        after = self.after()
        return Decided(
            new_units=tuple(unit for unit in self.units.values() if unit.id < 0),
            new_posts=tuple(post for post in self.posts.values() if post.id < 0),
            new_holdings=tuple(held for held in self.holdings.values() if held.id < 0),
            hired=tuple(self.people[key] for key in self.hired),
            ended_units=ended(self.units.values(), old.units.values()),
            ended_posts=ended(self.posts.values(), old.posts.values()),
            ended_holdings=ended(self.holdings.values(), old.holdings),
            ended_grants=ended(after.grants, old.grants),
            retired=tuple(self.retired),
            successors=tuple(
                (unit.id, unit.successor_id)
                for unit in self.units.values()
                if unit.id in self.ending_units and unit.successor_id is not None
            ),
            carried_posts=tuple((new, old) for old, new in self.carried_posts.items()),
        )
