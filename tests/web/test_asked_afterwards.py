"""相談 and 後閲 on the pages: only who was asked answers, only who was left out acknowledges."""

from __future__ import annotations

from tests.authority import answer, ask, away, open_reviews
from tests.city import City
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Site, links, text_of

HEAD, SUBSTITUTE = REVIEWERS["611"], "kimura.daisuke"
QUESTION = "成果指標②の数字は、速報値ですか。"


def asked(city: City, question: str = QUESTION) -> str:
    """市民自治部長 asks 総合政策部長 about 611; the address of the question."""
    city.submit("611")
    ask(city, HEAD, "611", APPROVER, question=question)
    number = city.scalar("SELECT max(id) FROM consultation")
    return f"/consultations/{number}"


def left_out(city: City, *, substitute: bool = True) -> str:
    """市民自治部長 was away when 611 was reviewed; the address of the reading."""
    away(city, HEAD, substitutes={"department_review": [SUBSTITUTE]} if substitute else None)
    city.submit("611")
    if substitute:
        city.act(SUBSTITUTE, "611", "approve", reason="部長の指示を受けています。")
    [(review, *_)] = open_reviews(city, HEAD)
    return f"/post-reviews/{review}"


# Only the person themselves


def test_a_question_is_refused_kindly_to_everybody_else(site: Site, city: City) -> None:
    page = asked(city)
    before = city.counts()

    for name in (HEAD, DRAFTERS["611"], ADMINISTRATOR, PUBLISHER):
        browser = site.signed_in(name)
        for response in (
            browser.get(page),
            browser.post(page, {"answer": "横から。", "request_key": "a" * 32}),
        ):
            assert response.status_code == 403
            assert "この相談は、ほかの職員にあてたものです。" in response.text
            assert QUESTION not in response.text

    assert city.counts()["event"] == before["event"]


def test_a_reading_is_refused_kindly_to_everybody_else(site: Site, city: City) -> None:
    page = left_out(city)
    before = city.counts()

    for name in (SUBSTITUTE, APPROVER, DRAFTERS["611"], ADMINISTRATOR, PUBLISHER):
        browser = site.signed_in(name)
        for response in (browser.get(page), browser.post(page, {"request_key": "a" * 32})):
            assert response.status_code == 403
            assert "この後閲は、ほかの職員が行うものです。" in response.text

    assert city.counts()["event"] == before["event"]


def test_what_was_never_asked_is_not_found(site: Site) -> None:
    browser = site.signed_in(APPROVER)

    for path in ("/consultations/987654", "/post-reviews/987654"):
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"answer": "x", "request_key": "a" * 32}).status_code == 404


# 相談


def test_the_desk_leads_to_the_question_with_its_words(site: Site, city: City) -> None:
    page = asked(city)

    html = site.signed_in(APPROVER).get("/desk").text

    assert "相談されています 1件" in text_of(html)
    assert QUESTION in html
    assert "市民自治部長 高橋 典子" in html
    assert page in links(html)
    assert "今日することはありません。" not in html
    assert "相談されています" not in site.signed_in(HEAD).get("/desk").text


