"""A folder of PostgreSQL data before its server starts: made, unlocked, and with its password."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from hyoka.local.process import Account, ServerError, last_lines, start_child

SUPERUSER = "postgres"

#: A clean one: variables such as PGDATA or LC_MESSAGES must not leak into the server, and its
#: messages are read by us, so they are in English.
SERVER_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
)

_INITDB_SECONDS = 300.0

_log = logging.getLogger(__name__)


@contextmanager
def private_folder(account: Account | None) -> Iterator[Path]:
    """A folder (mode 0700) of the server's user that is removed at the end.

    Its path is short, because the name of a socket has at most 107 bytes.
    """
    folder = Path(tempfile.mkdtemp(prefix="hyoka-", dir="/tmp"))
    try:
        if account is not None:
            os.chown(folder, account.user_id, account.group_id)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def initialise(
    folder: Path, password: str, *, programs: Path, durable: bool, account: Account | None
) -> None:
    """Make an empty database in an empty folder.

    ``initdb`` works in a folder beside the wanted one, which is then renamed: interrupted at
    any point, no half-made database is left for the next start to find.

    Raises:
        ServerError: the folder holds something else, or ``initdb`` failed.
    """
    if any(folder.iterdir()):
        raise ServerError(f"{folder} is neither empty nor a database; name another folder.")
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with private_folder(account) as private:
            password_file = private / "password"
            password_file.touch(0o600)
            password_file.write_text(password, "utf-8")
            if account is not None:
                for path in (fresh, password_file):
                    os.chown(path, account.user_id, account.group_id)
            command = [str(programs / "initdb"), "-D", str(fresh), "-U", SUPERUSER]
            command += ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
            command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]
            command += [f"--pwfile={password_file}", *([] if durable else ["--no-sync"])]
            _run(command, log=private / "log", account=account)
        fresh.rename(folder)
    finally:
        if fresh.exists():
            shutil.rmtree(fresh)


def new_password(path: Path) -> str:
    """A new random password, written before the database exists: nobody can be locked out."""
    password = secrets.token_urlsafe(24)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return password


def known_password(path: Path, folder: Path) -> str:
    """The password that was written when the database in ``folder`` was made.

    Raises:
        ServerError: the file is gone.
    """
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        raise ServerError(
            f"The database in {folder} is there, but its password file {path} is missing. "
            f"Put the file back, or remove {folder} to begin anew."
        ) from None


def clear_lock_of_the_dead(folder: Path) -> None:
    """Refuse when a server lives on the data; remove a lock whose process is another program.

    PostgreSQL itself forgives a lock of a dead process, but not one whose number now belongs to
    any other process of the same user, as happens after a restart of the machine. A postmaster
    has the data folder as its current folder, which tells the two apart where ``/proc`` is.

    Raises:
        ServerError: a living server uses the data.
    """
    lock = folder / "postmaster.pid"
    try:
        process_id = int(lock.read_text("utf-8").splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return  # an empty or broken lock is explained by PostgreSQL itself
    try:
        current_folder = Path(f"/proc/{process_id}/cwd").readlink()
    except FileNotFoundError:
        return  # no such process, or no /proc: PostgreSQL's own check decides
    except PermissionError:
        return  # somebody else's process: PostgreSQL ignores it
    if current_folder == folder:
        raise ServerError(
            f"A PostgreSQL server (process {process_id}) is already running on {folder}. "
            "End what started it first."
        )
    _log.info("The lock %s names process %d, which is no server; removed", lock, process_id)
    lock.unlink()


def _run(command: list[str], *, log: Path, account: Account | None) -> None:
    child = start_child(
        "initdb",
        command,
        log=log,
        environment=SERVER_ENVIRONMENT,
        folder=Path("/"),
        account=account,
        death_signal=signal.SIGTERM,
    )
    try:
        child.wait(_INITDB_SECONDS)
    finally:
        child.stop()
    if child.process.returncode != 0:
        said = last_lines(log)
        raise ServerError(f"initdb did not succeed ({child.exit_words()}):\n{said}".rstrip())
