"""Numbers for monitoring: the right ones, in words that Prometheus reads, and nobody's name."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hyoka.metrics import DatabaseCollector
from tests.city import City
from tests.conftest import QueryCounter, settings_for
from tests.databases import Database
from tests.queries.test_health import DEAD, write
from tests.recorders import Clock
from tests.sample_people import SHEETS
from workflow.application import Application
from workflow.definition.model import StageKind
from workflow.models import MailState
from workflow.policy import SYSTEM
from workflow.queries import metrics
from workflow.services import queue_pulses
from workflow.services.queue_pulses import Pulse

Samples = dict[tuple[str, str], float]


def scraped(application: Application) -> str:
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(application))
    return generate_latest(registry).decode()


def samples(application: Application) -> Samples:
    """(name, value of the one label or nothing) → number."""
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(scraped(application))
        for sample in family.samples
    }


def test_nothing_in_the_numbers_is_a_name_or_a_secret(city: City) -> None:
    city.bring_to("611", "bureau_approval")
    city.give_back("611", reason="SECRET reason")
    city.tick()
    queue_pulses.taken(city.application, Pulse("mail", "SECRET@host", 4, "8.0.1"))

    said = scraped(city.application)

    labels = set(re.findall(r'="([^"]*)"', said))
    assert labels == {
        *(state.value for state in MailState), *(kind.value for kind in StageKind), "mail",
    }  # fmt: skip
    assert said.isascii()
    secret = city.application.settings.database_url.get_secret_value()
    for word in (secret, "SECRET", "@", "sato", "hyoka_app"):
        assert word not in said


def test_while_the_database_is_away_only_that_is_said(city_database: Database) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    application = Application(settings_for(city_database, database_url=away))

    assert samples(application) == {("hyoka_up", ""): 0}


def test_registering_does_not_ask_the_database(city_database: Database) -> None:
    away = "postgresql://nobody:x@127.0.0.1:1/none"
    CollectorRegistry().register(
        DatabaseCollector(Application(settings_for(city_database, database_url=away)))
    )


def test_before_the_first_tick_there_is_no_age_and_nothing_is_ready(city: City) -> None:
    found = samples(city.application)

    assert ("hyoka_last_tick_age_seconds", "") not in found
    assert found["hyoka_up", ""] == 1
    assert found["hyoka_ready", ""] == 0


def test_the_numbers_are_those_of_the_city(city: City, clock: Clock) -> None:
    city.tick()
    city.submit("611")
    clock.forward(minutes=2)

    found = samples(city.application)

    assert found["hyoka_ready", ""] == 1
    assert found["hyoka_last_tick_age_seconds", ""] == 120
    assert found["hyoka_due_timers", ""] == 0
    assert found["hyoka_oldest_due_seconds", ""] == 0
    assert found["hyoka_notices_waiting", ""] == 1
    assert found["hyoka_mails", "sent"] == city.scalar("SELECT count(*) FROM mail")
    assert found["hyoka_mails", "dead"] == 0
    assert found["hyoka_evaluations", "drafting"] == len(SHEETS) - 1
    assert found["hyoka_evaluations", "sign_off"] == 1
    assert found["hyoka_evaluations", "joint"] == 0
    assert found["hyoka_ledger_events", ""] == city.scalar("SELECT count(*) FROM event")


def test_queues_and_what_was_given_up_have_their_numbers(
    city: City, clock: Clock, city_database: Database
) -> None:
    city.tick()
    assert ("hyoka_queue_seen_age_seconds", "mail") not in samples(city.application)
    queue_pulses.taken(city.application, Pulse("mail", "worker@hyoka", 4, "8.0.1"))
    queue_pulses.taken(city.application, Pulse("tick", "worker@hyoka", None, ""))
    write(city_database, DEAD)
    write(
        city_database,
        """UPDATE heartbeat SET detail = '{"failed": ["timers", "notices"]}'
        WHERE name = 'tick'""",
    )
    clock.forward(seconds=50)

    found = samples(city.application)

    assert found["hyoka_queue_seen_age_seconds", "mail"] == 50
    assert found["hyoka_queue_messages", "mail"] == 4
    assert ("hyoka_queue_messages", "tick") not in found
    assert found["hyoka_dead_timers", ""] == 1
    assert found["hyoka_failed_tick_parts", ""] == 2
    assert found["hyoka_ready", ""] == 1


def test_what_is_due_has_its_age(city: City, clock: Clock) -> None:
    first = city.scalar("SELECT min(due_at) FROM timer WHERE settled_at IS NULL")
    clock.now = first
    clock.forward(seconds=90)

    found = samples(city.application)

    assert found["hyoka_due_timers", ""] == len(SHEETS)
    assert found["hyoka_oldest_due_seconds", ""] == 90


def test_a_scrape_is_a_fixed_number_of_statements(city: City, query_counter: QueryCounter) -> None:
    with city.application.query(SYSTEM) as ctx:
        metrics.metrics(ctx)
        with query_counter(city.application) as statements:
            metrics.metrics(ctx)

    assert len(statements) == 4
