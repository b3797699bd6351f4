"""What people do in the model office, what is said to those who may not, and what follows.

Each method answers the code of the refusal, or None when it was done. Beside ``office``, from the
same texts; the engine's modules are not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.model.office import Absence, Answer, Content, Office, Seat, Sheet, Signature, Turn

#: kind, sheet, stay (0: of none), rung or number, recipient
Notice = tuple[str, int, int, int, int]
#: When the office opens and people are reminded, in Japan.
OPENING = time(8, 45)
#: Added to the numbers of a ladder that was laid anew for the same stay.
SECOND_LADDER = 100


def at(day: date, local: time) -> datetime:
    """A moment in Japan, nine hours ahead of UTC all year."""
    return datetime.combine(day, local, UTC) - timedelta(hours=9)


@dataclass
class Page:
    """What somebody saw before they pressed a button."""

    version: int
    content: Content


@dataclass
class Course(Office):
    """The office at work."""

    notices: set[Notice] = field(default_factory=set)
    #: stage → its last day's end; (stage → kind, rung → when)
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    rungs: Mapping[str, Mapping[tuple[str, int], datetime]] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()

    def __init__(self, *args: Any, **calendar: Any) -> None:
        super().__init__(*args)
        self.notices = set()
        self.deadlines, self.rungs = calendar["deadlines"], calendar["rungs"]
        self.closed = calendar["closed"]

    # Who may

    def acting(self, sheet: Sheet, who: Seat, stage: str | None = None) -> Seat | str:
        """The seat in which somebody has the sheet, or why not."""
        if self.route.kind(stage or sheet.state) in ("published", "ended"):
            return "already_final"
        turn = self.turn(sheet, stage)
        own = [s for s in turn.seats if s.person == who.person]
        for seat in own:
            if seat.assignment in (None, who.assignment):
                return seat
        if own:
            return "other_post"
        if who.person in turn.why_not:
            return turn.why_not[who.person]
        if (code := self.barred(sheet, stage or sheet.state, who.person)) is not None:
            return code
        return "not_your_turn" if turn.seats else "nobody_left"

    def may_walk(self, sheet: Sheet, who: Seat, row: Mapping[str, Any]) -> Seat | str:
        """The seat in which somebody may take this way, apart from holds and what is handed in."""
        by = row.get("by", "stage")
        if by == "previous":
            mine = sheet.entered_by == who.person and sheet.entered_from == row["to"]
            return who if mine else "not_your_move"
        if by == "target":
            return self.acting(sheet, who, row["to"])
        return self.acting(sheet, who) if by == "stage" else "engine_only"

    def hindrance(self, sheet: Sheet, row: Mapping[str, Any]) -> str | None:
        """Why nobody takes this way now."""
        if sheet.held_since is not None:
            return "on_hold"
        guards = row.get("guards", ())
        if "not_opened" in guards and sheet.opened:
            return "already_opened"
        if "sheet_complete" in guards and not sheet.typed[0]:
            return "sheet_incomplete"
        return None

    def offers(self, sheet: Sheet, who: Seat) -> dict[tuple[str, str], bool]:
        """Which buttons somebody finds alive: (action, target) → whether."""
        return {
            (row["action"], row["to"]): not isinstance(self.may_walk(sheet, who, row), str)
            and self.hindrance(sheet, row) is None
            for row in self.route.rows_from(sheet.state)
            if row.get("by", "stage") in ("stage", "previous", "target")
        }

    # What people do

    def act(
        self, sheet: Sheet, who: Seat, action: str, *, target: str | None, reason: str, page: Page
    ) -> str | None:
        """A button of the page."""
        if page.version != sheet.version:
            return "moved_on"
        row = self.route.row(sheet.state, action, target)
        if row is None:
            ended = self.route.kind(sheet.state) in ("published", "ended")
            return "already_final" if ended else "not_in_this_state"
        seat = self.may_walk(sheet, who, row)
        if isinstance(seat, str):
            return seat
        drafting = self.route.kind(sheet.state) == "drafting"
        if drafting and page.content != sheet.typed:
            return "content_changed"
        if row.get("signs") and page.content != sheet.content:
            return "content_changed"
        if (why := self.hindrance(sheet, row)) is not None:
            return why
        for thing in row.get("requires", ()):
            if not reason:
                return f"{thing}_required"
        if drafting:
            sheet.content = sheet.typed
            sheet.authors.add(who.person)
        self.move(sheet, row, who.person, seat)
        self.follow(sheet, moved=True)
        return None

    def reply(
        self, sheet: Sheet, who: Seat, verdict: str, *, opinion: str, page: Page
    ) -> str | None:
        """An answer at a joint stage."""
        if page.version != sheet.version:
            return "moved_on"
        if self.route.kind(sheet.state) != "joint":
            return "not_in_this_state"
        seat = self.acting(sheet, who)
        if isinstance(seat, str):
            return seat
        if sheet.held_since is not None:
            return "on_hold"
        if verdict != "agree" and not opinion:
            return "opinion_required"
        sheet.opened = True
        own = seat.instead_of or seat
        sheet.answers.append(
            Answer(who.person, sheet.state, verdict, sheet.content, own.unit, own.post)
        )
        self._event(sheet, verdict, who.person, sheet.state, seat)
        if seat.instead_of is not None:
            self._read_later(sheet, sheet.state, seat.instead_of.person)
        self.follow(sheet)
        return None

    def hold(self, sheet: Sheet, who: Seat, *, reason: str, page: Page) -> str | None:
        """保留."""
        if page.version != sheet.version:
            return "moved_on"
        seat = self.acting(sheet, who)
        if isinstance(seat, str):
            return seat
        if not self.route.stages[sheet.state].get("hold"):
            return "no_hold_here"
        if sheet.held_since is not None:
            return "on_hold"
        if not reason:
            return "reason_required"
        sheet.held_since, sheet.opened = self.now, True
        self._event(sheet, "hold", who.person, sheet.state, seat)
        return None

    def lift(self, sheet: Sheet, who: Seat, *, page: Page) -> str | None:
        """The clock runs on: by as many working days later as it stood still."""
        if page.version != sheet.version:
            return "moved_on"
        seat = self.acting(sheet, who)
        if isinstance(seat, str):
            return seat
        if sheet.held_since is None:
            return "not_on_hold"
        days = self.working_days(self.office_day(sheet.held_since), self.today)
        if sheet.due_at is not None:
            sheet.due_at = self.later(sheet.due_at, days)
        sheet.timers = {key: self.later(due, days) for key, due in sheet.timers.items()}
        sheet.held_since = None
        self._event(sheet, "lift_hold", who.person, sheet.state, seat)
        return None

    def ask(self, sheet: Sheet, who: Seat, person: int, words: str) -> str | None:
        """相談: put a question."""
        seat = self.acting(sheet, who)
        if isinstance(seat, str):
            return seat
        if self.people[person].disabled:
            return "no_such_account"
        if person == who.person:
            return "not_oneself"
        if not words:
            return "required"
        sheet.opened = True
        sheet.questions.append([who.person, person, False])
        self._event(sheet, "consult", who.person, sheet.state, seat)
        self.notices.add(("consulted", sheet.id, 0, len(sheet.questions), person))
        return None

    def answer(self, sheet: Sheet, number: int, who: Seat, words: str) -> str | None:
        """相談: answer the question with this number."""
        asked_by, asked, answered = sheet.questions[number - 1]
        if asked != who.person:
            return "not_asked"
        if answered:
            return None
        if not words:
            return "required"
        sheet.questions[number - 1][2] = True
        self._event(sheet, "answer", who.person, sheet.state, None)
        self.notices.add(("consultation_answered", sheet.id, 0, number, asked_by))
        return None

    def acknowledge(self, sheet: Sheet, key: tuple[str, int, int], who: Seat) -> str | None:
        """後閲: read afterwards."""
        if key[2] != who.person:
            return "not_passed_over"
        if not sheet.readings[key]:
            sheet.readings[key] = True
            self._event(sheet, "post_review", who.person, sheet.state, None, basis="post_review")
        return None

    def save(self, sheet: Sheet, who: Seat, typed: Content, *, press: bool) -> str | None:
        """Write into the draft; pressing save makes a revision where anything differs."""
        if self.route.kind(sheet.state) != "drafting":
            return "not_editable"
        if typed != sheet.typed:
            sheet.typed = typed
            sheet.authors.add(who.person)
        if press and sheet.typed != sheet.content:
            sheet.authors.add(who.person)
            sheet.content = sheet.typed
            self._event(sheet, "save", who.person, sheet.state, None)
        return None

    def redraft(self, old: Sheet, who: Seat, new_id: int) -> Sheet:
        """引用起案: a new sheet; who wrote what it quotes, and who quotes it, are its authors."""
        new = Sheet(
            new_id, old.code, old.attempt + 1, old.lead, old.responsible, old.related,
            self.route.first, old.typed, old.typed, authors=old.authors | {who.person},
        )  # fmt: skip
        new.entered_by = who.person
        new.events.append(("open", who.person, self.route.first, "own", None))
        self.sheets.append(new)
        self._start_clock(new)
        drafters = self.selected({"select": "drafters_of"}, [new.lead])
        self.notices |= {("your_turn", new.id, 1, 0, s.person) for s in drafters}
        return new

    # What the engine does by itself

    def costs_arrive(self, sheet: Sheet, cost: int) -> None:
        """A late import: every sheet that shows other figures now begins its approvals anew."""
        for other in self.sheets:
            if other.code == sheet.code:
                other.typed = (other.typed[0], cost)
            if self.route.kind(other.state) in ("published", "ended"):
                continue
            if other.typed == other.content:
                continue
            other.content = other.typed
            row = self.route.row(other.state, "content_changed")
            if row is None:
                self._event(other, "content_changed", None, other.state, None)
            else:
                self.move(other, row, None, None)
                self.follow(other, moved=True)

    def publish(self, sheet: Sheet, who: Seat) -> str | None:
        """A publisher selects the sheet, and the job publishes it."""
        if "publisher" not in self.people[who.person].grants:
            return "publishers_only"
        if self.route.kind(sheet.state) != "release":
            return "not_approved"
        if sheet.held_since is not None:
            return "sheet_on_hold"
        final = {row["from"] for row in self.route.rows if row.get("final_approval")}
        if not any(s.stage in final and s.content == sheet.content for s in sheet.standing()):
            return "sheet_approval_void"
        row = next(r for r in self.route.rows if r.get("by") == "publication")
        self.move(sheet, row, who.person, None)
        told = sheet.authors | {s.person for s in sheet.standing()}
        self.notices |= {("published", sheet.id, sheet.entry, 0, p) for p in told - {who.person}}
        return None

    def tick(self) -> None:
        """Absences begin, joint stages close, timers fire."""
        for absence in sorted(self.absences, key=lambda a: a.id):
            if absence.is_due(self.now, self.today):
                absence.looked = self.now
                self._look_through(absence)
        for sheet in self.sheets:
            over = sheet.due_at is not None and sheet.due_at < self.now
            if self.route.kind(sheet.state) == "joint" and over:
                self.follow(sheet, closing=True)
        for sheet in self.sheets:
            if sheet.held_since is None:
                for (kind, rung), due in sorted(sheet.timers.items()):
                    if due <= self.now:
                        del sheet.timers[(kind, rung)]
                        for person in self._told_by(sheet, kind, rung):
                            self.notices.add((kind, sheet.id, sheet.entry, rung, person))

    def _told_by(self, sheet: Sheet, kind: str, rung: int) -> set[int]:
        """Those whose turn it is; an escalation tells those whom it names.

        On the day of an overdue notice it is a copy: whoever has the sheet is told by the notice.
        On other days it reaches somebody: where its posts are vacant, those of a later step. For
        whoever is away their substitutes, at whatever stage, are told as well.
        """
        acting = self.turn(sheet).people()
        if kind != "escalation":
            return acting
        ladder = self.route.stages[sheet.state]["ladder"]
        number = rung % SECOND_LADDER
        step = ladder[number - 1]
        copy = any(s["kind"] == "overdue" and s["offset"] == step["offset"] for s in ladder)
        later = [s for s in ladder[number:] if s["kind"] == kind and not copy]
        for one in (step, *later):
            named = [
                seat
                for who in one["to"]
                for seat in self.selected(
                    who, self.units(sheet, who["unit"]) if "unit" in who else ()
                )
            ]
            if named:
                break
        told = {seat.person for seat in named}
        for seat in named:
            told |= {other.person for other in self._standing_in_for(seat)}
        return told - acting if copy else told

    def _standing_in_for(self, away: Seat) -> list[Seat]:
        """Those who are here, of the same department, and stand in for somebody at some stage."""
        absence = self.absence(away.person)
        if absence is None or away.unit is None:
            return []
        return [
            seat
            for numbers in absence.substitutes.values()
            for seat in map(self.seat, numbers)
            if self.there(seat)
            and self.absence(seat.person) is None
            and self.department_of[seat.unit or 0] == self.department_of[away.unit]
        ]

    def _look_through(self, absence: Absence) -> None:
        """Sheets that wait already: passed over, or told to those who have them because of it."""
        concerned = {s.unit for s in self.seats if s.person == absence.person}
        mine = {s.assignment for s in self.seats if s.person == absence.person}
        for other in self.absences:
            if any(mine.intersection(numbers) for numbers in other.substitutes.values()):
                concerned |= {s.unit for s in self.seats if s.person == other.person}
        for sheet in self.sheets:
            rule = self.route.stages[sheet.state]
            looked_at = {
                unit
                for who in rule.get("who", ())
                if "unit" in who
                for unit in self.units(sheet, who["unit"])
            }
            if not rule.get("when_absent") or not looked_at & concerned:
                continue
            stay = sheet.entry
            self.follow(sheet)
            if sheet.entry == stay:
                self._tell_about_absence(sheet, absence.person)

    def _tell_about_absence(self, sheet: Sheet, person: int) -> None:
        acting = self.turn(sheet).people()
        self.as_if_there = person
        usual = self.turn(sheet).people()
        self.as_if_there = None
        if not acting and usual:
            self.notices |= {
                ("nobody_left", sheet.id, sheet.entry, 0, s.person)
                for s in self.granted("administrator")
            }
        for one in acting - (usual - {person}):
            told = {("came_back", sheet.id, sheet.entry, 0, one)} & self.notices
            if not told:
                self.notices.add(("your_turn", sheet.id, sheet.entry, 0, one))

    def follow(self, sheet: Sheet, *, closing: bool = False, moved: bool = False) -> None:
        """Walk what follows by itself, as far as it goes; then say so where nobody is left."""
        while sheet.held_since is None:
            turn = self.turn(sheet, closing=closing)
            row = self.route.row(sheet.state, turn.goes_on) if turn.goes_on else None
            if row is None:
                break
            self.move(sheet, row, None, None, turn=turn)
            closing, moved = False, True
        if moved:
            self.nobody_left(sheet)

    def nobody_left(self, sheet: Sheet) -> None:
        """Tell the administrators where a sheet has come to a place without anybody."""
        turn = self.turn(sheet)
        if self.route.kind(sheet.state) in ("published", "ended"):
            return
        if not turn.seats or turn.vacant:
            self.notices |= {("nobody_left", sheet.id, sheet.entry, 0, s.person)
                             for s in self.granted("administrator")}  # fmt: skip

    def move(
        self,
        sheet: Sheet,
        row: Mapping[str, Any],
        person: int | None,
        seat: Seat | None,
        turn: Turn | None = None,
    ) -> None:
        """Take a way: the event, the signature, what becomes void, whom it is told."""
        source, target = row["from"], row["to"]
        by = row.get("by", "stage")
        here = turn or self.turn(sheet)
        left_out: list[int] = []
        if by in ("absence", "joint"):
            left_out = [s.person for s in here.passed]
        elif by == "target":
            left_out = [p for p in here.people() if p != person]
        elif row.get("signs") and seat is not None and seat.instead_of is not None:
            left_out = [seat.instead_of.person]
        delegated = bool(row.get("signs")) and "delegated" in self.route.stages[source]
        basis = {"absence": "post_review", "target": "pull_up"}.get(by)
        basis = basis or ("delegated" if delegated and seat and not seat.instead_of else None)
        self._event(sheet, row["action"], person, target, seat, basis=basis,
                    instead_of=left_out[0] if by == "absence" and left_out else None)  # fmt: skip
        for reader in left_out:
            self._read_later(sheet, source, reader)
        order = self.route.order
        if row.get("signs") and person is not None:
            sheet.signatures.append(Signature(person, source, sheet.round, sheet.content))
        if order.index(target) <= order.index(source):
            for signature in sheet.signatures:
                signature.void |= order.index(signature.stage) >= order.index(target)
            for given in sheet.answers:
                given.void |= given.stage == target or given.verdict == "object"
        sheet.round += bool(row.get("new_round"))
        sheet.version += 1
        sheet.state, sheet.entered_from, sheet.entered_by = target, source, person
        sheet.entry += 1
        sheet.opened, sheet.held_since = False, None
        self._start_clock(sheet)
        self._tell(sheet, row["action"], person)
        if self.route.kind(target) == "ended":
            told = sheet.authors | {s.person for s in sheet.signatures}
            told |= {a.person for a in sheet.answers}
            told |= {p.id for p in self.people.values() if "publisher" in p.grants}
            self.notices |= {("ended", sheet.id, sheet.entry, 0, p) for p in told - {person}}

    def _tell(self, sheet: Sheet, action: str, person: int | None) -> None:
        """Whose turn it is now hears of it: of a sheet that came back, those who wrote it."""
        if action in ("withdraw", "publish"):
            return
        told = self.turn(sheet).people() - {person}
        if self.route.kind(sheet.state) == "drafting" and told & sheet.authors:
            told &= sheet.authors
        kind = "came_back" if action in ("return", "objected") else "your_turn"
        self.notices |= {(kind, sheet.id, sheet.entry, 0, p) for p in told}

    def _read_later(self, sheet: Sheet, stage: str, person: int) -> None:
        if (stage, sheet.round, person) not in sheet.readings:
            sheet.readings[(stage, sheet.round, person)] = False
            self.notices.add(("post_review", sheet.id, sheet.entry, sheet.round, person))

    def _event(
        self,
        sheet: Sheet,
        action: str,
        person: int | None,
        to: str,
        seat: Seat | None,
        *,
        basis: str | None = None,
        instead_of: int | None = None,
    ) -> None:
        absent = seat.instead_of.person if seat and seat.instead_of else instead_of
        right = basis or ("substitute" if seat and seat.instead_of else "own")
        sheet.events.append((action, person, to, right, absent))

    # The calendar

    def _start_clock(self, sheet: Sheet) -> None:
        sheet.due_at = self.deadlines.get(sheet.state)
        sheet.timers = {key: due for key, due in self.rungs.get(sheet.state, {}).items()
                        if key[0] != "reminder" or due >= self.now}  # fmt: skip
        if sheet.due_at is not None and sheet.due_at < self.now:
            self._give_days(sheet)

    def _give_days(self, sheet: Sheet) -> None:
        """A sheet that comes when the last day is over gets one of its own, and a ladder anew."""
        stage = self.route.stages[sheet.state]
        days = stage.get("late_days", 3)
        if sheet.due_at is None or days == 0:
            return
        last = self.working_day(self.today, days)
        sheet.due_at += last - self.office_day(sheet.due_at)
        sheet.timers = {}
        for number, step in enumerate(stage["ladder"], start=1):
            due = at(self.working_day(last, step["offset"]), OPENING)
            if step["kind"] != "reminder" or self.now <= due <= sheet.due_at:
                sheet.timers[(step["kind"], SECOND_LADDER + number)] = due
        self._event(sheet, "move_deadline", None, sheet.state, None)

    @staticmethod
    def office_day(moment: datetime) -> date:
        """The day in Japan, nine hours ahead of UTC all year."""
        return (moment + timedelta(hours=9)).date()

    def is_open(self, day: date) -> bool:
        """Whether the office is open."""
        return day.weekday() < 5 and day not in self.closed

    def next_open(self, day: date) -> date:
        """The first open day from this one on."""
        while not self.is_open(day):
            day += timedelta(days=1)
        return day

    def working_day(self, day: date, days: int) -> date:
        """So many open days after (or before) a day, a closed day counting as the next open one."""
        day = self.next_open(day)
        while days:
            day += timedelta(days=1 if days > 0 else -1)
            if self.is_open(day):
                days -= 1 if days > 0 else -1
        return day

    def working_days(self, first: date, last: date) -> int:
        """Open days between two days, a closed day counting as the next open one."""
        first, last = self.next_open(first), self.next_open(last)
        count = 0
        while first < last:
            first += timedelta(days=1)
            count += self.is_open(first)
        return count

    def later(self, moment: datetime, days: int) -> datetime:
        """The same time of day, so many working days later."""
        if days > 0:
            day = self.office_day(moment)
            moment += self.next_open(day) - day
        while days > 0:
            moment += timedelta(days=1)
            days -= self.is_open(self.office_day(moment))
        return moment
