"""What every answer says beside its body: headers, statuses, nothing about the inside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from tests.conftest import settings_for
from tests.databases import Database
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.web.site import Site, text_of
from web import create_app
from web.client_address import BehindProxies
from workflow.application import Application
from workflow.errors import BadInput, BrokenRule, Conflict, NotFound, Refused
from workflow.settings_checks import networks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DRAFTER = DRAFTERS["611"]


def fail_with(app: Flask, error: Exception) -> None:
    """A page for everybody that fails."""

    def failing() -> str:
        raise error

    failing.access = app.view_functions["health.livez"].access  # type: ignore[attr-defined]
    app.add_url_rule("/failing", "failing", failing)


def answers(site: Site) -> dict[str, TestResponse]:
    """One of each kind."""
    site.city.publish(["611"])
    fail_with(site.app, RuntimeError("the inside of the program"))
    nobody, somebody = site.browser(), site.signed_in(DRAFTER)
    return {
        "door": nobody.get("/sign-in"),
        "redirect": nobody.get("/"),
        "page": somebody.get("/progress"),
        "forbidden": somebody.get("/administration/people"),
        "missing": somebody.get("/no/such/page"),
        "public": nobody.get("/public/ex_post-2021-1/measures/611"),
        "public missing": nobody.get("/public/ex_post-2021-1/measures/999"),
        "data": nobody.get("/public/ex_post-2021-1/index.json"),
        "method": nobody.client.delete("/sign-in"),
        "no token": nobody.client.post("/sign-in"),
        "unprocessable": nobody.post("/sign-in", {"sign_in_name": ""}),
        "static": nobody.get("/static/css/base.css", buffered=True),
        "vendored": nobody.get("/static/vendor/htmx/htmx.min.js", buffered=True),
        "static missing": nobody.get("/static/no-such-file.css"),
        "alive": nobody.get("/livez"),
        "ready": nobody.get("/readyz"),
        "broken": nobody.get("/failing"),
        "foreign host": nobody.get("/sign-in", headers={"Host": "evil.example"}),
    }


def test_every_kind_of_answer_has_the_security_headers(site: Site) -> None:
    wrong = []
    for kind, response in answers(site).items():
        policy = response.headers.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy or "*" in policy:
            wrong.append((kind, "Content-Security-Policy", policy))
        if "frame-ancestors 'none'" not in policy or "base-uri 'none'" not in policy:
            wrong.append((kind, "Content-Security-Policy", policy))
        wrong.extend(
            (kind, name, response.headers.get(name, ""))
            for name, value in WANTED.items()
            if response.headers.get(name) != value
        )

    assert wrong == []


def test_only_public_pages_and_files_may_be_kept(site: Site) -> None:
    kept = {
        kind
        for kind, response in answers(site).items()
        if "no-store" not in response.headers.get("Cache-Control", "")
    }

    assert kept == {"public", "data", "static", "vendored"}


def test_public_pages_set_no_cookie_even_for_staff(site: Site) -> None:
    site.city.publish(["611"])
    somebody = site.signed_in(DRAFTER)

    for browser in (site.browser(), somebody):
        for path in ("/public/", "/public/ex_post-2021-1/", "/public/no-such-page"):
            assert "Set-Cookie" not in browser.get(path).headers, path


def test_nothing_inline_stands_in_a_page(site: Site) -> None:
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.I)
    found = {
        kind: inline.findall(response.text)
        for kind, response in answers(site).items()
        if response.mimetype == "text/html" and inline.search(response.text)
    }

    assert found == {}


def test_a_foreign_host_is_refused(site: Site) -> None:
    for path in ("/sign-in", "/", "/public/", "/livez", "/no-such-page"):
        response = site.browser().get(path, headers={"Host": "evil.example"})

        assert response.status_code == 400, path
        assert "evil.example" not in response.text


def test_the_forwarded_address_counts_only_behind_a_proxy_of_ours(
    site: Site, city_database: Database
) -> None:
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}
    site.browser().get("/sign-in", headers=spoofed)
    browser = site.browser()
    form = {"sign_in_name": DRAFTER, "password": site.city.passwords[DRAFTER]}

    response = browser.post("/sign-in", form, headers=spoofed)

    assert response.headers["Location"] == "/"
    assert site.city.rows("SELECT address FROM user_session")[-1].address == "127.0.0.1"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("publishers_only"), 403),
        (NotFound("no_such_evaluation"), 404),
        (Conflict("content_changed"), 409),
        (BadInput("invalid_form"), 422),
        (BrokenRule("policy_not_asked"), 500),
        (OperationalError("SELECT", {}, Exception("the server closed the connection")), 503),
        (RuntimeError("the inside of the program"), 500),
    ],
)
def test_an_error_is_a_page_with_the_number_of_the_request(
    site: Site, error: Exception, status: int
) -> None:
    fail_with(site.app, error)

    response = site.browser().get("/failing")

    assert response.status_code == status
    number = response.headers["X-Request-Id"]
    assert f"次の受付番号をお知らせください: {number}" in text_of(response.text)
    assert response.text.count("<h1") == 1
    assert "Traceback" not in response.text
    assert "inside of the program" not in response.text


def test_a_conflict_leads_to_the_latest_sheet(site: Site) -> None:
    sheet = site.city.evaluation("611")
    fail_with(site.app, Conflict("content_changed", evaluation=sheet))

    html = site.signed_in(DRAFTER).get("/failing").text

    assert f'href="/sheets/{sheet}"' in html
    assert "私の仕事" in html


def test_errors_are_json_for_those_who_asked_for_json(site: Site) -> None:
    asked = site.browser().get("/no-such-page", headers={"Accept": "application/json"})
    data = site.browser().get("/public/ex_post-2021-1/measures/999.json")

    for response in (asked, data):
        assert response.status_code == 404
        assert response.mimetype == "application/json"
        assert response.get_json()["request"] == response.headers["X-Request-Id"]


def test_a_wrong_method_is_told_the_right_ones(site: Site) -> None:
    response = site.browser().client.delete("/livez")

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_too_much_is_refused(site: Site) -> None:
    browser = site.browser()
    token = browser.token()

    response = browser.client.post(
        "/sign-in", data={"csrf_token": token, "sign_in_name": "x" * (3 * 1024 * 1024)}
    )

    assert response.status_code == 413
    assert "受付番号" in response.text


@pytest.mark.parametrize(
    "path", ["/sheets/99999999999999999999", "/public/ex_post-2021-1/measures/%00", "/sheets?q=%00"]
)
def test_what_the_database_cannot_read_is_no_fault_of_the_program(site: Site, path: str) -> None:
    assert site.signed_in(DRAFTER).get(path).status_code in (400, 404)


@pytest.mark.parametrize("payload", ["{{7*7}}", "<script>alert(1)</script>", '"><img src=x>'])
def test_what_people_type_comes_back_as_text(site: Site, payload: str) -> None:
    door = site.browser().sign_in(payload, "x").text
    people = site.signed_in(ADMINISTRATOR).get("/administration/people", query_string={
        "name": payload
    }).text  # fmt: skip

    for html in (door, people):
        assert "49" not in html.partition('id="sign_in_name"')[2][:200]
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_when_the_database_is_away_the_page_says_so(
    city_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    app = create_app(Application(settings_for(city_database, database_url=away)))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["seen"] = "a token", 2**33

    page, ready, alive = client.get("/progress"), client.get("/readyz"), client.get("/livez")

    assert page.status_code == 503
    assert "データベースに接続できません" in page.text
    assert page.headers["Retry-After"]
    assert (ready.status_code, ready.get_json()["wrong"]) == (503, ["database_away"])
    assert (alive.status_code, alive.text) == (200, "ok\n")


def test_ready_means_that_the_tick_comes_by(site: Site) -> None:
    never = site.browser().get("/readyz")
    site.city.tick()
    soon = site.browser().get("/readyz")
    clock = site.city.application._clock
    assert clock is not None
    clock.forward(minutes=4)  # type: ignore[attr-defined]
    late = site.browser().get("/readyz")
    clock.forward(hours=-1)  # type: ignore[attr-defined]
    from_the_future = site.browser().get("/readyz")

    assert from_the_future.status_code == 503
    assert (never.status_code, soon.status_code, late.status_code) == (503, 200, 503)
    assert late.get_json() == {"status": "not_ready", "wrong": ["tick_late"], "warnings": []}
    assert soon.get_json() == {"status": "ready", "wrong": [], "warnings": []}


@pytest.mark.parametrize("key", [None, "short", "dev"])
def test_without_a_strong_key_the_web_does_not_start(
    city_database: Database, key: str | None
) -> None:
    with pytest.raises(ValueError, match=r"secret key|HYOKA_SECRET_KEY"):
        create_app(Application(settings_for(city_database, secret_key=key)))


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"public_url": "https://hyoka.aose.example.jp"}, "max-age=31536000"),
        ({"public_url": "https://hyoka.aose.example.jp", "hsts_seconds": 60}, "max-age=60"),
        ({"public_url": "https://hyoka.aose.example.jp", "hsts_seconds": 0}, None),
        ({"public_url": "http://hyoka.aose.example.jp"}, None),
    ],
)
def test_over_tls_browsers_are_told_to_insist_on_it(
    city_database: Database, settings: dict[str, str | int], wanted: str | None
) -> None:
    application = Application(settings_for(city_database, **settings))
    client = create_app(application).test_client()
    base = str(settings["public_url"])

    for path in ("/sign-in", "/static/css/base.css", "/static/none.css", "/no/such/page"):
        answer = client.get(path, base_url=base, buffered=True)
        assert answer.headers.get("Strict-Transport-Security") == wanted, path
    application.dispose()


@pytest.mark.parametrize(
    ("peer", "said", "most", "seen"),
    [
        # Nobody but our own proxies is believed.
        ("198.51.100.7", "203.0.113.9", 1, "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        # What the client itself says stands further left.
        ("127.0.0.1", "192.0.2.1, 203.0.113.9", 1, "203.0.113.9"),
        ("127.0.0.1", "192.0.2.1, 203.0.113.9", 2, "203.0.113.9"),
        # Two proxies of ours, one behind the other.
        ("127.0.0.1", "203.0.113.9, 10.0.0.5", 2, "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.0.0.5", 1, "10.0.0.5"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("::ffff:127.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
    ],
)
def test_a_clients_address_comes_from_trusted_proxies_only(
    peer: str, said: str, most: int, seen: str
) -> None:
    found: list[str] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        found.append(environ["REMOTE_ADDR"])
        start("200 OK", [])
        return []

    trusted = networks(("127.0.0.0/8", "10.0.0.0/24"))
    environ = {"REMOTE_ADDR": peer, **({"HTTP_X_FORWARDED_FOR": said} if said else {})}
    list(BehindProxies(application, most=most, trusted=trusted)(environ, lambda *_: None))

    assert found == [seen]


def test_localhost_is_no_host_of_a_city(city_database: Database) -> None:
    application = Application(
        settings_for(city_database, public_url="https://hyoka.aose.example.jp")
    )
    client = create_app(application).test_client()

    for host in ("localhost", "127.0.0.1", "localhost:8000"):
        assert client.get("/sign-in", base_url=f"https://{host}").status_code == 400
    assert client.get("/livez", base_url="https://hyoka.aose.example.jp").status_code == 200
    application.dispose()


def test_flask_in_debug_mode_does_not_start(
    city_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")

    with pytest.raises(ValueError, match="FLASK_DEBUG"):
        create_app(Application(settings_for(city_database)))
