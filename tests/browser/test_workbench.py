"""The workbench in a real browser: by keyboard alone, at both widths, and without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.other_cycles import open_other_cycle, texts_of
from tests.sample_people import BUREAUS_OWN, REVIEWERS

DEPUTY = REVIEWERS["612"]


def tab_to(visitor: Visitor, name: str | re.Pattern[str]) -> None:
    """Press Tab until the button with this name has the focus, which must be seen all the way."""
    button = visitor.page.get_by_role("button", name=name)
    for _ in range(200):
        visitor.page.keyboard.press("Tab")
        outline = visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        if button.evaluate("node => node === document.activeElement"):
            return
    pytest.fail(f"{name} was not reached by Tab")


@pytest.mark.timeout(300)
def test_a_queue_is_gone_through_chosen_and_approved_by_keyboard_alone(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheets = {code: city.evaluation(code) for code in BUREAUS_OWN}
    fields = {code: texts_of(city, code, results="昨年の成果。") for code in BUREAUS_OWN}
    for code in BUREAUS_OWN:
        city.submit(code)
    open_other_cycle(city, fields)
    page, keyboard = visitor.page, visitor.page.keyboard

    def at(code: str) -> re.Pattern[str]:
        return re.compile(rf"/workbench/{sheets[code]}(\?|$)")

    visitor.sign_in(DEPUTY)
    visitor.follow(re.compile("承認作業台で続けて見る"))
    expect(page).to_have_url(at("612"))

    # Up and down; then the first two are chosen, each of which leads to the next. The focus is on
    # the sheet, so that what scrolls and what is read aloud is that.
    for key, code in [("j", "621"), ("k", "612"), ("x", "621"), ("x", "631")]:
        keyboard.press(key)
        expect(page).to_have_url(at(code))
        expect(page.locator("#sheet")).to_be_focused()
        visitor.look()
    assert page.locator(".queue__box:checked").count() == 2

    # The list of keys, and the switch that turns them off.
    keyboard.press("?")
    switch = page.get_by_label("キー操作を使う")
    expect(switch).to_be_visible()
    switch.focus()
    keyboard.press("Space")
    keyboard.press("k")
    expect(page).to_have_url(at("631"))
    keyboard.press("Space")
    keyboard.press("k")
    expect(page).to_have_url(at("621"))

    # `e` says why not where nobody may edit, `/` leads to the search, where keys are letters, `c`
    # to asking a colleague.
    keyboard.press("e")
    expect(page.locator("[data-workbench-status]")).to_contain_text("主担当課の職員だけです")
    keyboard.press("/")
    expect(page.locator("#header-search")).to_be_focused()
    keyboard.type("jkxace?")
    expect(page.locator("#header-search")).to_have_value("jkxace?")
    expect(page).to_have_url(at("621"))
    page.locator("#sheet").focus()
    keyboard.press("c")
    expect(page).to_have_url(re.compile(f"/sheets/{sheets['621']}/consult"))
    page.go_back()
    expect(page).to_have_url(at("621"))

    # `a` opens the confirmation and approves nothing.
    keyboard.press("a")
    expect(page).to_have_url(re.compile("/workbench/check"))
    visitor.look()
    keyboard.press("a")
    assert _states(installation, sheets) == ["department_review"] * 3

    tab_to(visitor, "2件を承認する")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2件を承認しました")
    visitor.look()
    assert _states(installation, sheets) == [
        "bureau_approval", "bureau_approval", "department_review",
    ]  # fmt: skip

    # The last one alone, in two steps from its page.
    visitor.go("/workbench")
    keyboard.press("a")
    expect(page).to_have_url(re.compile("/workbench/check"))
    visitor.press("1件を承認する")
    expect(page.get_by_role("heading", level=1)).to_have_text("1件を承認しました")
    assert _states(installation, sheets) == ["bureau_approval"] * 3


#: What of the sheet between its neighbours is wider than its place.
TOO_WIDE = """() => [...document.querySelectorAll('#sheet, #sheet *')].filter(node =>
    node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline'
    && !node.classList.contains('visually-hidden')).map(node => node.outerHTML.slice(0, 120))"""
#: Stars and verdicts at a glance that are not in sight, above the bar at the foot.
OUT_OF_SIGHT = """() => {
    const foot = document.querySelector('.action-bar').getBoundingClientRect().top;
    return [...document.querySelectorAll('.glance .rating, .glance td, .workbench__side h2')]
        .map(node => node.getBoundingClientRect())
        .filter(box => box.left < 0 || box.right > innerWidth || box.top < 0)
        .concat([...document.querySelectorAll('.glance .rating, .glance td')]
            .map(node => node.getBoundingClientRect()).filter(box => box.bottom > foot)).length
}"""


@pytest.mark.timeout(300)
def test_what_is_judged_is_on_one_screen_in_both_languages(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    for code in BUREAUS_OWN:
        city.submit(code)
    page = visitor.page
    visitor.sign_in(DEPUTY)
    for _language in ("ja", "en"):
        for code in BUREAUS_OWN:
            visitor.page.goto(f"{visitor.address}/workbench/{city.evaluation(code)}")
            rows = page.locator(".glance tbody tr")
            measured = len(city.page(DEPUTY, code).content.indicators)
            assert rows.count() == page.locator(".glance .chip").count() == measured > 0
            for width, height in ((1280, 800), (1366, 768), (1440, 900)):
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate(TOO_WIDE) == [], (code, width)
                assert page.evaluate(OUT_OF_SIGHT) == 0, (code, width)
        page.locator(".language button").click()
        page.wait_for_load_state("load")


def _states(installation: Installation, sheets: dict[str, int]) -> list[str]:
    return [
        installation.city.scalar("SELECT state FROM evaluation WHERE id = :id", id=sheet)
        for sheet in sheets.values()
    ]


@pytest.mark.timeout(300)
def test_on_a_phone_the_queue_is_folded_above_the_sheet(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    for code in BUREAUS_OWN:
        city.submit(code)
    visitor.sign_in(DEPUTY)
    visitor.go("/workbench")
    box = visitor.page.locator(".queue__box[type=checkbox]")
    expect(box).to_be_visible()

    visitor.page.set_viewport_size({"width": 390, "height": 900})
    expect(box).to_be_hidden()
    visitor.page.locator(".queue__fold summary").click()
    expect(box).to_be_visible()
    tops = [
        visitor.page.locator(part).bounding_box() or {"y": 0.0}
        for part in (".queue", ".workbench__sheet", ".workbench__side")
    ]
    assert [top["y"] for top in tops] == sorted(top["y"] for top in tops)
    visitor.look()

    # In English.
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    visitor.go("/workbench")
    visitor.press(re.compile("^Choose and go on"))
    visitor.press(re.compile("^Check what is chosen"))
    visitor.press(re.compile("^Approve these"))
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Approved: 1")


@pytest.mark.timeout(300)
def test_all_of_it_works_without_a_script(
    browser: Browser, address: str, installation: Installation
) -> None:
    city = installation.city
    for code in BUREAUS_OWN:
        city.submit(code)
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="ja-JP", java_script_enabled=False
    )
    visitor = Visitor(context, address, installation.passwords)
    page = visitor.page
    page.goto(f"{address}/sign-in")
    page.get_by_label("利用者名").fill(DEPUTY)
    page.get_by_label("パスワード", exact=False).first.fill(installation.passwords[DEPUTY])
    page.get_by_role("button", name="ログイン").click()
    page.locator("input[name=current]").fill(installation.passwords[DEPUTY])
    for field in ("new", "again"):
        page.locator(f"input[name={field}]").fill(f"{DEPUTY}-の長い合言葉")
    page.get_by_role("button", name="パスワードを変更する").click()

    page.goto(f"{address}/workbench")
    page.get_by_role("button", name="選んで次へ").click()
    page.get_by_label("621を選ぶ").check()
    page.get_by_role("button", name=re.compile("^631")).click()
    page.get_by_label("612を選ぶ").uncheck()
    page.get_by_role("button", name="このシートを選ぶ").click()
    page.go_back()
    page.go_forward()
    page.get_by_role("button", name=re.compile("選んだシートを確認する")).click()
    page.get_by_role("button", name="2件を承認する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2件を承認しました")
    context.close()

    assert [city.state(code) for code in BUREAUS_OWN] == [
        "department_review", "bureau_approval", "bureau_approval",
    ]  # fmt: skip
