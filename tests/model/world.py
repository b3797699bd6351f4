"""The engine's side of the model test: a city with a random organisation, and what its rows say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tests.authority import tell_rights
from tests.city import City
from tests.model.course import Course
from tests.model.office import Person, Route, Seat, Sheet
from workflow.clock import office_day
from workflow.models import Base
from workflow.policy import SYSTEM, Actor, Permission
from workflow.queries import desk
from workflow.services import loading

#: Ten people hold every post there is, so that one person often holds several.
POOL = (
    "morita.kenji", "okamoto.sachiko", "takahashi.noriko", "ogawa.tetsuo", "kubota.masaru",
    "sato.ichiro", "kondo.ayumi", "arai.kenta", "aoki.shizuka", "hasegawa.ryo",
)  # fmt: skip
SINCE = date(2021, 4, 2)
BEFORE = date(2022, 5, 31)
DEPARTMENT_RANKS = (("部長", "director"), ("次長", "deputy_director"))
SECTION_RANKS = (("課長", "section_chief"), ("主査", "staff"))


@dataclass(frozen=True)
class Chair:
    """A post to be filled: in which unit, called what, of which rank."""

    unit: int
    title: str
    rank: str


class World:
    """The sample city, emptied of its people's posts and filled anew."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.application = city.application
        rows = city.rows("SELECT id, sign_in_name FROM person WHERE sign_in_name = ANY (:pool)",
                         pool=list(POOL))  # fmt: skip
        self.ids = {row.sign_in_name: row.id for row in rows}
        self.chairs = self._chairs()

    def change(self, statement: str, **values: Any) -> Any:
        """Change the organisation directly, as an import would; the first value of the answer."""
        with self.application.command(SYSTEM) as ctx:
            ctx.require(Permission.IMPORT)
            answer = ctx.execute(sa.text(statement), values)
            return answer.scalar() if answer.returns_rows else None

    def _chairs(self) -> list[Chair]:
        units = self.city.rows("""
            SELECT id, kind FROM org_unit u WHERE id IN (
                SELECT lead_section_id FROM evaluation UNION
                SELECT responsible_department_id FROM evaluation UNION
                SELECT unit_id FROM measure_related_department UNION
                SELECT policy_bureau_id FROM municipality) ORDER BY id
        """)
        return [
            Chair(unit.id, title, rank)
            for unit in units
            for title, rank in (DEPARTMENT_RANKS if unit.kind == "department" else SECTION_RANKS)
        ]

    def begin(
        self, filled: Mapping[Chair, Sequence[int]], grants: Sequence[tuple[int, str]]
    ) -> Course:
        """Everybody leaves; *filled* says who sits where; *grants*: (person, role)."""
        self.change("UPDATE assignment SET valid_until = :last", last=BEFORE)
        self.change("UPDATE role_grant SET valid_until = :last", last=BEFORE)
        for person, role in grants:
            self.change(
                "INSERT INTO role_grant (person_id, role, valid_from) "
                "VALUES (:person, :role, :since)",
                person=person,
                role=role,
                since=SINCE,
            )
        tell_rights(self.city)
        course = self._course()
        for person, role in grants:
            course.people[person].grants.add(role)
        for chair, people in filled.items():
            for person in people:
                self.give(course, person, chair, since=SINCE)
        return course

    def give(self, course: Course, person: int, chair: Chair, *, since: date) -> None:
        """A further post for somebody."""
        primary = not any(s.person == person for s in course.seats)
        seat = Seat(person, 0, 0, chair.unit, chair.rank, since, None, primary)
        seat.post = self.change("""
            INSERT INTO post (unit_id, title, rank, valid_from)
            VALUES (:unit, :title, :rank, DATE '2021-04-01')
            ON CONFLICT (unit_id, title, valid_from) DO UPDATE SET rank = excluded.rank
            RETURNING id
        """, unit=chair.unit, title=chair.title, rank=chair.rank)  # fmt: skip
        seat.assignment = self.change("""
            INSERT INTO assignment (person_id, post_id, is_primary, valid_from)
            VALUES (:person, :post, :primary, :since) RETURNING id
        """, person=person, post=seat.post, primary=primary, since=since)  # fmt: skip
        course.seats.append(seat)

    def leave(self, course: Course, seat: Seat) -> None:
        """Somebody leaves a post: yesterday was the last day."""
        seat.last = course.today - timedelta(days=1)
        self.change("UPDATE assignment SET valid_until = :last WHERE id = :id",
                    last=seat.last, id=seat.assignment)  # fmt: skip

    def _course(self) -> Course:
        city, now = self.city, self.application._now(None)  # type: ignore[arg-type]
        source = city.scalar("SELECT source FROM pinned_definition")
        rungs: dict[str, dict[tuple[str, int], Any]] = {}
        for row in city.rows("SELECT stage, kind, rung, due_at FROM cycle_rung"):
            rungs.setdefault(row.stage, {})[(row.kind, row.rung)] = row.due_at
        course = Course(
            Route(source), city.scalar("SELECT policy_bureau_id FROM municipality"), now,
            office_day(now),
            deadlines={r.stage: r.due_at for r in city.rows("SELECT * FROM cycle_deadline")},
            rungs=rungs, closed=frozenset(r.day for r in city.rows("SELECT day FROM closed_day")),
        )  # fmt: skip
        for row in city.rows("SELECT id, sign_in_name, disabled_at FROM person ORDER BY id"):
            course.people[row.id] = Person(row.id, row.sign_in_name)
        course.department_of = {
            r.id: r.parent_id or r.id for r in city.rows("SELECT id, parent_id FROM org_unit")
        }
        for row in city.rows("""
            SELECT e.*, w.fields ->> 'results' AS results,
                   ARRAY(SELECT d.unit_id FROM measure_related_department d
                         WHERE d.measure_id = e.subject_id ORDER BY d.position) AS related
            FROM evaluation e JOIN working_copy w ON w.evaluation_id = e.id ORDER BY e.id
        """):
            content = (row.results, self.cost_of(row.code)[1])
            sheet = Sheet(row.id, row.code, row.attempt, row.lead_section_id,
                          row.responsible_department_id, tuple(row.related), row.state,
                          content, content)  # fmt: skip
            sheet.events.append(("open", None, row.state, "own", None))
            sheet.due_at = course.deadlines.get(row.state)
            sheet.timers = {
                (t.kind, t.rung): t.due_at
                for t in city.rows("SELECT * FROM timer WHERE evaluation_id = :id AND "
                                   "settled_at IS NULL", id=row.id)
            }  # fmt: skip
            course.sheets.append(sheet)
        # Whom the opening of the cycle told was decided before the people changed.
        course.notices = set(self.observe()["notices"])
        return course

    def cost_of(self, code: str) -> tuple[str, int]:
        """The first project of a measure and its settlement in the judged year."""
        row = self.city.rows("""
            SELECT p.code, coalesce(f.project_cost, 0) AS cost FROM project p
            JOIN measure m ON m.id = p.measure_id
            LEFT JOIN project_figure f ON f.project_id = p.id AND f.kind = 'settlement'
                AND f.fiscal_year = 2021
            WHERE m.code = :code ORDER BY p.code LIMIT 1
        """, code=code)[0]  # fmt: skip
        return row.code, row.cost

    def actor(self, person: int, assignment: int | None) -> Actor:
        """The person as they stand before the program, also one whose account was switched off."""
        with self.application.query(SYSTEM) as ctx:
            found = loading.actor(ctx, person, assignment)
        if found is not None:
            return found[0]
        return Actor(person_id=person, name="", assignment_id=assignment)

    # What the rows say

    def observe(self) -> dict[str, Any]:
        """Everything that the model foretells, from the rows."""
        with self.application.query(SYSTEM) as ctx:
            seen = {name: [tuple(row) for row in ctx.execute(sa.text(statement))]
                    for name, statement in STATEMENTS.items()}  # fmt: skip
        return {name: sorted(rows, key=repr) for name, rows in seen.items()}

    def desks(self, people: Sequence[int]) -> dict[int, set[int]]:
        """What each person has on the desk, waiting or on hold: evaluation ids."""
        found: dict[int, set[int]] = {}
        with self.application.query(SYSTEM) as ctx:
            for person in people:
                mine = loading.actor(ctx, person, None)
                if mine is None:
                    continue
                ctx.actor = mine[0]
                page = desk.desk(ctx, mine[1])
                found[person] = {item.evaluation_id for item in (*page.waiting, *page.held)}
                assert desk.count_waiting(ctx, mine[1]) == len(page.waiting)
        return found

    def digest(self, *, but: str = "") -> list[Any]:
        """All rows of all tables, in short: the same twice when nothing was written between."""
        tables = sorted(set(Base.metadata.tables) - {but})
        parts = (f"SELECT count(*), sum(hashtext(t::text)) FROM {table} t" for table in tables)  # noqa: S608
        return [tuple(row) for row in self.city.rows(" UNION ALL ".join(parts))]


