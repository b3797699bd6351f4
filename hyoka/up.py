"""``hyoka up``: everything on one machine where nothing is installed, ended by Ctrl-C.

A real PostgreSQL, a real Redis, a local mail server, gunicorn, a Celery worker and Celery beat
run as children of this process. All that is kept lies in one folder, the home.
"""

from __future__ import annotations

import http.client
import importlib
import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO, cast

from hyoka.local.announcement import Announcement, words_for
from hyoka.local.home import only_run, shared_environment
from hyoka.local.left_behind import end_left_behind, marked
from hyoka.local.mailbox import HOST
from hyoka.local.postgres import running_postgres
from hyoka.local.process import ServerError
from hyoka.local.redis import running_redis
from hyoka.local.supervisor import (
    Ending,
    EndRequested,
    Supervisor,
    ending_on_signals,
)
from workflow import settings_at_start

#: The folder of the packages: with it as current folder the children import what we import.
_IMPORT_ROOT = Path(__file__).resolve().parent.parent

#: How many ports after the wanted one are tried.
_PORTS_TRIED = 50

_WEB_START_SECONDS = 60.0

#: The web's own graceful end takes as long as its slowest request; a page takes no longer.
_WEB_PATIENCE_SECONDS = 10.0


class Bootstrap(Protocol):
    """What :mod:`hyoka.bootstrap` offers; it is imported late, for it needs the whole core."""

    def prepare_database(self, superuser_dsn: str, home: Path) -> dict[str, str]:
        """Make roles and database, migrate; the variables HYOKA_* that the children need."""

    def load_sample(
        self, environment: dict[str, str], *, keep_passwords: bool
    ) -> list[tuple[str, str, str]]:
        """Load the sample city once; (sign-in name, role, one-time password) of its users."""


def up(*, home: Path, sample: bool, port: int, keep_passwords: bool) -> int:
    """Run everything until Ctrl-C; the last thing that its process does.

    Args:
        home: the folder of all that is kept; made when it is missing.
        sample: load the sample city when it is not there yet.
        port: where the web shall answer; the next free one is taken when it is not free.
        keep_passwords: let the one-time passwords stay (a demonstration).

    Returns:
        The exit status: 0 after Ctrl-C, 1 when something did not start or died by itself.

    Raises:
        BadInput: the environment holds settings that are wrong; nothing was started.
    """
    # What it sets itself for its children stands; the rest of the environment reaches them, too.
    settings_at_start.read(
        database_url=f"postgresql://{HOST}", secret_key=None, public_url=f"http://{HOST}"
    )
    plan = _Plan(home.absolute(), sample, port, keep_passwords, words_for(os.environ))
    try:
        with ending_on_signals(for_good=True) as ending, ExitStack() as stack:
            try:
                _run(plan, stack, ending)
            finally:
                # What follows is the orderly end, which no further signal may interrupt.
                ending.begin()
                _say(f"\n{plan.words.ending}")
    except EndRequested:
        _say(plan.words.ended)
        return 0
    except (ServerError, OSError) as error:
        _say(str(error), sys.stderr)
        return 1
    raise AssertionError("the supervisor waits for ever")


@dataclass(frozen=True)
class _Plan:
    """What was asked for."""

    home: Path
    sample: bool
    port: int
    keep_passwords: bool
    words: Announcement


def _say(text: str, where: TextIO | None = None) -> None:
    """Print, even to a terminal that was closed meanwhile: the end must go on."""
    with suppress(OSError):
        print(text, file=where or sys.stdout, flush=True)


