"""An office as plain as can be told: people, posts, absences, sheets, and whose turn it is.

The independent small model of ``test_random_offices``: written from the design (truths 1 to 7), the
issue and the terms of the trade (代決, 後閲, 引上げ, 合議), not from the engine. A route is the
TOML text as ``tomllib`` reads it; nothing here knows the engine's modules.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

HEADS = ("director", "section_chief")
#: What a sheet says and what its project cost, as far as tests change it.
Content = tuple[str, int]


@dataclass
class Person:
    """Somebody with an account."""

    id: int
    name: str
    disabled: bool = False
    grants: set[str] = field(default_factory=set)


@dataclass
class Seat:
    """A person in a post from one day to another; also what somebody acts in."""

    person: int
    assignment: int | None = None
    post: int | None = None
    unit: int | None = None
    rank: str | None = None
    first: date = date.min
    last: date | None = None
    primary: bool = False
    instead_of: Seat | None = None

    def stands_on(self, day: date) -> bool:
        """Whether the person holds the post on that day."""
        return self.first <= day and (self.last is None or self.last >= day)


@dataclass
class Absence:
    """Somebody is away, both days included."""

    id: int
    person: int
    first: date
    last: date
    #: By kind of step, whatever a route calls its stages.
    substitutes: Mapping[str, list[int]]
    #: When the sheets that waited were last looked through because of it.
    looked: datetime | None = None
    ended: datetime | None = None

    def is_due(self, now: datetime, today: date) -> bool:
        """Whether they must be looked through: as it begins, each day, and when it is over."""
        if self.first > today:
            return False
        if self.ended is not None:
            return self.looked is not None and self.looked < self.ended
        if self.looked is None:
            return self.last >= today
        looked_on = (self.looked + timedelta(hours=9)).date()
        return looked_on < min(today, self.last + timedelta(days=1))


@dataclass
class Signature:
    """A signing-off: void ones stay in the record and count no more."""

    person: int
    stage: str
    round: int
    content: Content
    void: bool = False


@dataclass
class Answer:
    """An answer of a department or of a committee's member."""

    person: int
    stage: str
    verdict: str
    content: Content
    unit: int | None
    post: int | None
    void: bool = False


@dataclass
class Sheet:
    """One sheet: where it is, what it says, who did what to it."""

    id: int
    code: str
    attempt: int
    lead: int
    responsible: int
    related: tuple[int, ...]
    state: str
    #: As last made a revision; what is typed meanwhile stands in ``typed``.
    content: Content
    typed: Content
    round: int = 1
    version: int = 1
    authors: set[int] = field(default_factory=set)
    signatures: list[Signature] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    entry: int = 1
    entered_by: int | None = None
    entered_from: str | None = None
    opened: bool = False
    held_since: datetime | None = None
    due_at: datetime | None = None
    #: (kind, rung) → when, of the present stay, as long as it has not fired.
    timers: dict[tuple[str, int], datetime] = field(default_factory=dict)
    #: (action, person, to, basis, on behalf of)
    events: list[tuple[str, int | None, str, str, int | None]] = field(default_factory=list)
    #: (stage, round, person) → acknowledged
    readings: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    #: [asked by, asked, answered]
    questions: list[list[Any]] = field(default_factory=list)

    def standing(self) -> list[Signature]:
        """Signatures that count."""
        return [s for s in self.signatures if not s.void]

    def answered(self, stage: str) -> list[Answer]:
        """Answers that count: not void, and over the content that stands."""
        return [a for a in self.answers if not a.void and a.stage == stage
                and a.content == self.content]  # fmt: skip


@dataclass
class Turn:
    """Whose turn it is at a stage.

    Attributes:
        passed: those who are away while the stage goes on without them.
        why_not: what is told to those whom the stage would select otherwise.
        goes_on: what follows by itself: ``pass_over``, ``agreed`` or ``objected``.
        vacant: a department (or a committee) in which nobody is left to be asked.
    """

    seats: list[Seat] = field(default_factory=list)
    passed: list[Seat] = field(default_factory=list)
    why_not: dict[int, str] = field(default_factory=dict)
    goes_on: str | None = None
    vacant: bool = False

    def people(self) -> set[int]:
        """Whose turn it is."""
        return {seat.person for seat in self.seats}


