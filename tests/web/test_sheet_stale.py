"""Exactly one effect: double presses, the back button, and kind words for a stale page."""

from __future__ import annotations

from tests.city import City
from tests.sample_people import COLLEAGUES, DRAFTERS, REVIEWERS
from tests.web.sheet_forms import open_form, press
from tests.web.site import Browser, Site, links, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def address(city: City, rest: str = "", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def form(browser: Browser, city: City, page: str, code: str = "611") -> dict[str, str]:
    """The form of an action, as the page brings it."""
    return open_form(browser, address(city, page, code), address(city, "/act", code))


def test_a_double_press_counts_once_and_shows_the_same_receipt(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city, "/check")

    first = press(drafter, address(city, "/act"), fields)
    second = press(drafter, address(city, "/act"), fields)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert city.events("611").count("submit") == 1


def test_the_back_button_repeats_nothing(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    fields = form(reviewer, city, "/approve")
    press(reviewer, address(city, "/act"), fields)
    city.approve("611")

    again = press(reviewer, address(city, "/act"), fields)

    assert again.status_code == 303
    assert city.events("611").count("approve") == 2
    receipt = text_of(reviewer.get(again.headers["Location"]).text)
    assert "このあと、シートはさらに動いています。" in receipt


def test_a_stale_page_says_who_did_what(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    fields = form(reviewer, city, "/approve")
    city.withdraw("611", by=DRAFTER)

    response = press(reviewer, address(city, "/act"), fields)

    said = text_of(response.text)
    assert response.status_code == 409
    assert "まちづくり推進課主査 佐藤 一郎 が処理し、シートは「作成中」に進みました" in said
    assert "最後の動き 引き戻しました" in said
    assert "内容は変わっていません。" in said
    assert address(city) in links(response.text)
    assert city.state("611") == "draft"


def test_a_stale_page_shows_what_changed_in_the_words_of_the_sheet(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    fields = form(reviewer, city, "/approve")
    city.withdraw("611", by=DRAFTER)
    city.save("611", issues="課題を書き直した。", actuals={1: "4"})
    city.submit("611")

    response = press(reviewer, address(city, "/act"), fields)

    said = text_of(response.text)
    assert response.status_code == 409
    assert "［追加］ 課題を書き直した。" in said
    assert "指標① 公募型協働事業提案制度により実施した協働事業の数：令和3年度の実績" in said
    assert "［前］ 3 → ［後］ 4" in said


def test_a_draft_that_a_colleague_changed_is_not_submitted_unseen(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city, "/check")
    city.save("611", by=COLLEAGUES["611"], issues="同僚が書き直した。")

    response = press(drafter, address(city, "/act"), fields)

    assert response.status_code == 409
    assert "内容が変わりました" in text_of(response.text)
    assert "同僚が書き直した。" in text_of(response.text)
    assert city.state("611") == "draft"


def test_the_confirmation_knows_what_the_sheet_page_had_shown(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    html = reviewer.get(address(city)).text
    link = next(h for h in html.split('"') if h.startswith(address(city, "/approve?seen=")))
    city.give_back("611")
    city.save("611", issues="課題を書き直した。")
    city.submit("611")

    assert reviewer.get(link).status_code == 409
    assert reviewer.get(address(city, "/approve?seen=nonsense")).status_code == 422


def test_a_receipt_of_nothing_is_not_found(site: Site, city: City) -> None:
    city.submit("612")
    event = city.scalar("SELECT max(id) FROM event")

    response = site.signed_in(DRAFTER).get(address(city, f"/receipt/{event}"))

    assert response.status_code == 404
