"""Publishing thousands of sheets through the services, beside set-based SQL written by hand."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from bench import by_hand_publishing, rows
from bench.cast import publisher_of
from bench.filling import Filled, fill
from bench.measured import Outcome, Ratio, Series
from bench.sides import BY_HAND, CORE, request_key
from bench.stand import CITY, Stand
from hyoka import database
from workflow.policy import SYSTEM, Actor
from workflow.queries import ledger
from workflow.services import loading, publication

_TEMPLATE = "bench_approved"
_RUNS = {CORE: "bench_core", BY_HAND: "bench_by_hand"}

#: Both begin from the same rows, so little differs: new ids, instants (in any case), salts.
_DIFFERING = frozenset(
    {"id", "event_id", "stage_entry_id", "narrative_hash", "previous_hash", "hash", "request_key"}
)


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        sheets: so many are published in each round on each side.
        at_most: the bound on the ratio to what was written by hand.
    """

    rounds: int
    sheets: int
    at_most: float | None


FULL = Sizes(rounds=7, sheets=10_000, at_most=3.0)
QUICK = Sizes(rounds=2, sheets=60, at_most=None)


def run(stand: Stand, sizes: Sizes, *, tell: Callable[[str], None] = print) -> Outcome:
    """Measure, then compare all tables of the last round and verify all chains."""
    tell(f"publishing: filling in {sizes.sheets:,} approved evaluations")
    stand.copy(CITY, _TEMPLATE)
    filled = fill(
        stand, _TEMPLATE, number=2, count=sizes.sheets, saves=3, until="approved", in_a_row=1
    )
    publisher = publisher_of(stand, _TEMPLATE)
    figures: dict[str, list[float]] = {side: [] for side in _RUNS}
    differences: list[str] = []
    broken: list[str] = []
    for number in range(sizes.rounds):
        for name in _RUNS.values():
            stand.copy(_TEMPLATE, name)
        order = (CORE, BY_HAND) if number % 2 == 0 else (BY_HAND, CORE)
        for side in order:
            measure = _core if side == CORE else _by_hand
            figures[side].append(measure(stand, _RUNS[side], filled, publisher))
        shown = ", ".join(f"{side} {figures[side][-1]:.2f} s" for side in _RUNS)
        tell(f"publishing: round {number + 1}: {shown}")
        if number == sizes.rounds - 1:
            tell("publishing: comparing rows, verifying chains")
            differences = _differences(stand, filled)
            broken = [text for name in _RUNS.values() for text in _broken(stand, name)]
        for name in _RUNS.values():
            stand.drop(name)
    stand.drop(_TEMPLATE)
    core, by_hand = (Series(side, "s", tuple(figures[side])) for side in (CORE, BY_HAND))
    return Outcome(
        name="publishing",
        sizes={"evaluations": sizes.sheets, "rounds": sizes.rounds, "chunk": publication.CHUNK},
        series=[core, by_hand],
        ratios=[Ratio("publishing: core / by hand", core, by_hand, at_most=sizes.at_most)],
        differences=differences,
        broken=broken,
    )


def _core(stand: Stand, name: str, filled: Filled, publisher: Actor) -> float:
    """Request, chunks and flip, each transaction as the web and the worker run it."""
    application = stand.application(name)
    with application.query() as ctx:
        loading.actor(ctx, 1, None)  # opens the connection
    gc.collect()
    start = time.monotonic()
    with application.command(publisher) as ctx:
        requested = publication.request(
            ctx,
            cycle_id=filled.cycle_id,
            evaluation_ids=filled.evaluation_ids,
            publish_at=None,
            request_key=request_key(),
        )
    published = publication.run(application, requested.publication_id)
    seconds = time.monotonic() - start
    application.dispose()
    assert published
    return seconds


def _by_hand(stand: Stand, name: str, filled: Filled, publisher: Actor) -> float:
    with psycopg.connect(stand.url(name, database.OWNER)) as connection:
        gc.collect()
        start = time.monotonic()
        by_hand_publishing.publish(
            connection,
            cycle_id=filled.cycle_id,
            evaluation_ids=filled.evaluation_ids,
            actor=publisher,
            request_key=request_key(),
        )
        return time.monotonic() - start


def _differences(stand: Stand, filled: Filled) -> list[str]:
    """Both began from the same template, so whole tables must be alike."""
    told: list[str] = []
    with stand.owner(_RUNS[CORE]) as one, stand.owner(_RUNS[BY_HAND]) as other:
        for table in rows.tables(one, _DIFFERING):
            shapes = rows.shape(one, table), rows.shape(other, table)
            told += rows.differences(table, *shapes, names=(CORE, BY_HAND))
        published = one.execute(
            "SELECT count(*) FROM evaluation WHERE state = 'published' AND id = ANY (%s)",
            (list(filled.evaluation_ids),),
        ).fetchone()
    if published != (len(filled.evaluation_ids),):
        told.append(f"core: {published} published of {len(filled.evaluation_ids)}")
    return told


def _broken(stand: Stand, name: str) -> list[str]:
    application = stand.application(name)
    with application.query(SYSTEM) as ctx:
        found = ledger.verify(ctx)
    application.dispose()
    return [
        f"{name} {broken.evaluation} {broken.sequence}: {broken.code}" for broken in found.broken
    ]
