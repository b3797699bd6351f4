"""The status page, and what machines are told."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from tests.conftest import settings_for
from tests.databases import Database
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.web.site import Site, site_of, text_of
from workflow.application import Application

PAGE = "/administration/status/"


@pytest.mark.parametrize("name", [DRAFTERS["611"], PUBLISHER])
def test_the_status_is_no_page_for_others(site: Site, name: str) -> None:
    assert site.signed_in(name).get(PAGE).status_code == 403


def test_a_schema_that_is_not_the_codes_is_not_ready(site: Site, city_database: Database) -> None:
    site.city.tick()
    with psycopg.connect(city_database.superuser_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    answer = site.browser().get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["wrong"] == ["schema_differs"]


def test_a_database_without_a_schema_is_not_ready_and_says_why(
    city_database: Database, site: Site
) -> None:
    with psycopg.connect(city_database.superuser_url) as connection:
        connection.execute("ALTER TABLE alembic_version RENAME TO elsewhere")

    answer = site.browser().get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["wrong"] == ["schema_differs"]


def test_a_calendar_that_ends_soon_is_a_warning_and_leaves_it_ready(
    site: Site, clock: Clock
) -> None:
    clock.set(date(2026, 12, 2))
    site.city.tick()

    answer = site.browser().get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "wrong": [], "warnings": ["calendar_ends"]}


def test_what_machines_are_told_names_nobody_and_holds_no_number(site: Site) -> None:
    site.city.submit("611")

    said = site.browser().get("/readyz").get_json()

    assert set(said) == {"status", "wrong", "warnings"}
    assert all(code.replace("_", "").isalpha() for code in said["wrong"] + said["warnings"])


def test_all_is_well_after_a_tick(site: Site) -> None:
    site.city.tick()

    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert "全体 良好" in said
    assert "異常" not in said
    assert "最後は 0秒前（令和4年6月1日 10:00）" in said
    assert "令和8年12月31日（木）まで" in said
    assert "PostgreSQL" in said


def test_what_does_not_work_comes_first_and_says_what_to_do(site: Site, clock: Clock) -> None:
    site.city.tick()
    clock.forward(minutes=10)

    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert "全体 異常" in said
    assert "異常 定期処理 最後は 10分前（令和4年6月1日 10:00）" in said
    assert "hyoka tick --once" in said


def test_it_is_said_in_english_too(site: Site) -> None:
    browser = site.signed_in(ADMINISTRATOR)
    browser.post("/language", {"locale": "en"})

    said = text_of(browser.get(PAGE).text)

    assert "Overall Fault" in said
    assert "Has never run" in said


def test_the_page_opens_while_redis_is_away(
    city_database: Database, clock: Clock, site: Site
) -> None:
    """It asks the database alone; nothing listens at this address."""
    settings = settings_for(city_database, redis_url="redis://127.0.0.1:1/0")
    application = Application(settings, clock=clock)
    elsewhere = site_of(application, site.city.passwords)

    page = elsewhere.signed_in(ADMINISTRATOR).get(PAGE)
    application.dispose()

    assert page.status_code == 200
