"""The list of sheets: filters in the address, chips to take them off, pages."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import DRAFTERS, SHEETS
from tests.web.site import Browser, Site, links, text_of


@pytest.fixture
def reader(site: Site) -> Browser:
    return site.signed_in(DRAFTERS["611"])


def codes(city: City, html: str) -> list[str]:
    """The sheets on the page, in their order."""
    by_link = {f"/sheets/{city.evaluation(code)}": code for code in SHEETS}
    return [by_link[href] for href in links(html) if href in by_link]


def test_nobody_reads_the_list_without_signing_in(site: Site) -> None:
    assert site.browser().get("/sheets?q=611").headers["Location"].startswith("/sign-in?next=")


def test_all_sheets_of_the_cycle_stand_by_their_code(city: City, reader: Browser) -> None:
    html = reader.get("/sheets").text

    assert codes(city, html) == list(SHEETS)
    assert "令和3年度 事後評価 5件" in text_of(html)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=参画", ["611"]),
        ("q=６３", ["631", "632"]),
        ("q=デジタル戦略", ["621"]),
        ("q=%25", []),
        ("state=department_review", ["611"]),
        ("state=department_review&q=631", []),
        ("state=no_such_stage", list(SHEETS)),
        ("department=abc&page=x&cycle=y", list(SHEETS)),
        ("page=7", list(SHEETS)),
        ("page=-3", list(SHEETS)),
    ],
)
def test_the_address_narrows_the_list(
    city: City, reader: Browser, asked: str, found: list[str]
) -> None:
    city.submit("611")

    response = reader.get(f"/sheets?{asked}", follow_redirects=True)

    assert response.status_code == 200
    assert codes(city, response.text) == found


def test_a_department_and_each_filter_can_be_taken_off(city: City, reader: Browser) -> None:
    department = city.scalar("SELECT id FROM org_unit WHERE name = '総合政策部'")

    html = reader.get(f"/sheets?department={department}&q=行政").text

    assert codes(city, html) == ["621", "631"]
    said = text_of(html)
    assert "評価部局: 総合政策部 を外す" in said
    assert "「行政」を含む を外す" in said
    cycle = city.cycle()
    assert f"/sheets?cycle={cycle}&amp;department={department}" in html


def test_nothing_found_says_what_to_do(reader: Browser) -> None:
    said = text_of(reader.get("/sheets?q=どこにもない").text)

    assert "あてはまるシートはありません。" in said
    assert "すべてのシートを見る" in said


def test_what_was_searched_for_is_shown_and_never_run(reader: Browser) -> None:
    html = reader.get("/sheets?q=<script>alert(1)</script>").text

    assert "<script>alert" not in html


@pytest.mark.parametrize("asked", ["q=%00", f"department={10**30}", f"page={10**30}"])
def test_what_the_database_cannot_read_is_no_fault_of_ours(reader: Browser, asked: str) -> None:
    assert reader.get(f"/sheets?{asked}").status_code == 400
