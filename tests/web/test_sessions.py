"""Cookies and the sessions behind them, and what it takes to guess a password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.web.site import Browser, Site, site_of, text_of
from workflow.application import Application
from workflow.clock import machine_now
from workflow.services import accounts

DRAFTER = DRAFTERS["611"]
NEW = "静かな湖畔の森の影から now"


# The cookie and the session behind it


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    browser = site.browser()

    response = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("hyoka=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_over_tls_the_cookie_is_bound_to_the_host(
    city_database: Database, clock: Clock, city: City
) -> None:
    settings = settings_for(city_database, public_url="https://hyoka.aose.example.jp")
    application = Application(settings, clock=clock)
    client = site_of(application, city.passwords).app.test_client()

    response = client.get("/sign-in", base_url="https://hyoka.aose.example.jp")
    application.dispose()

    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hyoka=")
    assert "; Secure" in cookie


def test_the_session_is_a_new_one_after_signing_in(site: Site) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    planted = browser.cookie()

    browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])

    assert planted
    assert browser.cookie() != planted
    assert not site.with_cookie(planted).is_signed_in


def _sign_out(site: Site, browser: Browser) -> None:
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"


def _switched_off(site: Site, _browser: Browser) -> None:
    person = site.city.person_id(DRAFTER)
    site.signed_in(ADMINISTRATOR).post(f"/administration/people/{person}/disable")


def _ended(site: Site, _browser: Browser) -> None:
    person = site.city.person_id(DRAFTER)
    session = site.city.scalar("SELECT id FROM user_session WHERE person_id = :p", p=person)
    site.signed_in(ADMINISTRATOR).post(f"/administration/sessions/{session}/end")


def _password_changed_elsewhere(site: Site, _browser: Browser) -> None:
    other = site.signed_in(DRAFTER)
    form = {"current": site.city.passwords[DRAFTER], "new": NEW, "again": NEW}
    assert other.post("/account/password", form).status_code == 302
    assert other.is_signed_in


def _password_reset(site: Site, _browser: Browser) -> None:
    person = site.city.person_id(DRAFTER)
    site.signed_in(ADMINISTRATOR).post(f"/administration/people/{person}/password")


@pytest.mark.parametrize(
    "ending", [_sign_out, _switched_off, _ended, _password_changed_elsewhere, _password_reset]
)
def test_an_old_cookie_is_worth_nothing_after(
    site: Site, ending: Callable[[Site, Browser], None]
) -> None:
    browser = site.signed_in(DRAFTER)
    assert browser.is_signed_in
    kept = browser.cookie()

    ending(site, browser)

    assert not site.with_cookie(kept).is_signed_in
    assert not browser.is_signed_in


def test_without_a_request_for_an_hour_one_must_sign_in_again(site: Site) -> None:
    browser = site.signed_in(DRAFTER)
    start = machine_now()

    with time_machine.travel(start + timedelta(minutes=50), tick=False):
        assert browser.is_signed_in
    with time_machine.travel(start + timedelta(minutes=100), tick=False):
        assert browser.is_signed_in
    with time_machine.travel(start + timedelta(minutes=161), tick=False):
        assert not browser.is_signed_in


def test_after_ten_hours_one_must_sign_in_again_in_any_case(site: Site, clock: Clock) -> None:
    browser = site.signed_in(DRAFTER)

    clock.forward(hours=9, minutes=59)
    assert browser.is_signed_in
    clock.forward(minutes=2)
    assert not browser.is_signed_in


def test_a_forged_cookie_is_nobody(site: Site) -> None:
    cookie = site.signed_in(DRAFTER).cookie()
    payload, _, signature = cookie.rpartition(".")

    assert not site.with_cookie(f"{payload}.{signature[::-1]}").is_signed_in
    assert not site.with_cookie("x").is_signed_in


# Guessing


def test_wrong_names_and_wrong_passwords_get_the_same_words(site: Site) -> None:
    unknown = site.browser().sign_in("nobody.here", "wrong password")
    wrong = site.browser().sign_in(DRAFTER, "wrong password")

    assert unknown.status_code == wrong.status_code == 422
    assert text_of(unknown.text) == text_of(wrong.text)


def test_after_five_wrong_passwords_the_right_one_must_wait(site: Site, clock: Clock) -> None:
    browser = site.browser()
    said = {text_of(browser.sign_in(DRAFTER, f"wrong {n}").text) for n in range(5)}

    blocked = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])
    clock.forward(minutes=1, seconds=1)
    after = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])

    assert blocked.status_code == 422
    # Whether somebody is made to wait would tell that the name exists.
    assert said == {text_of(blocked.text)}
    assert after.status_code == 302


def test_twenty_wrong_passwords_take_hours(site: Site, clock: Clock) -> None:
    browser = site.browser()
    waited = timedelta()
    for n in range(20):
        browser.sign_in(DRAFTER, f"wrong {n}")
        until = site.city.scalar(
            "SELECT blocked_until FROM credential WHERE person_id = :p",
            p=site.city.person_id(DRAFTER),
        )
        if until is not None and until > clock.now:
            waited += until - clock.now
            clock.now = until + timedelta(seconds=1)

    assert waited > timedelta(hours=2)


def test_a_blocked_name_costs_the_work_of_a_password(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = accounts.passwords.verify

    def counting(known: str | None, password: str) -> bool:
        checked.append(password)
        return real(known, password)

    monkeypatch.setattr(accounts.passwords, "verify", counting)
    browser = site.browser()
    for n in range(7):
        browser.sign_in(DRAFTER, f"wrong {n}")
    browser.sign_in("nobody.here", "wrong")

    assert len(checked) == 8
