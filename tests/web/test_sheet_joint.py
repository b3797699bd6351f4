"""合議 through the pages: answering for a department, who may not, what everybody sees of it."""

from __future__ import annotations

import pytest

from tests.authority import away, hold, reply
from tests.city import City, on_route
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, REVIEWERS
from tests.web.sheet_forms import forms_on, open_form, press
from tests.web.site import Site, site_of, text_of
from workflow.definition.facts import Verdict

pytestmark = on_route("joint_external")

#: 関連部局 of 612: 総務部, 市議会事務局, 市民自治部; and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")


@pytest.fixture
def site(route_city: City) -> Site:
    """The web over the city on this route."""
    return site_of(route_city.application, route_city.passwords)


def address(city: City, rest: str = "", code: str = "612") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def to_joint(city: City) -> None:
    city.submit("612")
    city.approve("612")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (APPROVER, "処理できるのは"),
        (DRAFTERS["612"], "作成に加わった職員は"),
        (REVIEWERS["612"], "この回に「部局審査」で承認した職員は"),
        (ADMINISTRATOR, "処理できるのは"),
    ],
)
def test_who_is_not_asked_gets_the_reason_and_no_form(
    site: Site, route_city: City, name: str, reason: str
) -> None:
    to_joint(route_city)
    browser = site.signed_in(name)

    response = browser.get(address(route_city, "/reply"))
    sheet = browser.get(address(route_city)).text

    assert response.status_code == 403
    assert reason in text_of(response.text)
    assert address(route_city, "/reply") not in sheet
    assert "合議に回答する" in text_of(sheet).partition("できない操作とその理由")[2]


