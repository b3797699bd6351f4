"""My desk: what waits, what is awaited, what was done; and an empty desk is a good one."""

from __future__ import annotations

from datetime import date

from tests.authority import hold
from tests.city import City
from tests.conftest import QueryCounter
from tests.plans import large_plan, take_in
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, REVIEWERS, TWO_POSTS
from tests.web.site import Site, links, text_of
from workflow.application import Application

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def test_nobody_reads_a_desk_without_signing_in(site: Site) -> None:
    response = site.browser().get("/desk")

    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in?next=/desk"


def test_what_waits_says_until_when_where_and_why(site: Site, city: City) -> None:
    response = site.signed_in(DRAFTER).get("/desk")

    said = text_of(response.text)
    assert "あなたの番です 1件" in said
    assert "611 参画協働のまちづくり" in said
    assert "作成中" in said
    assert "まちづくり推進課主査として" in said
    assert f"/sheets/{city.evaluation('611')}" in links(response.text)
    assert "<title>私の仕事｜青瀬市 行政評価</title>" in response.text
    assert response.text.count("<h1") == 1


def test_the_whole_page_is_twelve_statements_for_one_sheet_and_for_sixty(
    site: Site, city: City, application: Application, query_counter: QueryCounter
) -> None:
    def statements() -> int:
        reader.get("/desk")
        with query_counter(application) as counted:
            html = reader.get("/desk").text
        rows.append(html.count('class="row-link"'))
        return len(counted)

    rows: list[int] = []
    reader = site.signed_in(DRAFTERS["632"])
    one = statements()
    take_in(application, large_plan(60, 1))

    # Session; scope, candidates, awaited, sheets, roster, rows, acts, questions, readings; the
    # frame's two. The page is one transaction; the clock of the test answers for the database.
    assert (one, statements()) == (12, 12)
    assert rows == [1, 61]


def test_an_empty_desk_says_so_and_names_the_readers_own_next_deadline(site: Site) -> None:
    said = text_of(site.signed_in(REVIEWER).get("/desk").text)
    nobodys = text_of(site.signed_in(ADMINISTRATOR).get("/desk").text)

    assert "今日することはありません。" in said
    assert "あなたの次の期限は令和4年7月6日（水）です。" in said
    assert "最も急ぐ1件" not in said
    assert "期限は" not in nobodys


def test_a_held_sheet_stands_apart_with_the_way_to_lift_the_hold(site: Site, city: City) -> None:
    city.submit("611")
    hold(city, REVIEWER, "611")

    html = site.signed_in(REVIEWER).get("/desk").text

    assert "あなたの番です 0件" in text_of(html)
    assert "保留しています 1件" in text_of(html)
    assert f'href="/sheets/{city.evaluation("611")}/lift"' in html
    assert "最も急ぐ1件" not in html
    assert 'href="/workbench"' not in html


def test_the_soonest_deadline_comes_first_and_is_one_click_away(site: Site, city: City) -> None:
    city.bring_to("611", "bureau_approval")
    city.bring_to("612", "bureau_approval")
    city.bring_to("631", "bureau_approval")
    city.give_back("631", target="department_review")

    html = site.signed_in(REVIEWERS["631"]).get("/desk").text

    first = f"/sheets/{city.evaluation('631')}"
    assert next(href for href in links(html) if href.startswith("/sheets/")) == first
    assert "最も急ぐ1件を開く" in text_of(html)


def test_a_returned_sheet_says_so_with_the_reason(site: Site, city: City) -> None:
    city.bring_to("611", "department_review")
    city.give_back("611", reason="成果②の数字を確認してください。")

    said = text_of(site.signed_in(DRAFTER).get("/desk").text)

    assert "差戻し（作成中）" in said
    assert "「成果②の数字を確認してください。」" in said


def test_a_late_sheet_says_by_how_many_days(site: Site, clock: Clock) -> None:
    browser = site.signed_in(DRAFTER)
    clock.set(date(2022, 12, 1))

    browser = site.signed_in(DRAFTER)

    assert "日超過" in text_of(browser.get("/desk").text)


def test_what_is_awaited_says_who_has_it_since_when_until_when(site: Site, city: City) -> None:
    city.submit("611")

    said = text_of(site.signed_in(DRAFTER).get("/desk").text)

    assert "待っています 1件" in said
    assert "市民自治部長 高橋 典子" in said
    assert "令和4年6月1日（水）" in said


def test_what_was_done_can_be_taken_back_until_somebody_looks(site: Site, city: City) -> None:
    city.submit("611")
    browser = site.signed_in(DRAFTER)
    address = f"/sheets/{city.evaluation('611')}/withdraw"

    before = browser.get("/desk").text
    site.signed_in(REVIEWER).get(f"/sheets/{city.evaluation('611')}")
    after = browser.get("/desk").text

    assert address in links(before)
    assert "提出しました" in text_of(before)
    assert address not in links(after)


def test_a_sheet_that_waits_in_another_post_offers_to_switch(site: Site, city: City) -> None:
    browser = site.signed_in(TWO_POSTS)
    other = next(post for post in city.posts(TWO_POSTS) if not post.is_primary)
    browser.post("/account/post", {"assignment_id": other.assignment_id})

    html = browser.get("/desk").text

    assert "職を切り替えて開く" in html
    assert "最も急ぐ1件" not in text_of(html)


def test_what_people_wrote_is_shown_and_never_run(site: Site, city: City) -> None:
    city.bring_to("611", "department_review")
    city.give_back("611", reason="<script>alert(1)</script>")

    html = site.signed_in(DRAFTER).get("/desk").text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_desk_reads_in_english_too(site: Site, city: City) -> None:
    city.submit("611")
    browser = site.signed_in(APPROVER)
    browser.post("/language", {"locale": "en"})

    response = browser.get("/desk")

    assert response.status_code == 200
    assert '<html lang="en">' in response.text
