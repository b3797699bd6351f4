"""催促 on the board: who sees it, the look before it is sent, and what is said afterwards."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.web.site import Browser, Site, text_of

KEY = "0" * 32


@pytest.fixture
def bureau(city: City, clock: Clock, site: Site) -> Browser:
    """A publisher, after the last day of the drafts."""
    clock.set(date(2022, 6, 24))
    return site.signed_in(PUBLISHER)


@pytest.mark.parametrize("name", [DRAFTERS["611"], ADMINISTRATOR])
def test_others_see_no_boxes_and_get_nowhere(
    city: City, clock: Clock, site: Site, name: str
) -> None:
    clock.set(date(2022, 6, 24))
    reader = site.signed_in(name)
    before = city.counts()
    form = {"chosen": city.evaluation("611"), "request_key": KEY}

    assert 'name="chosen"' not in reader.get("/progress").text
    assert reader.post("/progress/nudge/check", form).status_code == 403
    assert reader.post("/progress/nudge", form).status_code == 403
    assert city.counts() == before


def test_without_a_tick_the_board_says_what_is_missing(bureau: Browser) -> None:
    answer = bureau.post("/progress/nudge/check")

    assert answer.status_code == 422
    assert "シートが選ばれていません。" in answer.text
    assert 'href="#late"' in answer.text
    assert 'id="late"' in answer.text


@pytest.mark.parametrize(
    "form", [{}, {"request_key": KEY}, {"request_key": "x", "chosen": 1}, {"chosen": 1}]
)
def test_a_form_that_is_not_ours_changes_nothing(
    city: City, bureau: Browser, form: dict[str, str | int]
) -> None:
    before = city.counts()

    assert bureau.post("/progress/nudge", form).status_code == 422
    assert city.counts() == before


def test_a_remark_that_is_too_long_comes_back_as_typed(city: City, bureau: Browser) -> None:
    form = {"chosen": city.evaluation("611"), "request_key": KEY, "remark": "あ" * 5000}

    answer = bureau.post("/progress/nudge", form)

    assert answer.status_code == 422
    assert "あ" * 5000 in answer.text
    assert 'href="#remark"' in answer.text


def test_the_look_before_says_who_and_sends_nothing(city: City, bureau: Browser) -> None:
    before = city.counts()

    said = text_of(bureau.post("/progress/nudge/check", {"chosen": city.evaluation("611")}).text)

    assert "まだだれにも送っていません。" in said
    assert "佐藤 一郎" in said
    assert city.counts() == before


def test_a_nudge_is_told_on_the_board_and_a_second_one_is_explained(
    city: City, bureau: Browser
) -> None:
    chosen = {"chosen": city.evaluation("611")}
    page = bureau.post("/progress/nudge/check", chosen).text
    key = re.search(r'name="request_key" value="([0-9a-f]{32})"', page)
    assert key

    sent = bureau.post("/progress/nudge", {**chosen, "request_key": key[1], "remark": "至急"})
    board = text_of(bureau.get("/progress").text)
    explained = text_of(bureau.post("/progress/nudge/check", chosen).text)

    assert sent.status_code == 303
    assert "1件について、" in board
    assert "催促しました" in board
    assert city.events("611").count("nudge") == 1
    assert "催促できるシートがありません。" in explained
    assert "今日はすでに催促しています。" in explained


def test_a_page_that_only_a_form_opens_leads_back_to_the_board(bureau: Browser) -> None:
    for path in ("/progress/nudge", "/progress/nudge/check"):
        assert bureau.get(path).headers["Location"] == "/progress"
