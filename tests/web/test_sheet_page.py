"""One sheet: as it is printed, where it is, what the reader may do, what happened to it."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
    SHEETS,
)
from tests.web.site import Site, links, text_of

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]
OPENED = "SELECT first_opened_by FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL"


def address(city: City, code: str = "611", rest: str = "") -> str:
    return f"/sheets/{city.evaluation(code)}{rest}"


def bar(html: str) -> str:
    """The words of the bar of actions."""
    return text_of("<main>" + html.partition('class="action-bar"')[2].partition("</section>")[0])


def test_nobody_reads_a_sheet_without_signing_in(site: Site, city: City) -> None:
    response = site.browser().get(address(city))

    assert response.headers["Location"] == f"/sign-in?next={address(city)}"


def test_a_sheet_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.signed_in(DRAFTER).get("/sheets/999999").status_code == 404


@pytest.mark.parametrize("code", SHEETS)
def test_every_sheet_reads_as_it_is_printed(site: Site, city: City, code: str) -> None:
    response = site.signed_in(ADMINISTRATOR).get(address(city, code))

    said = text_of(response.text)
    content = city.page(ADMINISTRATOR, code).content
    assert response.status_code == 200
    assert response.text.count("<h1") == 1
    for text in (content.objective, content.results, content.issues):
        assert " ".join(text.split()) in said
    for indicator in content.indicators:
        assert indicator.name in said
    for project in content.projects:
        assert project.code in said
    assert f"事業費合計 {content.total_project_cost:,}" in said
    assert "令和4年度 での 対策・対応" in said


def test_the_figures_stand_with_verdict_direction_and_the_years_as_offices_write_them(
    site: Site, city: City
) -> None:
    said = text_of(site.signed_in(DRAFTER).get(address(city)).text)

    assert "基準年度 R元 R3 R4 R5 R6" in said
    assert "↑ 増加をめざす" in said
    assert "46,392 19,314" in said
    assert "達成" in said
    assert "☆☆☆ 4段階中3" in said


def test_the_route_says_where_it_is_who_has_it_since_and_until_when(site: Site, city: City) -> None:
    city.bring_to("611", "bureau_approval")

    said = text_of(site.signed_in(DRAFTER).get(address(city)).text)

    assert "作成中 済 まちづくり推進課主査 佐藤 一郎 6/1" in said
    assert "部局審査 済 市民自治部長 高橋 典子" in said
    assert "総合政策部承認 いまここ" in said
    assert "いま 総合政策部長 森田 健二 6/1から 期限 令和4年" in said


def test_approval_boxes_fill_as_on_paper_and_empty_with_a_return(site: Site, city: City) -> None:
    city.bring_to("611", "approved")
    browser = site.signed_in(DRAFTER)

    signed = browser.get(address(city)).text.partition('class="seals"')[2].partition("</table>")[0]
    city.give_back("611")
    empty = browser.get(address(city)).text.partition('class="seals"')[2].partition("</table>")[0]

    assert [signed.count(n) for n in ("佐藤 一郎", "高橋 典子", "森田 健二")] == [1, 1, 1]
    assert "令和4年6月1日" in signed
    assert empty.count("まだ") == 3


@pytest.mark.parametrize(
    ("stage", "name", "offered", "not_offered"),
    [
        ("draft", REVIEWER, "処理できるのは", "編集する"),
        ("draft", PUBLISHER, "処理できるのは", "提出"),
        ("draft", DRAFTER, "編集する 提出内容の確認へ 引継ぎを書く 事業費を入力する", "承認"),
        ("department_review", APPROVER, "処理できるのは 市民自治部長 高橋 典子", "承認する"),
        ("department_review", REVIEWER, "承認する 差し戻す", "編集する"),
        ("department_review", DRAFTER, "引き戻す", "承認する"),
        ("bureau_approval", DRAFTER, "処理できるのは 総合政策部長 森田 健二", "引き戻す"),
        ("bureau_approval", APPROVER, "承認する 差し戻す", "編集する"),
        ("approved", APPROVER, "引き戻す", "公表"),
        ("approved", PUBLISHER, "差し戻す 公表の画面へ", "承認する"),
        ("published", PUBLISHER, "公表済です。これ以上の操作はありません。", "差し戻す"),
    ],
)
def test_only_what_the_reader_may_do_is_a_button(
    site: Site, city: City, stage: str, name: str, offered: str, not_offered: str
) -> None:
    city.bring_to("611", stage)

    said = bar(site.signed_in(name).get(address(city)).text)

    assert offered in said
    assert not_offered not in said.replace(offered, "")


def test_what_the_reader_may_not_do_is_said_with_the_reason(site: Site, city: City) -> None:
    city.submit("611")

    said = text_of(site.signed_in(DRAFTER).get(address(city)).text)

    assert "できない操作とその理由" in said
    assert "このシートの作成に加わった職員は、承認できません" in said
    assert "「部局審査」の段階では編集できません" in said


def test_reading_by_others_is_not_noted_and_the_next_persons_is(site: Site, city: City) -> None:
    city.submit("611")
    sheet = city.evaluation("611")

    site.signed_in(APPROVER).get(address(city))
    site.signed_in(DRAFTER).get(address(city))
    others = city.scalar(OPENED, id=sheet)
    site.signed_in(REVIEWER).get(address(city))

    assert others is None
    assert city.scalar(OPENED, id=sheet) == city.person_id(REVIEWER)


def test_a_head_or_a_page_fetched_ahead_is_no_opening(site: Site, city: City) -> None:
    city.submit("611")
    reviewer = site.signed_in(REVIEWER)

    reviewer.client.head(address(city))
    reviewer.get(address(city), headers={"Sec-Purpose": "prefetch;prerender"})
    for page in ("/check", "/approve", "/return", "/revisions/1"):
        reviewer.get(address(city, rest=page))

    assert city.scalar(OPENED, id=city.evaluation("611")) is None


def test_the_timeline_tells_who_did_what_when_and_why(site: Site, city: City) -> None:
    city.submit("611")
    city.give_back("611", reason="数字を確かめてください。")

    html = site.signed_in(DRAFTER).get(address(city)).text

    said = text_of(html).partition("このシートについて")[0]
    story = said[said.index("差し戻しました", said.index("事業費合計")) :]
    assert "市民自治部長 高橋 典子 令和4年6月1日 10:00" in story
    assert "数字を確かめてください。 部局審査 → 作成中" in story
    assert story.index("差し戻しました") < story.index("提出しました")
    assert address(city, rest="/revisions/1") in links(html)


def test_a_returned_sheet_begins_with_the_reason(site: Site, city: City) -> None:
    city.submit("611")
    city.give_back("611", reason="数字を確かめてください。")
    drafter = site.signed_in(DRAFTER)

    for page in (address(city), address(city, rest="/edit")):
        said = text_of(drafter.get(page).text)
        assert "差し戻されました 市民自治部長 高橋 典子" in said


def test_changes_since_the_return_stand_beside_the_sheet(site: Site, city: City) -> None:
    city.submit("611")
    city.give_back("611")
    city.save("611", rating=4, issues="課題を書き直した。")
    city.submit("611")

    html = site.signed_in(REVIEWER).get(address(city, rest="?side=changes")).text

    said = text_of(html)
    assert "変更点 2" in said
    assert "☆☆☆（4段階中3） → ［後］ ☆☆☆☆（4段階中4）" in said
    assert "［追加］ 課題を書き直した。" in said


def test_a_revision_is_marked_as_such_with_what_it_changed(site: Site, city: City) -> None:
    city.save("611", issues="課題を書き直した。")
    browser = site.signed_in(REVIEWER)

    first = text_of(browser.get(address(city, rest="/revisions/1")).text)
    second = text_of(browser.get(address(city, rest="/revisions/2")).text)

    assert "版 1（令和4年6月1日）" in first
    assert "これは以前の版です。" in first
    assert "課題を書き直した。" not in first
    assert "はじめの版です。" in first
    assert "版 2（令和4年6月1日）" in second
    assert "版 1からの変更点 課題" in second
    assert browser.get(address(city, rest="/revisions/3")).status_code == 404
    assert browser.get(address(city, rest="/revisions/0")).status_code == 404


def test_what_people_wrote_is_shown_and_never_run(site: Site, city: City) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    city.save("611", objective=evil, results=evil, issues=evil)
    city.submit("611")
    city.give_back("611", reason=evil)
    drafter = site.signed_in(DRAFTER)

    for rest in ("", "?side=changes", "/edit", "/check", "/revisions/2", "/costs"):
        html = drafter.get(address(city, rest=rest)).text
        assert "<script>alert" not in html, rest
        assert "<img" not in html, rest


@pytest.mark.parametrize("rest", ["", "?side=changes", "/edit", "/check", "/costs", "/revisions/1"])
def test_the_pages_read_in_english_too(site: Site, city: City, rest: str) -> None:
    browser = site.signed_in(DRAFTER)
    browser.post("/language", {"locale": "en"})

    response = browser.get(address(city, rest=rest))

    assert response.status_code == 200
    assert '<html lang="en">' in response.text
