"""The administrators' pages: accounts, sessions, mails, the check of the ledger."""

from __future__ import annotations

import re
from datetime import date, time
from email.message import EmailMessage

import psycopg
import pytest
import sqlalchemy as sa
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.authority import grant
from tests.city import City
from tests.databases import Database
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.web.site import Browser, Site, text_of
from workflow.mail.smtp import Attempt, Result
from workflow.policy import SYSTEM
from workflow.services import delivery

DRAFTER = DRAFTERS["611"]
MAILS = "/administration/mails"


@pytest.fixture
def administrator(site: Site) -> Browser:
    """The administrator at work."""
    return site.signed_in(ADMINISTRATOR)


def test_everybody_is_listed_with_posts_grants_and_state(administrator: Browser) -> None:
    said = text_of(administrator.get("/administration/people").text)

    assert "34人" in said
    assert "sato.ichiro" in said
    assert "経営企画課長、政策室長" in said
    assert "システム管理者" in said
    assert "公表担当" in said


@pytest.mark.parametrize("wanted", ["sato.ichiro", "佐藤", "さとう", "佐藤 ｓａｔｏ"])
def test_the_list_is_narrowed_by_name(administrator: Browser, wanted: str) -> None:
    html = administrator.get("/administration/people", query_string={"name": wanted}).text

    assert "sato.ichiro" in html
    assert "hara.yuka" not in html


