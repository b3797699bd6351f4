"""More time: asked for on the sheet's page, answered by the bureau where it sees all requests."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.city import City
from tests.recorders import RecordingTransport, body_of
from tests.sample_people import (
    ADMINISTRATOR,
    COLLEAGUES,
    DRAFTERS,
    OTHER_PUBLISHER,
    PUBLISHER,
    REVIEWERS,
)
from tests.web.site import Browser, Site, text_of
from tests.web.test_deadline_dates import due
from workflow.calendar.era import japanese_date
from workflow.services import date_changes

LAST_DAY, LATER = date(2022, 6, 22), date(2022, 7, 6)
TYPED = {
    "wanted_on-year": "令和4",
    "wanted_on-month": "7",
    "wanted_on-day": "6",
    "reason": "決算額の確定を待っています。",
}
_HIDDEN = re.compile(r'type="hidden" name="(version|request_key|reached)" value="([^"]+)"')


def page(city: City, code: str = "611") -> str:
    return f"/sheets/{city.evaluation(code)}/extension"


def ask(city: City, browser: Browser, **typed: str) -> str:
    """Open the form, fill it in and press, again where later dates are shown; where that led."""
    hidden = dict(_HIDDEN.findall(browser.get(page(city)).text))
    response = browser.post(page(city), {**hidden, **TYPED, **typed})
    if response.status_code == 200:
        hidden = dict(_HIDDEN.findall(response.text))
        response = browser.post(page(city), {**hidden, **TYPED, **typed})
    assert response.status_code == 303, text_of(response.text)
    return response.headers["Location"]


def decide(browser: Browser, request_id: int, decision: str, remark: str = "") -> int:
    html = browser.get("/deadlines").text
    part = html.partition(f'action="/deadlines/extensions/{request_id}"')[2]
    hidden = dict(_HIDDEN.findall(part.partition("</form>")[0])) or {"request_key": "0" * 32}
    form = {**hidden, "decision": decision, "remark": remark}
    return browser.post(f"/deadlines/extensions/{request_id}", form).status_code


def request_id(city: City) -> int:
    found: int = city.scalar("SELECT max(id) FROM extension_request")
    return found


@pytest.mark.parametrize("name", [REVIEWERS["611"], DRAFTERS["612"], ADMINISTRATOR])
def test_who_does_not_have_the_sheet_cannot_ask(city: City, site: Site, name: str) -> None:
    browser = site.signed_in(name)
    shown = browser.get(page(city))
    pressed = browser.post(
        page(city), {**TYPED, "version": city.page(name, "611").version, "request_key": "a" * 32}
    )

    assert (shown.status_code, pressed.status_code) == (403, 403)
    assert "/extension" not in browser.get(f"/sheets/{city.evaluation('611')}").text
    assert city.scalar("SELECT count(*) FROM extension_request") == 0


@pytest.mark.parametrize("name", [DRAFTERS["611"], REVIEWERS["611"], ADMINISTRATOR])
def test_who_is_not_the_bureau_cannot_answer(city: City, site: Site, name: str) -> None:
    ask(city, site.signed_in(DRAFTERS["611"]))
    browser = site.signed_in(name)

    assert decide(browser, request_id(city), "grant") == 403
    assert "延長を認める" not in browser.get("/deadlines").text
    assert due(city) == LAST_DAY


def test_bad_input_comes_back_with_all_that_is_wrong(city: City, site: Site) -> None:
    browser = site.signed_in(DRAFTERS["611"])
    hidden = dict(_HIDDEN.findall(browser.get(page(city)).text))
    empty = browser.post(page(city), hidden)
    early = browser.post(page(city), {**hidden, **TYPED, "wanted_on-month": "6", "reason": " "})

    assert (empty.status_code, early.status_code) == (422, 422)
    assert "希望する期限: 入力してください" in text_of(empty.text)
    assert "理由を入力してください" in text_of(empty.text)
    assert "いまの期限（令和4年6月22日）より後の日" in text_of(early.text)
    assert 'value="令和4"' in early.text
    assert city.scalar("SELECT count(*) FROM extension_request") == 0


def test_nobody_answers_their_own_request(city: City, site: Site) -> None:
    city.bring_to("611", "approved")
    publisher = site.signed_in(PUBLISHER)
    ask(city, publisher, **{"wanted_on-month": "12", "wanted_on-day": "1"})

    assert "延長を認める" not in publisher.get("/deadlines").text
    assert decide(publisher, request_id(city), "grant") == 403
    assert decide(site.signed_in(OTHER_PUBLISHER), request_id(city), "grant") == 303


def test_asked_from_the_sheet_granted_by_the_bureau_and_seen_in_the_history(
    city: City, site: Site, transport: RecordingTransport
) -> None:
    drafter, publisher = site.signed_in(DRAFTERS["611"]), site.signed_in(PUBLISHER)
    sheet = f"/sheets/{city.evaluation('611')}"
    assert f'href="{page(city)}"' in drafter.get(sheet).text

    receipt = text_of(drafter.get(ask(city, drafter)).text)
    assert "期限の延長を申し出ました" in receipt
    assert "回答を待っています" in text_of(drafter.get(page(city)).text)
    city.tick(transport)
    told = [mail for mail in transport.to(PUBLISHER) if "延長" in str(mail["Subject"])]
    assert "/deadlines#extensions" in body_of(told[0])

    waiting = text_of(publisher.get("/deadlines").text).partition("期限の延長の申出 1件")[2]
    assert "まちづくり推進課主査 佐藤 一郎" in waiting
    assert "令和4年7月6日（水）" in waiting
    assert "決算額の確定を待っています。" in waiting
    assert decide(publisher, request_id(city), "grant") == 303

    assert due(city) == LATER
    history = text_of(drafter.get(sheet).text)
    assert "期限の延長を認めました" in history
    assert "期限の延長の申出" not in text_of(publisher.get("/deadlines").text)


def test_a_refusal_needs_its_reason(city: City, site: Site) -> None:
    ask(city, site.signed_in(DRAFTERS["611"]))
    publisher = site.signed_in(PUBLISHER)

    assert decide(publisher, request_id(city), "refuse") == 422
    assert city.events("611")[-1] == "ask_extension"
    assert decide(publisher, request_id(city), "refuse", "公表日に間に合いません。") == 303
    assert city.events("611")[-1] == "refuse_extension"
    assert due(city) == LAST_DAY


def test_a_second_request_of_the_section_meets_the_first(city: City, site: Site) -> None:
    first, second = site.signed_in(DRAFTERS["611"]), site.signed_in(COLLEAGUES["611"])
    hidden = dict(_HIDDEN.findall(second.get(page(city)).text))
    ask(city, first)
    response = second.post(page(city), {**hidden, **TYPED, "reached": LATER.isoformat()})

    assert response.status_code in (303, 409)
    assert "回答を待っています" in text_of(second.get(page(city)).text)
    assert city.scalar("SELECT count(*) FROM extension_request") == 1


FAR = {"wanted_on-month": "7", "wanted_on-day": "8"}


def later_dates(city: City, **days: date) -> None:
    """Other last days of the cycle, as they would stand after the bureau changed them."""
    with city.application.command(city.actor(PUBLISHER)) as ctx:
        date_changes.change_date(ctx, cycle_id=city.cycle(), wanted=days)


def test_a_day_beyond_the_next_stage_is_asked_for_only_after_it_was_shown(
    city: City, site: Site
) -> None:
    later_dates(city, department_review=date(2022, 7, 8))
    browser = site.signed_in(DRAFTERS["611"])
    hidden = dict(_HIDDEN.findall(browser.get(page(city)).text))
    shown = browser.post(page(city), {**hidden, **TYPED, **FAR})

    assert shown.status_code == 200
    said = text_of(shown.text)
    assert "次の段階（部局審査）の期限 令和4年7月8日（金） と同じ日になります" in said
    assert "まだ申し出ていません" in said
    assert city.scalar("SELECT count(*) FROM extension_request") == 0
    # Another day than the one that was shown is shown as well.
    other = browser.post(
        page(city), {**hidden, **TYPED, "wanted_on-day": "11", "reached": "2022-07-08"}
    )
    assert "期限 令和4年7月8日（金） を過ぎます" in text_of(other.text)
    assert city.scalar("SELECT count(*) FROM extension_request") == 0

    again = browser.post(page(city), {**hidden, **TYPED, **FAR, "reached": "2022-07-08"})
    assert again.status_code == 303
    assert "と同じ日になります" in text_of(browser.get(page(city)).text)


def test_the_bureau_sees_on_the_card_what_more_time_would_reach_and_may_grant_it(
    city: City, site: Site
) -> None:
    later_dates(city, department_review=date(2022, 7, 8), bureau_approval=date(2022, 7, 11))
    # A Saturday: it would hold on Monday, the last day of the stage after the next.
    drafter, publisher = site.signed_in(DRAFTERS["611"]), site.signed_in(PUBLISHER)
    ask(city, drafter, **{"wanted_on-day": "9"})
    card = text_of(publisher.get("/deadlines").text)

    assert "次の段階（部局審査）の期限 令和4年7月8日（金） を過ぎます" in card
    assert "後の段階（総合政策部承認）の期限 令和4年7月11日（月） と同じ日になります" in card
    publisher.post("/language", {"locale": "en", "next": "/desk"})
    english = text_of(publisher.get("/deadlines").text)
    assert "Passes the last day of the next stage" in english
    assert decide(publisher, request_id(city), "grant") == 303
    assert due(city) == date(2022, 7, 11)


def test_a_day_before_all_later_dates_is_asked_for_without_a_word(city: City, site: Site) -> None:
    later_dates(city, department_review=date(2022, 7, 8))
    ask(city, site.signed_in(DRAFTERS["611"]), **{"wanted_on-day": "7"})

    assert "希望する期限は、後の予定にかかります" not in text_of(
        site.signed_in(PUBLISHER).get("/deadlines").text
    )


def test_the_publication_date_is_named_as_such_to_whoever_asks(city: City, site: Site) -> None:
    city.bring_to("611", "approved")
    publication_on = city.scalar("SELECT due_on FROM cycle_deadline WHERE stage = 'approved'")
    browser = site.signed_in(PUBLISHER)
    hidden = dict(_HIDDEN.findall(browser.get(page(city)).text))
    shown = browser.post(
        page(city), {**hidden, **TYPED, "wanted_on-month": "12", "wanted_on-day": "1"}
    )

    assert f"公表予定日 {japanese_date(publication_on)} を過ぎます" in text_of(shown.text)
