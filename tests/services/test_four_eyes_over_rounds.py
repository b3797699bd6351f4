"""Truth 3 where a sheet goes back only a part of the way: what still stands still bars."""

from __future__ import annotations

import pytest

from tests.authority import end_posts, give_post
from tests.city import City, on_route
from tests.sample_people import APPROVER, COLLEAGUES, REVIEWERS
from workflow.errors import Refused

#: 課長 of the section that leads 611.
CHIEF = COLLEAGUES["611"]


@on_route("two_levels")
def test_whose_section_review_still_stands_does_not_review_for_the_department(
    route_city: City,
) -> None:
    """The bureau returns the sheet to the department; the section's review is not repeated."""
    city = route_city
    give_post(city, CHIEF, "市民自治部", "次長", "deputy_director")
    city.submit("611")
    city.act(CHIEF, "611", "approve")
    city.act(REVIEWERS["611"], "611", "approve")
    city.act(APPROVER, "611", "return", target="department_review", reason="数字を再確認。")
    end_posts(city, REVIEWERS["611"])

    with pytest.raises(Refused, match="signed_earlier_stage"):
        city.act(city.actor(CHIEF, post="市民自治部次長"), "611", "approve")

    assert city.page(APPROVER, "611").holders == ()
    assert city.state("611") == "department_review"


@on_route("two_levels")
def test_the_box_of_a_review_that_still_stands_stays_on_the_sheet(route_city: City) -> None:
    city = route_city
    city.submit("611")
    city.act(CHIEF, "611", "approve")
    city.act(REVIEWERS["611"], "611", "approve")
    city.act(APPROVER, "611", "return", target="department_review", reason="数字を再確認。")

    assert [box.from_stage for box in city.page(APPROVER, "611").approvals] == ["課長審査"]


@on_route("two_levels")
def test_what_the_sheet_went_back_over_bars_nobody(route_city: City) -> None:
    city = route_city
    give_post(city, CHIEF, "市民自治部", "次長", "deputy_director")
    city.submit("611")
    city.act(CHIEF, "611", "approve")
    city.act(REVIEWERS["611"], "611", "return", target="draft", reason="書き直してください。")
    city.submit("611")
    give_post(city, "aoki.shizuka", "まちづくり推進課", "課長代理", "section_chief")
    city.act(city.actor("aoki.shizuka", post="まちづくり推進課長代理"), "611", "approve")
    end_posts(city, REVIEWERS["611"])

    city.act(city.actor(CHIEF, post="市民自治部次長"), "611", "approve")

    assert city.state("611") == "bureau_approval"
