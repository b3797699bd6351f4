"""Chances of being ready, from waiting times: by hand on small examples."""

from __future__ import annotations

from decimal import Decimal

from workflow.calendar.forecast import Forecast, Stay, stage_times

ROUTE = ("draft", "review", "approved", "published")
READY = frozenset({"approved", "published"})


def forecast(*stays: Stay, horizon: int = 10, **planned: int) -> Forecast:
    return Forecast(stays, route=ROUTE, ready=READY, planned=planned, horizon=horizon)


def near(found: Decimal, expected: str) -> bool:
    return abs(found - Decimal(expected)) < Decimal("0.000001")


def test_what_is_ready_is_ready_whatever_was_seen() -> None:
    assert forecast(horizon=2).chances("approved", 99) == (1, 1, 1)


def test_without_any_stay_and_any_plan_nothing_is_promised() -> None:
    assert set(forecast().chances("draft", 0)) == {0}


def test_an_unknown_stage_promises_nothing() -> None:
    assert set(forecast(Stay("draft", 1, "review")).chances("elsewhere", 0)) == {0}


def test_the_planned_length_stands_in_where_nobody_has_left() -> None:
    found = forecast(Stay("draft", 2, None, 5), draft=4, review=3)

    assert found.times["draft"].planned == 4
    assert found.chances("draft", 2) == (0,) * 5 + (1,) * 6
    assert found.chances("draft", 9)[:4] == (0, 0, 0, 1), "overdue: at once, then the next stage"


def test_half_and_nine_tenths_are_read_from_the_stays() -> None:
    times = stage_times([Stay("draft", day, "review") for day in range(1, 11)], None)

    assert (times.left, times.waiting, times.half, times.most) == (10, 0, 5, 9)


def test_those_who_still_wait_count_for_as_long_as_they_waited() -> None:
    """Two left on day 1 of four; of the two that waited on, one left on day 3."""
    times = stage_times([Stay("d", 1, "r", 2), Stay("d", 2, None), Stay("d", 3, "r")], None)

    assert times.leaving == {1: {"r": Decimal("0.5")}, 3: {"r": Decimal(1)}}
    assert (times.left, times.waiting) == (3, 1)


def test_while_many_wait_half_is_not_known() -> None:
    times = stage_times([Stay("d", 1, "r"), Stay("d", 9, None, 9)], None)

    assert (times.half, times.most) == (None, None)


def test_the_stages_to_come_follow_one_another() -> None:
    """Drafts take 1 or 3 days, reviews 2 or 4: ready after 3, 5 (twice) or 7."""
    found = forecast(
        Stay("draft", 1, "review"), Stay("draft", 3, "review"),
        Stay("review", 2, "approved"), Stay("review", 4, "approved"),
    ).chances("draft", 0)  # fmt: skip

    assert found[:8] == tuple(Decimal(n) / 4 for n in (0, 0, 0, 1, 1, 3, 3, 4))


def test_a_sheet_is_compared_with_those_that_waited_as_long() -> None:
    stays = [Stay("review", 1, "approved", 8), Stay("review", 6, "approved", 2)]
    found = forecast(*stays)

    assert near(found.chances("review", 0)[1], "0.8")
    assert found.chances("review", 2)[3:5] == (0, 1)


def test_who_waited_longer_than_anybody_has_no_chance_that_is_known() -> None:
    assert set(forecast(Stay("review", 3, "approved", 9)).chances("review", 4)) == {0}


def test_who_waited_longer_than_anybody_is_taken_by_the_plan_up_to_its_day() -> None:
    """Nine reviews left on day 3; the plan gives six days."""
    found = forecast(Stay("review", 3, "approved", 9), Stay("review", 4, None), review=6)

    assert found.chances("review", 4)[:4] == (0, 0, 1, 1)
    assert found.chances("review", 6)[0] == 1
    assert set(found.chances("review", 7)) == {0}


def test_the_part_that_waits_on_is_taken_by_the_plan() -> None:
    """One of two left on day 1, the other still waits; the plan gives four days."""
    found = forecast(Stay("review", 1, "approved"), Stay("review", 2, None), review=4)

    half = Decimal("0.5")
    assert found.chances("review", 0)[:6] == (0, half, half, half, 1, 1)


def test_a_return_takes_a_day_and_the_way_again() -> None:
    """Half of the reviews go back at once; a draft takes no time."""
    found = forecast(
        Stay("draft", 0, "review"), Stay("review", 0, "approved"), Stay("review", 0, "draft")
    ).chances("review", 0)

    assert [near(found[n], e) for n, e in enumerate(("0.5", "0.75", "0.875"))] == [True] * 3


def test_what_is_ended_is_never_ready() -> None:
    found = forecast(Stay("review", 1, "approved", 3), Stay("review", 1, "rejected"))

    assert near(found.chances("review", 0)[10], "0.75")


def test_chances_never_fall_and_never_pass_one() -> None:
    stays = [
        Stay("draft", 0, "review", 3), Stay("draft", 5, "review", 2), Stay("draft", 7, None, 2),
        Stay("review", 0, "draft", 2), Stay("review", 2, "approved", 5),
    ]  # fmt: skip
    found = forecast(*stays, horizon=40)

    for stage, waited in (("draft", 0), ("draft", 3), ("review", 1)):
        line = found.chances(stage, waited)
        assert list(line) == sorted(line)
        assert line[-1] <= 1
        assert len(line) == 41