def _run(plan: _Plan, stack: ExitStack, ending: Ending) -> None:
    """Start everything, say where it is, and look after it. Never returns by itself."""
    bootstrap = cast(Bootstrap, importlib.import_module("hyoka.bootstrap"))
    home, words = plan.home, plan.words
    # Mails, logs and Redis's file are for whoever runs this alone.
    os.umask(0o077)
    home.mkdir(parents=True, exist_ok=True)
    logs, mails = home / "log", home / "mail"
    stack.enter_context(only_run(home))
    if left := end_left_behind(home):
        _say(words.left_behind.format(count=len(left)))
    supervisor = Supervisor(logs, ending)

    _say(words.starting_servers)
    postgres = stack.enter_context(running_postgres(home / "postgres", log=logs / "postgres.log"))
    redis = stack.enter_context(
        running_redis(home / "redis", appendonly=True, log=logs / "redis.log")
    )
    supervisor.watch(postgres.child)
    supervisor.watch(redis.child)

    _say(words.preparing_database)
    web_port = free_port(plan.port)
    mail_port = free_port(0)
    address = f"http://{HOST}:{web_port}"
    environment = {
        **bootstrap.prepare_database(postgres.dsn(), home),
        "HYOKA_REDIS_URL": redis.url,
        "HYOKA_PUBLIC_URL": address,
        "HYOKA_SMTP_HOST": HOST,
        "HYOKA_SMTP_PORT": str(mail_port),
        "HYOKA_KEEP_ONE_TIME_PASSWORDS": "true" if plan.keep_passwords else "false",
    }
    users = []
    if plan.sample:
        _say(words.loading_sample)
        users = bootstrap.load_sample(dict(environment), keep_passwords=plan.keep_passwords)
    stack.enter_context(shared_environment(home, environment))

    stack.callback(supervisor.stop)
    try:
        _start_children(supervisor, environment, home, web_port=web_port, mail_port=mail_port)
        supervisor.wait_for(lambda: answers(web_port), what=address, seconds=_WEB_START_SECONDS)
    except BaseException:
        # The users are in the database now, and their passwords are known nowhere else.
        if users:
            _say("\n" + words.sign_in(users, keep_passwords=plan.keep_passwords))
        raise
    _say(
        words.ready(
            address=address,
            wanted_port=plan.port,
            port=web_port,
            users=users,
            keep_passwords=plan.keep_passwords,
            mails=mails,
            logs=logs,
        )
    )
    supervisor.wait()


def _start_children(
    supervisor: Supervisor, settings: dict[str, str], home: Path, *, web_port: int, mail_port: int
) -> None:
    """Start mailbox, web, worker and beat; they end in the opposite order."""
    python = sys.executable
    environment = {**os.environ, **settings, **marked(home), "PYTHONUNBUFFERED": "1"}
    mails = home / "mail"
    celery = [python, "-m", "celery", "-A", "tasks.entry"]

    supervisor.start(
        "mailbox",
        [
            python,
            "-m",
            "hyoka.local.mailbox",
            "--port",
            str(mail_port),
            "--folder",
            str(mails),
        ],
        environment=environment,
        folder=_IMPORT_ROOT,
    )
    supervisor.start(
        "web",
        web_command(web_port),
        environment=environment,
        folder=_IMPORT_ROOT,
        patience=_WEB_PATIENCE_SECONDS,
    )
    supervisor.start(
        "worker",
        [*celery, "worker", "-Q", "tick,mail,batch", "--concurrency", "2"],
        # SIGTERM then ends the worker softly and puts back what it has not begun.
        environment={**environment, "REMAP_SIGTERM": "SIGQUIT"},
        folder=_IMPORT_ROOT,
        # When we are killed, PostgreSQL and Redis go with us, and a soft end would wait for them
        # for ever. What it had in hand is not lost: the next tick finds it.
        death_signal=signal.SIGKILL,
    )
    supervisor.start(
        "beat",
        [*celery, "beat", "--schedule", str(home / "beat-schedule")],
        environment=environment,
        folder=_IMPORT_ROOT,
    )


def web_command(port: int) -> list[str]:
    """The program and the words that serve the web on a port of 127.0.0.1."""
    served = [sys.executable, "-m", "gunicorn", "--config", "python:hyoka.serving"]
    return [*served, "--bind", f"{HOST}:{port}"]


def free_port(wanted: int) -> int:
    """The first free port on 127.0.0.1 from ``wanted`` on; any free one when it is 0.

    Raises:
        ServerError: all the ports that are tried are taken.
    """
    for port in range(wanted, wanted + _PORTS_TRIED):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As gunicorn does: the remains of ended connections do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise ServerError(f"No port from {wanted} to {wanted + _PORTS_TRIED - 1} is free.")


def answers(port: int) -> bool:
    """Whether the web answers to ``/livez`` on a port of 127.0.0.1."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
