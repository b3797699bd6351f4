"""``bin/setup`` and ``make``: what they say when something is missing, and that they then stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

APT = "apt-get install" if os.getuid() == 0 else "sudo apt-get install"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What ``bin/setup`` reads, and a folder ``path`` with the only programs that it finds."""
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "path").mkdir()
    for name in ("sh", "dirname", "id", "cat", "sha256sum", "rm", "mv", "mktemp", "timeout"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "path" / name).symlink_to(found)
    return tmp_path


def program(checkout: Path, name: str, text: str) -> None:
    path = checkout / "path" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=checkout,
        env={"PATH": str(checkout / "path")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_no_python_runs_it_names_the_command_that_mends_it(checkout: Path) -> None:
    program(checkout, "python3", "echo 'pyenv: python3: command not found' >&2; exit 127")

    done = run(checkout, "bin/setup")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].strip() == f"{APT} python3 python3-venv"
    assert not (checkout / ".venv").exists()


def test_where_the_venv_module_is_missing_it_names_the_command_that_mends_it(
    checkout: Path,
) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    program(checkout, "python3", "exit 127")
    program(
        checkout,
        f"python{version}",
        f'case "$2" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"',
    )

    done = run(checkout, "bin/setup", "local")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].strip() == f"{APT} python{version}-venv"
    assert not (checkout / ".venv").exists()


def test_what_is_installed_from_the_same_files_is_not_installed_again(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = "{ pwd; cat requirements/dev.txt pyproject.toml; } | sha256sum > .venv/installed-dev"
    assert run(checkout, "sh", "-c", stamp).returncode == 0

    assert run(checkout, "bin/setup", "dev").returncode == 0
    assert run(checkout, "bin/setup", "local").returncode == 0

    with (checkout / "requirements" / "dev.txt").open("a") as file:
        file.write("# another line\n")
    again = run(checkout, "bin/setup", "dev")
    assert again.returncode != 0
    assert "none is on the path" in again.stderr


def test_an_unknown_kind_is_refused(checkout: Path) -> None:
    done = run(checkout, "bin/setup", "everything")

    assert done.returncode == 2
    assert "requirements/everything.txt does not exist" in done.stderr


def test_a_browser_counts_only_when_it_shows_a_page(checkout: Path) -> None:
    program(checkout, "chromium", "echo 'install the snap first' >&2; exit 10")
    none = run(checkout, "bin/find-browser", "--only-look")
    assert none.returncode == 1
    assert "chromium is there, but it does not show a page" in none.stderr
    assert "apt-get install chromium" in none.stderr

    program(checkout, "google-chrome", "echo '<html><p>it-runs</p></html>'")
    found = run(checkout, "bin/find-browser", "--only-look")
    assert found.returncode == 0
    assert found.stdout == f"{checkout / 'path' / 'google-chrome'}\n"


def test_root_gets_the_distributions_browser_and_nobody_else_tries(checkout: Path) -> None:
    program(checkout, "package", "echo it-runs")
    program(checkout, "apt-get", 'echo "$@"; mv path/package path/chromium')
    (checkout / "path" / "id").unlink()

    program(checkout, "id", "echo 1000")
    person = run(checkout, "bin/find-browser")
    assert person.returncode == 1
    assert "sudo apt-get install chromium" in person.stderr
    assert not (checkout / "path" / "chromium").exists()

    program(checkout, "id", "echo 0")
    root = run(checkout, "bin/find-browser")
    assert root.returncode == 0
    assert root.stdout == f"{checkout / 'path' / 'chromium'}\n"
    assert "install --yes --no-install-recommends chromium" in root.stderr


def test_make_alone_lists_every_target() -> None:
    # Under `make test` an inner make would say that it enters the folder.
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    targets = [line.split()[1] for line in done.stdout.splitlines()]
    assert targets == [
        "help", "run", "test", "chances", "another-time", "faults", "check", "bench", "lock"
    ]  # fmt: skip
