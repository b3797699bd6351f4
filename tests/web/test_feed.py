"""One's own calendar: its address is a secret, shown once, and ends when it is revoked."""

from __future__ import annotations

import hashlib
import re
from datetime import date

import psycopg
import pytest
import structlog
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.authority import hold
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, REVIEWERS
from tests.web.site import Browser, Site, site_of, text_of
from workflow.application import Application

DRAFTER, REVIEWER = DRAFTERS["611"], REVIEWERS["611"]


def made(browser: Browser) -> str:
    """Press the button; the path of the address that is shown."""
    html = browser.post("/account/calendar").text
    found = re.search(r'id="feed-address"[^>]*>http://localhost:8000(/calendar/[^<]+)<', html)
    assert found is not None
    return found[1]


def feed(site: Site, path: str, **headers: str) -> TestResponse:
    """What a calendar program gets: it signs in nowhere."""
    return site.browser().get(path, headers=headers)


def lines(response: TestResponse) -> list[str]:
    assert response.status_code == 200
    return re.sub(r"\r\n ", "", response.get_data(as_text=True)).split("\r\n")


# Forbidden


@pytest.mark.parametrize(
    "token",
    ["x", "A" * 43, "%00", "..%2f..", "' OR true --", "token.ics", "é", "A" * 4000],
)
def test_an_address_that_is_none_is_not_found(site: Site, token: str) -> None:
    made(site.signed_in(DRAFTER))

    response = feed(site, f"/calendar/{token}.ics")

    assert response.status_code == 404


def test_a_guess_a_revoked_and_a_disabled_address_cannot_be_told_apart(site: Site) -> None:
    browser, other = site.signed_in(DRAFTER), site.signed_in(REVIEWER)
    revoked, disabled = made(browser), made(other)
    browser.post("/account/calendar/revoke")
    person = site.city.person_id(REVIEWER)
    site.signed_in(ADMINISTRATOR).post(f"/administration/people/{person}/disable")

    answers = [feed(site, path) for path in (revoked, disabled, f"/calendar/{'A' * 43}.ics")]

    said = {
        (
            answer.status_code,
            answer.text,
            tuple((k, v) for k, v in answer.headers if k != "X-Request-Id"),
        )
        for answer in answers
    }
    assert len(said) == 1
    assert answers[0].status_code == 404


def test_with_a_one_time_password_there_is_no_address(
    city_database: Database, clock: Clock, site: Site
) -> None:
    path = made(site.signed_in(DRAFTER))
    application = Application(
        settings_for(city_database, keep_one_time_passwords=False), clock=clock
    )
    strict = site_of(application, site.city.passwords)

    made_now = strict.signed_in(DRAFTER).post("/account/calendar")
    shown = feed(strict, path)
    application.dispose()

    assert made_now.headers["Location"] == "/account/password"
    assert shown.status_code == 404


def test_a_new_address_ends_the_old_one(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    old = made(browser)
    new = made(browser)

    assert feed(site, old).status_code == 404
    assert feed(site, new).status_code == 200


def test_revoking_what_is_revoked_says_so_and_changes_nothing(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    kept = made(site.signed_in(REVIEWER))

    response = browser.post("/account/calendar/revoke")

    assert response.status_code == 404
    assert feed(site, kept).status_code == 200


def test_the_address_is_shown_once_and_kept_nowhere(site: Site, city_database: Database) -> None:
    browser = site.signed_in(DRAFTER)
    with capture_logs() as logged:
        path = made(browser)
        feed(site, path)
    token = path.removeprefix("/calendar/").removesuffix(".ics")

    again = browser.get("/account/calendar")
    with psycopg.connect(city_database.superuser_url) as connection:
        row = connection.execute("SELECT person_id, token_hash FROM person_feed").fetchone()

    assert len(token) == 43  # 256 bits
    assert token not in again.text
    assert token not in str(logged)
    assert row == (site.city.person_id(DRAFTER), hashlib.sha256(token.encode()).digest())


def test_the_log_keeps_the_beginning_of_the_address_alone(site: Site) -> None:
    path = made(site.signed_in(DRAFTER))
    with site.app.test_request_context(path):
        site.app.preprocess_request()
        bound = structlog.contextvars.get_contextvars()

    assert bound["path"] == "/calendar/…"


def test_the_reader_of_the_database_sees_no_addresses(city_database: Database) -> None:
    with (
        psycopg.connect(city_database.reader_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT 1 FROM person_feed")


# What it shows


def test_what_waits_stands_on_its_day_in_the_years_of_the_office(site: Site) -> None:
    path = made(site.signed_in(DRAFTER))

    response = feed(site, path)
    found = lines(response)

    evaluation = site.city.evaluation("611")
    due = site.city.scalar(
        "SELECT due_on FROM stage_entry WHERE evaluation_id = :id", id=evaluation
    )
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in response.headers
    assert found.count("BEGIN:VEVENT") == 1
    assert f"DTSTART;VALUE=DATE:{due:%Y%m%d}" in found
    assert f"UID:{evaluation}-draft@localhost" in found
    assert f"URL:http://localhost:8000/sheets/{evaluation}" in found
    assert any(line.startswith("SUMMARY:【期限】611 参画協働のまちづくり") for line in found)
    assert any("期限 令和4年" in line for line in found if line.startswith("DESCRIPTION:"))


def test_it_follows_the_sheet_to_whoever_has_it(site: Site) -> None:
    drafter, reviewer = made(site.signed_in(DRAFTER)), made(site.signed_in(REVIEWER))
    assert "BEGIN:VEVENT" not in lines(feed(site, reviewer))

    site.city.submit("611")

    assert "BEGIN:VEVENT" not in lines(feed(site, drafter))
    found = lines(feed(site, reviewer))
    assert f"UID:{site.city.evaluation('611')}-department_review@localhost" in found


def test_a_sheet_on_hold_has_no_deadline(site: Site) -> None:
    site.city.submit("611")
    path = made(site.signed_in(REVIEWER))
    hold(site.city, REVIEWER, "611")

    assert "BEGIN:VEVENT" not in lines(feed(site, path))


def test_links_are_of_the_configured_address_whatever_host_was_asked(site: Site) -> None:
    path = made(site.signed_in(DRAFTER))

    said = site.browser().get(path, base_url="http://localhost:9999").text

    assert "localhost:9999" not in said


def test_while_nothing_changes_the_answer_is_the_same_and_has_no_body_the_second_time(
    site: Site, clock: Clock
) -> None:
    path = made(site.signed_in(DRAFTER))
    first = feed(site, path)
    clock.set(date(2022, 6, 3))
    second = feed(site, path, **{"If-None-Match": first.headers["ETag"]})
    site.city.submit("611")
    third = feed(site, path, **{"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (second.status_code, second.get_data()) == (304, b"")
    assert third.status_code == 200


def test_the_page_says_since_when_and_takes_it_back(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    before = text_of(browser.get("/account/calendar").text)
    made(browser)
    after = text_of(browser.get("/account/calendar").text)
    response = browser.post("/account/calendar/revoke")

    assert "まだアドレスはありません" in before
    assert "アドレスは令和4年6月1日 10:00に作られました" in after
    assert response.status_code == 303
    assert "まだアドレスはありません" in text_of(browser.get("/account/calendar").text)
    assert "/account/calendar" in browser.get("/").text + browser.get("/progress").text
