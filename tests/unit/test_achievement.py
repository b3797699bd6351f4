"""Which levels of a rating scale count as 達成 or ほぼ達成, and the share of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workflow.sheet.achievement import Share, counts, share


@pytest.mark.parametrize(
    ("levels", "counted"),
    [(4, [3, 4]), (5, [4, 5]), (3, [2, 3]), (2, [2]), (1, [1])],
)
def test_the_two_upper_levels_count(levels: int, counted: list[int]) -> None:
    assert [n for n in range(1, levels + 1) if counts(n, levels)] == counted


def test_nothing_judged_has_no_share_and_is_not_nought() -> None:
    assert share([]).percent is None
    assert share([(None, 4, 7)]) == Share(7, 0, 0)
    assert Share(7, 0, 0).percent is None
    assert Share(7, 7, 0).percent == Decimal("0.0")


def test_only_sheets_with_a_rating_are_counted_against() -> None:
    found = share([(4, 4, 10), (3, 4, 4), (2, 4, 1), (None, 4, 9)])

    assert found == Share(24, 15, 14)
    assert found.percent == Decimal("93.3")


@pytest.mark.parametrize(
    ("counted", "judged", "percent"),
    [(1, 3, "33.3"), (2, 3, "66.7"), (1, 16, "6.3"), (1, 80, "1.3"), (73, 75, "97.3")],
)
def test_the_share_is_rounded_half_up_to_one_decimal(
    counted: int, judged: int, percent: str
) -> None:
    assert str(Share(judged, judged, counted).percent) == percent


def test_scales_of_different_length_are_judged_each_by_itself() -> None:
    assert share([(3, 3, 1), (3, 5, 1)]) == Share(2, 2, 1)
