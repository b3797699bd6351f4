"""The state machine: every rule asks the model first, then does the same to the engine."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests import plans
from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Cluster
from tests.model.course import Course, Page
from tests.model.office import Absence, Seat, Sheet
from tests.model.world import POOL, World, foretold
from tests.recorders import Clock, RecordingTransport
from workflow.application import Application
from workflow.clock import office_day
from workflow.definition.facts import Verdict
from workflow.errors import BadInput, HyokaError
from workflow.models import AbsenceKind
from workflow.policy import SYSTEM, Actor, Grant
from workflow.queries.sheet_page import SheetPage
from workflow.services import (
    absences,
    actions,
    consulting,
    holding,
    joint,
    people,
    post_reviews,
    publication,
    redrafting,
    sheets,
)
from workflow.services.sheets import Costs
from workflow.sheet.content import SheetContent, editable_part

#: What happened in all examples of this process: rules, refusals by code, moves.
counted: Counter[str] = Counter()

TEXTS = ("はじめの成果。", "直した成果。", "")
#: The kinds of steps for which offices name substitutes.
STEPS = ("section_review", "department_review", "joint_answer", "bureau_approval")
dice = st.integers(0, 9)
pick = st.integers(0, 999)
yes_mostly = st.sampled_from((True, True, True, True, False))
no_mostly = st.sampled_from((False, False, False, False, True))


class Offices(RuleBasedStateMachine):
    """An office of its own for each example."""

    def __init__(self, cluster: Cluster, template: str, passwords: dict[str, str]) -> None:
        super().__init__()
        self.closing = ExitStack()
        db = self.closing.enter_context(cluster.copy(template))
        self.clock = Clock(START)
        application = Application(settings_for(db), clock=self.clock)
        self.closing.callback(application.dispose)
        self.world = World(City(application, passwords))
        self.city, self.application = self.world.city, application
        self.transport = RecordingTransport()
        self.keys = (f"model-{n}" for n in itertools.count(1))
        self.course: Course
        #: Content of the model → its hash in the engine, one to one.
        self.hashes: dict[tuple[str, Any], SheetContent] = {}
        self.old_pages: dict[int, tuple[Page, SheetPage]] = {}
        self.looked_at = 0
        #: Nothing was written since all was looked at last: the last step was refused.
        self.as_before = False

    def teardown(self) -> None:
        """Throw the office away."""
        counted["offices"] += 1
        self.closing.close()

    # A random organisation

    @initialize(data=st.data())
    def organise(self, data: st.DataObject) -> None:
        """Fill the chairs and give the grants."""
        ids = [self.world.ids[name] for name in POOL]
        filled = {}
        for chair in self.world.chairs:
            least = 1 if chair.rank in ("director", "staff") else 0
            chosen = data.draw(st.lists(st.sampled_from(ids), min_size=least, max_size=2,
                                        unique=True))  # fmt: skip
            if data.draw(dice) == 0:
                chosen = []
            filled[chair] = chosen
        grants = [(data.draw(st.sampled_from(ids)), role)
                  for role in ("publisher", "publisher", "administrator", "external_reviewer",
                               "external_reviewer", "external_reviewer")]  # fmt: skip
        self.course = self.world.begin(filled, sorted(set(grants)))
        codes = data.draw(st.sampled_from([("612", "611"), ("621", "632"), ("631", "611")]))
        self.codes = codes
        for number in range(len(codes)):
            self.go_on(number, data.draw(pick), data.draw(st.integers(0, 5)), False)

    # Choosing

    def sheet(self, number: int) -> Sheet:
        code = self.codes[number % len(self.codes)]
        return [s for s in self.course.sheets if s.code == code][-1]

    def everybody(self) -> list[Seat]:
        """Everybody in each of their posts, and those without one; also whose account is off."""
        return [
            seat
            for person in self.world.ids.values()
            for seat in self.course.own_seats(person) or [Seat(person)]
        ]

    def somebody(self, number: int, able: Sequence[Seat], *, luck: int) -> Seat:
        """Mostly one of those who are *able*; else anybody."""
        among = able if able and luck < 8 else self.everybody()
        return among[number % len(among)]

    def at_work(self, sheet: Sheet) -> list[Seat]:
        """Those who have the sheet, in the right post."""
        return [s for s in self.everybody() if not isinstance(self.course.acting(sheet, s), str)]

    def actor(self, who: Seat) -> Actor:
        return self.world.actor(who.person, who.assignment)

    def page(self, sheet: Sheet, who: Seat, *, stale: bool = False) -> tuple[Page, SheetPage]:
        """Open the page as *who*; its buttons are what the model says. *stale*: an old page."""
        with self.application.query(self.actor(who)) as ctx:
            from workflow.queries import sheet_page

            shown = sheet_page.sheet_page(ctx, sheet.id)
        drafting = self.course.route.kind(sheet.state) == "drafting"
        content = sheet.typed if drafting else sheet.content
        known = self.hashes.setdefault((sheet.code, content), shown.content)
        assert known == shown.content, "one content, one hash"
        expected = self.course.offers(sheet, who)
        offered = {(c.action, c.target.key): c.refusal is None for c in shown.actions}
        assert offered == expected, (
            who,
            [(c.action, c.target.key, c.refusal and c.refusal.code) for c in shown.actions],
        )
        fresh = (Page(sheet.version, content), shown)
        if stale and sheet.id in self.old_pages:
            return self.old_pages[sheet.id]
        self.old_pages.setdefault(sheet.id, fresh)
        return fresh

    # Doing the same to both

    def attempt(self, name: str, expected: str | None, do: Callable[[], Any]) -> Any:
        """The engine does it exactly when the model did; a refusal leaves every row as it was."""
        counted["steps"] += 1
        counted[f"{name} {expected or 'done'}"] += 1
        before = self.world.digest() if expected is not None else None
        try:
            result = do()
        except BadInput as error:
            result, code = None, error.faults[0].code if error.faults else error.code
        except HyokaError as error:
            result, code = None, error.code
        else:
            code = None
        assert code == expected, f"{name}: the engine says {code}, the model {expected}"
        if before is not None:
            assert self.world.digest() == before, f"{name}: a refusal wrote something"
            self.as_before = True
        return result

    def twice(self, do: Callable[[], Any], again: bool) -> Callable[[], Any]:
        """The same form, posted a second time: nothing happens twice."""

        def both() -> Any:
            first = do()
            if again:
                before = self.world.digest()
                second = do()
                assert second.repeated
                assert second.event_id == first.event_id
                assert self.world.digest() == before
            return first

        return both

    # Rules: one sheet

    @rule(
        n=pick, who=pick, luck=dice, row=pick, reason=yes_mostly, stale=no_mostly, again=no_mostly
    )
    def press(
        self, n: int, who: int, luck: int, row: int, reason: bool, stale: bool, again: bool
    ) -> None:
        """A button of the page: submit, approve, return, withdraw, reject, abandon, pull up."""
        sheet, course = self.sheet(n), self.course
        rows = [r for r in course.route.rows_from(sheet.state)
                if r.get("by", "stage") not in ("system", "publication")]  # fmt: skip
        # What leads on comes first in the text; take it more often, or nothing is ever published.
        rows += [r for r in rows if r.get("signs") or r["action"] == "submit"] * 3
        action, target = ("approve", None)
        able: list[Seat] = []
        if rows and luck < 9:
            chosen = rows[row % len(rows)]
            action, target = chosen["action"], chosen["to"]
            able = [s for s in self.everybody()
                    if not isinstance(course.may_walk(sheet, s, chosen), str)]  # fmt: skip
        person = self.somebody(who, able, luck=luck)
        self.press_as(sheet, person, action, target, "理由" if reason else "", stale, again)

    def press_as(
        self,
        sheet: Sheet,
        person: Seat,
        action: str,
        target: str | None = None,
        words: str = "理由",
        stale: bool = False,
        again: bool = False,
    ) -> None:
        """Open the page and press the button."""
        course = self.course
        seen, shown = self.page(sheet, person, stale=stale)
        actor, key, sheet_id = self.actor(person), next(self.keys), sheet.id
        expected = course.act(sheet, person, action, target=target, reason=words, page=seen)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return actions.act(
                    ctx, evaluation_id=sheet_id, action=action, expected_version=shown.version,
                    seen_hash=bytes.fromhex(shown.seen_hash), request_key=key, target=target,
                    reason=words,
                )  # fmt: skip

        self.attempt(action, expected, self.twice(do, again))

    @rule(n=pick, who=pick, steps=st.integers(1, 4), again=no_mostly)
    def go_on(self, n: int, who: int, steps: int, again: bool) -> None:
        """Some steps forwards by those who may: else little would ever be approved."""
        for _ in range(steps):
            sheet = self.sheet(n)
            able, route = self.at_work(sheet), self.course.route
            if not able or sheet.held_since is not None:
                return
            person = able[who % len(able)]
            if route.kind(sheet.state) == "joint":
                self.reply_as(sheet, person, Verdict.AGREE, again=again)
            elif route.kind(sheet.state) == "release":
                self.publish(n, who, luck=0)
                return
            else:
                forward = "submit" if route.kind(sheet.state) == "drafting" else "approve"
                self.press_as(sheet, person, forward, again=again)
            self.all_is_well()

    @rule(n=pick, who=pick, luck=dice, verdict=st.sampled_from(Verdict), words=yes_mostly,
          stale=no_mostly, again=no_mostly)  # fmt: skip
    @precondition(lambda self: "joint_agreement" in self.course.route.stages)
    def reply(
        self, n: int, who: int, luck: int, verdict: Verdict, words: bool, stale: bool, again: bool
    ) -> None:
        """合議の回答."""
        sheet = self.sheet(n)
        person = self.somebody(who, self.at_work(sheet), luck=luck)
        self.reply_as(sheet, person, verdict, "意見" if words else "", stale, again)

    def reply_as(
        self,
        sheet: Sheet,
        person: Seat,
        verdict: Verdict,
        opinion: str = "",
        stale: bool = False,
        again: bool = False,
    ) -> None:
        """Open the page and answer."""
        seen, shown = self.page(sheet, person, stale=stale)
        actor, key = self.actor(person), next(self.keys)
        expected = self.course.reply(sheet, person, str(verdict), opinion=opinion, page=seen)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return joint.reply(
                    ctx, evaluation_id=sheet.id, verdict=verdict, expected_version=shown.version,
                    seen_hash=bytes.fromhex(shown.seen_hash), request_key=key, opinion=opinion,
                )  # fmt: skip

        self.attempt("reply", expected, self.twice(do, again))

    @rule(n=pick, who=pick, luck=dice, words=yes_mostly, stale=no_mostly, again=no_mostly)
    def hold_or_lift(
        self, n: int, who: int, luck: int, words: bool, stale: bool, again: bool
    ) -> None:
        """保留する、保留を解く."""
        sheet, course = self.sheet(n), self.course
        person = self.somebody(who, self.at_work(sheet), luck=luck)
        seen, shown = self.page(sheet, person, stale=stale)
        actor, key = self.actor(person), next(self.keys)
        lift = (sheet.held_since is not None) == (luck != 5)
        reason = "照会中" if words else ""
        if lift:
            expected = course.lift(sheet, person, page=seen)
        else:
            expected = course.hold(sheet, person, reason=reason, page=seen)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                if lift:
                    return holding.lift(
                        ctx, evaluation_id=sheet.id, expected_version=shown.version, request_key=key
                    )
                return holding.hold(ctx, evaluation_id=sheet.id, expected_version=shown.version,
                                    request_key=key, reason=reason)  # fmt: skip

        self.attempt("lift" if lift else "hold", expected, self.twice(do, again))

    @rule(
        n=pick,
        who=pick,
        luck=dice,
        text=st.sampled_from(TEXTS[:2] * 3 + TEXTS[2:]),
        press=yes_mostly,
    )
    def save(self, n: int, who: int, luck: int, text: str, press: bool) -> None:
        """Write into the draft, mostly by the lead section."""
        sheet = self.sheet(n)
        able = [s for s in self.everybody() if s.unit == sheet.lead]
        person = self.somebody(who, able, luck=luck)
        actor = self.actor(person)
        _, shown = self.page(sheet, person)
        if person.unit == sheet.lead:
            expected = self.course.save(sheet, person, (text, sheet.typed[1]), press=press)
        else:
            others = {s.unit for s in self.course.own_seats(person.person)}
            expected = "other_post" if sheet.lead in others else "lead_section_only"
        edited = editable_part(shown.content)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return sheets.save_sheet(
                    ctx, evaluation_id=sheet.id, expected_version=shown.copy_version,
                    fields=edited.model_copy(update={"results": text}), actuals={},
                    make_revision=press,
                )  # fmt: skip

        self.attempt("save", expected, do)

    @rule(n=pick, who=pick, luck=dice, cost=st.integers(0, 2))
    def save_cost(self, n: int, who: int, luck: int, cost: int) -> None:
        """Another section writes what its project cost."""
        sheet, course = self.sheet(n), self.course
        project, _ = self.world.cost_of(sheet.code)
        sections = set(self.city.rows("""
            SELECT s.unit_id FROM project_section s JOIN project p ON p.id = s.project_id
            WHERE p.code = :code
        """, code=project)[0])  # fmt: skip
        person = self.somebody(who, [s for s in self.everybody() if s.unit in sections], luck=luck)
        if person.unit in sections | {sheet.lead}:
            expected = course.save(
                sheet, person, (sheet.typed[0], cost), press=sheet.typed[1] != cost
            )
        else:
            others = {s.unit for s in course.own_seats(person.person)}
            elsewhere = others & (sections | {sheet.lead})
            expected = "other_post" if elsewhere else "project_sections_only"
        actor = self.actor(person)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                line = next(p for p in self.city.page(SYSTEM, sheet.code).content.projects
                            if p.code == project)  # fmt: skip
                return sheets.save_project_costs(
                    ctx, evaluation_id=sheet.id, costs={project: Costs(cost, line.personnel_cost)},
                    seen={project: Costs(line.project_cost, line.personnel_cost)},
                )  # fmt: skip

        self.attempt("save_cost", expected, do)

    @rule(n=pick, who=pick, luck=dice)
    def open_page(self, n: int, who: int, luck: int) -> None:
        """Opening a sheet that is one's turn ends the right to withdraw it."""
        sheet = self.sheet(n)
        person = self.somebody(who, self.at_work(sheet), luck=luck)
        final = self.course.route.kind(sheet.state) in ("published", "ended")
        noted = not sheet.opened and not final and not isinstance(
            self.course.acting(sheet, person), str)  # fmt: skip
        sheet.opened |= noted
        with self.application.command(self.actor(person)) as ctx:
            assert actions.note_first_opened(ctx, evaluation_id=sheet.id) is noted

    @rule(n=pick, who=pick, luck=dice, other=pick, words=yes_mostly, again=no_mostly)
    def ask(self, n: int, who: int, luck: int, other: int, words: bool, again: bool) -> None:
        """相談する."""
        sheet = self.sheet(n)
        person = self.somebody(who, self.at_work(sheet), luck=luck)
        asked = list(self.world.ids.values())[other % len(POOL)]
        question = "どうですか" if words else ""
        actor, key = self.actor(person), next(self.keys)
        expected = self.course.ask(sheet, person, asked, question)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return consulting.ask(ctx, evaluation_id=sheet.id, person_id=asked,
                                      question=question, request_key=key)  # fmt: skip

        self.attempt("ask", expected, self.twice(do, again))

    @rule(who=pick, luck=dice, which=pick)
    @precondition(lambda self: any(s.questions for s in self.course.sheets))
    def answer(self, who: int, luck: int, which: int) -> None:
        """相談に答える."""
        rows = self.city.rows("SELECT id, evaluation_id, number FROM consultation ORDER BY id")
        row = rows[which % len(rows)]
        sheet = next(s for s in self.course.sheets if s.id == row.evaluation_id)
        asked = sheet.questions[row.number - 1][1]
        person = self.somebody(who, [s for s in self.everybody() if s.person == asked], luck=luck)
        actor, key = self.actor(person), next(self.keys)
        expected = self.course.answer(sheet, row.number, person, "よいです")

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return consulting.answer(ctx, consultation_id=row.id, words="よいです",
                                         request_key=key)  # fmt: skip

        self.attempt("answer", expected, do)

    @rule(who=pick, luck=dice, which=pick)
    @precondition(lambda self: any(s.readings for s in self.course.sheets))
    def acknowledge(self, who: int, luck: int, which: int) -> None:
        """後閲する."""
        rows = self.city.rows(
            "SELECT id, evaluation_id, stage, round, person_id FROM post_review ORDER BY id"
        )
        row = rows[which % len(rows)]
        sheet = next(s for s in self.course.sheets if s.id == row.evaluation_id)
        able = [s for s in self.everybody() if s.person == row.person_id]
        person = self.somebody(who, able, luck=luck)
        actor, key = self.actor(person), next(self.keys)
        reading = (row.stage, row.round, row.person_id)
        expected = self.course.acknowledge(sheet, reading, person)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return post_reviews.acknowledge(ctx, post_review_id=row.id, request_key=key)

        self.attempt("acknowledge", expected, do)

    @rule(n=pick, who=pick, luck=dice)
    def redraft(self, n: int, who: int, luck: int) -> None:
        """引用起案."""
        sheet, course = self.sheet(n), self.course
        person = self.somebody(
            who, [s for s in self.everybody() if s.unit == sheet.lead], luck=luck
        )
        expected = None
        if person.unit != sheet.lead:
            expected = "lead_section_quotes"
        elif course.route.kind(sheet.state) != "ended":
            expected = "not_ended"
        actor = self.actor(person)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return redrafting.redraft(ctx, evaluation_id=sheet.id)

        new_id = self.attempt("redraft", expected, do)
        if expected is None:
            course.redraft(sheet, person, new_id)

    @rule(n=pick, who=pick, luck=dice)
    def publish(self, n: int, who: int, luck: int) -> None:
        """A publisher selects the sheet; the job runs at once."""
        sheet, course = self.sheet(n), self.course
        able = [s for s in self.everybody() if "publisher" in course.people[s.person].grants]
        person = self.somebody(who, able, luck=luck)
        if course.people[person.person].disabled:
            return
        actor, key = self.actor(person), next(self.keys)
        cycle = self.city.cycle()
        expected = course.publish(sheet, person)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                asked = publication.request(ctx, cycle_id=cycle, evaluation_ids=[sheet.id],
                                            publish_at=None, request_key=key)  # fmt: skip
            assert publication.run(self.application, asked.publication_id)

        self.attempt("publish", expected, do)

    # Rules: people and time

    @rule(
        who=pick,
        by=pick,
        luck=dice,
        first=st.integers(-1, 3),
        days=st.integers(-1, 5),
        subs=st.lists(pick, max_size=3),
        stage=pick,
    )
    def go_away(
        self, who: int, by: int, luck: int, first: int, days: int, subs: list[int], stage: int
    ) -> None:
        """Register an absence with substitutes, as oneself, as an administrator or as anybody."""
        course = self.course
        person = list(self.world.ids.values())[who % len(POOL)]
        begin = course.today + timedelta(days=0 if luck < 7 else first)
        end = begin + timedelta(days=max(days, 0) if luck < 9 else days)
        able = [s for s in self.everybody() if s.person == person]
        actor_seat = self.somebody(by, able, luck=luck)
        chairs = [
            s.assignment or 0 for s in course.seats if self.may_stand_in(s, person, begin, end)
        ]
        if luck == 3:
            chairs = [s.assignment or 0 for s in course.seats]
        chosen = [chairs[n % len(chairs)] for n in subs] if chairs else []
        if luck != 2:
            chosen = list(dict.fromkeys(chosen))
        names = {}
        if chosen:
            # Also for steps that the route does not have: they stand in nowhere then.
            steps = STEPS if stage % 3 else [STEPS[stage % len(STEPS)]]
            names = dict.fromkeys(steps, chosen)
        form = absences.AbsenceForm(begin, end, AbsenceKind.LEAVE, names)
        expected = self.why_not_away(person, actor_seat, form)
        actor = self.actor(actor_seat)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                return absences.register(ctx, person_id=person, form=form)

        number = self.attempt("go_away", expected, do)
        if expected is None:
            course.absences.append(Absence(number, person, begin, end, names))

    def may_stand_in(self, seat: Seat, person: int, begin: date, end: date) -> bool:
        """代決の順位: 課長 and above of the same department; days that are over do not count."""
        course = self.course
        begin, end = max(begin, course.today), max(end, course.today)
        mine = {
            course.department_of[s.unit or 0]
            for s in course.seats
            if s.person == person and s.first <= end and (s.last is None or s.last >= begin)
        }
        return (
            seat.person != person
            and seat.rank != "staff"
            and seat.stands_on(begin)
            and not course.people[seat.person].disabled
            and course.department_of[seat.unit or 0] in mine
        )

    def why_not_away(self, person: int, by: Seat, form: absences.AbsenceForm) -> str | None:
        """The first thing that is wrong with an absence."""
        course = self.course
        begin, end = form.first_day, form.last_day
        administrator = "administrator" in course.people[by.person].grants
        if course.people[by.person].disabled:
            administrator = False
        if by.person != person and not administrator:
            return "own_absence_only"
        if course.people[person].disabled:
            return "no_such_account"
        if end < begin:
            return "period_upside_down"
        if end < course.today:
            return "period_over"

        since = max(begin, course.today)

        def overlaps(other: int) -> bool:
            return any(
                a.person == other and a.ended is None and a.first <= end and a.last >= since
                for a in course.absences
            )

        if overlaps(person):
            return "absence_overlaps"
        wrong = (
            self.wrong_substitutes(numbers, person, begin, end, overlaps)
            for numbers in form.substitutes.values()
        )
        return next((code for code in wrong if code is not None), None)

    def wrong_substitutes(
        self,
        numbers: Sequence[int],
        person: int,
        begin: date,
        end: date,
        overlaps: Callable[[int], bool],
    ) -> str | None:
        """The first thing that is wrong with those who were named for a kind of step."""
        # The same person may stand in for two departments, each from a post there.
        seats = [self.course.seat(number) for number in numbers]
        able = [s for s in seats if self.may_stand_in(s, person, begin, end)]
        times = {(s.person, self.course.department_of[s.unit or 0]) for s in able}
        if len(set(numbers)) < len(numbers) or len(times) < len(able):
            return "substitute_twice"
        if len(able) < len(seats):
            return "not_a_substitute"
        return "substitute_is_absent" if any(overlaps(s.person) for s in seats) else None

    @rule(which=pick, by=pick, luck=dice)
    @precondition(lambda self: bool(self.course.absences))
    def come_back(self, which: int, by: int, luck: int) -> None:
        """End an absence."""
        absence = self.course.absences[which % len(self.course.absences)]
        able = [s for s in self.everybody() if s.person == absence.person]
        person = self.somebody(by, able, luck=luck)
        grants = self.course.people[person.person]
        expected = None
        if person.person != absence.person and (
            "administrator" not in grants.grants or grants.disabled
        ):
            expected = "own_absence_only"
        elif absence.ended is not None or absence.last < self.course.today:
            expected = "absence_over"
        else:
            absence.ended = self.course.now
        actor = self.actor(person)

        def do() -> Any:
            with self.application.command(actor) as ctx:
                absences.end(ctx, absence_id=absence.id)

        self.attempt("come_back", expected, do)

    @rule(which=pick, who=pick, luck=dice)
    def transfer(self, which: int, who: int, luck: int) -> None:
        """Somebody leaves a post, somebody (perhaps the same person) gets one: 異動, 兼務."""
        course = self.course
        held = [s for s in course.seats if s.stands_on(course.today) and s.first < course.today]
        if luck < 5 and held:
            self.world.leave(course, held[which % len(held)])
            return
        chair = self.world.chairs[which % len(self.world.chairs)]
        person = list(self.world.ids.values())[who % len(POOL)]
        same = [s for s in course.seats if s.person == person and s.unit == chair.unit
                and s.rank == chair.rank and (s.stands_on(course.today)
                                              or s.first == course.today)]  # fmt: skip
        if not same:
            self.world.give(course, person, chair, since=course.today)

    @rule(who=pick, luck=dice)
    def switch_account(self, who: int, luck: int) -> None:
        """An account is switched off, or on again."""
        person = list(self.world.ids.values())[who % len(POOL)]
        off = luck == 0 and not self.course.people[person].disabled
        if not off and not self.course.people[person].disabled:
            return
        self.course.people[person].disabled = off
        # Whoever it is: the record wants somebody who exists.
        by = Actor(next(iter(self.world.ids.values())), "", grants=frozenset({Grant.ADMINISTRATOR}))
        with self.application.command(by) as ctx:
            people.set_disabled(ctx, person_id=person, disabled=off)

    @rule(n=pick, cost=st.integers(0, 3))
    def costs_arrive(self, n: int, cost: int) -> None:
        """決算額の取込み."""
        sheet, course = self.sheet(n), self.course
        latest = {s.code: s for s in course.sheets}
        published = [s for s in latest.values() if s.state == "published"]
        if sheet in published and sheet.content[1] != cost:
            expected = "published_would_change"
        else:
            expected = None
        changes = [plans.with_cost(code, self.world.cost_of(code)[0],
                                   cost if code == sheet.code else self.world.cost_of(code)[1])
                   for code in latest]  # fmt: skip

        def change(tree: Any) -> None:
            for one in changes:
                one(tree)

        file = plans.plan(change)
        self.attempt("costs_arrive", expected, lambda: plans.take_in(self.application, file))
        if expected is None:
            course.costs_arrive(sheet, cost)

    @rule(by=st.sampled_from([{"hours": 3}, {"days": 1}, {"days": 3}, {"days": 12}]))
    def time_passes(self, by: dict[str, float]) -> None:
        """Hours, or days over weekends and deadlines."""
        self.clock.forward(**by)
        self.course.now = self.clock.now
        self.course.today = office_day(self.clock.now)

    @rule()
    def tick(self) -> None:
        """The engine's own work, twice: the second time there is nothing to do."""
        counted["ticks"] += 1
        self.course.tick()
        self.city.tick(self.transport)
        before = self.world.digest(but="heartbeat")
        again = self.city.tick(self.transport)
        assert (again.timers, again.mails_written, again.mails_sent) == (0, 0, 0)
        assert self.world.digest(but="heartbeat") == before

    # What is always true

    @invariant()
    def all_is_well(self) -> None:
        """Everything that holds after every step; where none of any row changed, it still does."""
        if hasattr(self, "course") and not self.as_before:
            self.the_rows_are_as_foretold()
            self.everybody_sees_whose_turn_it_is()
            self.four_eyes_and_what_was_seen()
        self.as_before = False

    def the_rows_are_as_foretold(self) -> None:
        """Truths 1, 4 and 5, and the state of everything."""
        seen, told = self.world.observe(), foretold(self.course)
        for name, rows in told.items():
            if seen[name] != rows:
                extra = [row for row in seen[name] if row not in rows]
                missing = [row for row in rows if row not in seen[name]]
                raise AssertionError(
                    f"{name}: only the engine has {extra}, only the model {missing}"
                )
        assert len(set(seen["notices"])) == len(seen["notices"])
        assert self.city.verify().broken == ()

    def everybody_sees_whose_turn_it_is(self) -> None:
        """The page's holders and every person's desk are the model's."""
        course = self.course
        turns = {s.id: course.turn(s) for s in course.sheets}
        self.looked_at += 1
        for code in self.codes[self.looked_at % 2 :][:1]:
            sheet = [s for s in course.sheets if s.code == code][-1]
            holders = self.city.page(SYSTEM, code).holders
            seen = sorted((h.person_id, h.assignment_id or 0) for h in holders)
            told = sorted((s.person, s.assignment or 0) for s in turns[sheet.id].seats)
            assert seen == told, f"{code} at {sheet.state}: the engine has {seen}, the model {told}"
        one = list(self.world.ids.values())[self.looked_at % len(POOL)]
        for person, waiting in self.world.desks([one]).items():
            expected = {key for key, turn in turns.items() if person in turn.people()}
            assert waiting == expected, (person, waiting, expected)

    def four_eyes_and_what_was_seen(self) -> None:
        """Truths 2, 3 and 6, straight from the rows: no model is asked."""
        assert self.city.rows(_NEVER_AT_ONCE) == []


