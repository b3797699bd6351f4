"""The calendar of the office: who keeps it, and what one day more or less would move."""

from __future__ import annotations

from datetime import date

import pytest

from tests.city import City
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.services.test_date_changes import close
from tests.services.test_extensions import ask, decide
from tests.web.site import Browser, Site, text_of
from tests.web.test_deadline_dates import due, seen

#: The last day of 作成中 in the sample's cycle: a Wednesday.
LAST_DAY = date(2022, 6, 22)
CLOSE = {"day-year": "R4", "day-month": "6", "day-day": "22", "name": "創立記念日"}
OPEN = {"day-year": "2022", "day-month": "7", "day-day": "18", "opens": "1"}
PAGE = "/administration/closed-days"


@pytest.fixture
def administrator(site: Site) -> Browser:
    """The administrator at work."""
    return site.signed_in(ADMINISTRATOR)


@pytest.mark.parametrize("name", [PUBLISHER, DRAFTERS["611"]])
def test_only_administrators_keep_the_calendar(city: City, site: Site, name: str) -> None:
    browser = site.signed_in(name)

    assert browser.get(PAGE).status_code == 403
    assert browser.post(f"{PAGE}/check", CLOSE).status_code == 403
    assert browser.post(PAGE, CLOSE).status_code == 403
    assert browser.post(f"{PAGE}/year", {}).status_code == 403
    assert due(city) == LAST_DAY


def test_bad_input_comes_back_with_all_that_is_wrong(city: City, administrator: Browser) -> None:
    before = city.counts()
    empty = administrator.post(f"{PAGE}/check", {})
    beyond = administrator.post(f"{PAGE}/check", {**CLOSE, "day-year": "2090"})
    unknown = administrator.post(f"{PAGE}/check", {**OPEN, "day-day": "19"})

    assert (empty.status_code, beyond.status_code, unknown.status_code) == (422, 422, 404)
    assert "閉庁日にする日: 入力してください" in text_of(empty.text)
    assert "名前: 入力してください" in text_of(empty.text)
    assert "開庁日の暦に入っていません" in text_of(beyond.text)
    assert 'value="創立記念日"' in beyond.text
    assert city.counts() == before


def test_the_list_says_where_each_day_comes_from_and_how_far_the_calendar_reaches(
    administrator: Browser,
) -> None:
    said = text_of(administrator.get(PAGE).text)

    assert "令和4年7月18日（月） 海の日 国民の祝日" in said
    assert "令和4年12月29日（木） 年末年始" in said or "12月29日（木）" in said
    assert "年末年始" in said
    assert "暦は" in said


def test_a_closed_day_is_looked_at_then_saved_and_says_what_moved(
    city: City, administrator: Browser
) -> None:
    before = city.counts()
    shown = administrator.post(f"{PAGE}/check", CLOSE)
    said = text_of(shown.text)
    assert city.counts() == before
    assert "令和4年6月22日（水） 令和4年6月23日（木） 閉庁日（創立記念日）のため 5件" in said
    assert "動くお知らせ" in said

    response = administrator.post(PAGE, {**CLOSE, "seen": seen(shown.text)})
    receipt = text_of(administrator.get(response.headers["Location"]).text)

    assert response.status_code == 303
    assert "期限が動いたシートは5件です" in receipt
    assert "創立記念日 市の休日" in receipt
    assert due(city) == date(2022, 6, 23)


def test_a_day_is_taken_out_again(city: City, administrator: Browser) -> None:
    shown = administrator.post(f"{PAGE}/check", OPEN)
    assert "海の日" in text_of(shown.text)
    administrator.post(PAGE, {**OPEN, "seen": seen(shown.text)})

    assert city.scalar("SELECT count(*) FROM closed_day WHERE day = '2022-07-18'") == 0
    assert "海の日" not in text_of(administrator.get(PAGE).text).partition("2022年")[2][:400]


def test_when_things_moved_since_nothing_is_saved_and_it_is_shown_again(
    city: City, administrator: Browser
) -> None:
    shown = administrator.post(f"{PAGE}/check", CLOSE)
    city.submit("611")

    again = administrator.post(PAGE, {**CLOSE, "seen": seen(shown.text)})

    assert again.status_code == 409
    assert due(city, "612") == LAST_DAY
    assert city.scalar("SELECT count(*) FROM closed_day WHERE day = '2022-06-22'") == 0
    administrator.post(PAGE, {**CLOSE, "seen": seen(again.text)})
    assert due(city, "612") == date(2022, 6, 23)


def test_the_next_year_is_added_by_a_button_that_names_it(administrator: Browser) -> None:
    assert "令和9年（2027年）を加える" in administrator.get(PAGE).text
    assert administrator.post(f"{PAGE}/year", {}).status_code == 303

    html = administrator.get(PAGE).text
    assert "令和10年（2028年）を加える" in html
    assert "令和9年（2027年）の閉庁日" in html


def test_a_sheet_with_a_date_of_its_own_is_shown_on_its_way_back_to_the_day_that_was_set(
    city: City, administrator: Browser
) -> None:
    ask(city, wanted=date(2022, 7, 6))
    decide(city)
    close(city, date(2022, 7, 6))
    again = {**OPEN, "day-day": "6"}
    shown = administrator.post(f"{PAGE}/check", again)
    said = text_of(shown.text).partition("動く期限")[2]

    assert "作成中 個別の期限があるシート 令和4年7月7日（木） 令和4年7月6日（水）" in said
    assert "定めた日が開庁日になったため" in said
    assert "個別の期限があるシート 1件" in said.partition("動くお知らせ")[2]
    saved = administrator.post(PAGE, {**again, "seen": seen(shown.text)})
    assert saved.status_code == 303
    assert due(city) == date(2022, 7, 6)
