"""A whole installation as processes that can be killed, on a clock that the experiment moves.

The clock is the database's, which is marked as a test's: so web, worker and beat all live in June
2022 and their time can be stepped while they run.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from hyoka.local.process import Child, start_child
from hyoka.up import answers, free_port, web_command
from tests import office_clock
from tests.city import City
from tests.conftest import SECRET_KEY, settings_for
from tests.databases import Database
from tests.faults.mail_server import PostOffice
from tests.faults.servers import KillableRedis, kill_whole
from tests.faults.waiting import until
from workflow.application import Application

ROOT = Path(__file__).resolve().parents[2]

#: Until a process answers; a machine that is busy with other things reads its modules slowly.
START_SECONDS = 150

#: What the experiments run with; a step of an SMTP conversation is short, so leases are, too.
SETTINGS = {
    "HYOKA_SECRET_KEY": SECRET_KEY,
    "HYOKA_SMTP_HOST": "127.0.0.1",
    "HYOKA_SMTP_TIMEOUT": "1",
    "HYOKA_TICK_SECONDS": "1",
    "HYOKA_NOTICE_GROUPING_SECONDS": "1",
    "HYOKA_MAIL_FROM": "hyoka@aose.example.jp",
    "HYOKA_PUBLIC_URL": "http://127.0.0.1:8000",
    "HYOKA_KEEP_ONE_TIME_PASSWORDS": "true",
}

_STEP = "UPDATE test_clock SET shift = shift + %s"
#: Further staff in the sections that draft, each with an address of its own.
_STAFF = """
WITH section AS (
    SELECT DISTINCT ON (e.lead_section_id) o.id AS post_id, o.valid_from
    FROM evaluation e JOIN post o ON o.unit_id = e.lead_section_id AND o.rank = 'staff'
    ORDER BY e.lead_section_id, o.id
), hired AS (
    INSERT INTO person (sign_in_name, name, email)
    SELECT 'staff' || s.post_id || '-' || n, '職員' || n,
           'staff' || s.post_id || '-' || n || '@aose.example.jp'
    FROM section s, generate_series(1, %s) n
    RETURNING id, sign_in_name
)
INSERT INTO assignment (person_id, post_id, is_primary, valid_from)
SELECT h.id, s.post_id, true, s.valid_from
FROM hired h JOIN section s ON h.sign_in_name LIKE 'staff' || s.post_id || '-%%'
"""
_DRAFTERS = """
SELECT DISTINCT p.email, e.code FROM evaluation e
JOIN post o ON o.unit_id = e.lead_section_id
JOIN assignment a ON a.post_id = o.id JOIN person p ON p.id = a.person_id
"""
_WAITING = """
SELECT (SELECT count(*) FROM timer WHERE settled_at IS NULL AND due_at <= transaction_clock())
     + (SELECT count(*) FROM notice WHERE gathered_at IS NULL)
     + (SELECT count(*) FROM mail WHERE state IN ('queued', 'sending'))
