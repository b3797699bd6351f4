"""決裁 beside the route through the pages: 保留, 相談, 却下, 廃案, 引用起案."""

from __future__ import annotations

import pytest

from tests.authority import answer, ask, hold, redraft
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Browser, Site, links, text_of

DRAFTER, COLLEAGUE, REVIEWER = DRAFTERS["611"], COLLEAGUES["611"], REVIEWERS["611"]
#: Of another department.
OTHER = "ogawa.tetsuo"


def address(city: City, rest: str = "", code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def send(browser: Browser, city: City, page: str, **typed: str) -> str:
    """Open the page, fill its form in, press; where it leads to."""
    target = address(city, page)
    response = press(browser, target, open_form(browser, target, target) | typed)
    assert response.status_code == 303, text_of(response.text)
    return str(response.headers["Location"])


def bar(html: str) -> str:
    return html.partition('class="action-bar"')[2].partition("</section>")[0]


# Who may not


@pytest.mark.parametrize("page", ["/hold", "/lift", "/consult"])
@pytest.mark.parametrize("name", [DRAFTER, APPROVER, ADMINISTRATOR])
def test_whoever_does_not_have_the_sheet_neither_holds_nor_asks(
    site: Site, city: City, page: str, name: str
) -> None:
    city.submit("611")
    browser = site.signed_in(name)

    response = browser.get(address(city, page))
    forged = browser.post(
        address(city, page),
        {"version": 1, "request_key": "0" * 32, "reason": "－", "question": "－", "person": 1},
    )

    assert (response.status_code, forged.status_code) in {(403, 403), (403, 409)}
    assert address(city) in links(response.text)
    assert address(city, page) not in bar(browser.get(address(city)).text)
    assert [e for e in city.events("611") if e in ("hold", "lift_hold", "consult")] == []


@pytest.mark.parametrize(
    ("stage", "name", "page", "reason"),
    [
        ("draft", DRAFTER, "/hold", "「作成中」の段階では保留できません"),
        ("department_review", REVIEWER, "/lift", "保留されていません"),
        ("draft", DRAFTER, "/redraft", "却下または廃案となったシートだけ"),
        ("published", APPROVER, "/consult", "このシートは公表済です"),
        ("department_review", REVIEWER, "/act/abandon", "いまの段階（部局審査）では"),
        ("department_review", APPROVER, "/act/reject", "処理できるのは"),
        ("department_review", DRAFTER, "/act/content_changed", "いまの段階（部局審査）では"),
        ("department_review", REVIEWER, "/act/nonsense", "いまの段階（部局審査）では"),
    ],
)
def test_what_cannot_be_done_here_is_said_with_the_reason(
    site: Site, city: City, stage: str, name: str, page: str, reason: str
) -> None:
    city.bring_to("611", stage)

    response = site.signed_in(name).get(address(city, page))

    assert response.status_code == 403
    assert reason in text_of(response.text)


def test_only_the_lead_section_quotes_an_ended_sheet(site: Site, city: City) -> None:
    city.submit("611")
    city.act(REVIEWER, "611", "reject", reason="施策を統合します。")
    reviewer = site.signed_in(REVIEWER)

    response = reviewer.get(address(city, "/redraft"))
    forged = reviewer.post(address(city, "/redraft"))
    html = reviewer.get(address(city)).text

    assert (response.status_code, forged.status_code) == (403, 403)
    assert "このシートの主担当課の職員だけ" in text_of(response.text)
    assert "引用して起案する 引用して起案できるのは" in text_of(html)
    assert "「却下」となったシートです。これ以上の操作はありません。" in bar(html)


# 保留


def test_a_hold_asks_for_a_reason_stops_everything_and_says_so(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    target = address(city, "/hold")

    nothing = press(reviewer, target, open_form(reviewer, target, target))
    receipt = text_of(
        reviewer.get(send(reviewer, city, "/hold", reason="財政課に数字を照会中です。")).text
    )
    mine = reviewer.get(address(city)).text
    theirs = text_of(site.signed_in(DRAFTER).get(address(city)).text)

    assert nothing.status_code == 422
    assert "理由を入力してください。" in text_of(nothing.text)
    assert "保留しました" in receipt
    assert "期限 保留中のため、期限は止まっています" in receipt
    assert "保留中です 市民自治部長 高橋 典子 （令和4年6月1日 10:00から）" in theirs
    assert "財政課に数字を照会中です。" in theirs
    assert "部局審査 保留中" in theirs
    assert "保留しました 市民自治部長 高橋 典子" in theirs
    said = text_of("<main>" + bar(mine))
    assert "保留を解く" in said
    assert "承認する" not in said
    assert "承認する・差し戻す・却下する" in text_of(mine).partition("できない操作とその理由")[2]


def test_lifting_shows_who_held_it_and_moves_the_last_day(
    site: Site, city: City, clock: Clock
) -> None:
    city.submit("611")
    hold(city, REVIEWER, "611", reason="照会中です。")
    clock.forward(days=2)
    reviewer = site.signed_in(REVIEWER)
    before = city.page(REVIEWER, "611").route[1].due_on

    page = text_of(reviewer.get(address(city, "/lift")).text)
    receipt = text_of(reviewer.get(send(reviewer, city, "/lift")).text)
    after = city.page(REVIEWER, "611").route[1].due_on

    assert "保留した人 市民自治部長 高橋 典子" in page
    assert "理由 照会中です。" in page
    assert "保留を解きました" in receipt
    assert before is not None
    assert after is not None
    assert (after - before).days == 2
    assert "承認する" in text_of("<main>" + bar(reviewer.get(address(city)).text))


def test_a_held_sheet_is_marked_on_the_list_and_on_the_board(site: Site, city: City) -> None:
    city.submit("611")
    hold(city, REVIEWER, "611")
    browser = site.signed_in(DRAFTER)

    row = text_of(browser.get("/sheets?q=611").text)
    board = text_of(browser.get("/progress").text)

    assert "部局審査 保留中" in row
    assert "保留 1" in board


def test_a_hold_pressed_on_a_page_that_is_stale_does_nothing(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    target = address(city, "/hold")
    fields = open_form(reviewer, target, target) | {"reason": "照会中です。"}
    city.approve("611")

    response = press(reviewer, target, fields)

    assert response.status_code == 409
    assert "hold" not in city.events("611")


# 相談


def test_asking_lists_people_by_department_and_leaves_the_sheet_where_it_is(
    site: Site, city: City
) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    page = reviewer.get(address(city, "/consult")).text

    receipt = text_of(
        reviewer.get(
            send(
                reviewer,
                city,
                "/consult",
                person=str(city.person_id(OTHER)),
                question="数字の出典はどこですか。",
            )
        ).text
    )
    answer(city, OTHER, "611", words="決算書の12頁です。")
    said = text_of(reviewer.get(address(city)).text)

    groups = page.partition('<optgroup label="総務部">')[2].partition("</optgroup>")[0]
    assert "総務部長 小川 哲夫" in groups
    assert f'value="{city.person_id(REVIEWER)}"' not in page
    assert "相談しました" in receipt
    assert "シートは手元に残り、回答を待たずに処理できます" in receipt
    assert city.state("611") == "department_review"
    assert "市民自治部長 高橋 典子 → 小川 哲夫" in said
    assert said.count("数字の出典はどこですか。") == 2  # beside the sheet and in its history
    assert "回答: 総務部長 小川 哲夫" in said
    assert "決算書の12頁です。" in said
    assert "相談に回答しました" in said


def test_whoever_is_asked_sees_it_first_on_the_sheet(site: Site, city: City) -> None:
    city.submit("611")
    ask(city, REVIEWER, "611", OTHER, question="数字の出典はどこですか。")

    theirs = text_of(site.signed_in(OTHER).get(address(city)).text)
    others = text_of(site.signed_in(APPROVER).get(address(city)).text)

    assert "あなたに相談が来ています 市民自治部長 高橋 典子" in theirs
    assert "あなたに相談が来ています" not in others
    assert "まだ回答がありません。" in others


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"question": "？"}, "一覧から選んでください。"),
        ({"person": "x", "question": "？"}, "一覧から選んでください。"),
        ({"person": "9" * 18, "question": "？"}, "一覧から選んでください。"),
        ({"person": "MYSELF", "question": "？"}, "自分以外の職員を選んでください。"),
        ({"person": "OTHER", "question": " "}, "入力してください。"),
        ({"person": "OTHER", "question": "長" * 2001}, "2000字以内で入力してください"),
    ],
)
def test_a_question_that_will_not_do_comes_back_as_it_was_typed(
    site: Site, city: City, typed: dict[str, str], said: str
) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    target = address(city, "/consult")
    names = {"MYSELF": REVIEWER, "OTHER": OTHER}
    person = typed.get("person", "")
    chosen = str(city.person_id(names[person])) if person in names else person
    fields = open_form(reviewer, target, target) | typed | {"person": chosen}

    response = press(reviewer, target, fields)

    again = forms_on(response.text)[target]
    assert response.status_code == 422
    assert said in text_of(response.text)
    assert again["question"] == typed["question"]
    assert "consult" not in city.events("611")


