"""The tick on very many evaluations beside the same due timers in a small table.

Its cost must follow what is due. So the same number of timers fall due in both databases, and a
tick is timed in each; what it touches is counted by the server; the plans of its statements are
looked at in the large one; and a tick with nothing to do must cost next to nothing in both.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from bench import by_hand_tick, million, plans
from bench.measured import Outcome, Ratio, Series
from bench.office import GROWING, Office, open_days
from bench.sides import BY_HAND, CORE
from bench.stand import CITY, Stand
from bench.told import differences_of_firing, differences_of_ticks
from hyoka import database
from workflow.services import (
    absence_days,
    closing,
    delivery,
    gathering,
    publication,
    reorganisation_day,
    ticking,
    timers,
)

_LARGE, _SMALL = "bench_many", "bench_few"
#: The claim is known by this index, in every size.
_CLAIMS = ("FROM timer t", "ix_timer_due")
#: Ticks at which nothing is due.
_IDLE = 15


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        many, few: evaluations in the large and in the small database.
        due: timers that fall due in each round.
        rounds: ticks on each of the two; and as many rounds of firing beside the one by hand.
        at_most: the bound on the time in the large database over that in the small one.
        blocks_at_most: the bound on what is touched. Trees of indexes are deeper in a large table.
        plans: whether the plans are looked at; in a table of some pages reading it all is right.
    """

    many: int
    few: int
    due: int
    rounds: int
    at_most: float | None
    blocks_at_most: float | None
    plans: bool


FULL = Sizes(
    many=1_000_000, few=10_000, due=2_000, rounds=7, at_most=1.5, blocks_at_most=1.5, plans=True
)
QUICK = Sizes(
    many=2_000, few=1_000, due=80, rounds=2, at_most=None, blocks_at_most=None, plans=False
)


def run(stand: Stand, sizes: Sizes, *, tell: Callable[[str], None] = print) -> Outcome:
    """Measure, and compare what was told to whom."""
    days = open_days(stand, 3 * sizes.rounds + 1)
    for name, count in ((_SMALL, sizes.few), (_LARGE, sizes.many)):
        tell(f"tick: filling in {count:,} evaluations")
        stand.copy(CITY, name)
        million.fill(stand, name, count=count, due=sizes.due, days=days)
    large, small = Office(stand, _LARGE), Office(stand, _SMALL)
    try:
        costly = _ticks_to_warm(stand, large, small, days[0], look=sizes.plans)
        ticks, blocks = _race(large, small, sizes, days[1 : 1 + sizes.rounds], tell)
        firing = _firing(stand, large, sizes, days[1 + sizes.rounds :], tell)
        idle = _idle(large, small, tell)
        parts = _parts(large)
        differences = [
            *differences_of_ticks(stand, (_LARGE, _SMALL), range(1, 2 + sizes.rounds)),
            *differences_of_firing(stand, _LARGE, range(2 + sizes.rounds, 2 + 3 * sizes.rounds)),
        ]
    finally:
        for office in (large, small):
            office.application.dispose()
    for name in (_LARGE, _SMALL):
        stand.drop(name)
    return Outcome(
        name="tick",
        sizes={
            "evaluations": {"many": sizes.many, "few": sizes.few},
            "due_per_round": sizes.due,
            "rounds": sizes.rounds,
            "batch": timers.BATCH,
        },
        series=[*ticks, *blocks, *firing, *idle, *parts],
        ratios=[
            Ratio("tick: time, many / few", *ticks, at_most=sizes.at_most),
            Ratio("tick: blocks touched, many / few", *blocks, at_most=sizes.blocks_at_most),
            Ratio("tick: nothing due, time, many / few", *idle, at_most=sizes.at_most),
            Ratio("tick: firing, core / by hand", *firing),
        ],
        differences=differences,
        costly=costly,
        shown="the same was told to the same people"
        + (", no growing table was read through" if sizes.plans else ""),
    )


def _ticks_to_warm(
    stand: Stand, large: Office, small: Office, day: datetime, *, look: bool
) -> list[str]:
    """A first tick on both; the statements of the one on the large database are looked at."""
    small.now = large.now = day
    small.tick()
    large.application.dispose()
    before = plans.counters(stand, _LARGE)
    with plans.listening(large.application) as heard:
        large.tick()
    large.application.dispose()
    after = plans.counters(stand, _LARGE)
    if not look:
        return []
    told = [f"a tick read all of {table}" for table in plans.touched(before, after, GROWING)[1]]
    claims = 0
    with psycopg.connect(stand.url(_LARGE), autocommit=True) as connection:
        for statement, values in heard.statements.items():
            if not statement.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
                continue
            plan = plans.plan_of(connection, statement, values)
            words = " ".join(statement.split())[:90]
            told += [f"{t} is read through by: {words}" for t in plan.scanned if t in GROWING]
            if _CLAIMS[0] in statement:
                claims += _CLAIMS[1] in plan.indexes
    if claims != 1:
        told.append(f"the claim of due timers does not go by {_CLAIMS[1]}")
    return told


