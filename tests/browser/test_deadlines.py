"""Dates, closed days, more time and the mails to come, through the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER


@pytest.mark.timeout(600)
def test_a_date_is_looked_at_before_it_moves_and_more_time_is_asked_for_and_granted(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheet = city.evaluation("611")
    last = city.scalar("SELECT due_on FROM cycle_deadline WHERE stage = 'draft'")

    # Whoever has the sheet asks: first with nothing filled in.
    visitor.sign_in(DRAFTERS["611"])
    visitor.go(f"/sheets/{sheet}/extension")
    visitor.press("延長を申し出る")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    review = city.scalar("SELECT due_on FROM cycle_deadline WHERE stage = 'department_review'")
    _fill_day(visitor, "wanted_on", review)
    visitor.page.get_by_label("理由").fill("決算額の確定を待っています。")
    visitor.press("延長を申し出る")
    # So late a day leaves the next stage no time: that is said, and asked for all the same.
    expect(visitor.page.get_by_role("main")).to_contain_text("次の段階（部局審査）の期限")
    visitor.press("延長を申し出る")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("延長を申し出ました")
    visitor.go(f"/sheets/{sheet}")
    visitor.sign_out()

    # The bureau sees the mails to come, refuses without a reason, then grants; then moves a date.
    visitor.sign_in(PUBLISHER)
    visitor.go("/progress")
    visitor.follow("期限・督促")
    visitor.press(re.compile("^延長を認めない"))
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.press(re.compile("^延長を認める"))
    expect(visitor.page.get_by_role("main")).to_contain_text("期限の延長を認めました")
    visitor.follow("段階ごとの期限")
    _fill_day(visitor, "deadlines.draft", last + timedelta(days=1))
    visitor.press("変更の影響を確認する")
    expect(visitor.page.get_by_role("main")).to_contain_text("まだ保存していません")
    visitor.press("この期限で保存する")
    expect(visitor.page.get_by_role("main")).to_contain_text("期限を変更しました")
    _fill_cut_off(visitor, "午後15時")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    _fill_cut_off(visitor, "午前8時")
    expect(visitor.page.get_by_role("main")).to_contain_text("17:15 → 08:00")
    visitor.press("この時刻で保存する")
    expect(visitor.page.get_by_role("main")).to_contain_text("締切時刻を08:00に変更しました")
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    visitor.go("/deadlines")
    visitor.go("/deadlines/dates")
    visitor.page.locator("#cut_off").fill("17:00")
    visitor.press("Check what another cut-off time would do")
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    visitor.sign_out()

    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/closed-days")
    _fill_day(visitor, "day", city.scalar("SELECT min(due_on) FROM cycle_deadline"))
    visitor.page.get_by_label("名前").fill("創立記念日")
    visitor.press("変更の影響を確認する")
    visitor.press("閉庁日にする")
    expect(visitor.page.get_by_role("main")).to_contain_text("閉庁日にしました")
    visitor.go("/administration/mails")


def _fill_cut_off(visitor: Visitor, typed: str) -> None:
    visitor.page.locator("#cut_off").fill(typed)
    visitor.press("締切時刻の変更の影響を確認する")


def _fill_day(visitor: Visitor, name: str, day: object) -> None:
    for part in ("year", "month", "day"):
        field = visitor.page.locator(f'input[type=text][name="{name}-{part}"]')
        field.fill(str(getattr(day, part)))
