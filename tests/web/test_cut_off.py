"""Another cut-off is looked at before it is saved, and saved only as it was seen."""

from __future__ import annotations

from datetime import time

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.site import Browser, Site, text_of
from tests.web.test_deadline_dates import LAST_DAY, seen

CHECK, SAVE = "/deadlines/cut-off/check", "/deadlines/cut-off"


@pytest.fixture
def publisher(site: Site) -> Browser:
    """The bureau at work."""
    return site.signed_in(PUBLISHER)


def stored(city: City) -> time:
    found: time = city.scalar("SELECT cut_off FROM evaluation_cycle")
    return found


@pytest.mark.parametrize("name", [ADMINISTRATOR, DRAFTERS["611"], REVIEWERS["611"]])
def test_only_the_bureau_changes_it(city: City, site: Site, name: str) -> None:
    browser = site.signed_in(name)
    typed = {"cut_off": "17:00", "seen": "0" * 64}

    assert browser.post(CHECK, typed).status_code == 403
    assert browser.post(SAVE, typed).status_code == 403
    assert stored(city) == time(17, 15)
    assert 'name="cut_off"' not in browser.get("/deadlines/dates").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "締切時刻: 入力してください"),
        ("午後15時", "「午後15時」は時刻として読めません"),
        ("夕方", "「夕方」は時刻として読めません"),
        ("24:00", "「24:00」は時刻として読めません"),
        ("17:15", "変わるところがありません"),
        ("午後5時15分", "変わるところがありません"),
    ],
)
def test_what_cannot_be_read_or_changes_nothing_comes_back_as_typed(
    city: City, publisher: Browser, typed: str, said: str
) -> None:
    for path in (CHECK, SAVE):
        page = publisher.post(path, {"cut_off": typed, "seen": ""})

        assert page.status_code == 422
        assert said in text_of(page.text)
        assert f'name="cut_off" type="text" value="{typed}"' in page.text
        # The other form of the page still holds the dates.
        assert 'name="deadlines.draft-year"' in page.text
        assert 'value="令和4"' in page.text
    assert stored(city) == time(17, 15)


@pytest.mark.parametrize("typed", ["17:00", "１７時", "17時00分", "午後5時", "午後５：００"])
def test_it_is_read_as_people_write_it_and_saved_as_it_was_seen(
    city: City, publisher: Browser, typed: str
) -> None:
    shown = publisher.post(CHECK, {"cut_off": typed})
    said = text_of(shown.text)
    assert shown.status_code == 200
    assert "まだ保存していません" in said
    assert "17:15 → 17:00" in said
    assert "締切が動くシート 5件" in said
    assert "動くお知らせはありません" in said
    assert stored(city) == time(17, 15)

    saved = publisher.post(SAVE, {"cut_off": "17:00", "seen": seen(shown.text)})
    assert saved.status_code == 303
    receipt = text_of(publisher.get(saved.headers["Location"]).text)
    assert "締切時刻を17:00に変更しました。締切が動いたシートは5件です" in receipt
    assert "いまは 17:00 まで" in receipt
    assert "令和4年6月22日（水） 17:00" in receipt
    assert stored(city) == time(17)
    history = text_of(publisher.get(f"/sheets/{city.evaluation('611')}").text)
    assert "締切時刻が変更されたため: 17:15 → 17:00" in history


def test_noon_on_the_last_day_says_what_is_late_at_once_and_the_way_back_what_no_longer_is(
    city: City, site: Site, clock: Clock
) -> None:
    clock.set(LAST_DAY, time(13, 0))
    browser = site.signed_in(PUBLISHER)
    shown = browser.post(CHECK, {"cut_off": "正午"})
    assert "保存するとすぐに期限超過になるシートが5件あります" in text_of(shown.text)
    browser.post(SAVE, {"cut_off": "12:00", "seen": seen(shown.text)})

    back = text_of(browser.post(CHECK, {"cut_off": "17:15"}).text)
    assert "期限超過ではなくなるシートが5件あります" in back


def test_a_day_that_is_over_before_the_morning_mail_shows_which_reminders_fall_away(
    city: City, publisher: Browser
) -> None:
    said = text_of(publisher.post(CHECK, {"cut_off": "8時"}).text).partition("動くお知らせ")[2]

    assert "作成中 期限の予告 令和4年6月22日（水） 送りません いまあるシート 5件、" in said
    assert "部局審査 期限の予告" in said
    publisher.post("/language", {"locale": "en", "next": "/desk"})
    english = text_of(publisher.post(CHECK, {"cut_off": "8:00"}).text)
    assert "Not sent" in english
    assert "Sheets there now: 5" in english


def test_when_things_moved_since_it_shows_again_what_would_happen_and_saves_nothing(
    city: City, publisher: Browser
) -> None:
    shown = publisher.post(CHECK, {"cut_off": "17:00"})
    city.submit("611")

    again = publisher.post(SAVE, {"cut_off": "17:00", "seen": seen(shown.text)})
    assert again.status_code == 409
    assert "状況が変わり、変更の影響も変わりました" in text_of(again.text)
    assert publisher.post(SAVE, {"cut_off": "17:00", "seen": ""}).status_code == 409
    assert stored(city) == time(17, 15)
    # What was seen for one time does not save another.
    other = publisher.post(SAVE, {"cut_off": "16:00", "seen": seen(again.text)})
    assert other.status_code == 409
    assert stored(city) == time(17, 15)

    publisher.post(SAVE, {"cut_off": "17:00", "seen": seen(again.text)})
    assert stored(city) == time(17)


def test_what_was_typed_can_be_changed_from_the_check(publisher: Browser) -> None:
    back = publisher.post(CHECK, {"cut_off": "16:30", "change": "1"})

    assert back.status_code == 200
    assert 'name="cut_off" type="text" value="16:30"' in back.text


def test_bad_dates_leave_the_cut_off_as_it_is(publisher: Browser) -> None:
    page = publisher.post("/deadlines/dates/check", {"deadlines.draft-year": "来週"})

    assert page.status_code == 422
    assert 'name="cut_off" type="text" value="17:15"' in page.text
