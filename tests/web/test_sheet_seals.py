"""Approval boxes and timeline: 専決, 代決, 代, 後閲, 引上げ, each where an office expects it."""

from __future__ import annotations

import re

import pytest

from tests.authority import acknowledge, away, open_reviews
from tests.city import City, on_route
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS, TWO_POSTS
from tests.web.sheet_forms import open_form, press
from tests.web.site import Site, site_of, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]
#: 総合政策部次長; 市民自治部 has まちづくり推進課長, who leads 611.
DEPUTY, CHIEF = "okamoto.sachiko", COLLEAGUES["611"]


def sheet(site: Site, city: City, name: str = ADMINISTRATOR, code: str = "611") -> str:
    return site.signed_in(name).get(f"/sheets/{city.evaluation(code)}").text


def boxes(html: str) -> dict[str, str]:
    """Head → what the box of approval says."""
    table = html.partition('class="seals"')[2].partition("</table>")[0]
    heads = [text_of(f"<main><p{cell}") for cell in _cells(table, "th")]
    return dict(zip(heads, [text_of(f"<main><p{c}") for c in _cells(table, "td")], strict=True))


def _cells(table: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}(?=[ >])(.*?)</{tag}>", table, re.DOTALL)


def history(html: str) -> str:
    return text_of("<main><ol" + html.partition('<ol class="timeline"')[2].partition("</ol>")[0])


def test_the_bureaus_head_decides_in_the_mayors_place(site: Site, city: City) -> None:
    """専決."""
    city.bring_to("611", "bureau_approval")
    before = boxes(sheet(site, city))
    page = text_of(site.signed_in(APPROVER).get(f"/sheets/{city.evaluation('611')}/approve").text)
    city.approve("611")
    after = sheet(site, city)

    assert "権限 専決（市長に代わって。事務決裁規程（部長の専決事項））" in page
    assert before["総合政策部承認"] == "まだ"
    assert before["市長"] == "専決のため決裁を要しません（事務決裁規程（部長の専決事項））"
    assert boxes(after)["総合政策部承認"] == "専決 総合政策部長 森田 健二 令和4年6月1日"
    assert "seals__slashed" in after
    assert "承認しました 専決 総合政策部長 森田 健二" in history(after)


def test_a_substitute_decides_for_the_absent_decider(site: Site, city: City) -> None:
    """代決."""
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes={"bureau_approval": [DEPUTY]})
    browser = site.signed_in(DEPUTY)
    sheet_id = city.evaluation("611")

    page = text_of(browser.get(f"/sheets/{sheet_id}/approve").text)
    fields = open_form(browser, f"/sheets/{sheet_id}/approve", f"/sheets/{sheet_id}/act")
    press(browser, f"/sheets/{sheet_id}/act", fields)
    html = sheet(site, city)

    assert "権限 代決（不在の総合政策部長 森田 健二に代わって）" in page
    assert "後閲する人 総合政策部長 森田 健二" in page
    assert boxes(html)["総合政策部承認"] == (
        "代決 総合政策部次長 岡本 幸子 令和4年6月1日 総合政策部長 森田 健二の代理"
    )
    assert "承認しました 代決 総合政策部次長 岡本 幸子（総合政策部長 森田 健二の代理）" in history(
        html
    )
    said = text_of(html)
    assert "総合政策部長 森田 健二 代理者が処理したため まだ後閲していません" in said
    assert "あなたが後閲するシートです" in text_of(sheet(site, city, APPROVER))
    assert "あなたが後閲するシートです" not in said


def test_a_substitute_reviews_on_the_way(site: Site, city: City) -> None:
    """代理: not the final approval."""
    away(city, REVIEWER, substitutes={"department_review": [CHIEF]})
    city.submit("611")
    city.approve("611", by=CHIEF)

    box = boxes(sheet(site, city))["部局審査"]

    assert box.startswith("代 まちづくり推進課長")
    assert box.endswith("市民自治部長 高橋 典子の代理")