#: Stays are counted per sheet: 1, 2, 3 …, 0 for none.
_STAY = """(SELECT count(*) FROM stage_entry x
            WHERE x.evaluation_id = {0}.evaluation_id AND x.id <= {0}.stage_entry_id)"""
STATEMENTS = {
    "sheets": """
        SELECT e.id, e.state, e.round, e.version, e.closed_at IS NOT NULL, s.stage, s.round,
               s.entered_by, s.due_at, s.first_opened_at IS NOT NULL, s.held_at,
               (SELECT count(*) FROM stage_entry x WHERE x.evaluation_id = e.id)
        FROM evaluation e LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
    """,
    "timers": f"""
        SELECT t.evaluation_id, {_STAY.format("t")}, t.kind, t.rung, t.due_at
        FROM timer t WHERE t.settled_at IS NULL
    """,  # noqa: S608
    "notices": f"""
        SELECT n.kind, n.evaluation_id, {_STAY.format("n")}, n.rung, n.recipient_id FROM notice n
    """,  # noqa: S608
    "signatures": """
        SELECT evaluation_id, person_id, stage, round, voided_at IS NOT NULL FROM signature
    """,
    "answers": """
        SELECT evaluation_id, person_id, stage, verdict, unit_id, post_id, voided_at IS NOT NULL
        FROM joint_reply
    """,
    "authors": "SELECT evaluation_id, person_id FROM authorship",
    "readings": """
        SELECT evaluation_id, stage, round, person_id, acknowledged_at IS NOT NULL FROM post_review
    """,
    "questions": """
        SELECT evaluation_id, number, asked_by_id, asked_person_id, answered_at IS NOT NULL
        FROM consultation
    """,
    "events": """
        SELECT evaluation_id, sequence, action, person_id, to_state, basis, on_behalf_of FROM event
    """,
}


def foretold(course: Course) -> dict[str, Any]:
    """The same from the model."""
    closed = ("published", "ended")
    final = course.route.kind
    told: dict[str, list[Any]] = {name: [] for name in STATEMENTS}
    told["notices"] = list(course.notices)
    for s in course.sheets:
        told["sheets"].append(
            (s.id, s.state, s.round, s.version, final(s.state) in closed, s.state, s.round,
             s.entered_by, s.due_at, s.opened, s.held_since, s.entry)
        )  # fmt: skip
        told["timers"] += [(s.id, s.entry, *key, due) for key, due in s.timers.items()]
        told["signatures"] += [(s.id, g.person, g.stage, g.round, g.void) for g in s.signatures]
        told["answers"] += [(s.id, a.person, a.stage, a.verdict, a.unit, a.post, a.void)
                            for a in s.answers]  # fmt: skip
        told["authors"] += [(s.id, person) for person in s.authors]
        told["readings"] += [(s.id, *key, done) for key, done in s.readings.items()]
        told["questions"] += [(s.id, n, *q) for n, q in enumerate(s.questions, start=1)]
        told["events"] += [(s.id, n, *e) for n, e in enumerate(s.events, start=1)]
    return {name: sorted(rows, key=repr) for name, rows in told.items()}
