"""From an absence to 代決, 後閲 and an answered question, through the pages."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import psycopg
import pytest
from playwright.sync_api import expect

from tests import office_clock
from tests.authority import ask, grant, open_reviews
from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import ADMINISTRATOR, APPROVER, REVIEWERS
from workflow.clock import OFFICE_ZONE, office_day
from workflow.policy import SYSTEM

HEAD, SUBSTITUTE, DEPUTY = REVIEWERS["611"], "kimura.daisuke", REVIEWERS["612"]


def _name_substitutes(visitor: Visitor) -> None:
    """First and second for the department's review."""
    review = visitor.page.get_by_role("group", name="部局審査")
    review.get_by_label("第1順位").select_option(label="市民課長 木村 大輔")
    review.get_by_label("第2順位").select_option(label="まちづくり推進課長 山田 花子")


@pytest.mark.timeout(600)
def test_an_absence_goes_from_the_form_to_the_reading_afterwards(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    sheet = city.evaluation("611")
    city.submit("611")
    with installation.application.query(SYSTEM) as ctx:
        last = ctx.today + timedelta(days=3)

    # The head registers it: first wrongly, then rightly, and sees where the sheet goes.
    visitor.sign_in(HEAD)
    visitor.go("/absences")
    visitor.follow("不在を登録する")
    visitor.press("登録する内容を確認する")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    for name, value in (("first_day", last - timedelta(days=3)), ("last_day", last)):
        for part in ("year", "month", "day"):
            visitor.page.locator(f"input[name={name}-{part}]").fill(str(getattr(value, part)))
    visitor.page.get_by_label("出張").check()
    _name_substitutes(visitor)
    visitor.press("登録する内容を確認する")
    expect(visitor.page.get_by_role("main")).to_contain_text(
        "市民課長 木村 大輔 が代理で処理します"
    )
    visitor.press("修正する")
    visitor.press("登録する内容を確認する")
    visitor.press("この内容で登録する")
    expect(visitor.page.get_by_role("main")).to_contain_text("不在として登録されています")
    visitor.go("/desk")
    visitor.go(f"/sheets/{sheet}")
    visitor.sign_out()

    # The substitute decides in the place of the head (代決).
    visitor.sign_in(SUBSTITUTE)
    expect(visitor.page.get_by_role("main")).to_contain_text("市民自治部長 高橋 典子の代理として")
    visitor.go("/absences")
    visitor.go(f"/sheets/{sheet}")
    visitor.follow(re.compile("^承認する"))
    visitor.press("この内容で承認する")
    visitor.sign_out()

    # The approver asks 次長, who answers.
    ask(city, APPROVER, "611", DEPUTY, question="成果指標②の数字は、速報値ですか。")
    visitor.sign_in(DEPUTY)
    expect(visitor.page.get_by_role("main")).to_contain_text("速報値ですか")
    visitor.follow(re.compile("^回答する"))
    visitor.press("回答を送る")
    expect(visitor.page.locator("#error-summary")).to_be_visible()
    visitor.page.locator("textarea[name=answer]").fill("確定値です。7月の統計で確かめました。")
    visitor.press("回答を送る")
    expect(visitor.page.get_by_role("main")).to_contain_text("回答しました")
    visitor.sign_out()

    # The head comes back, reads what was decided, and says so (後閲).
    visitor.sign_in(HEAD)
    visitor.press("不在を終了する（戻りました）")
    expect(visitor.page.get_by_role("main")).not_to_contain_text("不在として登録されています")
    expect(visitor.page.get_by_role("main")).to_contain_text("後閲するもの")
    visitor.follow(re.compile("^内容を読む"))
    visitor.page.locator("textarea[name=remark]").fill("確認しました。")
    visitor.press("読みました")
    expect(visitor.page.get_by_role("main")).to_contain_text("確認済みです")
    visitor.go("/absences")
    visitor.page.locator(".disclosure summary").click()
    visitor.look()
    visitor.sign_out()
    assert open_reviews(city, HEAD) == []
    assert city.events("611")[-3:] == ["consult", "answer", "post_review"]


@pytest.mark.timeout(600)
def test_the_administrators_side_and_english_hold_too(
    visitor: Visitor, installation: Installation
) -> None:
    city = installation.city
    city.submit("611")
    visitor.sign_in(ADMINISTRATOR)
    visitor.go(f"/administration/people/{city.person_id(HEAD)}")
    visitor.go("/administration/absences")
    visitor.go("/administration/post-reviews")
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    visitor.go(f"/absences/new?person={city.person_id(HEAD)}")
    with installation.application.query(SYSTEM) as ctx:
        day = ctx.today
    for name in ("first_day", "last_day"):
        for part in ("year", "month", "day"):
            visitor.page.locator(f"input[name={name}-{part}]").fill(str(getattr(day, part)))
    visitor.page.get_by_label("Illness or accident").check()
    visitor.press("Check before registering")
    visitor.press("Register this absence")
    expect(visitor.page.get_by_role("main")).to_contain_text("registered by 長谷川 亮")
    visitor.go("/desk")


@pytest.fixture
def first_reminder(installation: Installation, visitor: Visitor) -> date:
    """A sheet waits for its department; it is ten on the day before its first reminder."""
    city = installation.city
    # The one-time password is good for a week, and the day is later.
    visitor.sign_in(HEAD)
    visitor.sign_out()
    city.submit("611")
    grant(city, HEAD, "coordinator")
    first = city.scalar("""
        SELECT min(t.due_at) FROM timer t JOIN stage_entry s ON s.id = t.stage_entry_id
        WHERE s.stage = 'department_review' AND s.left_at IS NULL""")
    assert isinstance(first, datetime)
    day = office_day(first)
    with psycopg.connect(installation.database.superuser_url, autocommit=True) as connection:
        before = datetime.combine(day - timedelta(days=1), time(10), OFFICE_ZONE)
        office_clock.set_to(connection, before)
    return day


def _fill_in(visitor: Visitor, first: date, last: date, kind: str) -> None:
    visitor.go("/absences/new")
    for name, value in (("first_day", first), ("last_day", last)):
        for part in ("year", "month", "day"):
            visitor.page.locator(f"input[name={name}-{part}]").fill(str(getattr(value, part)))
    visitor.page.get_by_label(kind).check()


@pytest.mark.timeout(600)
def test_the_check_says_which_mails_go_to_others_in_both_languages(
    first_reminder: date, visitor: Visitor
) -> None:
    last = first_reminder + timedelta(days=14)
    table = visitor.page.locator("#notices")
    visitor.sign_in(HEAD)
    _fill_in(visitor, first_reminder, last, "出張")
    _name_substitutes(visitor)
    visitor.press("登録する内容を確認する")
    expect(table).to_contain_text("木村 大輔")
    expect(table).to_contain_text("期限超過の督促")
    expect(table).to_contain_text("変わりません。")

    visitor.go("/absences")
    visitor.page.locator(".language button").click()
    visitor.page.wait_for_load_state("load")
    _fill_in(visitor, first_reminder, last, "Business trip")
    visitor.press("Check before registering")
    expect(table).to_contain_text("With the absence")
    expect(table).to_contain_text("No change.")

    # With nobody who stands in the sheet would go on, and nothing is foretold of it.
    _fill_in(visitor, first_reminder, last, "Business trip")
    for box in visitor.page.locator("select[name^='substitutes-department_review']").all():
        box.select_option(index=0)
    visitor.press("Check before registering")
    expect(table).to_have_count(0)
    expect(visitor.page.get_by_role("main")).to_contain_text(
        "that day on are not counted here: 611"
    )
