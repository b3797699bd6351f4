"""The status page, and what machines are told."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest

from tests.conftest import START, settings_for
from tests.databases import Database
from tests.queries.test_health import DEAD, write
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, DRAFTERS, PUBLISHER
from tests.web.site import Site, site_of, text_of
from workflow.application import Application
from workflow.pulses import QUEUES
from workflow.services import queue_pulses
from workflow.services.queue_pulses import Pulse

PAGE = "/administration/status/"


def pulse(site: Site, queue: str) -> None:
    queue_pulses.taken(site.city.application, Pulse(queue, "worker@hyoka", 2, "8.0.1"))


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


def test_a_schema_that_is_newer_than_the_code_is_a_warning_and_leaves_it_ready(
    site: Site, city_database: Database
) -> None:
    """During an upgrade the old containers go on until they are replaced."""
    site.city.tick()
    write(city_database, "UPDATE alembic_version SET version_num = '9999'")

    answer = site.browser().get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "wrong": [], "warnings": ["schema_newer"]}


def test_a_tick_that_is_late_by_two_is_a_warning_and_by_more_a_fault(
    site: Site, clock: Clock
) -> None:
    site.city.tick()
    told = {}
    for seconds in (60, 61, 211):
        clock.now = START + timedelta(seconds=seconds)
        answer = site.browser().get("/readyz")
        told[seconds] = (answer.status_code, answer.get_json()["warnings"])

    assert told == {60: (200, []), 61: (200, ["tick_slow"]), 211: (503, [])}


def test_a_part_of_the_tick_that_failed_is_a_warning_and_named_on_the_page(
    site: Site, city_database: Database
) -> None:
    site.city.tick()
    write(
        city_database,
        """UPDATE heartbeat SET detail = '{"failed": ["absences", "timers"]}' """,
    )

    answer = site.browser().get("/readyz")
    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert (answer.status_code, answer.get_json()["warnings"]) == (200, ["tick_failed"])
    assert "異常 定期処理" in said
    assert "失敗した部分: 不在の始まりと終わり、期限の知らせ" in said


def test_each_queue_says_who_works_on_it_and_a_silent_one_what_to_do(
    site: Site, clock: Clock
) -> None:
    for queue in QUEUES:
        pulse(site, queue)
    clock.forward(minutes=11)
    site.city.tick()
    pulse(site, "tick")
    pulse(site, "batch")

    answer = site.browser().get("/readyz")
    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert (answer.status_code, answer.get_json()["warnings"]) == (200, ["queue_silent"])
    assert "注意 待ち行列 受け持つ worker がいません: メールの送信" in said
    assert "注意 メールの送信（mail） worker@hyoka 11分前" in said
    assert "良好 定期処理（tick） worker@hyoka 0秒前" in said
    assert "Redis 8.0.1" in said
    assert "worker worker@hyoka hyoka" in said


def test_without_redis_the_queues_raise_no_alarm(site: Site) -> None:
    site.city.tick()

    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert "良好 待ち行列 －（Redis なしで運用）" in said
    assert "全体 良好" in said


def test_an_old_worker_that_still_runs_is_seen(site: Site, city_database: Database) -> None:
    site.city.tick()
    pulse(site, "mail")
    write(
        city_database,
        "UPDATE heartbeat SET detail = "
        "jsonb_set(detail, '{workers,worker@hyoka,release}', '\"0.0.9\"') "
        "WHERE name = 'queue:mail'",
    )

    said = text_of(site.signed_in(ADMINISTRATOR).get(PAGE).text)

    assert "注意 worker の版 違う版の worker が1件" in said
    assert "hyoka 0.0.9" in said


def test_what_was_given_up_is_listed_and_tried_again_by_one_click(
    site: Site, city_database: Database
) -> None:
    site.city.tick()
    write(city_database, DEAD)
    for name in (DRAFTERS["611"], PUBLISHER):
        assert site.signed_in(name).post(f"{PAGE}timers/again").status_code == 403
    assert site.city.scalar("SELECT count(*) FROM timer WHERE outcome = 'dead'") == 1
    browser = site.signed_in(ADMINISTRATOR)
    page = browser.get(PAGE).text
    assert "注意 あきらめた期限の処理 1件" in text_of(page)
    assert "KeyError: nowhere" in page
    assert f"/sheets/{site.city.evaluation('611')}" in page

    answer = browser.post(f"{PAGE}timers/again", follow_redirects=True)
    once_more = browser.post(f"{PAGE}timers/again", follow_redirects=True)

    assert "1件をもう一度行います" in answer.text
    assert "もう一度行うものはありませんでした" in once_more.text
    assert site.city.scalar("SELECT count(*) FROM timer WHERE outcome = 'dead'") == 0


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
