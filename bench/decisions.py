"""Decisions per second through the services, beside the same written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import psycopg

from bench import rows
from bench.by_hand_decisions import Wanted
from bench.crew import Crew, crew_of
from bench.filling import Filled, fill
from bench.measured import Outcome, Ratio, Series
from bench.sides import AT_ONCE, BY_HAND, CORE, request_key
from bench.stand import CITY, Stand
from workflow.policy import SYSTEM
from workflow.queries import ledger

_DATABASE = "bench_decisions"

#: Neighbouring evaluations are alike; each side takes one of three.
_PLACES = {CORE: 0, BY_HAND: 1, AT_ONCE: 2}
#: Columns that differ because the evaluations do; instants are left out in any case.
_DIFFERING = frozenset(
    {"id", "evaluation_id", "stage_entry_id", "event_id", "revision_id", "key", "code",
     "subject_id", "content_hash", "narrative_hash", "previous_hash", "hash", "request_key"}
)  # fmt: skip
_DIFFERING_IN_TEXTS = ("evaluation", "content_hash", "revision")


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        rounds: by number of workers; each round measures every side once.
        sheets: evaluations per side and round, by number of workers; two decisions each.
        history: evaluations of an earlier cycle that have come through both approvals.
        events: at least so many must be there before the first round.
        at_least: the bound on the ratio to what was written by hand, with one worker.
    """

    rounds: Mapping[int, int]
    sheets: Mapping[int, int]
    warming: int
    history: int
    events: int
    at_least: float | None

    def sides(self, workers: int) -> tuple[str, ...]:
        """Who takes part: the one in few statements beside one worker only."""
        return (CORE, BY_HAND, AT_ONCE) if workers == 1 else (CORE, BY_HAND)


FULL = Sizes(
    # Many short rounds: what else the machine does comes in bursts of some seconds.
    rounds={1: 21, 4: 9, 8: 9},
    sheets={1: 250, 4: 320, 8: 320},
    warming=20,
    history=4_000,
    events=100_000,
    at_least=0.6,
)
QUICK = Sizes(
    rounds={1: 2, 2: 1}, sheets={1: 10, 2: 10}, warming=3, history=20, events=0, at_least=None
)


def run(stand: Stand, sizes: Sizes, *, tell: Callable[[str], None] = print) -> Outcome:
    """Measure, then compare every row that the sides wrote and verify all chains."""
    most = max(sizes.rounds)
    needed = sizes.warming * most + sum(
        sizes.rounds[workers] * sizes.sheets[workers] for workers in sizes.rounds
    )
    count = needed * len(_PLACES)
    tell(f"decisions: filling in {count:,} evaluations")
    stand.copy(CITY, _DATABASE)
    fill(stand, _DATABASE, number=2, count=sizes.history, saves=3, until="approved")
    filled = fill(
        stand,
        _DATABASE,
        number=3,
        count=count,
        saves=1,
        until="department_review",
        in_a_row=len(_PLACES),
    )
    with stand.owner(_DATABASE) as connection:
        events = _count(connection, "event")
    assert events >= sizes.events, f"only {events} events"

    stock = _Stock(stand, filled)
    series: list[Series] = []
    with crew_of(most, stand.url(_DATABASE)) as crew:
        for side in _PLACES:
            crew.decide(side, stock.slices(side, most, sizes.warming * most))
        with stand.superuser() as connection:
            connection.execute("CHECKPOINT")
        for workers in sizes.rounds:
            series += _race(crew, stock, sizes, workers, tell)

    tell("decisions: comparing rows, verifying chains")
    outcome = Outcome(
        name="decisions",
        sizes={
            "evaluations": count,
            "events_before": events,
            "decisions_per_side_and_round": {n: 2 * sheets for n, sheets in sizes.sheets.items()},
            "rounds": dict(sizes.rounds),
        },
        series=series,
        ratios=_ratios(series, sizes.at_least),
        differences=_differences(stand, stock),
        broken=_broken(stand),
    )
    stand.drop(_DATABASE)
    return outcome


