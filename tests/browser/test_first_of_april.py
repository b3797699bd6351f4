"""1 April through the pages: a note for the successors, the file, its faults, its result."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.transfers import SAMPLE, csv_of, move, row


@pytest.mark.timeout(300)
def test_the_administrator_hands_the_file_in_and_the_drafter_leaves_a_note(
    visitor: Visitor, installation: Installation, tmp_path: Path
) -> None:
    page = visitor.page
    sheet = installation.city.evaluation("611")
    wrong = tmp_path / "異動.csv"
    wrong.write_bytes(
        csv_of(row("設置"), move("sato.ichirou", "市民課", "主査"), row("廃止", unit="ない課"))
    )
    leaving = tmp_path / "廃止.csv"
    leaving.write_bytes(csv_of(row("廃止", unit="まちづくり推進課")))

    visitor.sign_in(DRAFTERS["611"])
    visitor.go(f"/sheets/{sheet}")
    visitor.follow("引継ぎを書く")
    page.get_by_label("引継ぎ", exact=False).fill("課題の欄はまだ書いていない。")
    visitor.press("引継ぎを残す")
    expect(page.get_by_role("main")).to_contain_text("課題の欄はまだ書いていない。")
    visitor.sign_out()

    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/people")
    visitor.follow("組織改編")
    page.locator("input[type=file]").set_input_files(wrong)
    visitor.press("結果を調べる")
    expect(page.get_by_role("main")).to_contain_text("ファイルの誤り 3件")

    page.locator("input[type=file]").set_input_files(leaving)
    visitor.press("結果を調べる")
    expect(page.get_by_role("main")).to_contain_text("担当がいなくなるもの")

    visitor.go("/administration/reorganisations")
    page.locator("input[type=file]").set_input_files(SAMPLE)
    visitor.press("結果を調べる")
    expect(page.get_by_role("heading", level=1)).to_contain_text("付けの組織改編")
    page.get_by_role("button", name="EN").or_(page.get_by_role("button", name="English")).click()
    page.wait_for_load_state("load")
    visitor.look()
    page.get_by_role("button", name="日本語").click()
    visitor.press("この内容で適用する")
    expect(page.get_by_role("main")).to_contain_text("適用日を待っています")
    visitor.go("/administration/reorganisations")
    page.locator("#reorganisations a").first.click()
    visitor.press("この組織改編を取りやめる")
    expect(page.get_by_role("main")).to_contain_text("取りやめ")