class Route:
    """The stages and rows of a definition's text."""

    def __init__(self, text: str) -> None:
        read = tomllib.loads(text)
        self.stages: dict[str, dict[str, Any]] = {s["key"]: s for s in read["stage"]}
        self.rows: list[dict[str, Any]] = read["transition"]
        self.order = list(self.stages)
        self.first = self.order[0]

    def rows_from(self, state: str) -> list[dict[str, Any]]:
        """What may happen from here."""
        return [row for row in self.rows if row["from"] == state]

    def row(self, state: str, action: str, target: str | None = None) -> dict[str, Any] | None:
        """The row of an action, the first where several targets are offered."""
        return next((row for row in self.rows_from(state)
                     if row["action"] == action and target in (None, row["to"])), None)  # fmt: skip

    def kind(self, state: str) -> str:
        """What a stage is for."""
        return str(self.stages[state]["kind"])

    def step(self, state: str) -> str | None:
        """The kind of step for which substitutes are named that stand in here."""
        found: str | None = self.stages[state].get("step")
        return found


class Office:
    """Everybody and every sheet, at one moment."""

    def __init__(self, route: Route, bureau: int, now: datetime, today: date) -> None:
        self.route, self.bureau, self.now, self.today = route, bureau, now, today
        self.people: dict[int, Person] = {}
        self.seats: list[Seat] = []
        self.absences: list[Absence] = []
        self.sheets: list[Sheet] = []
        #: Unit → the department that it belongs to (itself for a department).
        self.department_of: dict[int, int] = {}
        #: Whose absence is left out of account, to see what it changes.
        self.as_if_there: int | None = None

    # People

    def there(self, seat: Seat) -> bool:
        """Whether the seat is held today by somebody with a living account."""
        return seat.stands_on(self.today) and not self.people[seat.person].disabled

    def absence(self, person: int) -> Absence | None:
        """The absence of today, if one is registered and was not ended."""
        if person == self.as_if_there:
            return None
        for absence in self.absences:
            today = absence.first <= self.today <= absence.last
            if absence.person == person and absence.ended is None and today:
                return absence
        return None

    def seat(self, assignment: int) -> Seat:
        """The seat of an assignment."""
        return next(s for s in self.seats if s.assignment == assignment)

    def own_seats(self, person: int) -> list[Seat]:
        """Posts in which somebody can act today, the primary first: none without an account."""
        own = [s for s in self.seats if s.person == person and self.there(s)]
        return sorted(own, key=lambda s: (not s.primary, s.assignment or 0))

    def granted(self, grant: str) -> list[Seat]:
        """Those who are here by a grant."""
        return [Seat(p.id) for p in self.people.values() if grant in p.grants and not p.disabled]

    # Whose turn it is

    def units(self, sheet: Sheet, named: str) -> tuple[int, ...]:
        """The units that a selector looks at."""
        one = {"lead_section": sheet.lead, "responsible_department": sheet.responsible,
               "policy_bureau": self.bureau}  # fmt: skip
        return sheet.related if named == "related_departments" else (one[named],)

    def selected(self, who: Mapping[str, str], units: Iterable[int]) -> list[Seat]:
        """Whom a selector yields today in these units."""
        if who["select"] == "publishers":
            return self.granted("publisher")
        if who["select"] == "coordinators_of":
            return []  # Nobody in these offices holds the grant.
        if who["select"] == "external_reviewers":
            return self.granted("external_reviewer")
        ranks = {"drafters_of": (*HEADS, "deputy_director", "staff"), "head_of": HEADS,
                 "deputy_of": ("deputy_director",)}[who["select"]]  # fmt: skip
        wanted = set(units)
        found = [s for s in self.seats if s.unit in wanted and s.rank in ranks and self.there(s)]
        return sorted(found, key=lambda seat: (seat.unit, seat.person, seat.assignment))

    def barred(self, sheet: Sheet, stage: str, person: int) -> str | None:
        """Four eyes: the writers for ever; who signed or answered what must be distinct."""
        if self.route.kind(stage) not in ("sign_off", "joint"):
            return None
        if person in sheet.authors:
            return "wrote_the_sheet"
        stages = self.route.stages
        apart = {
            key
            for key in stages
            if key in stages[stage].get("distinct_from", ())
            or stage in stages[key].get("distinct_from", ())
        }
        if any(s.person == person and s.stage in apart for s in sheet.standing()):
            return "signed_earlier_stage"
        if any(a.person == person for key in apart for a in sheet.answered(key)):
            return "signed_earlier_stage"
        return None

    def needed_later(self, sheet: Sheet, stage: str, person: int) -> bool:
        """Whether a later stage would be left with nobody if this person acted here.

        A joint stage that its last day settles anyway is not left so, nor is a department that
        has answered. Absences pass, and do not count.
        """
        at = self.route.order.index(stage)
        for later in self.route.order[at + 1 :]:
            rule = self.route.stages[later]
            if rule["kind"] not in ("sign_off", "joint"):
                continue
            if stage not in rule.get("distinct_from", ()):
                continue
            if rule["kind"] == "joint" and rule["joint"]["no_reply"] != "waits":
                continue
            heard = {answer.unit for answer in sheet.answered(later)}
            for group in self.chairs(sheet, later):
                seats = [seat for seats in group for seat in seats]
                able = {seat.person for seat in seats
                        if self.barred(sheet, later, seat.person) is None}  # fmt: skip
                joint = rule["kind"] == "joint" and bool(seats) and seats[0].unit is not None
                if able == {person} and not (joint and seats[0].unit in heard):
                    return True
        return False

    def chairs(self, sheet: Sheet, stage: str) -> Iterator[list[list[Seat]]]:
        """Who is asked at a stage: for each department that answers, the seats in their order."""
        rule = self.route.stages[stage]
        whos = rule.get("who", [])
        if rule["kind"] == "joint" and any("unit" in who for who in whos):
            for unit in sheet.related:
                yield [self.selected(who, [unit]) for who in whos]
        else:
            yield [self.selected(who, self.units(sheet, who["unit"]) if "unit" in who else ())
                   for who in whos]  # fmt: skip

    def turn(self, sheet: Sheet, stage: str | None = None, *, closing: bool = False) -> Turn:
        """Whose turn it is where the sheet is, or would be at *stage*."""
        stage = stage or sheet.state
        if self.route.kind(stage) == "joint":
            return self._joint_turn(sheet, stage, closing=closing)
        turn = Turn()
        for group in self.chairs(sheet, stage):
            self._choose(sheet, stage, group, turn)
        if turn.passed and not turn.seats:
            turn.goes_on = "pass_over"
        return turn

    def _choose(self, sheet: Sheet, stage: str, group: list[list[Seat]], turn: Turn) -> None:
        """Add to *turn* who acts among the seats of one department."""
        ranks: list[list[Seat]] = []
        for seats in group:
            for seat in seats:
                code = self.barred(sheet, stage, seat.person)
                if code is not None:
                    turn.why_not[seat.person] = code
            ranks.append([s for s in seats if s.person not in turn.why_not])
        free = {seat.person for seats in ranks for seat in seats}
        giving_way = {p for p in free if self.needed_later(sheet, stage, p)}
        if free - giving_way:
            for person in giving_way:
                turn.why_not[person] = "needed_later"
            ranks = [[s for s in seats if s.person not in giving_way] for seats in ranks]
        ranks = [seats for seats in ranks if seats]
        if not ranks:
            return
        self._seat(sheet, stage, ranks, turn)
        acting = turn.people() | {s.person for s in turn.passed}
        for seats in ranks:
            for seat in seats:
                if seat.person not in acting:
                    away = self.route.stages[stage].get("when_absent") and self.absence(seat.person)
                    code = "you_are_absent" if away else "another_acts_first"
                    turn.why_not.setdefault(seat.person, code)

    def _seat(self, sheet: Sheet, stage: str, ranks: list[list[Seat]], turn: Turn) -> None:
        """The first rank acts; where all of it is away, what the stage says about absence."""
        follows = self.route.stages[stage].get("when_absent", ())
        away = [s for s in ranks[0] if follows and self.absence(s.person) is not None]
        here = [s for s in ranks[0] if s not in away]
        for seat in away:
            turn.why_not[seat.person] = "you_are_absent"
        if here:
            turn.seats += here
            return
        needed: list[Seat] = []
        for way in follows:
            if way == "substitute":
                standing_in, needed = self._substitutes(sheet, stage, away)
                turn.seats += standing_in
                if standing_in:
                    return
            elif way == "next_in_order" and len(ranks) > 1:
                passed = len(turn.passed)
                self._seat(sheet, stage, ranks[1:], turn)
                if turn.seats:
                    return
                # Nobody further down either: the stage passes over those who come first.
                del turn.passed[passed:]
            elif way == "post_review":
                turn.passed += away
                return
        # Better a later stage without anybody than this one.
        turn.seats += needed

    def _substitutes(
        self, sheet: Sheet, stage: str, away: list[Seat]
    ) -> tuple[list[Seat], list[Seat]]:
        """For each absent person the first of the registered order who is there and not barred.

        Of the same department as the post in which the person is missed; those without whom a later
        stage would be left with nobody stand apart.
        """
        rule = self.route.stages[stage]
        if "objected" in rule.get("no_substitute_when", ()) and any(
            a.verdict == "object" and not a.void and a.content == sheet.content
            for a in sheet.answers
        ):
            return [], []
        free: list[Seat] = []
        needed: list[Seat] = []
        for absent in away:
            absence = self.absence(absent.person)
            step = self.route.step(stage) or ""
            able = [
                seat
                for seat in map(self.seat, absence.substitutes.get(step, []) if absence else [])
                if self.there(seat)
                and self.absence(seat.person) is None
                and self.barred(sheet, stage, seat.person) is None
                and self.department_of[seat.unit or 0] == self.department_of[absent.unit or 0]
            ]
            unneeded = [s for s in able if not self.needed_later(sheet, stage, s.person)]
            for seat in (unneeded or able)[:1]:
                found = replace(seat, instead_of=absent)
                (free if unneeded else needed).append(found)
        return free, needed

    def _joint_turn(self, sheet: Sheet, stage: str, *, closing: bool) -> Turn:
        """合議: who has still to answer, and whether what was answered settles the stage."""
        rule = self.route.stages[stage]["joint"]
        given = sheet.answered(stage)
        spoken = {a.person for a in given}
        posts = {a.post for a in given if a.post is not None}
        units = list(sheet.related) if "unit" in self.route.stages[stage]["who"][0] else [None]
        turn, asked = Turn(), len(given)
        colleagues: set[int] = set()
        for unit, group in zip(units, self.chairs(sheet, stage), strict=True):
            one = Turn()
            self._choose(sheet, stage, group, one)
            heard = sum(a.unit == unit for a in given)
            vacant = not one.seats and not one.passed and not heard
            # An answer is the department's: as many as were asked are enough, whoever gave them;
            # and somebody with seats in two departments answers once.
            waiting = [s for s in one.seats if s.person not in spoken
                       and (s.instead_of or s).post not in posts]  # fmt: skip
            waiting = waiting if heard < len(one.seats) else []
            asked += len(waiting) + vacant
            turn.vacant = turn.vacant or vacant
            turn.seats += waiting
            turn.passed += one.passed
            colleagues |= {seat.person for seat in one.seats}
            for person, why in one.why_not.items():
                turn.why_not.setdefault(person, why)
        # Who may still answer is not asked why not (``Course.acting``); for the rest somebody did.
        for person in colleagues:
            turn.why_not.setdefault(person, "another_acts_first")
        turn.why_not.update(dict.fromkeys(spoken, "already_replied"))
        if rule["objection"] == "veto" and any(a.verdict == "object" for a in given):
            turn.goes_on = "objected"
        elif (closing and rule["no_reply"] in ("notified", "agrees")) or len(given) >= (
            asked if rule["quorum"] == "all" else min(rule["quorum"], asked)
        ):
            turn.goes_on = "agreed"
        if turn.goes_on is not None:
            turn.seats = []
        return turn
