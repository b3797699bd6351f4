"""Acting through the pages: who may not, and forms that are not ours."""

from __future__ import annotations

import re

import pytest

from tests.city import City
from tests.sample_people import APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.sheet_forms import open_form, press
from tests.web.site import Browser, Site, links, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def address(city: City, rest: str = "", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def form(browser: Browser, city: City, page: str, code: str = "611") -> dict[str, str]:
    """The form of an action, as the page brings it."""
    return open_form(browser, address(city, page, code), address(city, "/act", code))


@pytest.mark.parametrize(
    ("stage", "name", "page", "reason"),
    [
        ("draft", REVIEWER, "/check", "処理できるのは"),
        ("draft", PUBLISHER, "/approve", "いまの段階（作成中）では、この操作はできません"),
        ("department_review", DRAFTER, "/approve", "作成に加わった職員は、承認できません"),
        ("department_review", APPROVER, "/approve", "処理できるのは 市民自治部長 高橋 典子"),
        ("department_review", APPROVER, "/return", "処理できるのは 市民自治部長 高橋 典子"),
        ("department_review", REVIEWER, "/withdraw", "直前の処理をした本人だけ"),
        ("bureau_approval", REVIEWER, "/approve", "この回に「部局審査」で承認した職員は"),
        ("approved", DRAFTER, "/return", "処理できるのは"),
        ("published", APPROVER, "/approve", "この操作はできません"),
    ],
)
def test_who_may_not_gets_the_reason_instead_of_a_form(
    site: Site, city: City, stage: str, name: str, page: str, reason: str
) -> None:
    city.bring_to("611", stage)

    response = site.signed_in(name).get(address(city, page))

    assert response.status_code == 403
    assert reason in text_of(response.text)
    assert address(city) in links(response.text)


@pytest.mark.parametrize(
    ("stage", "name", "page", "said", "label"),
    [
        ("department_review", APPROVER, "/approve", "at Department review.", "部局審査"),
        ("bureau_approval", REVIEWER, "/approve", "at Department review in", "部局審査"),
        ("department_review", DRAFTER, "/edit", "edited at Department review", "部局審査"),
        ("department_review", DRAFTER, "/costs", "edited at Department review", "部局審査"),
        ("draft", PUBLISHER, "/approve", "is at Drafting.", "作成中"),
        ("draft", DRAFTER, "/hold", "on hold at Drafting", "作成中"),
        ("published", DRAFTER, "/consult", "is Published;", "公表済"),
    ],
)
def test_in_english_a_refusal_names_the_stage_in_english(
    site: Site, city: City, stage: str, name: str, page: str, said: str, label: str
) -> None:
    city.bring_to("611", stage)
    reader = site.signed_in(name)
    reader.post("/language", {"locale": "en"})

    response = reader.get(address(city, page))

    assert response.status_code == 403
    assert said in text_of(response.text)
    assert label not in text_of(response.text)
    assert not re.search(r">\s*(403|404|409|422|500)\s*<", response.text)


def test_a_form_of_somebody_else_does_nothing(site: Site, city: City) -> None:
    city.submit("611")
    theirs = form(site.signed_in(REVIEWER), city, "/approve")
    drafter = site.signed_in(DRAFTER)

    response = press(drafter, address(city, "/act"), theirs | {"csrf_token": drafter.token()})

    assert response.status_code == 403
    assert "作成に加わった職員は、承認できません" in text_of(response.text)
    assert city.state("611") == "department_review"


@pytest.mark.parametrize(
    ("action", "target"), [("publish", "published"), ("content_changed", ""), ("", ""), ("x", "x")]
)
def test_actions_that_are_nobodys_are_refused(
    site: Site, city: City, action: str, target: str
) -> None:
    city.bring_to("611", "approved")
    publisher = site.signed_in(PUBLISHER)
    fields = form(publisher, city, "/return") | {"action": action, "target": target}

    response = press(publisher, address(city, "/act"), fields | {"reason": "－"})

    assert response.status_code == 403
    assert city.state("611") == "approved"


def test_a_stage_cannot_be_skipped(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    fields = form(reviewer, city, "/approve") | {"target": "approved"}

    response = press(reviewer, address(city, "/act"), fields)

    assert response.status_code == 403
    assert city.state("611") == "department_review"


def test_without_the_token_of_the_form_nothing_happens(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city, "/check")
    del fields["csrf_token"]

    response = press(drafter, address(city, "/act"), fields)

    assert response.status_code == 400
    assert "読み込み直し" in text_of(response.text)
    assert city.state("611") == "draft"


@pytest.mark.parametrize(
    "broken",
    [
        {"version": ""},
        {"version": "-1"},
        {"version": "９"},
        {"version": "9" * 30},
        {"seen_hash": "zz"},
        {"seen_hash": "0" * 63},
        {"request_key": ""},
        {"request_key": "x' OR 1=1"},
    ],
)
def test_a_form_that_is_not_ours_is_refused(site: Site, city: City, broken: dict[str, str]) -> None:
    drafter = site.signed_in(DRAFTER)

    response = press(drafter, address(city, "/act"), form(drafter, city, "/check") | broken)

    assert response.status_code == 422
    assert city.state("611") == "draft"
