"""Two people with a browser each act on one sheet at the same moment."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import DRAFTERS, OTHER_PUBLISHER, PUBLISHER, REVIEWERS

NAMES = {
    PUBLISHER: "酒井 恵",
    OTHER_PUBLISHER: "本田 拓也",
    DRAFTERS["611"]: "佐藤 一郎",
    REVIEWERS["611"]: "高橋 典子",
}


@pytest.fixture
def colleague(browser: Browser, address: str, installation: Installation) -> Iterator[Visitor]:
    """Somebody else, at another machine."""
    context = browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    context.set_default_timeout(15_000)
    yield Visitor(context, address, installation.passwords)
    context.close()


def both_press(
    people: dict[str, Visitor], button: dict[str, re.Pattern[str]], sheet: int
) -> dict[str, int]:
    """Both press before either has an answer; sign-in name → the status that came of it."""
    statuses: dict[str, int] = {}

    def hear(name: str, response: Response) -> None:
        if response.request.method == "POST" and response.url.endswith(f"/sheets/{sheet}/act"):
            statuses[name] = response.status

    for name, visitor in people.items():
        visitor.page.on("response", lambda response, name=name: hear(name, response))
        main = visitor.page.get_by_role("main")
        # The press itself comes a moment later, so that the second does not wait for the first.
        main.get_by_role("button", name=button[name]).evaluate(
            "button => { setTimeout(() => button.click(), 200) }"
        )
    for name, visitor in people.items():
        expect(visitor.page).not_to_have_url(re.compile("/(return|approve|withdraw)"))
        visitor.page.wait_for_load_state("load")
        assert name in statuses
    return statuses


def settled(people: dict[str, Visitor], statuses: dict[str, int]) -> tuple[str, str]:
    """Exactly one has the receipt, the other is told who did what; winner and loser."""
    assert sorted(statuses.values()) == [303, 409], statuses
    winner = next(name for name, status in statuses.items() if status == 303)
    loser = next(name for name, status in statuses.items() if status == 409)
    for visitor in people.values():
        visitor.look()
    main = people[loser].page.get_by_role("main")
    expect(people[loser].page.get_by_role("heading", level=1)).to_contain_text(
        "画面を開いたあとで、シートが変わりました"
    )
    expect(main).to_contain_text(NAMES[winner])
    expect(main).to_contain_text("何も変更していません")
    people[loser].follow("最新のシートを開く")
    return winner, loser


@pytest.mark.timeout(300)
def test_two_publishers_return_one_sheet_and_it_comes_back_once(
    visitor: Visitor, colleague: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheet = city.bring_to("611", "approved")
    people = {PUBLISHER: visitor, OTHER_PUBLISHER: colleague}
    for name, person in people.items():
        person.sign_in(name)
        person.go(f"/sheets/{sheet}")
        person.follow(re.compile("^差し戻す"))
        person.page.locator("textarea[name=reason]").fill(f"{NAMES[name]}の理由。")

    statuses = both_press(people, dict.fromkeys(people, re.compile("^差し戻す")), sheet)

    winner, loser = settled(people, statuses)
    assert city.state("611") == "draft"
    assert city.events("611").count("return") == 1
    told = city.rows("SELECT remark FROM notice WHERE kind = 'came_back'")
    assert {row.remark for row in told} == {f"{NAMES[winner]}の理由。"}
    expect(people[loser].page.get_by_role("main")).to_contain_text(f"{NAMES[winner]}の理由。")


@pytest.mark.timeout(300)
def test_one_approves_what_the_other_takes_back(
    visitor: Visitor, colleague: Visitor, installation: Installation
) -> None:
    """Two publishers may do the same; a drafter and a reviewer want the opposite."""
    city = installation.city
    city.submit("611")
    sheet = city.evaluation("611")
    drafter, reviewer = DRAFTERS["611"], REVIEWERS["611"]
    people = {drafter: visitor, reviewer: colleague}
    visitor.sign_in(drafter)
    visitor.go(f"/sheets/{sheet}")
    visitor.follow(re.compile("^引き戻す"))
    colleague.sign_in(reviewer)
    colleague.go(f"/sheets/{sheet}/approve")

    statuses = both_press(
        people, {drafter: re.compile("引き戻す"), reviewer: re.compile("この内容で承認する")}, sheet
    )

    # Opening the page of approval has ended the right to take the sheet back.
    if statuses[drafter] == 403:
        assert statuses[reviewer] == 303
        visitor.look()
        expect(visitor.page.get_by_role("main")).to_contain_text("次の担当者がすでに開いた")
    else:
        settled(people, statuses)
    expected = "draft" if statuses[drafter] == 303 else "bureau_approval"
    assert city.state("611") == expected
    assert city.verify().broken == ()
