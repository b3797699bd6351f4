"""More time until a day: which later dates of the cycle it reaches."""

from __future__ import annotations

from datetime import date

import pytest

from workflow.definition.later_dates import reached_dates
from workflow.definition.load import named, standard

DUE = {
    "draft": date(2022, 6, 22),
    "department_review": date(2022, 7, 8),
    "bureau_approval": date(2022, 7, 29),
    "approved": date(2022, 9, 1),
}


def reached(state: str, day: date, due: dict[str, date] = DUE) -> list[tuple[str, bool, bool]]:
    """Stage, whether it is the next one, whether it is the same day."""
    found = reached_dates(standard(), state, day, due)
    return [(one.stage.key, one.is_next, one.same_day) for one in found]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2022, 7, 7), []),
        (date(2022, 7, 8), [("department_review", True, True)]),
        (date(2022, 7, 9), [("department_review", True, False)]),
        (date(2022, 7, 29), [("department_review", True, False), ("bureau_approval", False, True)]),
        (
            date(2022, 9, 2),
            [
                ("department_review", True, False),
                ("bureau_approval", False, False),
                ("approved", False, False),
            ],
        ),
    ],
)
def test_the_day_itself_is_reached_and_the_day_before_it_is_not(
    day: date, expected: list[tuple[str, bool, bool]]
) -> None:
    assert reached("draft", day) == expected


def test_dates_of_stages_that_lie_behind_do_not_count() -> None:
    assert reached("bureau_approval", date(2022, 8, 1)) == []


def test_a_stage_without_a_date_is_not_reached_and_does_not_hide_the_ones_after_it() -> None:
    due = {stage: day for stage, day in DUE.items() if stage != "department_review"}

    assert reached("draft", date(2022, 7, 29), due) == [("bureau_approval", False, True)]
    assert reached("draft", date(2022, 12, 1), {}) == []


def test_where_it_waits_for_publication_more_time_moves_the_publication() -> None:
    assert reached("approved", date(2022, 8, 31)) == []
    assert reached("approved", date(2022, 9, 1)) == [("approved", False, True)]
    found = reached_dates(standard(), "approved", date(2022, 9, 2), DUE)
    assert [one.is_publication for one in found] == [True]


def test_only_the_release_is_the_publication() -> None:
    found = reached_dates(standard(), "draft", date(2022, 9, 1), DUE)

    assert [one.is_publication for one in found] == [False, False, True]


@pytest.mark.parametrize("name", ["joint_external", "two_levels"])
def test_on_other_routes_too_only_what_follows_counts_and_an_end_is_no_date(name: str) -> None:
    definition = named(name)
    due = {stage.key: date(2022, 7, 1) for stage in definition.stages}
    found = reached_dates(definition, definition.initial.key, date(2022, 7, 1), due)

    assert found[0].is_next
    assert definition.initial not in [one.stage for one in found]
    assert all(one.stage.kind != "ended" for one in found)
