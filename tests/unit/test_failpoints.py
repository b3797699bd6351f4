"""Failpoints: off unless a folder of orders is named, one process per order, never with TLS."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from workflow import failpoints
from workflow.application import Application
from workflow.settings import Settings

NOWHERE = SecretStr("postgresql://nowhere/none")


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Path]:
    """A folder that is watched."""
    failpoints.watch(tmp_path)
    yield tmp_path
    failpoints.watch(None)


def test_an_installation_that_is_reached_by_tls_does_not_start_with_failpoints(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValidationError, match="failpoints are for experiments"):
        Settings(database_url=NOWHERE, public_url="https://hyoka.example.jp", failpoints=tmp_path)


def test_without_a_folder_a_point_is_passed(tmp_path: Path) -> None:
    (tmp_path / "after_claim").write_text("raise", "utf-8")

    Application(Settings(database_url=NOWHERE))
    failpoints.reached("after_claim")

    assert (tmp_path / "after_claim").exists()


def test_the_settings_name_the_folder(tmp_path: Path) -> None:
    (tmp_path / "after_claim").write_text("raise", "utf-8")
    Application(Settings(database_url=NOWHERE, failpoints=tmp_path))
    try:
        with pytest.raises(failpoints.Struck):
            failpoints.reached("after_claim")
    finally:
        failpoints.watch(None)


def test_an_order_strikes_once(orders: Path) -> None:
    (orders / "after_claim").write_text("raise", "utf-8")

    with pytest.raises(failpoints.Struck):
        failpoints.reached("after_claim")
    failpoints.reached("after_claim")

    assert list(orders.iterdir()) == []


def test_an_order_for_every_passage_stays(orders: Path) -> None:
    (orders / "after_claim").write_text("raise every", "utf-8")

    for _ in range(2):
        with pytest.raises(failpoints.Struck):
            failpoints.reached("after_claim")


def test_an_order_for_one_subject_leaves_the_others_alone(orders: Path) -> None:
    (orders / "after_claim@one@aose.example.jp").write_text("raise", "utf-8")

    failpoints.reached("after_claim", "two@aose.example.jp")
    failpoints.reached("before_finish", "one@aose.example.jp")
    with pytest.raises(failpoints.Struck):
        failpoints.reached("after_claim", "one@aose.example.jp")


def test_an_order_to_eat_ends_with_no_memory_and_gives_it_back(orders: Path) -> None:
    (orders / "after_claim").write_text("eat", "utf-8")

    with pytest.raises(MemoryError):
        failpoints.reached("after_claim")

    assert len(bytes(2**28)) == 2**28


def test_an_order_that_nobody_knows_is_told(orders: Path) -> None:
    (orders / "after_claim").write_text("dance", "utf-8")

    with pytest.raises(ValueError, match="dance"):
        failpoints.reached("after_claim")


def test_a_killed_process_ends_on_the_spot(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("kill", "utf-8")
    program = (
        "import sys, pathlib; from workflow import failpoints;"
        "failpoints.watch(pathlib.Path(sys.argv[1])); failpoints.reached('here'); print('alive')"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, check=False
    )

    assert ended.returncode == -signal.SIGKILL
    assert b"alive" not in ended.stdout
    assert not (tmp_path / "here").exists()
