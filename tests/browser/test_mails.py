"""The page of mails in a real browser: what was lost, what a digest covered, what may be mended."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.faults.waiting import until
from tests.sample_people import ADMINISTRATOR

#: Of the mails of the opening each of the first ones comes to another end.
ENDS = """
UPDATE mail SET state = v.state, last_error = v.error,
    covered_at = CASE WHEN v.covered THEN now() END,
    covered_by = CASE WHEN v.told THEN (SELECT max(id) FROM mail) END
FROM (VALUES (1, 'dead', '550 5.1.1 <sato@aose.example.jp>: User unknown', false, false),
             (2, 'unknown', 'SMTPServerDisconnected: Connection unexpectedly closed', false, false),
             (3, 'unknown', 'the worker did not come back', true, true),
             (4, 'superseded', '421 too busy', true, true),
             (5, 'dead', '554 5.7.1 Relay access denied', true, false))
     AS v(place, state, error, covered, told),
     (SELECT id, row_number() OVER (ORDER BY id) AS place FROM mail) m
WHERE m.place = v.place AND mail.id = m.id;
UPDATE person SET mail_state = 'refused', mail_refusal = m.last_error
FROM mail m WHERE m.recipient_id = person.id AND m.last_error LIKE '550%'
"""


@pytest.mark.timeout(600)
def test_an_administrator_sees_what_was_lost_and_mends_an_address(
    visitor: Visitor, installation: Installation
) -> None:
    sent = "SELECT count(*) FROM mail WHERE state = 'sent'"
    until(lambda: installation.city.scalar(sent) >= 6, 60, "the mails of the opening")
    with psycopg.connect(installation.database.superuser_url) as connection:
        connection.execute(ENDS.encode())
    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/mails")
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text("次のまとめに含めました")
    expect(main).to_contain_text("新しいまとめに入れました")
    expect(main).to_contain_text("知らせる必要がなくなりました")
    expect(visitor.page.get_by_role("button", name="もう一度送る")).to_have_count(2)
    visitor.press("English")
    expect(main).to_contain_text("Covered by the next digest")
    visitor.press("日本語")
    visitor.press("宛先は正しい")
    expect(visitor.page.get_by_role("status").first).to_contain_text("宛先をまた使うようにしました")
    visitor.go("/administration/mails")
    expect(main).not_to_contain_text("使えない宛先")
