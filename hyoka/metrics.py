"""``hyoka metrics``: numbers for Prometheus on a port of their own, read anew at every scrape.

Nothing in them is secret or names anybody; the port belongs to the inside all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click
import sqlalchemy as sa
import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hyoka.shell import composed, tells_errors
from workflow.application import Application
from workflow.policy import SYSTEM
from workflow.queries import metrics

log = structlog.get_logger(__name__)


class DatabaseCollector(Collector):
    """Asks the database when it is asked; when that is away, ``hyoka_up`` is 0 and stands alone."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: the port opens also while the database is away."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The families of one scrape."""
        try:
            with self._application.query(SYSTEM) as ctx:
                read = metrics.metrics(ctx)
        except sa.exc.SQLAlchemyError as error:
            log.warning("metrics_not_read", error=type(error).__name__)
            yield _gauge("up", "Whether the database could be read.", 0)
            return
        yield _gauge("up", "Whether the database could be read.", 1)
        yield _gauge("ready", "What /readyz says: 1 ready, 0 not.", int(read.ready))
        if read.tick_age is not None:
            yield _gauge(
                "last_tick_age_seconds", "Since the last tick; absent if never.", read.tick_age
            )
        yield _gauge("due_timers", "Timers that are due and not settled.", read.due_timers)
        yield _gauge(
            "oldest_due_seconds", "For how long the oldest of them is due.", read.oldest_due
        )
        yield _gauge(
            "dead_timers",
            "Timers given up after failing; retry them on the status page.",
            read.dead_timers,
        )
        yield _gauge("failed_tick_parts", "Parts of the last tick that failed.", read.failed_parts)
        yield _by_label(
            "queue_seen_age_seconds",
            "Since a worker last took a pulse from the queue; absent if never.",
            "queue",
            read.queue_ages,
        )
        yield _by_label("queue_messages", "Messages that waited then.", "queue", read.queue_lengths)
        yield _gauge("notices_waiting", "Notices that are in no mail yet.", read.notices)
        yield _by_label("mails", "Mails by state.", "state", read.mails)
        yield _by_label(
            "evaluations",
            "Evaluations of running cycles by the kind of their stage.",
            "stage_kind",
            read.evaluations,
        )
        yield _gauge("ledger_events", "Events in the ledger.", read.events)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"hyoka_{name}", words, value=value)


def _by_label(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"hyoka_{name}", words, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


@click.command("metrics")
@click.option("--port", type=click.IntRange(0, 65535), default=9464, show_default=True)
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address to listen at.")
@tells_errors
def metrics_command(port: int, bind: str) -> None:
    """Serve numbers for Prometheus until the process is ended."""
    with composed() as application:
        # A registry of our own: nothing about this process, only what the database says.
        registry = CollectorRegistry()
        registry.register(DatabaseCollector(application))
        try:
            server, thread = start_http_server(port, addr=bind, registry=registry)
        except OSError as error:
            raise click.UsageError(f"{bind}:{port}: {error.strerror or error}") from error
        click.echo(f"http://{bind}:{server.server_port}/metrics", err=True)
        thread.join()
