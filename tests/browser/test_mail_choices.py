"""Mails that people do without, and a year that is added to the calendar, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.sample_people import ADMINISTRATOR, DRAFTERS


@pytest.mark.timeout(600)
def test_an_administrator_allows_and_a_drafter_declines(visitor: Visitor) -> None:
    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/mails")
    visitor.page.get_by_label("期限の予告").check()
    visitor.press("保存する")
    expect(visitor.page.get_by_role("status")).to_contain_text("職員が選べるメールを保存しました")
    visitor.press("English")
    visitor.press("日本語")

    visitor.go("/administration/closed-days")
    visitor.press("を加える")
    expect(visitor.page.get_by_role("status")).to_contain_text("を加えました")
    visitor.press("English")
    visitor.press("日本語")
    visitor.sign_out()

    visitor.sign_in(DRAFTERS["611"])
    visitor.page.locator(".header__person summary").click()
    visitor.follow("メールの受け取り")
    choice = visitor.page.get_by_label("期限の予告")
    expect(choice).to_be_checked()
    choice.uncheck()
    visitor.press("保存する")
    expect(visitor.page.get_by_label("期限の予告")).not_to_be_checked()
    visitor.press("English")