def test_an_absent_reviewer_is_passed_over_and_reads_it_afterwards(site: Site, city: City) -> None:
    """後閲."""
    away(city, REVIEWER)
    drafter = site.signed_in(DRAFTER)
    page = text_of(drafter.get(f"/sheets/{city.evaluation('611')}/check").text)
    city.submit("611")

    open_yet = sheet(site, city)
    [(review, *_)] = open_reviews(city, REVIEWER)
    acknowledge(city, REVIEWER, review, remark="異存ありません。")
    read = sheet(site, city)

    assert "総合政策部長 森田 健二" in page
    assert boxes(open_yet)["部局審査"] == "後閲 市民自治部長 高橋 典子 未閲 不在のため"
    assert "部局審査 後閲 市民自治部長 高橋 典子" in text_of(open_yet)
    assert "不在のため後閲としました 後閲 市民自治部長 高橋 典子の不在による" in history(open_yet)
    assert boxes(read)["部局審査"] == "後閲 市民自治部長 高橋 典子 令和4年6月1日 不在のため"
    assert "後閲しました 後閲 市民自治部長 高橋 典子" in history(read)


def test_a_return_empties_the_boxes(site: Site, city: City) -> None:
    away(city, REVIEWER)
    city.submit("611")
    city.give_back("611", target="draft")

    found = boxes(sheet(site, city))

    assert [found[head] for head in ("起案", "部局審査", "総合政策部承認")] == ["まだ"] * 3


def test_the_boxes_can_be_read_in_english(site: Site, city: City) -> None:
    city.bring_to("611", "approved")
    browser = site.signed_in(ADMINISTRATOR)
    browser.post("/language", {"locale": "en", "next": "/desk"})

    html = browser.get(f"/sheets/{city.evaluation('611')}").text

    assert boxes(html)["Bureau approval"].startswith("Delegated authority")
    assert "Approved Delegated authority" in history(html)


@on_route("two_levels")
def test_a_superior_takes_a_sheet_up_from_a_lower_stage(route_city: City) -> None:
    """引上げ."""
    site = site_of(route_city.application, route_city.passwords)
    route_city.submit("611")
    sheet_id = route_city.evaluation("611")
    chief, superior = site.signed_in(CHIEF), site.signed_in(REVIEWER)
    page = f"/sheets/{sheet_id}/act/pull_up"

    refused = chief.get(page)
    asked = text_of(superior.get(page).text)
    fields = open_form(superior, page, f"/sheets/{sheet_id}/act")
    nothing = press(superior, f"/sheets/{sheet_id}/act", fields)
    response = press(superior, f"/sheets/{sheet_id}/act", fields | {"reason": "課長が急病のため。"})
    receipt = text_of(superior.get(response.headers["Location"]).text)
    html = sheet(site, route_city)

    assert refused.status_code == 403
    assert "下の段階の人に代わって、このシートを引き上げます。" in asked
    assert "次に進む先 部局審査 次に持つ人 市民自治部長 高橋 典子" in asked
    assert "後閲する人 まちづくり推進課長" in asked
    assert nothing.status_code == 422
    assert "引き上げました" in receipt
    assert "引き上げました 引上げ 市民自治部長 高橋 典子" in history(html)
    box = boxes(html)["課長審査"]
    assert box.startswith("引上げ 市民自治部長 高橋 典子 令和4年6月1日 引き上げて処理しました。")
    assert box.endswith("の後閲: まだ")


@pytest.mark.parametrize("name", [APPROVER, DRAFTER, TWO_POSTS])
@on_route("two_levels")
def test_nobody_else_takes_it_up(route_city: City, name: str) -> None:
    site = site_of(route_city.application, route_city.passwords)
    route_city.submit("611")

    response = site.signed_in(name).get(f"/sheets/{route_city.evaluation('611')}/act/pull_up")

    assert response.status_code == 403