"""


@dataclass
class Town:
    """The installation and all that can happen to it."""

    database: Database
    #: Where the processes find the database; a proxy's address where lines are cut.
    database_url: str = field(repr=False)
    passwords: dict[str, str] = field(repr=False)
    office: PostOffice
    redis: KillableRedis
    folder: Path
    #: Settings of this experiment beside ``SETTINGS``.
    others: dict[str, str]
    stack: ExitStack = field(repr=False)
    application: Application = field(init=False, repr=False)
    city: City = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.orders.mkdir()
        self.application = Application(settings_for(self.database))
        self.stack.callback(self.application.dispose)
        self.city = City(self.application, self.passwords)

    @property
    def orders(self) -> Path:
        """The folder of orders for failpoints."""
        return self.folder / "orders"

    @property
    def environment(self) -> dict[str, str]:
        """All that a child process needs."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("HYOKA_")},
            **SETTINGS,
            "HYOKA_DATABASE_URL": self.database_url,
            "HYOKA_REDIS_URL": self.redis.url,
            "HYOKA_SMTP_PORT": str(self.office.port),
            "HYOKA_FAILPOINTS": str(self.orders),
            "REMAP_SIGTERM": "SIGQUIT",
            "PYTHONUNBUFFERED": "1",
            **self.others,
        }

    def superuser(self) -> psycopg.Connection:
        """A connection that may do anything; autocommit."""
        return psycopg.connect(self.database.superuser_url, autocommit=True)

    # The clock

    def set_clock(self, instant: datetime) -> None:
        """From now on the database's clock runs on from *instant*."""
        with self.superuser() as connection:
            office_clock.set_to(connection, instant)

    def step_clock(self, by: timedelta) -> None:
        """Step the running clock, forwards or back."""
        with self.superuser() as connection:
            connection.execute(_STEP, (by,))

    # The plan

    def hire(self, per_section: int) -> None:
        """More staff in every section that drafts, so that more people must be told."""
        with self.superuser() as connection:
            connection.execute(_STAFF, (per_section,))

    def drafters(self, *codes: str) -> set[str]:
        """The addresses of everybody who drafts one of these sheets (or any), from the roster."""
        with self.superuser() as connection:
            rows = connection.execute(_DRAFTERS).fetchall()
        return {address for address, code in rows if not codes or code in codes}

    # Processes

    def start(self, name: str, command: Sequence[str], **environment: str) -> Child:
        """Start a child that is killed, with all it started, when the experiment ends."""
        child = start_child(
            name,
            command,
            log=self.folder / f"{name}.log",
            environment=self.environment | environment,
            folder=ROOT,
        )
        self.stack.callback(self._end, child)
        return child

    def _end(self, child: Child) -> None:
        if child.is_running():
            kill_whole(child)
        child.sweep()

    def start_web(
        self, *, workers: int = 2, name: str = "web", port: int | None = None
    ) -> tuple[Child, int]:
        """gunicorn on a free port, or the one it had before; returned once it answers."""
        port = port or free_port(20_000 + os.getpid() * 7 % 20_000)
        command = [*web_command(port), "--preload", "--workers", str(workers)]
        command += ["--graceful-timeout", "2"]
        child = self.start(name, command)
        until(lambda: answers(port), START_SECONDS, f"{name} answers")
        return child, port

    def start_worker(
        self,
        name: str = "worker",
        *,
        concurrency: int = 2,
        module: str = "tasks.entry",
        queues: str = "tick,mail,batch",
    ) -> Child:
        """A Celery worker on all queues, or some; returned once it is ready."""
        command = [sys.executable, "-m", "celery", "-A", module, "worker"]
        command += ["-Q", queues, "--concurrency", str(concurrency)]
        command += ["-n", f"{name}@here", "--loglevel", "INFO"]
        child = self.start(name, [*command, "--without-mingle", "--without-gossip"])
        until(lambda: "ready." in self.said(name), START_SECONDS, f"{name} is ready")
        return child

    def start_beat(self, name: str = "beat", *, module: str = "tasks.entry") -> Child:
        """Celery beat with a schedule of its own."""
        schedule = str(self.folder / f"{name}-schedule")
        command = [sys.executable, "-m", "celery", "-A", module, "beat"]
        command += ["--loglevel", "INFO"]
        return self.start(name, [*command, "--schedule", schedule])

    def said(self, name: str) -> str:
        """What a child wrote so far."""
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    # Failpoints

    def order(self, point: str, what: str = "kill") -> Path:
        """Let the next process that reaches *point* be struck."""
        path = self.orders / point
        fresh = self.folder / "order"
        fresh.write_text(what, "utf-8")
        fresh.rename(path)
        return path

    # Behind the scenes

    def mails(self) -> Counter[str]:
        """How many mails are in which state."""
        rows = self.city.rows("SELECT state, count(*) AS n FROM mail GROUP BY state")
        return Counter({row.state: row.n for row in rows})

    def nothing_waits(self) -> bool:
        """No timer is due, every notice is in a mail or put aside, every mail at its end."""
        with self.superuser() as connection:
            found = connection.execute(_WAITING).fetchone()
        return found == (0,)

    def count(self, statement: str, **values: Any) -> int:
        """One number."""
        return int(self.city.scalar(statement, **values))


@dataclass
class KeptWorker:
    """A Celery worker that is started again when it ends by itself, as compose does it."""

    town: Town
    started_again: int = 0
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self.child = self.town.start_worker()

    def keep(self) -> bool:
        """Start it again if it ended; True, so that a condition can go on with ``and``."""
        if not self.child.is_running():
            self.started_again += 1
            self.child = self.town.start_worker(f"worker-{self.started_again}")
        return True
