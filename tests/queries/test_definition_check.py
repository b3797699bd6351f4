"""The shipped routes hold in the sample city, on every day on which it changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.authority import away, give_post, grant, today
from tests.city import City
from tests.sample_people import APPROVER, BUREAUS_OWN, DRAFTERS, REVIEWERS
from workflow.definition import exploration
from workflow.definition.checker import Claim
from workflow.definition.load import SHIPPED, named, parse
from workflow.errors import BadInput
from workflow.policy import SYSTEM
from workflow.queries import definition_check
from workflow.queries.definition_check import CheckReport

#: Who judge from outside, where the route asks outsiders.
REVIEWERS_FROM_OUTSIDE = (DRAFTERS["632"], "imai.kazuo", "ogawa.tetsuo")

#: Who may decide for the bureau's head, first to last: for any sheet one of them is free to.
IN_ORDER = (REVIEWERS["612"], "ishida.makoto", "matsui.akira")


def checked(city: City, name: str = "standard") -> CheckReport:
    with city.application.query(SYSTEM) as ctx:
        return definition_check.check_definition(ctx, named(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_route_holds_on_every_day_on_which_the_city_changes(
    city: City, name: str
) -> None:
    for person in REVIEWERS_FROM_OUTSIDE:
        grant(city, person, "external_reviewer")
    first, last = today() + timedelta(days=10), today() + timedelta(days=12)
    away(
        city,
        APPROVER,
        first=first,
        last=last,
        substitutes={"bureau_approval": IN_ORDER},
    )
    away(city, REVIEWERS["611"], first=first + timedelta(days=1), last=last)
    give_post(
        city, "fujii.naoki", "総合政策部", "次長心得", "deputy_director", since=date(2022, 9, 1)
    )

    found = checked(city, name)

    assert [(f.measures, f.day, f.refutation) for f in found.findings] == []
    changes = [first, first + timedelta(days=1), last + timedelta(days=1), date(2022, 9, 1)]
    assert found.days == (today(), *changes)
    assert found.offices == 5 * len(found.days)
    assert found.situations > 5 * 10 * len(found.days)


def test_an_absence_without_a_substitute_is_found_on_its_first_day_and_for_every_sheet(
    city: City,
) -> None:
    first = today() + timedelta(days=30)
    away(city, APPROVER, first=first, last=first + timedelta(days=3))

    found = checked(city)

    assert {(f.day, f.refutation.claim) for f in found.findings} == {
        (first, Claim.ALWAYS_SOMEBODY),
        (first, Claim.ALWAYS_PUBLISHABLE),
    }
    told = [f for f in found.findings if f.refutation.claim is Claim.ALWAYS_SOMEBODY]
    assert sorted(f.measures for f in told) == ["611", "612", "621", "631", "632"]
    for finding in told:
        assert finding.refutation.finding == "nobody may act at 総合政策部承認"
        assert [step.action for step in finding.refutation.path] == ["提出する", "承認する"]


def test_without_outside_reviewers_their_stage_is_found_where_it_waits_for_them(
    city: City,
) -> None:
    text = named("joint_external").source
    said = 'quorum = 2, objection = "noted", no_reply = "notified"'
    assert said in text
    waits = parse(text.replace(said, said.replace("notified", "waits")))

    with city.application.query(SYSTEM) as ctx:
        found = definition_check.check_definition(ctx, waits)

    stuck = [f for f in found.findings if f.refutation.claim is Claim.ALWAYS_SOMEBODY]
    assert sorted(f.measures for f in stuck) == ["611", "612", "621", "631", "632"]
    assert {f.refutation.finding for f in stuck} == {"nobody may act at 外部評価"}


def test_a_substitute_who_must_review_the_bureaus_own_sheets_is_found_for_these_alone(
    city: City,
) -> None:
    """The deputy reviews what the bureau itself leads, so nobody is left to stand in above."""
    away(city, APPROVER, substitutes={"bureau_approval": [REVIEWERS["612"]]})

    found = checked(city)

    stuck = [f for f in found.findings if f.refutation.claim is Claim.ALWAYS_SOMEBODY]
    assert sorted(f.measures for f in stuck) == sorted(BUREAUS_OWN)
    assert all(step.who.endswith("岡本 幸子") for f in stuck for step in f.refutation.path[1:])


def test_a_route_too_wide_to_be_looked_at_is_no_proof(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploration, "MOST_SITUATIONS", 5)

    with pytest.raises(BadInput) as refused:
        checked(city)

    assert refused.value.code == "route_too_wide"
    assert (refused.value.values["name"], refused.value.values["codes"]) == ("standard", "611")
