"""Where one is signed in, ended by oneself; what is left at the machine, and in the log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine

from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.web.site import Browser, Site, text_of
from web.device_words import device
from workflow import log
from workflow.clock import machine_now

DRAFTER = DRAFTERS["611"]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def _signed_in(site: Site, client: str, address: str) -> Browser:
    browser = site.browser()
    form = {
        "csrf_token": browser.token(),
        "sign_in_name": DRAFTER,
        "password": site.city.passwords[DRAFTER],
    }
    response = browser.client.post(
        "/sign-in",
        data=form,
        headers={"User-Agent": client},
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert response.status_code == 302
    return browser


def _sessions(site: Site) -> list[int]:
    rows = site.city.rows(
        "SELECT id FROM user_session WHERE person_id = :p AND ended_at IS NULL ORDER BY id",
        p=site.city.person_id(DRAFTER),
    )
    return [row.id for row in rows]


def test_one_sees_when_from_where_and_on_which_device_one_is_signed_in(site: Site) -> None:
    here = _signed_in(site, FIREFOX, "192.0.2.7")
    _signed_in(site, EDGE, "192.0.2.8")
    site.signed_in(ADMINISTRATOR)

    said = text_of(here.get("/account/sessions").text)

    for expected in ("Firefox（Windows）", "192.0.2.7", "Edge（Windows）", "192.0.2.8", "この端末"):
        assert said.count(expected) >= 1, expected
    assert "127.0.0.1" not in said  # the administrator's
    assert said.count("終わらせる") == 2  # the other one; all others


def test_one_ends_ones_own_sessions_and_nobody_elses(site: Site) -> None:
    here, there = _signed_in(site, FIREFOX, "192.0.2.7"), _signed_in(site, EDGE, "192.0.2.8")
    colleague = site.signed_in(DRAFTERS["612"])
    first, second = _sessions(site)

    assert colleague.post(f"/account/sessions/{second}/end").status_code == 404
    assert there.is_signed_in
    assert here.post(f"/account/sessions/{second}/end").status_code == 303
    assert not there.is_signed_in
    assert here.post(f"/account/sessions/{second}/end").status_code == 404

    third = _signed_in(site, EDGE, "192.0.2.8")
    assert here.post("/account/sessions/end-others").status_code == 303
    assert (third.is_signed_in, here.is_signed_in, colleague.is_signed_in) == (False, True, True)
    assert _sessions(site) == [first]


def test_only_who_signs_out_leaves_nothing_at_the_machine(site: Site) -> None:
    browser, other = site.signed_in(DRAFTER), site.signed_in(DRAFTER)

    left = browser.post("/sign-out")
    other.post("/account/sessions/end-others")
    other.get("/progress")
    site.city.rows("SELECT 1")
    ended = other.get("/account/sessions")

    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    # The device stays known, and the language chosen.
    assert browser.client.get_cookie("hyoka-device") is not None
    assert "Clear-Site-Data" not in ended.headers
    assert "Clear-Site-Data" not in browser.get("/progress").headers


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (FIREFOX, "Firefox（Windows）"),
        (EDGE, "Edge（Windows）"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari（iPhone）"),
        ("curl/8.5", "curl/8.5"),
        ("", "不明"),
    ],
)
def test_a_device_is_named_as_people_know_it(site: Site, client: str, said: str) -> None:
    with site.app.test_request_context():
        assert device(client) == said


def test_the_log_names_person_session_and_address_and_holds_no_secret(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("json")
    secrets = ["wrong horse battery", site.city.passwords[DRAFTER], "静かな湖畔の森の影から now"]

    browser = site.browser()
    browser.sign_in(DRAFTER, secrets[0])
    # What was meant for the second box often lands in the first.
    browser.sign_in(secrets[1], "x")
    browser.sign_in(DRAFTER, secrets[1])
    (session,) = _sessions(site)
    secrets += [browser.cookie(), browser.client.get_cookie("hyoka-device").value]  # type: ignore[union-attr]
    browser.get("/administration/people")
    browser.client.post("/account/post")
    new = {"current": secrets[0], "new": secrets[2], "again": secrets[2]}
    browser.post("/account/password", new)
    browser.post("/account/password", new | {"current": secrets[1]})
    browser.post("/sign-out")
    browser.sign_in(DRAFTER, secrets[2])
    with time_machine.travel(machine_now() + timedelta(minutes=70), tick=False):
        browser.get("/desk")
        browser.get("/desk")

    text = capsys.readouterr().out
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    said = {line["event"]: line for line in reversed(lines)}
    person = site.city.person_id(DRAFTER)
    for event in ("refused", "csrf", "signed_in", "password_changed", "signed_out"):
        line = said[event]
        found = (line["person"], line["session"], line["address"])
        assert found == (person, session, "127.0.0.1"), event
    refused = [line for line in lines if line["event"] == "sign_in_refused"]
    assert [(line["person"], line["address"]) for line in refused] == [
        (person, "127.0.0.1"),
        (None, "127.0.0.1"),
    ]
    idle = [line for line in lines if line["event"] == "session_idle"]
    assert [(line["person"], line["address"]) for line in idle] == [(person, "127.0.0.1")]
    assert [secret for secret in secrets if secret in text] == []
