"""Nothing typed is lost in a real browser: without a line, without a session, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.city import City
from tests.conftest import Installation
from tests.sample_people import ADMINISTRATOR, COLLEAGUES, DRAFTERS
from workflow.services import accounts

DRAFTER, COLLEAGUE = DRAFTERS["611"], COLLEAGUES["611"]
TEXT = "決算額を、総会の資料で確かめました。"
LONG = "https://example.jp/" + "a" * 300


def end_sessions(city: City, name: str) -> None:
    """What an administrator does to all sessions of somebody."""
    own = "SELECT id FROM user_session WHERE person_id = :id AND ended_at IS NULL"
    for row in city.rows(own, id=city.person_id(name)):
        with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
            accounts.end_session(ctx, session_id=row.id)


def button(page: Page, name: str) -> Locator:
    """The button with exactly this name."""
    return page.get_by_role("button", name=name, exact=True)


def sign_in_over_the_page(page: Page, name: str, password: str) -> None:
    """Fill in the dialog by the keyboard alone."""
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def sign_in_at_the_door(page: Page, name: str, password: str) -> None:
    """Fill in the page of signing in."""
    page.get_by_label("利用者名").fill(name)
    page.get_by_label("パスワード").fill(password)
    button(page, "ログイン").click()
    page.wait_for_load_state("load")


def is_no_wider(page: Page, width: int) -> None:
    """The page does not scroll sideways on a screen of *width* pixels."""
    page.set_viewport_size({"width": width, "height": 800})
    wider = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wider <= 0, f"{page.url} is {wider} px too wide"


@pytest.mark.timeout(300)
def test_without_a_line_or_a_session_the_sheet_stays_and_is_saved_when_they_are_back(
    visitor: Visitor, installation: Installation
) -> None:
    city, page = installation.city, visitor.page
    visitor.sign_in(DRAFTER)
    visitor.go(f"/sheets/{city.evaluation('611')}/edit")
    status, results = page.locator("[data-autosave-status]"), page.locator("#results")
    message, save = page.locator("[data-press-message]"), button(page, "保存する")
    here = page.url

    # The line is down: nothing is lost, the page is not left, and it is said loudly.
    visitor.context.set_offline(True)
    results.fill(TEXT)
    expect(status).to_have_attribute("data-state", "failed")
    save.click()
    expect(message).to_contain_text("通信できません。まだ何も送られていません。")
    assert page.url == here
    visitor.look()
    visitor.context.set_offline(False)
    expect(status).to_have_attribute("data-state", "saved")
    assert city.page(DRAFTER, "611").content.results == TEXT

    # The session is over: one signs in over the page, as the same person, and presses again.
    end_sessions(city, DRAFTER)
    results.fill(TEXT + LONG)
    expect(status).to_have_attribute("data-state", "ended")
    expect(page.locator("[data-autosave-door]")).to_be_visible()
    save.click()
    sign_in_over_the_page(page, COLLEAGUE, visitor.password_of(COLLEAGUE))
    expect(page.get_by_role("dialog")).to_contain_text("入力していた人としてログイン")
    visitor.look()
    page.keyboard.press("Escape")
    expect(message).to_contain_text("ログインが切れています。まだ何も送られていません。")
    save.click()
    sign_in_over_the_page(page, DRAFTER, visitor.password_of(DRAFTER))
    expect(message).to_contain_text("もう一度ボタンを押してください")
    expect(save).to_be_focused()
    expect(status).to_have_attribute("data-state", "saved")
    assert city.events("611") == ["open"]
    save.click()
    expect(page.get_by_role("main")).to_contain_text("保存しました（版")
    expect(results).to_have_value(TEXT + LONG)

    # A newer session from another tab: the press takes its token.
    end_sessions(city, DRAFTER)
    with visitor.context.expect_page() as opened:
        page.evaluate("window.open('/sign-in')")
    other = opened.value
    other.get_by_label("利用者名").fill(DRAFTER)
    other.get_by_label("パスワード").fill(visitor.password_of(DRAFTER))
    button(other, "ログイン").click()
    other.wait_for_url(re.compile("/desk"))
    results.fill("別のタブのあと。")
    expect(status).to_have_attribute("data-state", "saved")
    save.click()
    expect(page.get_by_role("main")).to_contain_text("保存しました（版")
    assert city.page(DRAFTER, "611").content.results == "別のタブのあと。"


@pytest.mark.timeout(300)
def test_figures_save_themselves_and_enter_moves_on_and_long_words_widen_no_page(
    visitor: Visitor, installation: Installation
) -> None:
    city, page = installation.city, visitor.page
    sheet = f"/sheets/{city.evaluation('612')}"
    visitor.sign_in(DRAFTERS["612"])
    visitor.go(f"{sheet}/costs")
    boxes = page.locator("input[data-figure]")
    boxes.nth(0).fill("1,234")
    page.keyboard.press("Enter")
    expect(boxes.nth(1)).to_be_focused()
    expect(page.locator("[data-autosave-status]")).to_have_attribute("data-state", "saved")
    boxes.last.press("Enter")
    assert page.url.endswith("/costs")
    assert city.page(DRAFTERS["612"], "612").content.projects[0].project_cost == 1234
    assert "save" not in city.events("612")
    # Nothing waits to be saved: the page is left without a question.
    visitor.go(f"{sheet}/edit")

    for area in page.locator("textarea").all():
        area.fill(LONG)
    button(page, "保存する").click()
    expect(page.get_by_role("main")).to_contain_text("保存しました（版")
    city.submit("612")
    city.give_back("612", reason=LONG)
    pages = [sheet + path for path in ("/edit", "", "/check", "/costs", "/hand-over", "/route")]
    for path in [*pages, "/desk", "/sheets", "/progress"]:
        page.goto(visitor.address + path)
        is_no_wider(page, 375)


@pytest.fixture
def plain(browser: Browser, address: str, installation: Installation) -> Iterator[Visitor]:
    """Somebody whose browser runs no scripts."""
    context = browser.new_context(
        locale="ja-JP", timezone_id="Asia/Tokyo", java_script_enabled=False
    )
    context.set_default_timeout(15_000)
    yield Visitor(context, address, installation.passwords)
    context.close()


@pytest.mark.timeout(300)
def test_without_scripts_what_was_typed_comes_back_after_signing_in(
    plain: Visitor, visitor: Visitor, installation: Installation
) -> None:
    city, page = installation.city, plain.page
    # Chooses the password that the other browser then signs in with.
    visitor.sign_in(DRAFTER)
    own = visitor.password_of(DRAFTER)
    page.goto(f"{plain.address}/sign-in?next=/sheets/{city.evaluation('611')}/edit")
    sign_in_at_the_door(page, DRAFTER, own)

    boxes = page.locator("input[data-figure]")
    boxes.first.press("Enter")
    assert page.url.endswith("/edit")
    page.locator("#results").fill(TEXT)
    end_sessions(city, DRAFTER)
    button(page, "保存する").click()
    expect(page.get_by_role("main")).to_contain_text("入力した内容は預かりました")
    sign_in_at_the_door(page, DRAFTER, own)

    expect(page.get_by_role("main")).to_contain_text("まだ何も行われていません")
    expect(page.locator("#results")).to_have_value(TEXT)
    assert city.events("611") == ["open"]
    # With scripts it is the same page: looked at as every other.
    visitor.page.goto(page.url)
    sign_in_at_the_door(visitor.page, DRAFTER, own)
    visitor.look()
    button(page, "保存する").click()
    expect(page.get_by_role("main")).to_contain_text("保存しました（版")
    assert city.page(DRAFTER, "611").content.results == TEXT

    # Without a line and without scripts there is the browser's own page; loading it again sends
    # what was typed, once the line is back.
    page.locator("#issues").fill(TEXT)
    plain.context.set_offline(True)
    button(page, "保存する").click()
    page.wait_for_url("chrome-error:**")
    plain.context.set_offline(False)
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("保存しました（版")
    expect(page.locator("#issues")).to_have_value(TEXT)