class _Stock:
    """The evaluations that no side has taken yet."""

    def __init__(self, stand: Stand, filled: Filled) -> None:
        self._filled = filled
        self._next = dict.fromkeys(_PLACES, 0)
        self.taken: dict[str, list[int]] = {side: [] for side in _PLACES}
        with stand.owner(_DATABASE) as connection:
            self._seen = {
                row[0]: row[1:]
                for row in connection.execute("SELECT id, version, content_hash FROM evaluation")
            }

    def slices(self, side: str, workers: int, sheets: int) -> list[list[Wanted]]:
        """The next *sheets* evaluations of a side, dealt out to the workers."""
        wishes = [list(self._wishes(side)) for _ in range(sheets)]
        return [[wish for pair in wishes[n::workers] for wish in pair] for n in range(workers)]

    def _wishes(self, side: str) -> Iterator[Wanted]:
        """Both decisions on one evaluation: the department's, then the bureau's."""
        index = self._next[side] * len(_PLACES) + _PLACES[side]
        self._next[side] += 1
        evaluation_id = self._filled.evaluation_ids[index]
        self.taken[side].append(evaluation_id)
        version, content_hash = self._seen[evaluation_id]
        cast = self._filled.cast_of(index)
        for step, actor in enumerate((cast.reviewer, cast.approver)):
            yield Wanted(evaluation_id, version + step, content_hash, request_key(), actor)


def _race(
    crew: Crew, stock: _Stock, sizes: Sizes, workers: int, tell: Callable[[str], None]
) -> list[Series]:
    """Alternate the sides; who goes first changes from round to round."""
    sides = sizes.sides(workers)
    decisions = 2 * sizes.sheets[workers]
    figures: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(sizes.rounds[workers]):
        start = number % len(sides)
        for side in sides[start:] + sides[:start]:
            seconds = crew.decide(side, stock.slices(side, workers, sizes.sheets[workers]))
            figures[side].append(decisions / seconds)
        shown = ", ".join(f"{side} {figures[side][-1]:,.0f}/s" for side in sides)
        tell(f"decisions: {_crew_name(workers)}, round {number + 1}: {shown}")
    return [
        Series(f"{side}, {_crew_name(workers)}", "decisions/s", tuple(figures[side]))
        for side in sides
    ]


def _ratios(series: list[Series], at_least: float | None) -> list[Ratio]:
    named = {one.name: one for one in series}
    found = []
    for name, core in named.items():
        side, _, workers = name.partition(", ")
        if side != CORE:
            continue
        for other in (BY_HAND, AT_ONCE):
            beside = named.get(f"{other}, {workers}")
            if beside is not None:
                bound = at_least if other == BY_HAND and workers == _crew_name(1) else None
                found.append(
                    Ratio(f"decisions: core / {other}, {workers}", core, beside, at_least=bound)
                )
    return found


def _crew_name(workers: int) -> str:
    return f"{workers} worker{'s' if workers > 1 else ''}"


def _differences(stand: Stand, stock: _Stock) -> list[str]:
    """Each side decided as many sheets like these; so all their rows must look alike."""
    told: list[str] = []
    with stand.owner(_DATABASE) as connection:
        for table in rows.tables(connection, _DIFFERING, _DIFFERING_IN_TEXTS):
            for other in (BY_HAND, AT_ONCE):
                decided = min(len(stock.taken[CORE]), len(stock.taken[other]))
                core, beside = (
                    rows.shape(connection, table, stock.taken[side][:decided])
                    for side in (CORE, other)
                )
                told += rows.differences(table, core, beside, (CORE, other))
        told += _left_over(connection, stock)
    return told


def _left_over(connection: psycopg.Connection, stock: _Stock) -> list[str]:
    """What no comparison of looks can see: everything arrived, over the right content."""
    told = []
    for side, ids in stock.taken.items():
        arrived, signed = connection.execute(
            """
            SELECT count(DISTINCT e.id), count(g.id) FROM evaluation e
            JOIN signature g ON g.evaluation_id = e.id AND g.content_hash = e.content_hash
            JOIN event v ON v.id = g.event_id AND v.evaluation_id = e.id
                        AND v.from_state = g.stage AND v.content_hash = e.content_hash
            WHERE e.id = ANY (%s) AND e.state = 'approved'
            """,
            (ids,),
        ).fetchone() or (0, 0)
        if (arrived, signed) != (len(ids), 2 * len(ids)):
            told.append(f"{side}: {arrived} approved and {signed} signatures of {len(ids)}")
    return told


def _broken(stand: Stand) -> list[str]:
    application = stand.application(_DATABASE)
    with application.query(SYSTEM) as ctx:
        found = ledger.verify(ctx)
    application.dispose()
    return [f"{broken.evaluation} {broken.sequence}: {broken.code}" for broken in found.broken]


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])