def test_an_answer_is_taken_back_from_the_sheet_and_given_again(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めてください。")
    own, other = site.signed_in(ASKED[0]), site.signed_in(ASKED[1])
    target = address(route_city, "/take-back")

    page = text_of(own.get(target).text)
    fields = open_form(own, target, target)
    done = press(own, target, fields)
    receipt = text_of(own.get(done.headers["Location"]).text)
    stale = press(own, target, fields | {"request_key": "f" * 32})

    assert f'href="{target}"' not in other.get(address(route_city)).text
    assert other.get(target).status_code == 403
    assert "回答した人 総務部長 小川 哲夫" in page
    assert "意見付き同意" in page
    assert "説明を早めてください。" in page
    assert "合議の回答を取り消しました" in receipt
    assert stale.status_code == 403
    assert "取り消せるあなたの回答はありません" in text_of(stale.text)
    sheet = own.get(address(route_city)).text
    assert f'href="{address(route_city, "/reply")}"' in sheet
    assert f'href="{target}"' not in sheet


def test_the_drafter_reads_all_opinions_beside_the_objection(site: Site, route_city: City) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めてください。")
    reply(route_city, ASKED[1], "612")
    reply(route_city, ASKED[2], "612", Verdict.OBJECT, opinion="数字が違います。")
    drafter = site.signed_in(DRAFTERS["612"])

    for path in ("", "/edit"):
        html = drafter.get(address(route_city, path)).text
        head = html.partition("sheet-page")[0] if not path else html
        assert head.count("説明を早めてください。") == 1, path
        assert head.count("数字が違います。") == 1, path
        assert "合議で出された意見 意見付き同意 総務部長 小川 哲夫" in text_of(html)


def test_there_is_nothing_to_answer_elsewhere(site: Site, route_city: City) -> None:
    response = site.signed_in(ASKED[0]).get(address(route_city, "/reply"))

    assert response.status_code == 403
    assert "いまの段階（作成中）では" in text_of(response.text)


def test_nobody_answers_while_the_sheet_is_on_hold(site: Site, route_city: City) -> None:
    to_joint(route_city)
    hold(route_city, ASKED[0], "612")

    response = site.signed_in(ASKED[1]).get(address(route_city, "/reply"))

    assert response.status_code == 403
    assert "保留しています" in text_of(response.text)


@pytest.mark.parametrize(
    ("typed", "said", "field"),
    [
        ({}, "一覧から選んでください。", "verdict"),
        ({"verdict": "perhaps"}, "一覧から選んでください。", "verdict"),
        ({"verdict": "object"}, "意見を入力してください。", "opinion"),
        ({"verdict": "agree_with_opinion", "opinion": " "}, "意見を入力してください。", "opinion"),
        ({"verdict": "agree", "opinion": "長" * 2001}, "2000字以内で入力してください", "opinion"),
    ],
)
def test_an_answer_that_will_not_do_comes_back_as_it_was_typed(
    site: Site, route_city: City, typed: dict[str, str], said: str, field: str
) -> None:
    to_joint(route_city)
    browser = site.signed_in(ASKED[0])
    target = address(route_city, "/reply")
    fields = open_form(browser, target, target)

    response = press(browser, target, fields | typed)

    assert response.status_code == 422
    assert "<title>エラー：合議の回答｜" in response.text
    assert said in text_of(response.text)
    assert f'href="#{field}"' in response.text
    assert route_city.rows("SELECT 1 FROM joint_reply") == []


def test_answering_shows_what_it_covers_for_whom_and_who_has_answered(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めてください。")
    browser = site.signed_in(ASKED[1])
    target = address(route_city, "/reply")

    page = text_of(browser.get(target).text)
    response = press(
        browser, target, open_form(browser, target, target) | {"verdict": "agree", "opinion": ""}
    )
    receipt = text_of(browser.get(response.headers["Location"]).text)

    assert "回答する人 市議会事務局長 久保田 勝" in page
    assert "総務部 意見付き同意 総務部長 小川 哲夫" in page
    assert "説明を早めてください。" in page
    assert "市民自治部 未回答 市民自治部長 高橋 典子" in page
    assert "1/3 回答済" in page
    assert "不同意が1件でもあると、シートは戻ります。" in page
    assert "までに回答がないときは、通知済として進みます。" in page
    assert "実施施策の 目標" in page
    assert response.status_code == 303
    assert "同意しました" in receipt
    assert "いま持っている人 市民自治部長 高橋 典子" in receipt
    assert "回答がそろうと、次の段階に進みます" in receipt
    assert [r.verdict for r in route_city.rows("SELECT verdict FROM joint_reply ORDER BY id")] == [
        "agree_with_opinion",
        "agree",
    ]


def test_the_last_consent_moves_the_sheet_and_the_receipt_says_where(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    for name in ASKED[:2]:
        reply(route_city, name, "612")
    browser = site.signed_in(ASKED[2])
    target = address(route_city, "/reply")

    fields = open_form(browser, target, target) | {"verdict": "agree"}
    response = press(browser, target, fields)
    again = press(browser, target, fields)
    receipt = text_of(browser.get(response.headers["Location"]).text)

    assert "いまの段階 総合政策部承認" in receipt
    assert "いま持っている人 総合政策部長 森田 健二" in receipt
    assert again.headers["Location"] == response.headers["Location"]
    assert route_city.state("612") == "bureau_approval"


def test_an_objection_is_the_first_thing_that_the_drafter_sees(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    browser = site.signed_in(ASKED[1])
    target = address(route_city, "/reply")
    typed = {"verdict": "object", "opinion": "議会への報告が先です。"}

    press(browser, target, open_form(browser, target, target) | typed)

    said = text_of(site.signed_in(DRAFTERS["612"]).get(address(route_city)).text)
    assert route_city.state("612") == "draft"
    assert "差し戻されました 市議会事務局長 久保田 勝" in said
    assert said.index("議会への報告が先です。") < said.index("実施施策の")
    story = said[said.index("事業費合計") :]
    assert "不同意により戻りました" in story
    assert "不同意としました" in story


def test_a_form_of_an_earlier_content_is_stale(site: Site, route_city: City) -> None:
    to_joint(route_city)
    browser = site.signed_in(ASKED[0])
    target = address(route_city, "/reply")
    fields = open_form(browser, target, target) | {"verdict": "agree"}
    route_city.act(ASKED[2], "612", "return", reason="直してください。")
    route_city.save("612", results="直した成果。")
    route_city.submit("612")
    route_city.approve("612")

    response = press(browser, target, fields)

    assert response.status_code == 409
    assert route_city.rows("SELECT 1 FROM joint_reply") == []


def test_the_sheet_shows_how_far_it_is_and_small_boxes_for_each_department(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めてください。")

    html = site.signed_in(DRAFTERS["612"]).get(address(route_city)).text

    boxes = text_of("<main>" + html.partition('class="seals seals--small"')[2])
    assert "合議 いまここ 1/3 回答済" in text_of(html)
    assert boxes.index("総務部 市議会事務局 市民自治部 意見 小川 哲夫 6/1") > 0
    assert "まだ まだ" in boxes


def test_a_substitute_answers_for_the_absent_one_and_the_pages_say_so(
    site: Site, route_city: City
) -> None:
    candidate = route_city.scalar("""
        SELECT p.sign_in_name FROM person p JOIN assignment a ON a.person_id = p.id
        JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        LEFT JOIN org_unit d ON d.id = u.parent_id
        WHERE coalesce(d.name, u.name) = '総務部' AND o.rank = 'section_chief' LIMIT 1
    """)
    away(route_city, ASKED[0], substitutes={"joint_answer": [candidate]})
    to_joint(route_city)
    browser = site.signed_in(candidate)
    target = address(route_city, "/reply")

    page = text_of(browser.get(target).text)
    press(browser, target, open_form(browser, target, target) | {"verdict": "agree"})
    said = text_of(browser.get(address(route_city)).text)

    assert "権限 代理（不在の総務部長 小川 哲夫に代わって）" in page
    assert "総務部長 小川 哲夫の代理" in said
    assert "同意しました 代理" in said


def test_silence_is_shown_as_the_route_says(site: Site, route_city: City, clock: Clock) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612")
    due = route_city.scalar(
        "SELECT due_at FROM timer WHERE evaluation_id = :id AND kind = 'overdue' "
        "AND settled_at IS NULL",
        id=route_city.evaluation("612"),
    )
    clock.now = due
    route_city.tick()

    html = site.signed_in(DRAFTERS["612"]).get(address(route_city)).text

    assert route_city.state("612") == "bureau_approval"
    assert html.count("通知済") == 2


def test_the_decider_reads_the_opinions_and_must_add_a_comment(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    reply(route_city, ASKED[0], "612", Verdict.AGREE_WITH_OPINION, opinion="説明を早めてください。")
    for name in ASKED[1:]:
        reply(route_city, name, "612")
    browser = site.signed_in(APPROVER)
    target = address(route_city, "/act")
    fields = open_form(browser, address(route_city, "/approve"), target)

    html = browser.get(address(route_city, "/approve")).text
    nothing = press(browser, target, fields)
    response = press(browser, target, fields | {"reason": "意見を踏まえ承認する。"})

    page = text_of(html)
    assert "合議: 総務部長 小川 哲夫の意見" in page
    assert "説明を早めてください。" in page
    assert "承認に付ける意見 ※必須" in page
    assert "権限 専決（市長に代わって。事務決裁規程（部長の専決事項））" in page
    assert nothing.status_code == 422
    assert "承認に付ける意見を入力してください。" in text_of(nothing.text)
    assert 'href="#reason"' in nothing.text
    assert response.status_code == 303
    assert route_city.state("612") == "external_review"


def test_a_sheet_without_related_departments_says_where_it_really_goes(
    site: Site, route_city: City
) -> None:
    route_city.submit("611")

    page = text_of(
        site.signed_in(REVIEWERS["611"]).get(address(route_city, "/approve", "611")).text
    )

    assert "次に進む先 総合政策部承認 次に持つ人 総合政策部長 森田 健二" in page


def test_the_answer_is_given_on_the_workbench_as_well(site: Site, route_city: City) -> None:
    to_joint(route_city)
    browser = site.signed_in(ASKED[0])
    bench = f"/workbench/{route_city.evaluation('612')}"
    html = browser.get(bench).text
    form = forms_on(html)[f"{bench}/reply"]

    wordless = press(browser, f"{bench}/reply", form | {"verdict": "object"})
    kept = forms_on(wordless.text)[f"{bench}/reply"]
    undecided = kept | {"verdict": "", "opinion": "数字が合いません。"}
    nothing = press(browser, f"{bench}/reply", undecided)
    words = {"verdict": "agree_with_opinion", "opinion": "市民への説明を早めてください。"}
    given = press(browser, f"{bench}/reply", kept | words)
    after = browser.get(given.headers["Location"], follow_redirects=True).text
    again = browser.get(f"{bench}/reply")

    assert "合議の回答" in text_of(html)
    assert 'name="chosen"' not in html
    assert (wordless.status_code, nothing.status_code) == (422, 422)
    assert "意見を入力してください。" in text_of(wordless.text)
    assert kept["request_key"] == form["request_key"]
    assert "数字が合いません。" in nothing.text
    assert again.headers["Location"] == bench
    assert "612の合議に回答しました。" in text_of(after)
    assert "あなたの承認を待つシートはありません。" in text_of(after)
    assert route_city.events("612")[-1] == "agree_with_opinion"


def test_an_answer_to_a_page_that_is_stale_does_nothing(site: Site, route_city: City) -> None:
    to_joint(route_city)
    browser = site.signed_in(ASKED[0])
    bench = f"/workbench/{route_city.evaluation('612')}"
    form = forms_on(browser.get(bench).text)[f"{bench}/reply"]
    reply(route_city, ASKED[1], "612", Verdict.OBJECT, opinion="数字が合いません。")

    response = press(browser, f"{bench}/reply", form | {"verdict": "agree"})

    assert response.status_code in (403, 409)
    assert "agree" not in route_city.events("612")


def test_whoever_decides_on_the_workbench_reads_first_what_was_said_at_the_joint_stage(
    site: Site, route_city: City
) -> None:
    to_joint(route_city)
    for name, opinion in zip(ASKED, ("市民への説明を早めてください。", "", ""), strict=True):
        verdict = Verdict.AGREE_WITH_OPINION if opinion else Verdict.AGREE
        reply(route_city, name, "612", verdict, opinion=opinion)

    page = site.signed_in(APPROVER).get(f"/workbench/{route_city.evaluation('612')}").text

    assert "市民への説明を早めてください。" in page.partition("<article")[0]
    assert route_city.state("612") == "bureau_approval"
