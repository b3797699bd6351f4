"""Every view says who may see it; nobody else does; nothing changes without a form's token."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from tests.city import City
from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from tests.web.access_table import TABLE, Who
from tests.web.site import Browser, Site, links, site_of
from web.access import of_endpoint
from workflow.application import Application
from workflow.models import Base

DRAFTER = DRAFTERS["611"]

#: Who gets past the door, by the row of the table.
ADMITTED: dict[Who, frozenset[str]] = {
    Who.EVERYBODY: frozenset({"nobody", DRAFTER, PUBLISHER, ADMINISTRATOR}),
    Who.ONESELF: frozenset({DRAFTER, PUBLISHER, ADMINISTRATOR}),
    Who.STAFF: frozenset({DRAFTER, PUBLISHER, ADMINISTRATOR}),
    Who.SHEET: frozenset({DRAFTER, PUBLISHER, ADMINISTRATOR}),
    Who.PUBLISHERS: frozenset({PUBLISHER}),
    Who.ADMINISTRATORS: frozenset({ADMINISTRATOR}),
    Who.AUDITORS: frozenset({PUBLISHER, ADMINISTRATOR}),
}
PEOPLE = ("nobody", DRAFTER, PUBLISHER, ADMINISTRATOR)


def rules(site: Site) -> list[Rule]:
    """Every route but that of static files."""
    return [rule for rule in site.app.url_map.iter_rules() if rule.endpoint != "static"]


def address(rule: Rule, site: Site) -> str:
    """The route with ids of things that do not exist: past the door there is a 404."""
    values: dict[str, object] = {"kind": "ex_post", "code": "000"}
    arguments = {name: values.get(name, 0) for name in rule.arguments}
    with site.app.test_request_context():
        return site.app.url_for(rule.endpoint, **arguments)


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


@pytest.fixture
def browsers(site: Site) -> dict[str, Browser]:
    """One browser per role."""
    return {name: site.browser() if name == "nobody" else site.signed_in(name) for name in PEOPLE}


def test_every_route_says_who_may_call_it(site: Site) -> None:
    without = [r.endpoint for r in rules(site) if of_endpoint(site.app, r.endpoint) is None]

    assert without == []


def test_the_reviewed_table_has_a_row_for_every_route_and_no_other(site: Site) -> None:
    assert sorted({rule.endpoint for rule in rules(site)}) == sorted(TABLE)


def test_a_view_without_an_access_rule_is_closed(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")

    response = site.signed_in(ADMINISTRATOR).get("/forgotten")

    assert response.status_code == 403
    assert "open to all" not in response.text


def test_everybody_gets_where_the_table_says_and_nowhere_else(
    site: Site, browsers: dict[str, Browser]
) -> None:
    wrong = []
    for rule in sorted(rules(site), key=lambda rule: rule.endpoint == "account.sign_out"):
        for name, browser in browsers.items():
            for method in methods(rule):
                path = address(rule, site)
                response = browser.get(path) if method == "GET" else browser.post(path)
                admitted = name in ADMITTED[TABLE[rule.endpoint]]
                to_the_door = response.headers.get("Location", "").startswith("/sign-in?")
                to_the_door |= response.headers.get("Location") == "/sign-in" and name == "nobody"
                if rule.endpoint == "account.home":
                    expected = response.status_code == 302
                elif not admitted and name == "nobody":
                    expected = to_the_door
                elif not admitted:
                    expected = response.status_code == 403
                else:
                    expected = response.status_code != 403 and not to_the_door
                if not expected:
                    wrong.append((rule.endpoint, method, name, response.status))

    assert wrong == []


def test_with_a_one_time_password_only_the_own_account_is_open(
    city_database: Database, clock: Clock, city: City
) -> None:
    application = Application(
        settings_for(city_database, keep_one_time_passwords=False), clock=clock
    )
    site = site_of(application, city.passwords)
    browser = site.signed_in(ADMINISTRATOR)
    wrong = []
    for rule in rules(site):
        path = address(rule, site)
        for method in methods(rule):
            if TABLE[rule.endpoint] in (Who.EVERYBODY, Who.ONESELF):
                continue
            response = browser.get(path) if method == "GET" else browser.post(path)
            if response.headers.get("Location") != "/account/password":
                wrong.append((rule.endpoint, response.status))
    application.dispose()

    assert wrong == []


def test_nothing_is_taken_without_the_token_of_the_form(
    site: Site, browsers: dict[str, Browser]
) -> None:
    foreign = browsers[PUBLISHER].token()
    wrong = []
    for rule in rules(site):
        for method in set(methods(rule)) - {"GET"}:
            for data in ({}, {"csrf_token": foreign}, {"csrf_token": "x"}):
                client = browsers[ADMINISTRATOR].client
                response = client.open(address(rule, site), method=method, data=data)
                if response.status_code != 400:
                    wrong.append((rule.endpoint, method, data, response.status))

    assert wrong == []
    assert browsers[ADMINISTRATOR].is_signed_in


def test_a_fragment_sends_the_whole_page_to_the_door(site: Site) -> None:
    response = site.browser().get("/publication/1/progress", headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/sign-in"


def digest(database: Database) -> dict[str, str]:
    """A hash of every table's rows; what opening a waiting sheet notes is left aside."""
    engine = sa.create_engine(
        database.superuser_url.replace("postgresql://", "postgresql+psycopg://")
    )
    hashes = {}
    with engine.connect() as connection:
        for table in sorted(Base.metadata.tables):
            row = "to_jsonb(t) - 'first_opened_at' - 'first_opened_by'"
            hashes[table] = connection.execute(
                sa.text(
                    f"SELECT md5(coalesce(string_agg(r::text, ',' ORDER BY r::text), '')) "  # noqa: S608
                    f"FROM (SELECT {row} AS r FROM {table} t) rows"
                )
            ).scalar_one()
    engine.dispose()
    return hashes


def crawl(browser: Browser, start: str) -> Iterator[str]:
    """Every page that can be reached by links, each address once."""
    waiting, seen = deque([start]), {start}
    while waiting:
        path = waiting.popleft()
        yield path
        response = browser.get(path)
        browser.client.head(path)
        assert response.status_code < 500, (path, response.status)
        found = links(response.text) if response.mimetype == "text/html" else []
        for href in [*found, response.headers.get("Location", "")]:
            # Sorting, language and filters make many addresses of one page; one of each is enough.
            key = urlsplit(href).path
            if href.startswith("/") and key not in seen and not key.startswith("/static/"):
                seen.add(key)
                waiting.append(href)


def test_no_get_changes_the_database(site: Site, city: City, city_database: Database) -> None:
    city.publish(["611", "612"])
    city.bring_to("621", "bureau_approval")
    city.bring_to("631", "department_review")
    people = [DRAFTER, DRAFTERS["632"], REVIEWERS["631"], APPROVER, PUBLISHER, ADMINISTRATOR]
    browsers = [site.signed_in(name) for name in people]
    before = digest(city_database)

    reached = {
        urlsplit(path).path
        for browser, start in [*((b, "/") for b in browsers), (site.browser(), "/public/")]
        for path in crawl(browser, start)
    }

    assert digest(city_database) == before
    assert {"/progress", "/publication/1", "/administration/mails"} <= reached
    assert "/public/ex_post-2021-1/measures/611" in reached
