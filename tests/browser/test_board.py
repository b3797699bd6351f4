"""The board in a real browser: late sheets are nudged, the forecast is read, in both languages."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import PUBLISHER
from workflow.policy import SYSTEM, Permission

#: The cycle runs now; a test of lateness lets its drafts have begun and ended long ago.
LONG_AGO = """
UPDATE stage_entry SET entered_at = entered_at - interval '30 days',
    due_at = due_at - interval '60 days', due_on = due_on - 60 WHERE left_at IS NULL
"""


def test_the_bureau_nudges_and_reads_the_forecast(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    city.bring_to("611", "approved")
    with installation.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text(LONG_AGO))
    visitor.sign_in(PUBLISHER)

    visitor.go("/progress")
    visitor.press("選んだシートの担当者に催促する")
    expect(visitor.page.locator("#error-summary")).to_contain_text("選ばれていません")
    visitor.page.get_by_label("632を催促する").check()
    visitor.press("選んだシートの担当者に催促する")
    visitor.page.get_by_label("ひとこと").fill("金曜日の会議で使います。")
    visitor.press("1件を催促する")
    expect(visitor.page.locator(".flashes")).to_contain_text("催促しました")
    assert city.events("632")[-1] == "nudge"

    visitor.follow("公表日の見込みを見る")
    expect(visitor.page.get_by_role("img", name="承認が終わったシートの数")).to_be_visible()
    visitor.press("English")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(
        "Forecast for the publication date"
    )
    visitor.go("/progress")