def test_an_answer_is_sent_once_and_the_sheet_stays_where_it_is(site: Site, city: City) -> None:
    page = asked(city)
    browser = site.signed_in(APPROVER)
    shown = browser.get(page).text
    assert QUESTION in shown
    assert "総合政策部長 様" not in shown
    assert "参画協働のまちづくり" in shown
    form = open_form(browser, page, page) | {"answer": "確定値です。"}

    first, second = press(browser, page, form), press(browser, page, form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert city.events("611").count("answer") == 1
    assert city.state("611") == "department_review"
    html = browser.get(page).text
    assert "確定値です。" in html
    assert page not in forms_on(html)
    assert "相談されています" not in browser.get("/desk").text


def test_an_answer_without_words_or_too_long_comes_back_with_what_was_typed(
    site: Site, city: City
) -> None:
    page = asked(city)
    browser = site.signed_in(APPROVER)
    form = open_form(browser, page, page)

    empty = press(browser, page, form | {"answer": "  "})
    long = press(browser, page, form | {"answer": "長" * 5000})

    for response in (empty, long):
        assert response.status_code == 422
        assert 'href="#answer"' in response.text
        assert "<title>エラー：" in response.text
    assert "長" * 5000 in long.text
    assert city.events("611").count("answer") == 0


def test_a_question_is_answered_also_after_the_sheet_moved_on(site: Site, city: City) -> None:
    page = asked(city)
    city.approve("611")
    browser = site.signed_in(APPROVER)

    press(browser, page, open_form(browser, page, page) | {"answer": "確定値です。"})

    assert city.events("611")[-1] == "answer"
    assert city.state("611") == "bureau_approval"


def test_what_people_asked_and_answered_is_shown_and_never_run(site: Site, city: City) -> None:
    page = asked(city, "<script>alert(1)</script>")
    answer(city, APPROVER, "611", words="<b>太字</b>")

    html = site.signed_in(APPROVER).get(page).text

    assert "<script>alert" not in html
    assert "&lt;b&gt;太字&lt;/b&gt;" in html


# 後閲


def test_the_desk_leads_to_the_reading_and_says_why(site: Site, city: City) -> None:
    page = left_out(city)

    html = site.signed_in(HEAD).get("/desk").text

    assert "後閲するもの 1件" in text_of(html)
    assert "代決・代理" in text_of(html)
    assert "市民課長 木村 大輔" in text_of(html)
    assert page in links(html)


def test_a_reading_shows_the_sheet_as_it_was_decided_and_what_changed_since(
    site: Site, city: City
) -> None:
    old = city.page(HEAD, "611").content.results
    page = left_out(city)
    city.give_back("611")
    city.save("611", results="差戻しのあとで書き直した成果。")
    city.submit("611")

    html = site.signed_in(HEAD).get(page).text
    said = text_of(html)

    assert "ご不在の間に、代理の職員があなたに代わって処理しました。" in said
    assert "市民課長 木村 大輔" in said
    assert "部長の指示を受けています。" in said
    sheet = html[html.index('<article class="sheet"') :]
    assert old[:20] in sheet
    assert "差戻しのあとで書き直した成果。" not in sheet
    assert "差戻しのあとで書き直した成果。" in html
    assert "差し戻しました" in said


def test_a_reading_of_what_was_passed_over_says_so(site: Site, city: City) -> None:
    said = text_of(site.signed_in(HEAD).get(left_out(city, substitute=False)).text)

    assert "この段階の処理を経ずに進みました。" in said
    assert "不在のため後閲" in said
    assert "内容は、そのときから変わっていません。" in said


def test_reading_is_acknowledged_once_and_changes_nothing_else(site: Site, city: City) -> None:
    page = left_out(city)
    browser = site.signed_in(HEAD)
    form = open_form(browser, page, page) | {"remark": "了解しました。"}
    state, version = city.rows("SELECT state, version FROM evaluation WHERE code = '611'")[0]

    first, second = press(browser, page, form), press(browser, page, form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert city.events("611").count("post_review") == 1
    after = city.rows("SELECT state, version FROM evaluation WHERE code = '611'")[0]
    assert tuple(after) == (state, version)
    html = browser.get(page).text
    assert "確認済みです" in html
    assert "了解しました。" in html
    assert page not in forms_on(html)
    assert "後閲するもの" not in browser.get("/desk").text


def test_a_remark_that_is_too_long_comes_back(site: Site, city: City) -> None:
    page = left_out(city)
    browser = site.signed_in(HEAD)

    response = press(browser, page, open_form(browser, page, page) | {"remark": "長" * 2001})

    assert response.status_code == 422
    assert 'href="#remark"' in response.text
    assert "長" * 2001 in response.text
    assert len(open_reviews(city, HEAD)) == 1


def test_a_form_that_is_none_of_ours_is_refused(site: Site, city: City) -> None:
    question = asked(city)
    away(city, REVIEWERS["632"])
    city.submit("632")
    [(review, *_)] = open_reviews(city, REVIEWERS["632"])

    for name, page in ((APPROVER, question), (REVIEWERS["632"], f"/post-reviews/{review}")):
        response = site.signed_in(name).post(page, {"answer": "x", "request_key": "short"})
        assert response.status_code == 422
    assert city.events("611").count("answer") == 0
    assert city.events("632").count("post_review") == 0


def test_both_pages_read_in_english_too(site: Site, city: City) -> None:
    question = asked(city)
    city.give_back("611", by=HEAD)
    reading = left_out(city)

    for name, page in ((APPROVER, question), (HEAD, reading)):
        browser = site.signed_in(name)
        browser.post("/language", {"locale": "en"})
        response = browser.get(page)
        assert response.status_code == 200
        assert "履歴" not in text_of(response.text)
