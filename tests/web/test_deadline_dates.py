"""What another date would do is seen before it is saved, and saved only as it was seen."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.site import Browser, Site, text_of

#: The last day of 作成中 in the sample's cycle: a Wednesday.
LAST_DAY = date(2022, 6, 22)


@pytest.fixture
def publisher(site: Site) -> Browser:
    """The bureau at work."""
    return site.signed_in(PUBLISHER)


def form(city: City, **wanted: date | str) -> dict[str, str]:
    """The form as it is shown, with other days (or anything else typed as the year)."""
    fields = {}
    for row in city.rows("SELECT stage, wanted_on FROM cycle_deadline"):
        day = wanted.get(row.stage, row.wanted_on)
        parts = (day.year, day.month, day.day) if isinstance(day, date) else (day, "", "")
        for part, text in zip(("year", "month", "day"), parts, strict=True):
            fields[f"deadlines.{row.stage}-{part}"] = str(text)
    return fields


def seen(html: str) -> str:
    """What the page carries of the plan that it shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', html)
    assert found, html
    return found[1]


def due(city: City, code: str = "611") -> date:
    found: date = city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id AND left_at IS NULL",
        id=city.evaluation(code),
    )
    return found


@pytest.mark.parametrize("name", [ADMINISTRATOR, DRAFTERS["611"], REVIEWERS["611"]])
def test_only_the_bureau_changes_dates(city: City, site: Site, name: str) -> None:
    browser = site.signed_in(name)
    typed = form(city, draft=date(2022, 6, 24))

    assert browser.post("/deadlines/dates/check", typed).status_code == 403
    assert browser.post("/deadlines/dates", typed).status_code == 403
    assert due(city) == LAST_DAY
    if name == ADMINISTRATOR:
        said = text_of(browser.get("/deadlines/dates").text)
        assert "期限を変えられるのは公表担当です" in said


def test_dates_that_cannot_be_read_or_are_out_of_order_come_back_with_all_that_is_wrong(
    city: City, publisher: Browser
) -> None:
    unread = publisher.post("/deadlines/dates/check", form(city, draft="来週"))
    upside_down = publisher.post("/deadlines/dates/check", form(city, draft=date(2022, 12, 1)))
    unchanged = publisher.post("/deadlines/dates/check", form(city))
    beyond = publisher.post("/deadlines/dates/check", form(city, approved=date(2099, 1, 5)))

    assert [page.status_code for page in (unread, upside_down, unchanged, beyond)] == [422] * 4
    assert "来週" in text_of(unread.text)
    assert 'value="来週"' in unread.text
    assert "期限が前の段階より早くなっています" in text_of(upside_down.text)
    assert "変わるところがありません" in text_of(unchanged.text)
    assert "開庁日の暦に入っていません" in text_of(beyond.text)
    assert due(city) == LAST_DAY


def test_the_list_says_which_day_was_wanted_which_holds_and_why(
    city: City, publisher: Browser
) -> None:
    typed = form(city, department_review=date(2022, 7, 9))
    shown = publisher.post("/deadlines/dates/check", typed).text
    publisher.post("/deadlines/dates", {**typed, "seen": seen(shown)})

    said = text_of(publisher.get("/deadlines/dates").text)
    assert "令和4年7月9日（土） 令和4年7月11日（月）" in said
    assert "土曜日のため、次の開庁日" in said


def test_the_fields_hold_the_day_as_the_reader_writes_it(publisher: Browser) -> None:
    html = publisher.get("/deadlines/dates").text

    assert 'name="deadlines.draft-year"' in html
    assert 'value="令和4"' in html
    publisher.post("/language", {"locale": "en", "next": "/desk"})
    assert 'value="2022"' in publisher.get("/deadlines/dates").text


def test_before_saving_it_says_what_moves_and_writes_nothing(
    city: City, publisher: Browser
) -> None:
    city.submit("611")
    before = city.counts()
    response = publisher.post(
        "/deadlines/dates/check", form(city, department_review=date(2022, 7, 14))
    )
    said = text_of(response.text)

    assert response.status_code == 200
    assert "まだ保存していません" in said
    assert "令和4年7月14日（木）" in said.partition("動く期限")[2].partition("動くお知らせ")[0]
    assert "1件: 611" in said
    assert "期限の予告" in said.partition("動くお知らせ")[2]
    loads = said.partition("承認する人ごとの件数")[2]
    assert "市民自治部長 高橋 典子" in loads
    assert "令和4年7月14日（木） 総合政策部次長 岡本 幸子 0 3" in loads
    assert "森田" not in loads, "the date of the last approval does not move"
    assert city.counts() == before


def test_what_becomes_late_at_once_is_said(city: City, site: Site, clock: Clock) -> None:
    clock.set(date(2022, 6, 10))
    browser = site.signed_in(PUBLISHER)
    said = text_of(browser.post("/deadlines/dates/check", form(city, draft=date(2022, 6, 8))).text)

    assert "保存するとすぐに期限超過になるシートが5件あります" in said
    assert "611、612、621、631、632" in said


def test_it_is_saved_as_it_was_seen(city: City, publisher: Browser) -> None:
    typed = form(city, draft=date(2022, 6, 24))
    shown = publisher.post("/deadlines/dates/check", typed).text

    response = publisher.post("/deadlines/dates", {**typed, "seen": seen(shown)})
    receipt = text_of(publisher.get(response.headers["Location"]).text)

    assert response.status_code == 303
    assert "期限が動いたシートは5件です" in receipt
    assert due(city) == date(2022, 6, 24)
    assert city.events("611")[-1] == "move_deadline"


def test_when_things_moved_since_it_shows_again_what_would_happen_and_saves_nothing(
    city: City, publisher: Browser
) -> None:
    typed = form(city, draft=date(2022, 6, 24))
    shown = publisher.post("/deadlines/dates/check", typed).text
    city.submit("611")

    again = publisher.post("/deadlines/dates", {**typed, "seen": seen(shown)})
    assert again.status_code == 409
    assert "状況が変わり、変更の影響も変わりました" in text_of(again.text)
    assert due(city, "612") == LAST_DAY
    forged = publisher.post("/deadlines/dates", {**typed, "seen": ""})
    assert forged.status_code == 409
    assert due(city, "612") == LAST_DAY

    publisher.post("/deadlines/dates", {**typed, "seen": seen(again.text)})
    assert due(city, "612") == date(2022, 6, 24)


def test_what_was_typed_can_be_changed_from_the_check(city: City, publisher: Browser) -> None:
    typed = form(city, draft=date(2022, 6, 24))
    back = publisher.post("/deadlines/dates/check", {**typed, "change": "1"})

    assert back.status_code == 200
    assert (
        'name="deadlines.draft-day" type="text" inputmode="numeric" autocomplete="off"'
        ' data-figure value="24"' in back.text
    )
