"""A new password, looked at in a browser in both languages: by a link, and by two halves."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from workflow.policy import SYSTEM

NEW = "桜の木の下で会いましょう"


def mailed_link(installation: Installation) -> str:
    """The path of the link, once the mail is there; at whatever hour this runs."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for mail in installation.mailbox.messages():
            body = mail.get_body(("plain",))
            found = body and re.search(r"https?://\S+/password/\S+", body.get_content())
            if found:
                return urlsplit(found[0]).path
        time.sleep(0.5)
    raise AssertionError("no mail with a link")


@pytest.mark.timeout(600)
def test_new_passwords_without_anybody_else_knowing_them(
    visitor: Visitor, installation: Installation
) -> None:
    city, person = installation.city, DRAFTERS["611"]
    visitor.sign_in(ADMINISTRATOR)
    visitor.go(f"/administration/people/{city.person_id(person)}")
    visitor.press("リンクを送る")
    expect(visitor.page.get_by_role("status")).to_contain_text("リンクを送りました")
    visitor.press("English")
    visitor.press("日本語")

    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE person SET mail_state = 'refused' WHERE id = :id"),
            {"id": city.person_id(PUBLISHER)},
        )
    visitor.go(f"/administration/people/{city.person_id(PUBLISHER)}")
    visitor.press("一時パスワードを申請する")
    expect(visitor.page.locator("#password-half")).to_have_text(re.compile(r"^\w{4}-\w{4}$"))
    visitor.go(f"/administration/people/{city.person_id(PUBLISHER)}")
    expect(visitor.page.get_by_role("main")).to_contain_text("あなたが申請しました")
    visitor.press("English")
    visitor.press("日本語")
    visitor.go("/administration/ledger")
    visitor.press("いま検証する")
    expect(visitor.page.get_by_role("main")).to_contain_text("アカウント・権限")
    visitor.sign_out()

    link = mailed_link(installation)
    visitor.go(link)
    visitor.press("English")
    visitor.press("日本語")
    visitor.page.locator("input[name=new]").fill(NEW)
    visitor.page.locator("input[name=again]").fill(NEW)
    visitor.press("パスワードを設定する")
    expect(visitor.page.get_by_role("status")).to_contain_text("新しいパスワードを設定しました")
    visitor.page.get_by_label("利用者名").fill(person)
    visitor.page.get_by_label("パスワード", exact=False).first.fill(NEW)
    visitor.press("ログイン")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("私の仕事")
    visitor.go(link)
    expect(visitor.page.get_by_role("main")).to_contain_text("このリンクは使えません")