# 却下・廃案・引用起案


def test_rejecting_says_that_it_ends_the_sheet_and_needs_a_reason(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)
    target = address(city, "/act")
    fields = open_form(reviewer, address(city, "/act/reject"), target)

    page = text_of(reviewer.get(address(city, "/act/reject")).text)
    nothing = press(reviewer, target, fields)
    response = press(reviewer, target, fields | {"reason": "施策を統合します。"})
    receipt = text_of(reviewer.get(response.headers["Location"]).text)

    assert "却下すると、このシートはここで終わり、元には戻せません。" in page
    assert "知らせる人 このシートを書いた人、承認した人、合議に回答した人、公表担当" in page
    assert nothing.status_code == 422
    assert "理由を入力してください。" in text_of(nothing.text)
    assert "却下しました" in receipt
    assert "主担当課は、引用して新しいシートを起案できます。" in receipt
    assert city.state("611") == "rejected"
    assert "611 参画協働のまちづくり 却下" in text_of(reviewer.get("/sheets?q=611").text)


def test_a_drafter_abandons_and_a_colleague_quotes_it_in_a_new_one(site: Site, city: City) -> None:
    old = city.evaluation("611")
    drafter = site.signed_in(DRAFTER)
    fields = open_form(drafter, address(city, "/act/abandon"), address(city, "/act"))
    press(drafter, address(city, "/act"), fields | {"reason": "施策を見直します。"})
    colleague = site.signed_in(COLLEAGUE)
    target = f"/sheets/{old}/redraft"

    ended = colleague.get(f"/sheets/{old}").text
    page = text_of(colleague.get(target).text)
    form = open_form(colleague, target, target)
    response = press(colleague, target, form)
    again = press(colleague, target, form)
    new = city.evaluation("611")

    assert target in bar(ended)
    assert "引用するシート ex_post-2021-1/611" in page
    assert "引用するシートの段階 廃案" in page
    assert new != old
    receipt = text_of(colleague.get(response.headers["Location"]).text)
    assert "引用して起案しました" in receipt
    assert again.headers["Location"] == f"/sheets/{new}"
    fresh = colleague.get(f"/sheets/{new}").text
    assert "引用元のシート ex_post-2021-1/611" in text_of(fresh)
    assert f"/sheets/{old}" in links(fresh)
    assert f"/sheets/{new}" in links(colleague.get(f"/sheets/{old}").text)
    listed = text_of(colleague.get("/sheets?q=611").text)
    assert "611 参画協働のまちづくり 廃案" in listed
    assert "611 参画協働のまちづくり 2回目の起案 作成中" in listed


def test_a_sheet_that_was_quoted_is_not_quoted_again(site: Site, city: City) -> None:
    city.submit("611")
    city.act(REVIEWER, "611", "reject", reason="施策を統合します。")
    old = city.evaluation("611")
    redraft(city, DRAFTER, "611")

    response = site.signed_in(DRAFTER).get(f"/sheets/{old}/redraft")

    assert response.status_code == 403
    assert "このシートを引用した新しいシートが、すでにあります。" in text_of(response.text)


def test_the_bar_stays_calm(site: Site, city: City) -> None:
    city.submit("611")

    html = bar(site.signed_in(REVIEWER).get(address(city)).text)

    buttons, _, menu = html.partition("<details")
    assert buttons.count("button--solid") == 1
    assert text_of("<main><p" + buttons) == "承認する 差し戻す"
    assert "その他の操作 保留する 相談する 期限の延長を申し出る 却下する" in text_of(
        "<main><p" + menu
    )
