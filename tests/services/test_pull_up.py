"""引上げ: a superior takes a sheet from a lower approver, who reads it afterwards."""

from __future__ import annotations

import pytest

from tests.authority import acknowledge, away, hold, open_reviews
from tests.city import City, on_route
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from workflow.errors import Refused

pytestmark = on_route("two_levels")

CHIEF = COLLEAGUES["611"]


@pytest.mark.parametrize("name", [APPROVER, CHIEF, DRAFTERS["611"], REVIEWERS["632"]])
def test_nobody_but_the_superior_takes_it_up(route_city: City, name: str) -> None:
    route_city.submit("611")

    with pytest.raises(Refused):
        route_city.act(name, "611", "pull_up", reason="課長が急病のため。")
    assert route_city.state("611") == "section_review"


def test_it_needs_a_reason(route_city: City) -> None:
    route_city.submit("611")

    with pytest.raises(Refused, match="reason_required"):
        route_city.act(REVIEWERS["611"], "611", "pull_up")


def test_the_department_head_takes_it_up_signs_at_their_own_stage_and_the_chief_reads_it(
    route_city: City,
) -> None:
    route_city.submit("611")
    route_city.act(REVIEWERS["611"], "611", "pull_up", reason="課長が急病のため。")

    assert route_city.state("611") == "department_review"
    assert route_city.rows("SELECT 1 FROM signature") == []
    row = route_city.rows("SELECT action, basis FROM event ORDER BY id DESC LIMIT 1")[0]
    assert tuple(row) == ("pull_up", "pull_up")
    [(review, _code, stage, cause)] = open_reviews(route_city, CHIEF)
    assert (stage, cause) == ("section_review", "pull_up")

    route_city.act(REVIEWERS["611"], "611", "approve")
    acknowledge(route_city, CHIEF, review)
    route_city.approve("611")
    assert route_city.state("611") == "approved"


def test_whoever_takes_it_up_may_return_it(route_city: City) -> None:
    """引上げ却下 in the sense of sending it back."""
    route_city.submit("611")
    route_city.act(REVIEWERS["611"], "611", "pull_up", reason="課長が不在のため。")
    route_city.act(REVIEWERS["611"], "611", "return", target="draft", reason="直してください。")

    assert route_city.state("611") == "draft"


def test_a_hold_is_not_broken_by_taking_it_up(route_city: City) -> None:
    route_city.submit("611")
    hold(route_city, CHIEF, "611")

    with pytest.raises(Refused, match="on_hold"):
        route_city.act(REVIEWERS["611"], "611", "pull_up", reason="急ぐため。")


def test_what_was_taken_up_is_not_taken_back_by_the_drafter(route_city: City) -> None:
    route_city.submit("611")
    route_city.act(REVIEWERS["611"], "611", "pull_up", reason="課長が急病のため。")

    with pytest.raises(Refused):
        route_city.withdraw("611", by=DRAFTERS["611"])


def test_both_levels_away_are_passed_over_to_the_bureau_with_a_reading_for_each(
    route_city: City,
) -> None:
    away(route_city, CHIEF)
    away(route_city, REVIEWERS["611"])
    route_city.submit("611")

    assert route_city.state("611") == "bureau_approval"
    assert route_city.events("611")[-2:] == ["pass_over", "pass_over"]
    assert len(open_reviews(route_city, CHIEF)) == 1
    assert len(open_reviews(route_city, REVIEWERS["611"])) == 1
