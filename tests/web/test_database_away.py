"""While PostgreSQL is away, or goes away in the middle of a page, every page says so with 503."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from tests.conftest import settings_for
from tests.databases import Database
from tests.sample_people import ADMINISTRATOR
from tests.web.site import Site
from web import create_app
from workflow.application import Application

#: Nothing of a database is needed for these: they answer, or send who did not sign in to the door.
_WITHOUT_DATABASE = frozenset({"static", "health.livez", "account.language"})


def _path(rule: Rule) -> str:
    values = {
        name: "x" if rule._converters[name].regex == "[^/]+" else 1 for name in rule.arguments
    }
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


def test_every_page_and_every_button_says_that_the_database_is_away(
    city_database: Database,
) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    app = create_app(Application(settings_for(city_database, database_url=away)))
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["seen"] = "a token", 2**33

    answers = {
        (method, rule.endpoint): client.open(
            _path(rule), method=method, data={"sign_in_name": "x", "password": "y"}
        ).status_code
        for rule in app.url_map.iter_rules()
        for method in ("GET", "POST")
        if method in (rule.methods or ()) and rule.endpoint not in _WITHOUT_DATABASE
    }

    assert len(answers) > 100
    assert {key: status for key, status in answers.items() if status != 503} == {}


@contextmanager
def cut_off_at(engine: sa.Engine, number: int, superuser_url: str) -> Iterator[None]:
    """The connection is ended by the server right before its statement *number*, from now on."""
    seen = 0

    def cut(connection: sa.Connection, *_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, psycopg.Connection)
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))

    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        sa.event.listen(engine, "before_cursor_execute", cut)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", cut)


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_whose_database_goes_away_meanwhile_says_so_too(
    site: Site, city_database: Database, number: int
) -> None:
    browser = site.signed_in(ADMINISTRATOR)
    pages = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    engine = site.city.application.engine

    wrong = {}
    for rule in pages:
        with cut_off_at(engine, number, city_database.superuser_url):
            status = browser.get(_path(rule)).status_code
        if status >= 500 and status != 503:
            wrong[rule.endpoint] = status

    assert wrong == {}
    assert browser.is_signed_in
