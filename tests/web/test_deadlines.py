"""The bureau sees beforehand who will be told what; and what a changed date would move."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.site import Browser, Site, text_of
from workflow.policy import SYSTEM


@pytest.fixture
def publisher(site: Site, clock: Clock) -> Browser:
    """The bureau at work, twelve days before the first last day."""
    clock.set(date(2022, 6, 10))
    return site.signed_in(PUBLISHER)


@pytest.mark.parametrize("name", [DRAFTERS["611"], REVIEWERS["611"], APPROVER])
def test_who_does_not_run_the_cycle_sees_no_preview(site: Site, name: str) -> None:
    browser = site.signed_in(name)

    assert browser.get("/deadlines").status_code == 403
    assert "/deadlines" not in browser.get("/progress").text


@pytest.mark.parametrize("name", [PUBLISHER, ADMINISTRATOR])
def test_the_preview_says_who_gets_what_for_which_sheet_and_why(
    site: Site, clock: Clock, name: str
) -> None:
    clock.set(date(2022, 6, 10))
    browser = site.signed_in(name)
    said = text_of(browser.get("/deadlines").text)
    day = said.partition("令和4年6月15日（水） 5通")[2] or said

    assert "だれもシートを動かさないとしたときの予定です" in said
    assert "期限の予告" in day
    assert "611" in day
    assert "まちづくり推進課主査" in day
    assert 'href="/deadlines"' in browser.get("/progress").text


def test_bars_and_table_give_the_same_numbers(publisher: Browser) -> None:
    html = publisher.get("/deadlines").text
    drawn = [
        part.partition("<")[0].partition(">")[2] for part in html.split('class="chart__value"')[1:]
    ]
    rows = html.partition('id="per-day"')[2].partition("</table>")[0].split("<tr>")[2:]
    listed = [row.partition('class="number">')[2].partition("<")[0] for row in rows]

    assert drawn == listed
    assert any(int(number) for number in drawn)


def test_an_address_that_does_not_work_is_marked(city: City, publisher: Browser) -> None:
    assert "宛先が使えません" not in publisher.get("/deadlines").text
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE person SET mail_state = 'refused' WHERE id = :person"),
            {"person": city.person_id(DRAFTERS["611"])},
        )

    said = text_of(publisher.get("/deadlines").text)
    assert "宛先が使えない職員がいます: 佐藤 一郎" in said
    assert "宛先が使えません" in said


def test_nothing_to_send_is_a_good_state(city: City, publisher: Browser) -> None:
    assert "これから14日間に送るメールはありません" not in publisher.get("/deadlines").text
    city.publish(["611", "612", "621", "631", "632"])
    city.tick()

    assert "これから14日間に送るメールはありません" in publisher.get("/deadlines").text