#: What no database may ever hold.
NEVER = (
    # Signed or answered by somebody who wrote it before.
    """SELECT 1 FROM signature g JOIN authorship a USING (evaluation_id, person_id)
       JOIN event v ON v.id = g.event_id WHERE a.first_wrote_at < v.occurred_at
       OR g.voided_at IS NULL""",
    """SELECT 1 FROM joint_reply j JOIN authorship a USING (evaluation_id, person_id)
       JOIN event v ON v.id = j.event_id WHERE a.first_wrote_at < v.occurred_at
       OR j.voided_at IS NULL AND j.content_hash = (
           SELECT content_hash FROM evaluation e WHERE e.id = j.evaluation_id)""",
    # Two stages signed by one person that both stand.
    """SELECT 1 FROM signature g JOIN signature h USING (evaluation_id, person_id)
       WHERE g.stage < h.stage AND g.voided_at IS NULL AND h.voided_at IS NULL""",
    # A signature that stands over a content that does not.
    """SELECT 1 FROM signature g JOIN evaluation e ON e.id = g.evaluation_id
       WHERE g.voided_at IS NULL AND g.content_hash <> e.content_hash""",
    # Signed content is what the event recorded.
    """SELECT 1 FROM signature g JOIN event v ON v.id = g.event_id
       WHERE g.content_hash <> v.content_hash OR g.person_id <> v.person_id""",
    # Time runs forwards.
    """SELECT 1 FROM (SELECT occurred_at, lag(occurred_at) OVER (
       PARTITION BY evaluation_id ORDER BY sequence) AS before FROM event) x
       WHERE occurred_at < before""",
    # A notice goes out in one mail, and nobody gets two digests a day.
    """SELECT recipient_id, business_day, slot FROM mail GROUP BY 1, 2, 3 HAVING count(*) > 1""",
)
#: The numbers of those that it does hold.
_NEVER_AT_ONCE = " UNION ALL ".join(
    f"(SELECT {number} AS never FROM ({statement}) found LIMIT 1)"  # noqa: S608
    for number, statement in enumerate(NEVER)
)
