"""メールの受け取り: one's own page, and what the administrator lets people choose."""

from __future__ import annotations

from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.web.site import Site, text_of

DRAFTER = DRAFTERS["611"]


def test_where_nothing_may_be_declined_the_page_says_so_and_has_no_form(site: Site) -> None:
    html = site.signed_in(DRAFTER).get("/account/mails").text

    assert "選べるものはありません。" in text_of(html)
    assert 'name="received"' not in html


def test_a_kind_that_everybody_gets_is_refused(site: Site) -> None:
    refused = site.signed_in(DRAFTER).post("/account/mails", {"shown": "overdue"})
    assert refused.status_code == 422
    refused = site.signed_in(ADMINISTRATOR).post(
        "/administration/mails/declinable", {"declinable": "overdue"}
    )
    assert refused.status_code == 422


def test_what_the_office_allows_can_be_declined_and_taken_back(site: Site) -> None:
    administrator = site.signed_in(ADMINISTRATOR)
    saved = administrator.post("/administration/mails/declinable", {"declinable": "reminder"})
    assert saved.status_code == 303

    browser = site.signed_in(DRAFTER)
    html = browser.get("/account/mails").text
    assert 'value="reminder" checked' in html
    assert 'id="received-published"' not in html
    assert browser.post("/account/mails", {"shown": "reminder"}).status_code == 303
    assert 'value="reminder" checked' not in browser.get("/account/mails").text
    assert "断っている職員 1人" in text_of(administrator.get("/administration/mails").text)

    browser.post("/account/mails", {"shown": "reminder", "received": "reminder"})
    assert 'value="reminder" checked' in browser.get("/account/mails").text


def test_the_menu_of_ones_own_name_leads_there(site: Site) -> None:
    assert 'href="/account/mails"' in site.signed_in(DRAFTER).get("/desk").text
