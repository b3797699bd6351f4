"""Cookies and the sessions behind them, and what it takes to guess a password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from werkzeug.test import TestResponse

from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.web.site import Browser, Site, site_of, text_of
from workflow.application import Application
from workflow.clock import machine_now
from workflow.services import accounts, guessing, password_links

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


def _password_set_by_link(site: Site, _browser: Browser) -> None:
    person = site.city.person_id(DRAFTER)
    site.signed_in(ADMINISTRATOR).post(f"/administration/people/{person}/password")
    salt = site.city.scalar("SELECT salt FROM password_link WHERE person_id = :p", p=person)
    token = password_links.token_of(site.city.application.settings, salt)
    answer = site.browser().post(f"/password/{token}", {"new": NEW, "again": NEW})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "ending", [_sign_out, _switched_off, _ended, _password_changed_elsewhere, _password_set_by_link]
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


# Guessing from somewhere, and colleagues who are to get in all the same


def _from(address: str) -> dict[str, dict[str, str]]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def _guess(site: Site, count: int, address: str, name: str = "nobody.{n}") -> list[int]:
    """The statuses of so many wrong sign-ins by a stranger."""
    browser = site.browser()
    token = browser.token()
    return [
        browser.client.post(
            "/sign-in",
            data={"csrf_token": token, "sign_in_name": name.format(n=n), "password": f"wrong {n}"},
            **_from(address),
        ).status_code
        for n in range(count)
    ]


def _sign_in_from(browser: Browser, name: str, password: str, address: str) -> TestResponse:
    form = {"csrf_token": browser.token(), "sign_in_name": name, "password": password}
    return browser.client.post("/sign-in", data=form, **_from(address))


def test_who_guesses_from_an_address_is_told_when_to_come_again(site: Site, clock: Clock) -> None:
    free = guessing.FREE_PER_ADDRESS
    statuses = _guess(site, free + 2, "192.0.2.7")

    assert statuses == [422] * free + [429] * 2
    right = _sign_in_from(site.browser(), DRAFTER, site.city.passwords[DRAFTER], "192.0.2.7")
    assert right.status_code == 429
    assert right.headers["Retry-After"] == "60"
    assert "この接続元" in text_of(right.text)
    # Whether the name exists makes no difference.
    nobody = _sign_in_from(site.browser(), "nobody.here", "wrong", "192.0.2.7")
    assert text_of(nobody.text).replace("nobody.here", "") == text_of(right.text).replace(
        DRAFTER, ""
    )

    elsewhere = _sign_in_from(site.browser(), DRAFTER, site.city.passwords[DRAFTER], "192.0.2.8")
    assert elsewhere.status_code == 302
    clock.forward(minutes=1, seconds=1)
    after = _sign_in_from(site.browser(), DRAFTER, site.city.passwords[DRAFTER], "192.0.2.7")
    assert after.status_code == 302


@pytest.mark.parametrize(
    ("addresses", "neighbour", "stranger"),
    [
        ("192.0.2.{n}", "192.0.2.200", "192.0.3.1"),
        ("2001:db8:0:1::{n}", "2001:db8:0:1:ffff::1", "2001:db8:0:2::1"),
        ("::ffff:192.0.2.{n}", "192.0.2.200", "192.0.3.1"),
    ],
)
def test_a_network_is_limited_as_well(
    site: Site, addresses: str, neighbour: str, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "FREE_PER_NETWORK", 6)
    for n in (1, 2, 3):
        assert _guess(site, 2, addresses.format(n=n)) == [422, 422]

    password = site.city.passwords[DRAFTER]
    assert _sign_in_from(site.browser(), DRAFTER, password, neighbour).status_code == 429
    assert _sign_in_from(site.browser(), DRAFTER, password, stranger).status_code == 302


def test_nobody_can_lock_a_colleague_out_of_a_device_that_signed_in_before(site: Site) -> None:
    known = site.signed_in(DRAFTER)
    known.post("/sign-out")

    _guess(site, 8, "192.0.2.7", name=DRAFTER)
    _guess(site, guessing.FREE_PER_ADDRESS, "127.0.0.1")

    password = site.city.passwords[DRAFTER]
    assert _sign_in_from(site.browser(), DRAFTER, password, "192.0.3.1").status_code == 422
    assert known.sign_in(DRAFTER, password).status_code == 302
    # To another person the device is a stranger.
    other = DRAFTERS["612"]
    known.post("/sign-out")
    assert known.sign_in(other, site.city.passwords[other]).status_code == 429


def test_a_known_device_waits_for_itself_alone(site: Site) -> None:
    known = site.signed_in(DRAFTER)
    known.post("/sign-out")
    for n in range(5):
        assert known.sign_in(DRAFTER, f"wrong {n}").status_code == 422

    assert known.sign_in(DRAFTER, site.city.passwords[DRAFTER]).status_code == 422
    assert site.browser().sign_in(DRAFTER, site.city.passwords[DRAFTER]).status_code == 302


def test_the_devices_cookie_is_signed_and_kept_from_scripts(site: Site) -> None:
    browser = site.browser()
    response = browser.sign_in(DRAFTER, site.city.passwords[DRAFTER])

    [cookie] = [c for c in response.headers.getlist("Set-Cookie") if c.startswith("hyoka-device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    _guess(site, 8, "192.0.2.7", name=DRAFTER)
    forged = site.browser()
    forged.client.set_cookie("hyoka-device", cookie.partition("=")[2].partition(".")[0] + ".forged")
    assert forged.sign_in(DRAFTER, site.city.passwords[DRAFTER]).status_code == 422


@pytest.mark.parametrize(
    ("change", "left"), [(_password_changed_elsewhere, 1), (_password_set_by_link, 0)]
)
def test_with_another_password_other_devices_are_strangers(
    site: Site, change: Callable[[Site, Browser], None], left: int
) -> None:
    known = site.signed_in(DRAFTER)
    change(site, known)

    # Where it was changed stays known; nothing else does.
    still_known = site.city.scalar(
        "SELECT count(*) FROM known_device d JOIN credential c USING (person_id)"
        " WHERE d.password_key = sha256(convert_to(c.password_hash, 'UTF8')) AND person_id = :p",
        p=site.city.person_id(DRAFTER),
    )
    assert still_known == left


def test_the_current_password_asked_at_a_change_counts_as_well(site: Site) -> None:
    browser = site.signed_in(DRAFTER)

    def change(current: str) -> TestResponse:
        form = {"current": current, "new": NEW, "again": NEW}
        return browser.post("/account/password", form)

    statuses = [change(f"wrong {n}").status_code for n in range(6)]
    right = change(site.city.passwords[DRAFTER])

    assert statuses == [422] * 5 + [429]
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) == 60
    assert site.browser().sign_in(DRAFTER, site.city.passwords[DRAFTER]).status_code == 422


def test_what_no_longer_makes_anybody_wait_is_forgotten(site: Site, clock: Clock) -> None:
    _guess(site, guessing.FREE_PER_ADDRESS, "192.0.2.7")
    site.signed_in(DRAFTER)
    count = "SELECT (SELECT count(*) FROM sign_in_origin), (SELECT count(*) FROM known_device)"

    for later, left in [({"hours": 0}, (2, 1)), ({"hours": 2}, (0, 1)), ({"days": 181}, (0, 0))]:
        clock.forward(**later)
        guessing.forget_old(site.city.application)
        assert tuple(site.city.rows(count)[0]) == left