def text_of_mail(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_no_administrator_sees_a_password_and_the_person_chooses_one_by_the_link(
    site: Site, administrator: Browser, transport: RecordingTransport
) -> None:
    page = f"/administration/people/{site.city.person_id(DRAFTER)}"
    new = "桜の木の下で会いましょう"

    answer = administrator.post(f"{page}/password")
    delivery.deliver_all(site.city.application, transport)
    link = next(
        found[1]
        for mail in transport.sent
        if (found := re.search(r"(/password/[\w-]+)", text_of_mail(mail)))
    )
    pages = [page, "/administration/people", MAILS, "/administration/ledger"]

    assert answer.status_code == 303
    assert not any(link in administrator.get(one).text for one in pages)
    mine = site.browser()
    form = mine.get(link)
    assert (form.status_code, form.headers["Cache-Control"]) == (200, "no-store")
    assert site.city.passwords[DRAFTER] not in form.text
    typed = {"new": new, "again": new}
    assert mine.post(link, {"new": new, "again": "another"}).status_code == 422
    assert mine.post(link, {"new": "short", "again": "short"}).status_code == 422
    assert mine.post(link, typed).status_code == 303
    over = mine.post(link, typed)
    assert (over.status_code, mine.get(link).status_code) == (404, 404)
    assert "このリンクは使えません" in over.text
    assert site.browser().sign_in(DRAFTER, new).status_code == 302
    assert site.browser().sign_in(DRAFTER, site.city.passwords[DRAFTER]).status_code == 422


def test_without_an_address_two_administrators_show_one_half_each(
    site: Site, administrator: Browser
) -> None:
    city = site.city
    grant(city, "hara.yuka", "administrator")
    second = site.signed_in("hara.yuka")
    page = f"/administration/people/{city.person_id(DRAFTER)}"
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(
            sa.text("UPDATE person SET mail_state = 'refused' WHERE id = :id"),
            {"id": city.person_id(DRAFTER)},
        )

    def half(answer: TestResponse) -> str:
        assert answer.headers["Cache-Control"] == "no-store"
        [shown] = re.findall(r'id="password-half"[^>]*>([^<]+)<', answer.text)
        return str(shown)

    assert "リンクを送る" not in administrator.get(page).text
    first = half(administrator.post(f"{page}/password/ask"))
    assert "あなたが申請しました" in administrator.get(page).text
    assert administrator.post(f"{page}/password/confirm").status_code == 403
    assert "確認して後半を表示する" in second.get(page).text
    last = half(second.post(f"{page}/password/confirm"))

    assert first not in administrator.get(page).text + second.get(page).text
    assert site.browser().sign_in(DRAFTER, f"{first}-{last}").status_code == 302


def test_the_token_of_a_link_is_in_no_log(site: Site) -> None:
    with capture_logs(processors=[merge_contextvars]) as logged:
        site.browser().get("/password/very-secret-part")
        # A refusal is logged with the path of its request.
        site.browser().client.post("/password/very-secret-part", data={"new": "x"})

    assert any(line["path"] == "/password/…" for line in logged)
    assert "very-secret-part" not in str(logged)


def test_an_account_is_switched_off_and_on_again(site: Site, administrator: Browser) -> None:
    page = f"/administration/people/{site.city.person_id(DRAFTER)}"
    password = site.city.passwords[DRAFTER]

    administrator.post(f"{page}/disable")
    off = site.browser().sign_in(DRAFTER, password)
    shown = administrator.get(page).text
    administrator.post(f"{page}/enable")
    on = site.browser().sign_in(DRAFTER, password)

    assert (off.status_code, on.status_code) == (422, 302)
    assert "アカウントを再開する" in shown
    assert "アカウントを停止する" not in shown


def test_nobody_switches_the_own_account_off(site: Site, administrator: Browser) -> None:
    page = f"/administration/people/{site.city.person_id(ADMINISTRATOR)}"

    shown = administrator.get(page).text
    forced = administrator.post(f"{page}/disable")

    assert "アカウントを停止する" not in shown
    assert forced.status_code == 422
    assert administrator.is_signed_in


def test_sessions_are_listed_and_ended(site: Site, administrator: Browser) -> None:
    somebody = site.signed_in(DRAFTER)
    html = administrator.get("/administration/sessions").text
    ends = re.findall(r'action="(/administration/sessions/\d+/end)"', html)

    response = administrator.post(ends[0])

    assert len(ends) == 1, "one's own session is ended by signing out"
    assert response.status_code == 303
    assert not somebody.is_signed_in
    assert administrator.is_signed_in
    assert administrator.post(ends[0]).status_code == 404


def test_mails_that_need_a_hand_come_first(
    city: City, administrator: Browser, transport: RecordingTransport
) -> None:
    transport.answers = [
        Attempt(Result.ACCEPTED, "250 OK"),
        Attempt(Result.REFUSED, "550 5.1.1 no such user"),
        Attempt(Result.UNKNOWN, "connection lost after the final dot"),
    ]
    city.tick(transport)

    said = text_of(administrator.get("/administration/mails").text)
    table = said.partition("サーバーの返答")[2]

    assert table.index("届きません") < table.index("届いたか不明") < table.index("送信済み")
    assert "550 5.1.1 no such user" in table
    assert "dead" not in table
    assert "unknown" not in table


def test_a_mail_that_was_given_up_is_sent_again_by_one_click(
    city: City, administrator: Browser, transport: RecordingTransport
) -> None:
    transport.answers = [
        Attempt(Result.REFUSED, "550 5.1.1 no such user", address_refused=True),
        Attempt(Result.ACCEPTED, "250 OK"),
    ]
    city.tick(transport)
    html = administrator.get("/administration/mails").text
    retries = re.findall(r'action="(/administration/mails/\d+/retry)"', html)
    person = city.scalar("SELECT id FROM person WHERE mail_state = 'refused'")

    assert len(retries) == 1
    assert administrator.post(retries[0]).status_code == 303
    first = text_of(administrator.get("/administration/mails").text)
    assert administrator.post(retries[0]).status_code == 303
    again = text_of(administrator.get("/administration/mails").text)

    assert "メールを順番待ちに戻しました" in first
    assert "使えない宛先 1件" in first
    assert "このメールは送信済みか、これから送られます" in again
    assert f'href="/administration/people/{person}"' in html
    city.tick(transport)
    assert city.scalar("SELECT count(*) FROM mail WHERE state <> 'sent'") == 0


def test_the_ledger_is_checked_on_demand(city: City, site: Site, administrator: Browser) -> None:
    city.publish(["611"])
    events = city.scalar("SELECT count(*) FROM event")

    before = administrator.get("/administration/ledger").text
    answer = text_of(administrator.post("/administration/ledger").text)
    by_publisher = site.signed_in(PUBLISHER).post("/administration/ledger")

    assert "履歴はすべて正しくつながっています" not in before
    assert "履歴はすべて正しくつながっています" in answer
    assert f"{events}件の記録" in answer
    assert by_publisher.status_code == 200


def test_a_changed_event_is_found_and_named(
    city: City, city_database: Database, administrator: Browser
) -> None:
    city.bring_to("611", "department_review")
    with psycopg.connect(city_database.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE event SET canonical = replace(canonical, 'submit', 'approve') "
            "WHERE action = 'submit'"
        )

    answer = text_of(administrator.post("/administration/ledger").text)

    assert "履歴に合わないところがあります" in answer
    assert "ex_post-2021-1/611" in answer
    assert "記録が書き換えられています。" in answer


def test_an_address_is_said_to_be_right_by_one_click(
    city: City, site: Site, administrator: Browser, transport: RecordingTransport
) -> None:
    transport.answers = [Attempt(Result.REFUSED, "550 5.1.1 no such user", address_refused=True)]
    city.tick(transport)
    html = administrator.get("/administration/mails").text
    [button] = re.findall(r'action="(/administration/mails/addresses/\d+/confirm)"', html)

    assert site.signed_in(PUBLISHER).post(button).status_code == 403
    assert "使えない宛先 1件" in text_of(administrator.get("/administration/mails").text)
    assert administrator.post(button).status_code == 303
    first = text_of(administrator.get("/administration/mails").text)
    assert administrator.post(button).status_code == 303
    again = text_of(administrator.get("/administration/mails").text)

    assert "宛先をまた使うようにしました" in first
    assert "使えない宛先" not in first
    assert "この宛先はすでに使えます" in again


def test_what_a_digest_covered_is_said_and_offers_no_second_mail(
    city: City, clock: Clock, site: Site, transport: RecordingTransport
) -> None:
    city.tick(transport)
    clock.forward(minutes=10)
    city.submit("611")
    transport.answers = [Attempt(Result.UNKNOWN, "connection lost after the final dot")]
    city.tick(transport)
    shown = site.signed_in(ADMINISTRATOR).get(MAILS).text
    [button] = re.findall(r'action="(/administration/mails/\d+/retry)"', shown)
    clock.set(date(2022, 6, 2), time(8, 45))
    administrator = site.signed_in(ADMINISTRATOR)
    city.tick(transport)

    page = administrator.get(MAILS).text
    assert "次のまとめに含めました" in text_of(page)
    assert "/retry" not in page
    assert administrator.post(button).status_code == 303
    assert "新しいまとめに入れました" in text_of(administrator.get(MAILS).text)
    assert city.scalar("SELECT count(*) FROM mail WHERE state = 'unknown'") == 1


def test_what_was_not_sent_on_its_day_is_said_to_be_given_up(
    city: City, clock: Clock, site: Site, transport: RecordingTransport
) -> None:
    city.tick(transport)
    clock.forward(minutes=10)
    city.submit("611")
    transport.answers = [Attempt(Result.LATER, "421 come again")] * 9
    city.tick(transport)
    clock.set(date(2022, 6, 2), time(8, 45))
    transport.answers = []
    city.tick(transport)

    page = site.signed_in(ADMINISTRATOR).get(MAILS).text

    assert "取りやめ" in text_of(page)
    assert "新しいまとめに入れました" in text_of(page)
    assert "/retry" not in page
