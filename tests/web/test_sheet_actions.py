"""Acting through the pages: what each page says, what it asks for, and its receipt."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Browser, Site, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def address(city: City, rest: str = "", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def form(browser: Browser, city: City, page: str, code: str = "611") -> dict[str, str]:
    """The form of an action, as the page brings it."""
    return open_form(browser, address(city, page, code), address(city, "/act", code))


def test_submitting_goes_over_a_check_page_to_a_receipt(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)

    page = text_of(drafter.get(address(city, "/check")).text)
    response = press(drafter, address(city, "/act"), form(drafter, city, "/check"))
    receipt = text_of(drafter.get(response.headers["Location"]).text)

    assert "未入力の欄はありません。" in page
    assert "次に見る人 市民自治部長 高橋 典子 期限 令和4年" in page
    assert "引き戻せる間 次の担当者がシートを開くまで" in page
    assert response.status_code == 303
    assert response.headers["Location"].startswith(address(city, "/receipt/"))
    assert "提出しました" in receipt
    assert "受付番号 611-" in receipt
    assert "いま持っている人 市民自治部長 高橋 典子" in receipt
    assert "承認するか差し戻します" in receipt
    assert "引き戻せる間 次の担当者がシートを開くまで" in receipt
    assert city.state("611") == "department_review"


def test_the_check_page_leads_to_what_is_missing(site: Site, city: City) -> None:
    city.save("611", objective="", rating=None, actuals={2: ""})
    city.save_cost("611", "611010", None, by=DRAFTER)
    drafter = site.signed_in(DRAFTER)

    html = drafter.get(address(city, "/check")).text

    said = text_of(html)
    assert "未入力が4件あります" in said
    for field in ("/edit#objective", "/edit#rating", "/edit#actuals-2", "/costs#costs-611010"):
        assert f'href="{address(city, field)}"' in html
    assert address(city, "/act") not in forms_on(html)
    edit = drafter.get(address(city, "/edit")).text
    for field in ("objective", "rating", "actuals-2"):
        assert f'id="{field}"' in edit
    assert 'id="costs-611010"' in drafter.get(address(city, "/costs")).text


def test_a_sheet_that_became_incomplete_is_not_submitted(site: Site, city: City) -> None:
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city, "/check")
    city.save("611", objective="", by=COLLEAGUES["611"], make_revision=False)
    seen = city.page(DRAFTER, "611").seen_hash

    response = press(drafter, address(city, "/act"), fields | {"seen_hash": seen})

    assert response.status_code == 422
    assert "未入力の項目が1件あります" in text_of(response.text)
    assert city.state("611") == "draft"


def test_approving_says_what_is_signed_by_whom_and_who_gets_it(site: Site, city: City) -> None:
    city.save("611", issues="課題を書き直した。")
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)

    page = text_of(reviewer.get(address(city, "/approve")).text)
    response = press(reviewer, address(city, "/act"), form(reviewer, city, "/approve"))
    receipt = text_of(reviewer.get(response.headers["Location"]).text)

    assert "承認する内容 版 2（令和4年6月1日 10:00 保存）" in page
    assert "承認する人 市民自治部長 高橋 典子" in page
    assert "次に持つ人 総合政策部長 森田 健二" in page
    assert "課題を書き直した。" in page
    assert "承認しました" in receipt
    assert city.state("611") == "bureau_approval"


def test_on_a_bureaus_own_sheet_the_page_names_who_signs_next(site: Site, city: City) -> None:
    city.submit("612")

    page = text_of(site.signed_in(REVIEWERS["612"]).get(address(city, "/approve", "612")).text)

    assert "承認する人 総合政策部次長 岡本 幸子" in page
    assert "次に持つ人 総合政策部長 森田 健二" in page


def test_returning_asks_where_to_and_why(site: Site, city: City) -> None:
    city.bring_to("611", "bureau_approval")
    approver = site.signed_in(APPROVER)
    fields = form(approver, city, "/return")

    page = text_of(approver.get(address(city, "/return")).text)
    nothing = press(approver, address(city, "/act"), fields)
    response = press(
        approver,
        address(city, "/act"),
        fields | {"target": "department_review", "reason": "数字を確かめてください。"},
    )

    assert "部局審査 市民自治部長 高橋 典子 期限 令和4年" in page
    assert nothing.status_code == 422
    assert "戻し先を選んでください。" in text_of(nothing.text)
    assert "理由を入力してください。" in text_of(nothing.text)
    assert response.status_code == 303
    assert city.state("611") == "department_review"
    assert "差し戻しました" in text_of(approver.get(response.headers["Location"]).text)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "理由を入力してください。"),
        (" \r\n　", "理由を入力してください。"),
        ("長" * 2001, "2000字以内で入力してください（いま2001字）。"),
        ("あ\x00い", "使えない文字（U+0000）"),
    ],
)
def test_a_reason_that_will_not_do_comes_back_with_what_was_typed(
    site: Site, city: City, reason: str, said: str
) -> None:
    city.bring_to("611", "bureau_approval")
    approver = site.signed_in(APPROVER)
    fields = form(approver, city, "/return") | {"target": "draft", "reason": reason}

    response = press(approver, address(city, "/act"), fields)

    again = forms_on(response.text)[address(city, "/act")]
    assert response.status_code == 422
    assert said in text_of(response.text)
    assert "<title>エラー：シートを差し戻す｜" in response.text
    assert 'href="#reason"' in response.text
    assert again["target"] == "draft"
    assert again["reason"].replace("\r", "") == reason.replace("\r", "")
    assert again["version"] == fields["version"]
    assert city.state("611") == "bureau_approval"


def test_withdrawing_asks_first_and_puts_the_sheet_back(site: Site, city: City) -> None:
    city.submit("611")
    drafter = site.signed_in(DRAFTER)

    page = text_of(drafter.get(address(city, "/withdraw")).text)
    response = press(drafter, address(city, "/act"), form(drafter, city, "/withdraw"))

    assert "取り消す操作 提出しました" in page
    assert response.status_code == 303
    assert city.state("611") == "draft"
    assert "引き戻しました" in text_of(drafter.get(response.headers["Location"]).text)


def test_what_was_opened_cannot_be_withdrawn(site: Site, city: City) -> None:
    city.submit("611")
    drafter = site.signed_in(DRAFTER)
    fields = form(drafter, city, "/withdraw")
    site.signed_in(REVIEWER).get(address(city))

    response = press(drafter, address(city, "/act"), fields)

    assert response.status_code == 403
    assert "すでに開いたため、引き戻せません" in text_of(response.text)
    assert city.state("611") == "department_review"


def test_a_whole_sheet_goes_from_draft_to_approval_through_the_pages(
    site: Site, city: City
) -> None:
    steps = [(DRAFTER, "/check"), (REVIEWER, "/approve"), (APPROVER, "/approve")]

    for name, page in steps:
        browser = site.signed_in(name)
        browser.get(address(city))
        response = press(browser, address(city, "/act"), form(browser, city, page))
        assert response.status_code == 303
        assert browser.get(response.headers["Location"]).status_code == 200

    assert city.state("611") == "approved"
    assert city.verify().broken == ()
