"""Walks with the services, on a real database, what the checker of definitions explored.

One move after the other, by the people that the exploration names; what the engine does of its own
accord is waited for. So a refuted path is shown to be a way that a sheet can really go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from tests import plans
from tests.authority import reply
from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Cluster
from tests.recorders import Clock
from workflow.application import Application
from workflow.definition.facts import Holder, Verdict
from workflow.definition.model import Definition
from workflow.definition.situation import Arrival, Move
from workflow.policy import SYSTEM, Actor
from workflow.services import definition_change, loading, publication
from workflow.services.change_plan import Asked

#: Steps that the engine walks in the transaction that leads to them.
_BY_ITSELF = frozenset({"joint", "absence"})


@contextmanager
def city_on(
    cluster: Cluster, template: tuple[str, dict[str, str]], route: Definition
) -> Iterator[Walker]:
    """A copy of the sample city whose cycle was brought over to *route*."""
    with cluster.copy(template[0]) as db:
        clock = Clock(START)
        application = Application(settings_for(db), clock=clock)
        try:
            city = City(application, template[1])
            with application.command(SYSTEM) as ctx:
                asked = Asked(city.cycle(), route, mapping={}, due={})
                definition_change.apply(ctx, definition_change.plan(ctx, asked))
            yield Walker(city, clock, route)
        finally:
            application.dispose()


class Walker:
    """Somebody who takes a sheet along a path."""

    def __init__(self, city: City, clock: Clock, route: Definition) -> None:
        self.city, self.clock, self.route = city, clock, route
        self.costs = iter(range(1_000_000, 2_000_000))
        #: What was taken in by now: (sheet's code, project's code) → settlement.
        self.taken_in: dict[tuple[str, str], int] = {}

    def walk(self, code: str, moves: Iterable[Arrival]) -> None:
        """Walk all of *moves*, each from the stage from which it was explored."""
        for before, move in moves:
            self.step(code, before.stage, move)

    def step(self, code: str, source: str, move: Move) -> None:
        """One move; what followed by itself already is only looked at."""
        row = move.row
        if row is not None and row.by in _BY_ITSELF:
            if self.city.state(code) == source:
                self._let_time_pass(code)
            return
        assert self.city.state(code) == source, (code, source, self.city.state(code))
        if move.by_import:
            self.content_changes(code)
        elif row is None:
            assert move.holder is not None
            self._answer_or_open(code, move.holder, move.verdict)
        elif row.by == "publication":
            assert move.holder is not None
            self.publish(code, move.holder)
        else:
            assert move.holder is not None
            self._act(code, move)

    def actor(self, holder: Holder) -> Actor:
        """The person in the post in which they act."""
        with self.city.application.query(SYSTEM) as ctx:
            found = loading.actor(ctx, holder.person_id, holder.assignment_id)
        assert found is not None
        return found[0]

    def _act(self, code: str, move: Move) -> None:
        assert move.row is not None and move.holder is not None  # noqa: PT018
        row, actor = move.row, self.actor(move.holder)
        if move.rewritten:
            name = self.city.scalar(
                "SELECT sign_in_name FROM person WHERE id = :id", id=actor.person_id
            )
            self.city.save(code, by=name, results=f"書き直した成果（{next(self.costs)}）。")
        reason = "理由を述べます。" if row.asks_for_words else ""
        self.city.act(actor, code, row.action, target=row.target, reason=reason)

    def _answer_or_open(self, code: str, holder: Holder, verdict: Verdict | None) -> None:
        actor = self.actor(holder)
        if verdict is not None:
            reply(self.city, actor, code, verdict, opinion="意見を述べます。")
            return
        name = self.city.scalar(
            "SELECT sign_in_name FROM person WHERE id = :id", id=actor.person_id
        )
        assert self.city.open_sheet(name, code)

    def content_changes(self, code: str) -> None:
        """決算額の取込み: another settlement of the sheet's first project."""
        project = self.city.page(SYSTEM, code).content.projects[0].code
        self.taken_in[code, project] = next(self.costs)

        def change(tree: plans.Tree) -> None:
            for (sheet, line), cost in self.taken_in.items():
                plans.with_cost(sheet, line, cost)(tree)

        plans.take_in(self.city.application, plans.plan(change))

    def publish(self, code: str, holder: Holder) -> bool:
        """Select the sheet as a publisher and run the job; whether it was published."""
        asked = self.city.request_publication([code], by=self.actor(holder))
        return publication.run(self.city.application, asked)

    def _let_time_pass(self, code: str) -> None:
        """The last day of a joint stage is over, and the clock ticks."""
        due = self.city.scalar(
            "SELECT due_at FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
            id=self.city.evaluation(code),
        )
        self.clock.now = max(self.clock.now, due) + timedelta(minutes=1)
        self.city.tick()

    def covering(self, code: str) -> set[tuple[int, str]]:
        """(person, stage) of what stands signed or answered over the content of now."""
        return {
            (row.person_id, row.stage)
            for row in self.city.rows(
                """
                SELECT g.person_id, g.stage FROM signature g JOIN evaluation e ON e.id = :id
                WHERE g.evaluation_id = e.id AND g.voided_at IS NULL
                  AND g.content_hash = e.content_hash
                UNION
                SELECT j.person_id, j.stage FROM joint_reply j JOIN evaluation e ON e.id = :id
                WHERE j.evaluation_id = e.id AND j.voided_at IS NULL
                  AND j.content_hash = e.content_hash
                """,
                id=self.city.evaluation(code),
            )
        }