def _race(
    large: Office,
    small: Office,
    sizes: Sizes,
    days: Sequence[datetime],
    tell: Callable[[str], None],
) -> tuple[tuple[Series, Series], tuple[Series, Series]]:
    """One tick on each per round; who goes first changes."""
    seconds: dict[str, list[float]] = {_LARGE: [], _SMALL: []}
    blocks: dict[str, list[float]] = {_LARGE: [], _SMALL: []}
    for number, day in enumerate(days):
        offices = (large, small) if number % 2 == 0 else (small, large)
        for office in offices:
            office.now = day
            with office.counted() as count:
                office.warm()
                gc.collect()
                start = time.monotonic()
                ticked = office.tick()
                seconds[office.name].append(time.monotonic() - start)
            blocks[office.name].append(count[0])
            assert ticked.timers == sizes.due, ticked
            assert ticked.mails_written == ticked.mails_sent > 0, ticked
        tell(
            f"tick: round {number + 1}: many {seconds[_LARGE][-1]:.2f} s, "
            f"few {seconds[_SMALL][-1]:.2f} s"
        )
    return (
        (
            Series(f"{sizes.due:,} due of {sizes.many:,}", "s", tuple(seconds[_LARGE])),
            Series(f"{sizes.due:,} due of {sizes.few:,}", "s", tuple(seconds[_SMALL])),
        ),
        (
            Series(f"touched of {sizes.many:,}", "blocks", tuple(blocks[_LARGE])),
            Series(f"touched of {sizes.few:,}", "blocks", tuple(blocks[_SMALL])),
        ),
    )


def _firing(
    stand: Stand,
    large: Office,
    sizes: Sizes,
    days: Sequence[datetime],
    tell: Callable[[str], None],
) -> tuple[Series, Series]:
    """From due timers to notices, without the mails: what can be written in one statement."""
    figures: dict[str, list[float]] = {CORE: [], BY_HAND: []}
    with psycopg.connect(stand.url(_LARGE, database.OWNER)) as connection:
        for number in range(sizes.rounds):
            core, by_hand = days[2 * number : 2 * number + 2]
            large.now = core
            large.warm()
            gc.collect()
            start = time.monotonic()
            fired = timers.fire_due(large.application)
            figures[CORE].append(time.monotonic() - start)
            start = time.monotonic()
            settled = by_hand_tick.fire(connection, now=by_hand, today=by_hand.date())
            figures[BY_HAND].append(time.monotonic() - start)
            assert fired == settled == sizes.due, (fired, settled)
            shown = ", ".join(f"{side} {figures[side][-1]:.2f} s" for side in figures)
            tell(f"tick: firing, round {number + 1}: {shown}")
    return (
        Series(f"firing {sizes.due:,}, core", "s", tuple(figures[CORE])),
        Series(f"firing {sizes.due:,}, by hand", "s", tuple(figures[BY_HAND])),
    )


def _idle(large: Office, small: Office, tell: Callable[[str], None]) -> tuple[Series, Series]:
    """Ticks with nothing to do, a moment after one that did everything."""
    small.now = large.now
    figures: dict[str, list[float]] = {_LARGE: [], _SMALL: []}
    for office in (large, small):
        while office.tick().timers:
            pass
    for _ in range(_IDLE):
        for office in (large, small):
            start = time.monotonic()
            ticked = office.tick()
            figures[office.name].append(1000 * (time.monotonic() - start))
            assert ticked == ticking.Ticked(0, 0, 0, 0), ticked
    many, few = (
        Series(f"nothing due, {n}", "ms", tuple(figures[name]))
        for n, name in (("many", _LARGE), ("few", _SMALL))
    )
    tell(f"tick: nothing due: many {many.middle:.1f} ms, few {few.middle:.1f} ms")
    return many, few


def _parts(large: Office) -> list[Series]:
    """What each part of a tick costs where nothing is due, in the large database."""
    application = large.application
    parts: dict[str, Callable[[], object]] = {
        "reorganisations": lambda: reorganisation_day.carry_out_due(application),
        "absences": lambda: absence_days.begin_due(application),
        "joint stages": lambda: closing.close_due(application),
        "timers": lambda: timers.fire_due(application),
        "gathering": lambda: gathering.gather_all(application),
        "publications": lambda: publication.due(application),
        "mails": lambda: delivery.deliver_all(application, large),
    }
    found = []
    for name, part in parts.items():
        figures = []
        for _ in range(_IDLE):
            start = time.monotonic()
            part()
            figures.append(1000 * (time.monotonic() - start))
        found.append(Series(f"nothing due, many: {name}", "ms", tuple(figures)))
    return found
