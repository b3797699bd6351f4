"""The workbench through the pages: chosen is only what was opened, and only as it was seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.authority import ask, away, give_post
from tests.city import City
from tests.plans import large_plan, plan, take_in, with_cost
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, BUREAUS_OWN, DRAFTERS, REVIEWERS
from tests.web.sheet_forms import forms_on, press
from tests.web.site import Browser, Site, text_of

DEPUTY = REVIEWERS["612"]
OPENED = "SELECT first_opened_by FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL"

Fields = dict[str, str | list[str]]


def address(city: City, code: str) -> str:
    return f"/workbench/{city.evaluation(code)}"


def marks(html: str) -> str:
    """What the page carries on of what was opened."""
    found = re.search(r'name="opened" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def boxes(city: City, html: str) -> dict[str, bool]:
    """Code → chosen, of every sheet for which a box is drawn."""
    codes = {str(city.evaluation(code)): code for code in city_codes(city)}
    drawn = re.findall(r'type="checkbox" name="chosen" value="(\d+)"[^>]*?( checked)?>', html)
    return {codes[number]: bool(checked) for number, checked in drawn}


def city_codes(city: City) -> list[str]:
    return [row.code for row in city.rows("SELECT DISTINCT code FROM evaluation")]


def walk(browser: Browser, city: City, codes: Sequence[str], chosen: Sequence[str] = ()) -> str:
    """Open one sheet after the other, as the buttons do; the last page."""
    html, carried = "", ""
    ids = [city.evaluation(code) for code in chosen]
    for code in codes:
        html = browser.get(
            address(city, code), query_string={"opened": carried, "chosen": ids}
        ).text
        carried = marks(html)
    return html


def check(browser: Browser, city: City, codes: Sequence[str], html: str) -> TestResponse:
    """Press the button of the confirmation on the page *html*, with these sheets chosen."""
    fields = {"opened": marks(html), "chosen": [city.evaluation(code) for code in codes]}
    at = re.search(r'name="at" value="(\d+)"', html)
    return browser.post("/workbench/check", fields | {"at": at[1] if at else ""})


def confirmed(browser: Browser, page: TestResponse) -> Fields:
    """The form of the confirmation as it stands, every chosen sheet with it."""
    assert page.status_code == 200, page.text
    form = page.text.partition('action="/workbench/approve"')[2].partition("</form>")[0]
    return {
        **forms_on(page.text)["/workbench/approve"],
        "chosen": re.findall(r'name="chosen" value="(\d+)"', form),
    }


def approve(browser: Browser, fields: Fields) -> TestResponse:
    return press(browser, "/workbench/approve", fields)  # type: ignore[arg-type]


def states(city: City) -> list[str]:
    return [city.state(code) for code in BUREAUS_OWN]


@pytest.fixture
def waiting(city: City) -> City:
    """Three sheets that wait for the deputy of the bureau."""
    for code in BUREAUS_OWN:
        city.submit(code)
    return city


# What is not possible


def test_a_sheet_that_was_never_opened_here_is_not_approved_and_the_page_says_why(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, ["612"])

    page = check(deputy, waiting, ["612", "621"], html)
    response = approve(deputy, confirmed(deputy, page))

    assert "承認するシート 1件" in text_of(page.text)
    assert "作業台で開いていないため、まとめて承認できません" in text_of(page.text)
    assert "1件を承認しました" in text_of(response.text)
    assert states(waiting) == ["bureau_approval", "department_review", "department_review"]


def test_a_mark_of_somebody_else_or_of_another_sheet_opens_nothing(
    site: Site, waiting: City
) -> None:
    deputy, other = site.signed_in(DEPUTY), site.signed_in(APPROVER)
    mine = marks(walk(deputy, waiting, ["612"]))
    number, version, seal = mine.split(".")
    others = marks(walk(other, waiting, ["612"]))
    moved = f"{waiting.evaluation('621')}.{version}.{seal}"
    bent = f"{number}.{version}.{'A' * 12}"

    for carried, code in [(others, "612"), (moved, "621"), (bent, "612"), ("junk", "612")]:
        fields = {"opened": carried, "chosen": [waiting.evaluation(code)]}
        page = deputy.post("/workbench/check", fields)
        assert "作業台で開いていない" in text_of(page.text), carried
        key = {"request_key": "0" * 32}
        response = deputy.post("/workbench/approve", fields | key)
        assert "承認したシートはありません" in text_of(response.text)
    assert states(waiting) == ["department_review"] * 3


@pytest.mark.parametrize("name", [DRAFTERS["612"], APPROVER, ADMINISTRATOR])
def test_whoever_may_not_sign_gets_no_box_and_no_approval(
    site: Site, waiting: City, name: str
) -> None:
    browser = site.signed_in(name)

    html = browser.get(address(waiting, "612")).text

    assert boxes(waiting, html) == {}
    assert 'name="csrf_token" value' not in html.partition('class="action-bar"')[2]
    assert waiting.scalar(OPENED, id=waiting.evaluation("612")) is None
    fields = {"opened": marks(html), "chosen": [waiting.evaluation("612")]}
    page = browser.post("/workbench/check", fields)
    assert "承認できるシートがありません" in text_of(page.text)
    assert waiting.state("612") == "department_review"


def test_a_sheet_that_moved_after_it_was_chosen_is_left_out_with_who_moved_it(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    waiting.approve("621")

    page = check(deputy, waiting, BUREAUS_OWN, html)

    said = text_of(page.text)
    assert "承認するシート 2件" in said
    assert "承認しないシート 1件" in said
    assert "総合政策部次長 岡本 幸子 が処理し、シートは「総合政策部承認」に進みました" in said


def test_a_content_that_changed_after_the_confirmation_was_shown_is_not_approved(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    fields = confirmed(deputy, check(deputy, waiting, BUREAUS_OWN, html))
    line = waiting.page(DEPUTY, "612").content.projects[0]
    assert line.project_cost is not None
    take_in(waiting.application, plan(with_cost("612", line.code, line.project_cost + 7)))

    response = approve(deputy, fields)
    again = check(deputy, waiting, ["612"], html)

    said = text_of(response.text)
    assert "2件を承認しました" in said
    assert "承認しなかったシート 1件" in said
    assert "内容が変わりました。何も変更していません。" in text_of(again.text)
    assert states(waiting) == ["department_review", "bureau_approval", "bureau_approval"]


def test_a_chosen_sheet_that_changed_is_no_longer_chosen_when_it_is_opened_again(
    site: Site, waiting: City, clock: Clock
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, ["612", "621"], ["612"])
    assert boxes(waiting, html) == {"612": True, "621": False}
    clock.forward(minutes=5)
    waiting.give_back("612", by=DEPUTY)
    waiting.save("612", issues="書き直した課題。")
    waiting.submit("612")
    carried = {"opened": marks(html), "chosen": [waiting.evaluation("612")]}

    beside = deputy.get(address(waiting, "621"), query_string=carried).text
    itself = deputy.get(address(waiting, "612"), query_string=carried).text

    assert boxes(waiting, beside) == {"621": False}
    assert "見たあとで変更" in text_of(beside)
    assert boxes(waiting, itself) == {"612": False, "621": False}
    assert "選択から外しました" in text_of(itself)
    assert "［追加］ 書き直した課題。" in text_of(itself)


def test_what_waits_in_another_post_is_shown_and_not_approved_from_this_one(
    site: Site, city: City
) -> None:
    reviewer = REVIEWERS["611"]
    give_post(city, reviewer, "総務部", "部長", "director")
    city.submit("611")
    city.submit("632")
    browser = site.signed_in(reviewer)
    html = walk(browser, city, ["611", "632"], ["611"])

    page = check(browser, city, ["611", "632"], html)

    assert boxes(city, html) == {"611": True}
    assert "総務部長として承認するシートです。" in html
    assert "別の職で処理できます。" in text_of(page.text)
    there = next(p.assignment_id for p in city.posts(reviewer) if p.capacity == "総務部長")
    back = f"{address(city, '632')}?opened={marks(html)}&chosen={city.evaluation('611')}"
    switched = browser.post("/account/post", {"assignment_id": there, "next": back})
    html = browser.get(switched.headers["Location"]).text
    assert boxes(city, html) == {"632": False}
    approve(browser, confirmed(browser, check(browser, city, ["611", "632"], html)))
    assert (city.state("611"), city.state("632")) == ("department_review", "bureau_approval")


def test_nothing_chosen_comes_back_and_says_so(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, ["612"])

    response = check(deputy, waiting, [], html)
    without = deputy.post("/workbench/check")
    direct = deputy.post("/workbench/approve", {"request_key": "0" * 32})

    assert response.status_code == 422
    assert "<title>エラー：承認作業台｜612" in response.text
    assert "シートが選ばれていません。" in text_of(response.text)
    assert 'href="#queue"' in response.text
    assert (without.status_code, direct.status_code) == (422, 422)


# The bench


def test_the_way_in_leads_to_the_most_urgent_sheet(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)

    first = deputy.get("/workbench")
    html = walk(deputy, waiting, ["612"])
    second = deputy.get("/workbench", query_string={"opened": marks(html)})

    assert first.headers["Location"] == address(waiting, "612")
    assert urlsplit(second.headers["Location"]).path == address(waiting, "621")


def test_where_nothing_waits_it_says_so(site: Site, city: City) -> None:
    page = text_of(site.signed_in(DEPUTY).get("/workbench").text)

    assert "あなたの承認を待つシートはありません。" in page


def test_opening_a_sheet_here_ends_the_right_to_withdraw(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)
    sheet = waiting.evaluation("612")

    deputy.client.head(address(waiting, "612"))
    deputy.get(address(waiting, "612"), headers={"Sec-Purpose": "prefetch"})
    assert waiting.scalar(OPENED, id=sheet) is None
    deputy.get(address(waiting, "612"))

    assert waiting.scalar(OPENED, id=sheet) == waiting.person_id(DEPUTY)


def test_a_box_is_drawn_for_what_was_opened_and_keeps_being_chosen(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)

    html = walk(deputy, waiting, ["612", "631"], ["612"])

    assert boxes(waiting, html) == {"612": True, "631": False}
    assert "未確認" in text_of(html)
    dropped = deputy.get(
        address(waiting, "612"),
        query_string={
            "opened": marks(html),
            "chosen": [waiting.evaluation("612"), waiting.evaluation("631")],
            "drop": waiting.evaluation("612"),
        },
    ).text
    assert boxes(waiting, dropped) == {"612": False, "631": True}


def test_the_buttons_lead_up_and_down_the_queue_and_end_at_its_ends(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)

    def keys(code: str) -> dict[str, str]:
        foot = deputy.get(address(waiting, code)).text.partition('class="action-bar"')[2]
        found = re.findall(r'formaction="([^"]+)" data-workbench-key="(.)"', foot)
        return {key: target for target, key in found}

    first, middle, last = (address(waiting, code) for code in BUREAUS_OWN)
    assert keys("612") == {"x": middle, "a": "/workbench/check", "j": middle}
    assert keys("621") == {"x": last, "a": "/workbench/check", "k": first, "j": last}
    assert keys("631") == {"x": last, "a": "/workbench/check", "k": middle}


def test_the_page_shows_what_changed_since_last_time(site: Site, city: City, clock: Clock) -> None:
    city.save("611", issues="初めの課題。")
    city.submit("611")
    reviewer = site.signed_in(REVIEWERS["611"])
    before = text_of(reviewer.get(address(city, "611")).text)
    clock.forward(minutes=5)
    city.give_back("611")
    city.save("611", issues="直した課題。")
    city.submit("611")

    for _ in range(2):
        page = text_of(reviewer.get(address(city, "611")).text)
        assert "［追加］ 直した課題。" in page
        assert "前回から変更あり" in page
    assert "あなたが前に見た記録はありません。" in before
    assert "昨年度のシートはありません。" in before


def test_a_hundred_opened_and_chosen_fit_into_one_address(site: Site, city: City) -> None:
    take_in(city.application, large_plan(104, 1))
    codes = [r.code for r in city.rows("SELECT code FROM evaluation WHERE code < '204' ORDER BY 1")]
    for code in codes:
        city.act(DRAFTERS["632"], code, "submit")
    reviewer = site.signed_in(REVIEWERS["632"])
    carried, chosen = "", []
    for code in codes[:100]:
        html = reviewer.get(
            address(city, code), query_string={"opened": carried, "chosen": chosen}
        ).text
        carried = marks(html)
        chosen.append(city.evaluation(code))

    full = reviewer.get(address(city, codes[100]), query_string={"opened": carried,
                                                                 "chosen": chosen})  # fmt: skip
    page = check(reviewer, city, codes[:100], full.text)
    response = approve(reviewer, confirmed(reviewer, page))

    asked = f"{full.request.path}?{full.request.query_string.decode()}"
    assert len(asked) < 4000
    assert "一度に選べるのは100件までです。" in full.text
    assert sum(boxes(city, full.text).values()) == 100
    assert "承認するシート 100件" in text_of(page.text)
    assert "100件を承認しました" in text_of(response.text)
    assert city.scalar("SELECT count(*) FROM event WHERE action = 'approve'") == 100


# The confirmation and after


def test_the_confirmation_says_as_whom_and_who_gets_it_and_does_nothing(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    before = waiting.counts()

    page = check(deputy, waiting, BUREAUS_OWN, html)

    said = text_of(page.text)
    assert "承認するシート 3件" in said
    assert said.count("総合政策部次長 岡本 幸子") == 3
    assert said.count("総合政策部長 森田 健二") == 3
    assert "指標と評価が食い違う" in said
    assert "3件を承認する" in said
    assert waiting.counts() == before
    back = re.search(r'href="(/workbench/\d+\?[^"]+)"', page.text)
    assert back is not None
    again = deputy.get(back[1].replace("&amp;", "&")).text
    assert boxes(waiting, again) == dict.fromkeys(BUREAUS_OWN, True)


def test_the_shown_sheet_alone_goes_to_the_confirmation_while_nothing_is_chosen(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    alone = forms_on(html)["/workbench/check"]
    with_a_choice = walk(deputy, waiting, BUREAUS_OWN, ["621"])

    page = press(deputy, "/workbench/check", alone)
    response = approve(deputy, confirmed(deputy, page))

    assert "承認するシート 1件" in text_of(page.text)
    assert "1件を承認しました" in text_of(response.text)
    assert states(waiting) == ["department_review", "department_review", "bureau_approval"]
    assert "このシートを承認する" in html
    assert "このシートを承認する" not in with_a_choice


def test_the_confirmation_lets_one_be_left_out_and_keeps_what_was_typed(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    fields = confirmed(deputy, check(deputy, waiting, BUREAUS_OWN, html))
    left_out = str(waiting.evaluation("621"))

    again = press(
        deputy, "/workbench/check", fields | {"drop": left_out, "remark": "確かめました。"}
    )
    fewer = confirmed_again(again)
    none = press(deputy, "/workbench/check", fewer | {"chosen": left_out, "drop": left_out})
    response = approve(deputy, fewer)

    assert "承認するシート 2件" in text_of(again.text)
    assert "確かめました。" in again.text
    assert fewer["request_key"] == fields["request_key"]
    assert urlsplit(none.headers["Location"]).path == address(waiting, "631")
    assert "2件を承認しました" in text_of(response.text)
    assert states(waiting) == ["bureau_approval", "department_review", "bureau_approval"]


# Answers


def test_a_question_is_answered_on_the_bench_and_the_next_sheet_is_there(
    site: Site, waiting: City
) -> None:
    waiting.submit("611")
    ask(waiting, REVIEWERS["611"], "611", DEPUTY, question="数字の出典はどこですか。")
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, ["612", "611"])
    [action] = [at for at in forms_on(html) if "/questions/" in at]
    form = forms_on(html)[action]

    empty = press(deputy, action, form | {"answer": " "})
    answered = press(deputy, action, form | {"answer": "統計書です。"})
    twice = press(deputy, action, form | {"answer": "統計書です。"})

    assert "数字の出典はどこですか。" in text_of(html)
    assert (empty.status_code, "入力してください。" in text_of(empty.text)) == (422, True)
    assert urlsplit(answered.headers["Location"]).path == "/workbench"
    there = deputy.get(answered.headers["Location"], follow_redirects=True)
    assert "611の相談に回答しました。" in text_of(there.text)
    assert "621 " in there.text.partition("<h1>")[2].partition("</h1>")[0]
    assert twice.status_code == 303
    assert waiting.events("611").count("answer") == 1


def test_whoever_is_not_asked_answers_nothing_on_the_bench(site: Site, waiting: City) -> None:
    waiting.submit("611")
    ask(waiting, REVIEWERS["611"], "611", DEPUTY)
    deputy, other = site.signed_in(DEPUTY), site.signed_in(APPROVER)
    html = walk(deputy, waiting, ["611"])
    [action] = [at for at in forms_on(html) if "/questions/" in at]
    form = forms_on(html)[action] | {"answer": "私が答えます。", "csrf_token": other.token()}

    response = press(other, action, form)

    assert response.status_code == 403
    assert "/questions/" not in other.get(address(waiting, "611")).text
    assert "answer" not in waiting.events("611")


def test_a_substitute_approves_in_somebodys_place_and_the_pages_say_so(
    site: Site, city: City
) -> None:
    city.bring_to("611", "bureau_approval")
    away(city, APPROVER, substitutes={"bureau_approval": [DEPUTY]})
    deputy = site.signed_in(DEPUTY)

    html = walk(deputy, city, ["611"])
    page = check(deputy, city, ["611"], html)
    response = approve(deputy, confirmed(deputy, page))

    assert "総合政策部次長として（総合政策部長 森田 健二に代わって）" in text_of(html)
    assert "総合政策部次長 岡本 幸子 （総合政策部長 森田 健二に代わって）" in text_of(page.text)
    assert "1件を承認しました" in text_of(response.text)
    basis = "SELECT basis FROM event WHERE action = 'approve' ORDER BY id DESC LIMIT 1"
    assert city.scalar(basis) == "substitute"


def test_approving_leads_to_what_became_of_each_with_its_receipt(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    fields = confirmed(deputy, check(deputy, waiting, ["612", "631"], html))

    response = approve(deputy, fields | {"remark": "確かめました。"})

    said = text_of(response.text)
    assert "2件を承認しました" in said
    assert "作業台に戻る（あと1件）" in said
    assert "受付票から1件ずつ引き戻せます" in said
    receipts = re.findall(r'href="(/sheets/\d+/receipt/\d+)"', response.text)
    assert len(receipts) == 2
    receipt = text_of(deputy.get(receipts[0]).text)
    assert "承認しました" in receipt
    assert "引き戻す" in receipt
    assert "確かめました。" in text_of(deputy.get(f"/sheets/{waiting.evaluation('612')}").text)
    assert states(waiting) == ["bureau_approval", "department_review", "bureau_approval"]
    assert waiting.verify().broken == ()


def test_a_second_press_does_nothing_twice_and_says_the_same(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    fields = confirmed(deputy, check(deputy, waiting, BUREAUS_OWN, html))

    first, second = approve(deputy, fields), approve(deputy, fields)

    assert "3件を承認しました" in text_of(first.text)
    assert text_of(first.text) == text_of(second.text)
    assert [waiting.events(code).count("approve") for code in BUREAUS_OWN] == [1, 1, 1]


def test_a_remark_that_cannot_be_kept_comes_back_with_what_was_typed(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)
    html = walk(deputy, waiting, BUREAUS_OWN)
    fields = confirmed(deputy, check(deputy, waiting, BUREAUS_OWN, html))

    response = approve(deputy, fields | {"remark": "長" * 2001})
    corrected = confirmed_again(response) | {"remark": "短く。"}

    assert response.status_code == 422
    assert "2000字以内で入力してください（いま2001字）。" in text_of(response.text)
    assert "長" * 2001 in response.text
    assert states(waiting) == ["department_review"] * 3
    assert corrected["request_key"] == fields["request_key"]
    assert "3件を承認しました" in text_of(approve(deputy, corrected).text)


def confirmed_again(page: TestResponse) -> Fields:
    """The form of a confirmation that came back."""
    form = page.text.partition('action="/workbench/approve"')[2].partition("</form>")[0]
    chosen = re.findall(r'name="chosen" value="(\d+)"', form)
    return {**forms_on(page.text)["/workbench/approve"], "chosen": chosen}


def test_a_change_of_language_on_a_page_of_a_form_leads_back_to_the_bench(
    site: Site, waiting: City
) -> None:
    deputy = site.signed_in(DEPUTY)

    for path in ("/workbench/check", "/workbench/approve"):
        assert deputy.get(path).headers["Location"] == "/workbench"


# The way there


def test_the_way_to_the_bench_is_shown_to_those_who_have_something_to_sign(
    site: Site, city: City
) -> None:
    city.submit("612")
    deputy, drafter = site.signed_in(DEPUTY), site.signed_in(DRAFTERS["611"])

    one = deputy.get("/desk").text
    city.submit("621")
    two = deputy.get("/desk").text

    assert 'href="/workbench"' not in drafter.get("/desk").text
    assert "承認作業台で続けて見る" not in one
    assert "承認作業台 1 件" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one))
    assert "承認作業台で続けて見る（2件）" in two


def test_in_english_the_pages_hold_no_japanese_but_the_citys_own(site: Site, waiting: City) -> None:
    deputy = site.signed_in(DEPUTY)
    deputy.post("/language", {"locale": "en"})
    html = walk(deputy, waiting, BUREAUS_OWN)
    page = check(deputy, waiting, BUREAUS_OWN, html)

    assert "Choose and go on" in deputy.get(address(waiting, "612")).text
    assert "To be approved:" in text_of(page.text)
    assert parse_qs(urlsplit(deputy.get("/workbench").headers["Location"]).query) == {}
    main = page.text.partition("<main")[2]
    words = re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', "", main, flags=re.S)
    assert re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", words.partition("</main>")[0]) == []
