"""A whole cycle through the pages: everything that people do, on every page that they meet."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
    SHEETS,
    TWO_POSTS,
)

PATIENCE = 60.0


def until(is_there: Callable[[], object], what: str) -> None:
    """Wait for something that a worker does."""
    end = time.monotonic() + PATIENCE
    while not is_there():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.mark.timeout(600)
def test_a_sheet_goes_from_draft_to_the_public_page(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheet = city.evaluation("611")

    def mails(name: str, words: str) -> list[EmailMessage]:
        address = f"{name}@aose.example.jp"
        return [
            message
            for message in installation.mailbox.messages()
            if address in str(message["To"]) and words in str(message["Subject"])
        ]

    # The drafter: the desk says why, the sheet is edited, saved and submitted.
    visitor.sign_in(DRAFTERS["611"])
    expect(visitor.page.get_by_role("main")).to_contain_text("参画協働のまちづくり")
    visitor.follow(re.compile("611"))
    visitor.follow("編集する")
    visitor.page.locator("textarea[name=results]").fill("ブラウザから書いた成果。")
    visitor.press(re.compile("^保存"))
    expect(visitor.page.get_by_role("status").first).to_contain_text("保存しました")
    visitor.go(f"/sheets/{sheet}/costs")
    visitor.go(f"/sheets/{sheet}/check")
    visitor.press("評価シートを提出する")
    expect(visitor.page.get_by_role("main")).to_contain_text("高橋 典子")
    visitor.go("/desk")
    visitor.sign_out()

    # The reviewer: told by mail with a link, returns it with a reason.
    until(lambda: mails(REVIEWERS["611"], "ご確認"), "the mail to the reviewer")
    body = mails(REVIEWERS["611"], "ご確認")[0].get_body(("plain",))
    assert body is not None
    link = f"{visitor.address}/sheets/{sheet}"
    assert link in body.get_content()
    visitor.sign_in(REVIEWERS["611"])
    visitor.go(f"/sheets/{sheet}")
    visitor.follow("経路図")
    visitor.go(f"/sheets/{sheet}")
    visitor.follow(re.compile("^差し戻す"))
    visitor.press(re.compile("^差し戻す"))
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.page.locator("textarea[name=reason]").fill("成果の数字を確認してください。")
    visitor.press(re.compile("^差し戻す"))
    visitor.sign_out()
    until(lambda: mails(DRAFTERS["611"], "差し戻されました"), "the mail about the return")

    # Submitted again, withdrawn, and submitted for good.
    visitor.sign_in(DRAFTERS["611"])
    expect(visitor.page.get_by_role("main")).to_contain_text("成果の数字を確認してください。")
    for again in (True, False):
        visitor.go(f"/sheets/{sheet}/check")
        visitor.press("評価シートを提出する")
        if again:
            visitor.go(f"/sheets/{sheet}")
            visitor.follow(re.compile("^引き戻す"))
            visitor.press(re.compile("引き戻す"))
    visitor.sign_out()

    # Approved twice, by two people.
    for name in (REVIEWERS["611"], APPROVER):
        visitor.sign_in(name)
        visitor.go(f"/sheets/{sheet}")
        visitor.follow(re.compile("^承認する"))
        visitor.press("この内容で承認する")
        visitor.sign_out()
    assert city.state("611") == "approved"

    # The other four come the same way, without the pages; then the bureau publishes all.
    for code in SHEETS:
        city.bring_to(code, "approved")
    visitor.sign_in(PUBLISHER)
    visitor.go("/publication")
    visitor.press("公表する内容を確認する")
    visitor.press(re.compile("5件を公表する"))
    expect(visitor.page.get_by_role("main")).to_contain_text("公表しました", timeout=60_000)
    visitor.look()
    visitor.go("/progress")
    visitor.go("/sheets")
    visitor.go(f"/sheets/{sheet}")
    visitor.sign_out()
    assert [city.state(code) for code in SHEETS] == ["published"] * 5

    # Everybody can read it, without signing in.
    visitor.go("/public/")
    visitor.go("/public/ex_post-2021-1/")
    visitor.go("/public/ex_post-2021-1/policies/61")
    visitor.go("/public/ex_post-2021-1/measures/611")
    expect(visitor.page.get_by_role("main")).to_contain_text("ブラウザから書いた成果。")
    answer = visitor.page.request.get(f"{visitor.address}/public/ex_post-2021-1/measures/611.json")
    assert answer.ok
    assert "ブラウザから書いた成果。" in answer.text()


@pytest.mark.timeout(600)
def test_the_pages_of_everybody_else_hold_too(visitor: Visitor, installation: Installation) -> None:
    city = installation.city
    sheet = city.evaluation("631")

    # Nobody is signed in: the door, an unknown page, an empty public page.
    visitor.go("/sign-in")
    visitor.page.get_by_label("利用者名").fill("nobody")
    visitor.page.get_by_label(re.compile("^パスワード")).fill("wrong")
    visitor.press("ログイン")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.go("/public/")
    visitor.go("/public/no-such-page")

    # Two posts: the one in which one acts is chosen, and the desk counts both.
    visitor.sign_in(TWO_POSTS)
    visitor.page.locator(".header__person summary").click()
    visitor.look()
    visitor.page.get_by_role("button", name=re.compile("政策室")).click()
    visitor.page.wait_for_load_state("load")
    expect(visitor.page.locator(".header__post")).to_contain_text("政策室")
    visitor.go(f"/sheets/{sheet}")
    visitor.go(f"/sheets/{sheet}/edit")
    visitor.sign_out()

    # The administrator: people, sessions, mails, the ledger; no button to approve anything.
    visitor.sign_in(ADMINISTRATOR)
    for path in ("people", "sessions", "mails", "ledger"):
        visitor.go(f"/administration/{path}")
    visitor.go(f"/sheets/{sheet}")
    assert visitor.page.get_by_role("link", name=re.compile("^承認")).count() == 0
    visitor.sign_out()

    # In English.
    visitor.sign_in(DRAFTERS["632"])
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    visitor.look()
    visitor.go(f"/sheets/{city.evaluation('632')}")
    visitor.go("/sheets?q=6")
    visitor.go("/progress")


@pytest.mark.timeout(300)
def test_the_main_journey_needs_no_mouse(visitor: Visitor, installation: Installation) -> None:
    sheet = installation.city.evaluation("612")
    visitor.sign_in(DRAFTERS["612"])
    visitor.go(f"/sheets/{sheet}/check")
    button = visitor.page.get_by_role("button", name="評価シートを提出する")

    for _ in range(200):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.evaluate("document.activeElement.textContent.trim()")
        outline = visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"the focus on {focused!r} is not to be seen"
        if button.evaluate("node => node === document.activeElement"):
            break
    else:
        pytest.fail("the button was not reached by Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(re.compile("/receipt/"))

    assert installation.city.state("612") == "department_review"
