"""The supervisor ends what it started: in order, on every road, and nothing stays behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyoka.local.left_behind import end_left_behind, marked
from hyoka.local.supervisor import ChildDied, Ending, EndRequested, Supervisor

#: Ends orderly at SIGTERM and says so.
POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("goodbye", time.monotonic_ns()), sys.exit()))
print("here", flush=True)
time.sleep(300)
"""

#: Does not end at SIGTERM and has a child of its own.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
print("here", flush=True)
time.sleep(300)
"""

#: What ``hyoka up`` does in small: supervise until a signal comes.
RUN = """
import os, sys
from pathlib import Path
from hyoka.local.supervisor import EndRequested, Supervisor, ending_on_signals

folder = Path(sys.argv[1])
with ending_on_signals(for_good=True) as ending:
    supervisor = Supervisor(folder, ending)
    try:
        for name, source in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
            command = [sys.executable, "-c", source]
            supervisor.start(name, command, environment=os.environ, folder=folder, patience=600)
        supervisor.wait_for(
            lambda: all("here" in (folder / f"{n}.log").read_text() for n in sys.argv[2::2]),
            what="children", seconds=60,
        )
        print("running", flush=True)
        supervisor.wait()
    except EndRequested as request:
        print(f"ended by {request}", flush=True)
    finally:
        ending.begin()
        supervisor.stop()
"""


@contextmanager
def run(folder: Path, **sources: str) -> Iterator[subprocess.Popen[str]]:
    """A supervising process, once all its children have said "here", until it has ended.

    It has ten minutes of patience with a child that does not want to end, and a test does not.
    """
    words = [word for pair in sources.items() for word in pair]
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        try:
            yield process
            process.wait(60)
        finally:
            process.kill()


def living_in(folder: Path) -> list[str]:
    """The command lines of all living processes whose current folder is this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == folder:
                    found.append((entry / "cmdline").read_text())
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
    return found


def wait_until_nothing_lives_in(folder: Path, seconds: float = 60) -> list[str]:
    end = time.monotonic() + seconds
    while living_in(folder) and time.monotonic() < end:
        time.sleep(0.02)
    return living_in(folder)


def started(supervisor: Supervisor, name: str, source: str, folder: Path) -> None:
    command = [sys.executable, "-c", source]
    supervisor.start(name, command, environment=os.environ, folder=folder, patience=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_children_the_last_one_first(
    tmp_path: Path, number: signal.Signals
) -> None:
    with run(tmp_path, first=POLITE, second=POLITE) as process:
        assert len(living_in(tmp_path)) == 2
        process.send_signal(number)

    assert process.returncode == 0
    assert living_in(tmp_path) == []
    farewells = {
        name: int((tmp_path / f"{name}.log").read_text().split()[-1])
        for name in ("first", "second")
    }
    assert farewells["second"] < farewells["first"]


def test_a_second_signal_kills_who_does_not_want_to_end(tmp_path: Path) -> None:
    with run(tmp_path, polite=POLITE, stubborn=STUBBORN) as process:
        assert len(living_in(tmp_path)) == 3
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "ended by SIGINT\n"
        process.send_signal(signal.SIGINT)

    assert process.returncode == 0
    assert living_in(tmp_path) == []


def test_a_request_that_python_dropped_is_heard_at_the_next_look(tmp_path: Path) -> None:
    """What a signal handler raises while a finalizer runs, Python only writes to stderr."""
    ending = Ending()
    with pytest.raises(EndRequested):
        ending.on_signal(signal.SIGTERM, None)

    with pytest.raises(EndRequested, match="SIGTERM"):
        Supervisor(tmp_path, ending).wait()


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with run(tmp_path, first=POLITE, second=POLITE) as process:
        process.kill()

    assert wait_until_nothing_lives_in(tmp_path) == []


def test_what_a_killed_run_left_behind_is_found_by_the_next_one(tmp_path: Path) -> None:
    """The kernel ends our children; a child of theirs may live on in a session of its own."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    found = {}
    for home in (mine, other):
        home.mkdir()
        found[home] = subprocess.Popen(
            [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"],
            env={**os.environ, **marked(home)},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        stdout = found[home].stdout
        assert stdout is not None
        stdout.readline()
    try:
        assert end_left_behind(mine) == [found[mine].pid]
        assert found[mine].wait(10) == -signal.SIGKILL
        assert found[other].poll() is None
        assert end_left_behind(mine) == []
    finally:
        for process in found.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def test_a_log_is_rotated_while_its_writer_goes_on(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    source = (
        "import time\n"
        "print('x' * 5_000_001, flush=True)\n"
        "while True: print('goes on', flush=True); time.sleep(0.05)"
    )
    started(supervisor, "web", source, tmp_path)
    log, aside = tmp_path / "web.log", tmp_path / "web.log.1"

    def is_rotated() -> bool:
        supervisor.rotate_logs()
        return aside.exists() and "goes on" in log.read_text()

    supervisor.wait_for(is_rotated, what="another log", seconds=10)
    supervisor.stop()

    assert aside.stat().st_size > 5_000_000
    assert aside.stat().st_mode & 0o777 == 0o600
    assert log.stat().st_size < 1_000_000


def test_a_child_that_dies_is_reported_with_its_log_and_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    started(supervisor, "beat", POLITE, tmp_path)
    started(supervisor, "worker", "print('no broker'); raise SystemExit(3)", tmp_path)

    log = re.escape(str(tmp_path / "worker.log"))
    with pytest.raises(ChildDied, match=rf"(?s)worker ended.*exit status 3.*{log}.*no broker"):
        supervisor.wait()
    supervisor.stop()

    assert living_in(tmp_path) == []


def test_what_a_killed_child_leaves_in_its_group_is_swept(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    started(supervisor, "web", STUBBORN, tmp_path)
    supervisor.wait_for(
        lambda: (tmp_path / "web.log").read_text().count("here") == 2, what="web", seconds=60
    )
    leader = next(iter(supervisor._own))

    leader.send(signal.SIGKILL)
    with pytest.raises(ChildDied, match="killed by SIGKILL"):
        supervisor.wait()
    supervisor.stop()

    assert wait_until_nothing_lives_in(tmp_path) == []


def test_signals_that_the_starter_ignored_are_heard_by_the_children(tmp_path: Path) -> None:
    """A shell that starts something with ``&`` lets it ignore Ctrl-C; Python ignores SIGPIPE."""
    supervisor = Supervisor(tmp_path)
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        command = ["/bin/sh", "-c", "grep SigIgn /proc/self/status; exec sleep 60"]
        supervisor.start("shell", command, environment=os.environ, folder=tmp_path)
    finally:
        signal.signal(signal.SIGUSR1, before)
    log = tmp_path / "shell.log"
    supervisor.wait_for(lambda: "\n" in log.read_text(), what="shell", seconds=60)
    supervisor.stop()

    ignored = int(log.read_text().split()[1], 16)
    names = ("SIGUSR1", "SIGPIPE", "SIGINT", "SIGTERM")
    assert [name for name in names if ignored >> (getattr(signal, name) - 1) & 1] == []
