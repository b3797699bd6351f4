"""決裁 by real pages: a joint stage, a hold, a question, a rejection and a sheet that quotes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.authority import away, reply
from tests.browser.visitor import Visitor
from tests.city import living_on_route
from tests.conftest import START, Installation
from tests.sample_people import APPROVER, DRAFTERS, REVIEWERS
from workflow.clock import office_day

pytestmark = [living_on_route("joint_external"), pytest.mark.timeout(600)]

#: 関連部局 of 612: 総務部, 市議会事務局, 市民自治部; and who answers for each.
ASKED = ("ogawa.tetsuo", "kubota.masaru", "takahashi.noriko")


def other(visitor: Visitor, name: str) -> None:
    """Open the menu of rare actions, look at it, and choose one."""
    visitor.page.get_by_text("その他の操作").click()
    visitor.look()
    visitor.follow(name)


def test_a_joint_stage_a_hold_a_question_a_rejection_and_a_quoting_sheet(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    city.submit("612")
    city.approve("612")
    sheet = f"/sheets/{city.evaluation('612')}"
    main = visitor.page.get_by_role("main")

    # 総務部長: asks a colleague, holds the sheet, lifts the hold, agrees.
    visitor.sign_in(ASKED[0])
    visitor.go(sheet)
    other(visitor, "相談する")
    visitor.page.get_by_label("部局・職・氏名で絞り込む").fill("総合政策部 岡本")
    expect(visitor.page.locator("select[name=person] option")).to_have_count(2)
    visitor.page.locator("select[name=person]").select_option(index=1)
    visitor.press("相談する")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.page.locator("textarea[name=question]").fill("数字の出典はどこですか。")
    visitor.press("相談する")
    expect(main).to_contain_text("相談しました")
    visitor.go(sheet)
    other(visitor, "保留する")
    visitor.page.locator("textarea[name=reason]").fill("出典を確認しています。")
    visitor.press("保留する")
    visitor.follow("シートを見る")
    expect(main).to_contain_text("保留中です")
    visitor.go("/sheets")
    visitor.go("/progress")
    visitor.go(sheet)
    visitor.follow("保留を解く")
    visitor.press("保留を解く")
    visitor.go(sheet)
    visitor.follow("合議に回答する")
    visitor.page.get_by_label("同意する", exact=True).check()
    visitor.press("この内容で回答する")
    expect(main).to_contain_text("同意しました")
    visitor.sign_out()

    # 市議会事務局長: an opinion needs words.
    visitor.sign_in(ASKED[1])
    visitor.go(sheet)
    visitor.follow("合議に回答する")
    visitor.page.get_by_label("意見付きで同意する").check()
    visitor.press("この内容で回答する")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.page.locator("textarea[name=opinion]").fill("市民への説明を早めてください。")
    visitor.press("この内容で回答する")
    visitor.follow("シートを見る")
    visitor.sign_out()
    reply(city, ASKED[2], "612")
    assert city.state("612") == "bureau_approval"

    # 総合政策部長: reads the opinions before signing, and rejects.
    visitor.sign_in(APPROVER)
    visitor.go(sheet)
    visitor.follow("承認する")
    expect(main).to_contain_text("市民への説明を早めてください。")
    visitor.press("この内容で承認する")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.go(sheet)
    other(visitor, "却下する")
    visitor.page.locator("textarea[name=reason]").fill("施策を統合します。")
    visitor.press("却下する")
    expect(main).to_contain_text("却下しました")
    visitor.sign_out()

    # The drafter: what ended is quoted in a new sheet.
    visitor.sign_in(DRAFTERS["612"])
    visitor.go(sheet)
    visitor.follow("引用して起案する")
    visitor.press("引用して起案する")
    expect(main).to_contain_text("引用して起案しました")
    visitor.follow("シートを見る")
    expect(main).to_contain_text("引用元のシート")
    assert city.state("612") == "draft"


def test_the_marks_of_an_office_on_the_printed_sheet(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    today = office_day(START)
    away(city, REVIEWERS["611"], first=today, last=today)
    city.submit("611")
    substitutes = {"bureau_approval": ["okamoto.sachiko"]}
    away(city, APPROVER, first=today, last=today, substitutes=substitutes)
    sheet = f"/sheets/{city.evaluation('611')}"

    visitor.sign_in("okamoto.sachiko")
    visitor.go(sheet)
    visitor.follow("承認する")
    visitor.page.locator("textarea[name=reason]").fill("承認する。")
    visitor.press("この内容で承認する")
    visitor.go(sheet)
    boxes = visitor.page.locator(".sheet__seals")
    expect(boxes).to_contain_text("代決")
    expect(boxes).to_contain_text("後閲")
    visitor.page.emulate_media(media="print")
    visitor.page.set_viewport_size({"width": 703, "height": 1000})  # A4 between its margins
    expect(boxes).to_be_visible()
    expect(visitor.page.locator(".action-bar")).to_be_hidden()
    visitor.keep_picture(703)
    visitor.page.emulate_media(media="screen")
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    visitor.look()
    expect(boxes).to_contain_text("Decided as substitute")
