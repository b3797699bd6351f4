"""The status page, and a calendar's address from its making to its end, in a real browser."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.conftest import Installation
from tests.faults.waiting import until
from tests.queries.test_health import DEAD
from tests.recorders import RecordingTransport
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from workflow.pulses import QUEUES
from workflow.schema_revision import shipped_revision

#: From now on nothing is heard of the mail queue; it was last seen twenty minutes ago.
NO_MAIL_WORKER = """
UPDATE heartbeat SET beat_at = beat_at - interval '20 minutes' WHERE name = 'queue:mail';
CREATE FUNCTION unheard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER unheard BEFORE UPDATE ON heartbeat FOR EACH ROW
WHEN (OLD.name = 'queue:mail') EXECUTE FUNCTION unheard()
"""


@pytest.mark.timeout(600)
def test_an_administrator_sees_what_does_not_work_and_then_that_it_does(
    visitor: Visitor, installation: Installation
) -> None:
    # Beat may not have come by yet.
    installation.city.tick(RecordingTransport())
    with psycopg.connect(installation.database.superuser_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/people")
    visitor.follow("稼働状況")
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text("データベース 0001、プログラム 0")
    expect(main).to_contain_text("hyoka database migrate を実行し")
    visitor.press("English")
    expect(main).to_contain_text(re.compile(r"Overall\s*Fault"))

    with psycopg.connect(installation.database.superuser_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [shipped_revision()])
    visitor.go("/administration/status/")
    expect(main).to_contain_text(re.compile(r"Overall\s*Good"))


@pytest.mark.timeout(600)
def test_a_silent_queue_is_named_and_what_was_given_up_is_tried_again(
    visitor: Visitor, installation: Installation
) -> None:
    installation.city.tick(RecordingTransport())
    # The worker that runs has told of each queue.
    until(
        lambda: installation.city.scalar("SELECT count(*) FROM heartbeat") == 1 + len(QUEUES),
        60,
        "a pulse of each queue",
    )
    with psycopg.connect(installation.database.superuser_url) as connection:
        connection.execute(DEAD)
        connection.execute(NO_MAIL_WORKER)
    visitor.sign_in(ADMINISTRATOR)
    visitor.go("/administration/status/")
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text("受け持つ worker がいません: メールの送信")
    expect(main).to_contain_text("KeyError: nowhere")
    visitor.press("English")
    expect(main).to_contain_text("No worker for: Sending mails")

    visitor.press("Try again")
    expect(visitor.page.locator("body")).to_contain_text("Tried again with the next tick: 1.")
    expect(main).not_to_contain_text("KeyError: nowhere")


@pytest.mark.timeout(600)
def test_a_calendars_address_is_made_used_and_revoked(
    visitor: Visitor, installation: Installation
) -> None:
    visitor.sign_in(DRAFTERS["611"])
    visitor.page.locator(".header__person summary").click()
    visitor.follow("期限のカレンダー")
    visitor.press("アドレスを作る")
    shown = visitor.page.locator("#feed-address").inner_text()
    path = "/calendar/" + shown.rpartition("/")[2]
    with urllib.request.urlopen(visitor.address + path, timeout=10) as answer:  # noqa: S310
        assert b"BEGIN:VEVENT" in answer.read()

    visitor.press("アドレスを無効にする")
    expect(visitor.page.get_by_role("main")).to_contain_text("まだアドレスはありません")
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(visitor.address + path, timeout=10)  # noqa: S310
    assert gone.value.code == 404
    visitor.press("English")
