"""Writing the costs of projects: who may not, how offices write figures, two people at once."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, OTHER_SECTION, REVIEWERS
from tests.services.test_sheets import authors
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Browser, Site, text_of

DRAFTER, COLLEAGUE = DRAFTERS["611"], COLLEAGUES["611"]


def address(city: City, rest: str = "/costs", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def costs_form(browser: Browser, city: City, code: str = "611") -> dict[str, str]:
    return open_form(browser, address(city, "/costs", code), address(city, "/costs", code))


def cost(city: City, code: str, project: str) -> tuple[int | None, int | None]:
    line = next(p for p in city.page(DRAFTER, code).content.projects if p.code == project)
    return line.project_cost, line.personnel_cost


@pytest.mark.parametrize("name", [REVIEWERS["611"], APPROVER, DRAFTERS["632"]])
def test_others_cannot_write_costs(site: Site, city: City, name: str) -> None:
    browser = site.signed_in(name)
    theirs = costs_form(site.signed_in(DRAFTER), city) | {"csrf_token": browser.token()}

    read = browser.get(address(city, "/costs"))
    written = press(browser, address(city, "/costs"), theirs | {"costs-611010": "1"})

    assert (read.status_code, written.status_code) == (403, 403)
    assert "その事業の担当課と主担当課の職員だけです" in text_of(read.text)
    assert cost(city, "611", "611010")[0] == 410


def test_another_section_writes_its_own_rows_alone(site: Site, city: City) -> None:
    browser = site.signed_in(OTHER_SECTION)
    fields = costs_form(browser, city, "612")
    target = address(city, "/costs", "612")
    own = {name for name in fields if name.startswith("costs-")}

    said = text_of(browser.get(target).text)
    saved = press(browser, target, fields | {"costs-612010": "1,500"})
    stolen = press(browser, target, fields | {"costs-612023": "1", "costs-612023-personnel": "1"})

    assert own == {"costs-612010", "costs-612010-personnel"}
    assert "ほかの課の事業は、額だけを示しています。" in said
    assert saved.status_code == 303
    assert cost(city, "612", "612010")[0] == 1500
    assert stolen.status_code == 403


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("1,234", 1234), ("１２３４", 1234), ("１，２３４", 1234), ("0", 0), ("", None), (" 7 ", 7)],
)
def test_costs_are_read_as_offices_write_them(
    site: Site, city: City, typed: str, stored: int | None
) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"costs-611010": typed}

    response = press(drafter, address(city, "/costs"), fields)

    assert response.status_code == 303
    assert cost(city, "611", "611010")[0] == stored
    assert "事業費を保存しました。" in text_of(drafter.get(address(city, "/costs")).text)


@pytest.mark.parametrize("typed", ["-1", "1.5", "1,23", "千", "9" * 12, "1e3", "١٢"])
def test_costs_that_are_none_come_back_with_what_was_typed(
    site: Site, city: City, typed: str
) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"costs-611010-personnel": typed, "costs-611010": "5"}

    response = press(drafter, address(city, "/costs"), fields)

    again = forms_on(response.text)[address(city, "/costs")]
    assert response.status_code == 422
    assert 'href="#costs-611010-personnel"' in response.text
    assert "0以上10,000,000,000以下の整数（千円）で入力してください。" in text_of(response.text)
    assert again["costs-611010-personnel"] == typed
    assert again["costs-611010"] == "5"
    assert cost(city, "611", "611010") == (410, 10160)


def test_a_double_press_of_costs_is_no_conflict(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"costs-611010": "999"}

    responses = [press(drafter, address(city, "/costs"), fields) for _ in range(2)]

    assert [r.status_code for r in responses] == [303, 303]
    assert city.events("611").count("save") == 1


def test_a_colleagues_costs_are_not_overwritten_unseen(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"costs-611010": "999"}
    city.save_cost("611", "611010", 500, by=COLLEAGUE)

    response = press(drafter, address(city, "/costs"), fields)

    kept = forms_on(response.text)[address(city, "/costs")]
    assert response.status_code == 409
    assert "いま保存されている額: 500" in text_of(response.text)
    assert kept["costs-611010"] == "999"
    assert kept["seen-611010"] == "500"
    assert cost(city, "611", "611010")[0] == 500
    assert press(drafter, address(city, "/costs"), kept).status_code == 303
    assert cost(city, "611", "611010")[0] == 999


@pytest.mark.parametrize("seen", ["x", "1.5", "9" * 16])
def test_costs_with_a_broken_form_are_refused(site: Site, city: City, seen: str) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"seen-611010": seen}

    assert press(drafter, address(city, "/costs"), fields).status_code == 422


def test_after_submission_nobody_writes_costs(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = costs_form(drafter, city) | {"costs-611010": "999"}
    city.submit("611")

    assert drafter.get(address(city, "/costs")).status_code == 403
    assert press(drafter, address(city, "/costs"), fields).status_code == 403
    assert cost(city, "611", "611010")[0] == 410


# While somebody types


def autosave(
    browser: Browser, city: City, fields: dict[str, str], code: str = "611"
) -> tuple[int, dict[str, object]]:
    target = address(city, "/costs/autosave", code)
    response = browser.client.post(target, data=fields, headers={"Accept": "application/json"})
    return response.status_code, response.get_json()


def test_autosave_keeps_the_figures_and_save_makes_the_revision(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTER)
    fields = costs_form(browser, city) | {"costs-611010": "7,654"}

    status, answer = autosave(browser, city, fields)
    events = city.events("611")
    renewed = fields | answer["fields"]  # type: ignore[operator]
    again, _ = autosave(browser, city, renewed | {"costs-611010": "7655"})
    pressed = press(browser, address(city, "/costs"), costs_form(browser, city))

    assert (status, again, pressed.status_code) == (200, 200, 303)
    assert answer["saved_at"] == "10:00"
    assert cost(city, "611", "611010")[0] == 7655
    assert events == ["open"]
    assert city.events("611") == ["open", "save"]


def test_autosave_leaves_out_what_cannot_be_read_and_says_so(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTERS["612"])
    typed = {"costs-612010": "12", "costs-612023": "千"}
    fields = costs_form(browser, city, "612") | typed
    before = cost(city, "612", "612023")

    _, answer = autosave(browser, city, fields, "612")

    assert answer["saved_at"] == "10:00（読み取れない欄を除く）"
    assert (cost(city, "612", "612010")[0], cost(city, "612", "612023")) == (12, before)


def test_autosave_does_not_write_over_a_colleague(site: Site, city: City) -> None:
    browser = site.signed_in(DRAFTER)
    fields = costs_form(browser, city) | {"costs-611010": "1"}
    city.save_cost("611", "611010", 99, by=COLLEAGUE)

    status, _ = autosave(browser, city, fields)

    assert status == 409
    assert cost(city, "611", "611010")[0] == 99


def test_pressing_save_over_a_colleagues_words_makes_nobody_an_author(
    site: Site, city: City
) -> None:
    city.save("612", results="書きかけ。", make_revision=False)
    browser = site.signed_in(OTHER_SECTION)
    target = address(city, "/costs", "612")

    press(browser, target, costs_form(browser, city, "612"))

    assert authors(city, "612") == {DRAFTERS["612"]}
