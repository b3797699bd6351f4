"""The benchmark runs in its quick form and its sides write the same rows; no time is looked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import decisions, pages, publishing, rows, ticks
from bench.stand import CITY, Stand, stand_on
from hyoka.local.postgres import temporary_postgres

#: One worker of the test run takes all of them: they share a server.
pytestmark = pytest.mark.xdist_group("bench")


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    """A server of its own: the benchmark sets the passwords of the cluster's roles."""
    with temporary_postgres() as server:
        yield stand_on(server)


def silently(_text: str) -> None:
    """Keep the progress of a benchmark to itself."""


def test_core_and_hand_decide_with_the_same_rows(stand: Stand) -> None:
    outcome = decisions.run(stand, decisions.QUICK, tell=silently)

    assert list(outcome.differences) == []
    assert list(outcome.broken) == []
    assert [len(series.figures) for series in outcome.series] == [2, 2, 2, 1, 1]


def test_core_and_hand_publish_with_the_same_rows(stand: Stand) -> None:
    outcome = publishing.run(stand, publishing.QUICK, tell=silently)

    assert list(outcome.differences) == []
    assert list(outcome.broken) == []
    assert [len(series.figures) for series in outcome.series] == [2, 2]


def test_a_tick_does_the_same_whatever_the_size_and_the_same_as_by_hand(stand: Stand) -> None:
    outcome = ticks.run(stand, ticks.QUICK, tell=silently)

    assert list(outcome.differences) == []
    assert {len(series.figures) for series in outcome.series[:6]} == {2}


@pytest.mark.parametrize(
    ("page", "sizes"),
    [(pages.DESK, pages.DESK_QUICK), (pages.BOARD, pages.BOARD_QUICK)],
    ids=["desk", "board"],
)
def test_a_page_and_its_bare_route_show_the_same_table(
    stand: Stand, page: pages.Page, sizes: pages.Sizes
) -> None:
    outcome = pages.run(stand, page, sizes, tell=silently)

    assert list(outcome.differences) == []
    assert [len(series.figures) for series in outcome.series] == [2, 2, 2, 2]


def test_a_row_that_differs_is_found(stand: Stand) -> None:
    """The comparison that the other two rely on does see a difference."""
    stand.copy(CITY, "bench_changed")
    with stand.owner(CITY) as one, stand.owner("bench_changed") as other:
        tables = rows.tables(one, {"id"})
        other.execute("UPDATE timer SET rung = rung + 10 WHERE id = (SELECT min(id) FROM timer)")
        other.execute("DELETE FROM notice WHERE id = (SELECT min(id) FROM notice)")

        found = [
            text
            for table in tables
            for text in rows.differences(
                table, rows.shape(one, table), rows.shape(other, table), ("one", "other")
            )
        ]

    stand.drop("bench_changed")
    assert sorted({text.partition(":")[0] for text in found}) == ["notice", "timer"]
