"""A real browser on a real installation: web, worker and beat as processes, mails in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from hyoka.local.supervisor import Supervisor
from hyoka.up import free_port, web_command
from tests.browser.visitor import Visitor
from tests.conftest import Installation

ROOT = Path(__file__).resolve().parents[2]

#: No page of ours asks anybody but our own server; these keep the browser itself as quiet.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that ``bin/find-browser`` finds (or gets)."""
    # Chromium does not start where bin/as-if pretends another time; it keeps the machine's.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    path = subprocess.run(
        [ROOT / "bin" / "find-browser"],
        check=True, capture_output=True, text=True, env=environment,
    ).stdout.strip()  # fmt: skip
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, env=dict(environment)
        )
        yield running
        running.close()


@pytest.fixture
def address(installation: Installation, tmp_path: Path) -> Iterator[str]:
    """Where the web answers; a worker and beat run beside it."""
    port = free_port(20_000 + os.getpid() % 20_000)
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        **installation.environment,
        "HYOKA_PUBLIC_URL": address,
        "HYOKA_TICK_SECONDS": "1",
        "HYOKA_NOTICE_GROUPING_SECONDS": "1",
        # Signing in with a one-time password leads to changing it, as it does in an office.
        "HYOKA_KEEP_ONE_TIME_PASSWORDS": "false",
        "REMAP_SIGTERM": "SIGQUIT",
    }
    supervisor = Supervisor(tmp_path / "log")
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "tasks.entry"]
    web = [*web_command(port), "--workers", "1"]
    try:
        supervisor.start("web", web, environment=environment, folder=ROOT)
        supervisor.start(
            "worker",
            [*celery, "worker", "-Q", "tick,mail,batch", "--concurrency", "2"],
            environment=environment,
            folder=ROOT,
        )
        supervisor.start(
            "beat",
            [*celery, "beat", "--schedule", str(tmp_path / "beat-schedule")],
            environment=environment,
            folder=ROOT,
        )
        supervisor.wait_for(lambda: _answers(address), what=address, seconds=60)
        yield address
    finally:
        supervisor.stop()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/livez", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def visitor(browser: Browser, address: str, installation: Installation) -> Iterator[Visitor]:
    """Somebody at a browser of the office's width, in Japanese."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="ja-JP", timezone_id="Asia/Tokyo"
    )
    context.set_default_timeout(15_000)
    yield Visitor(context, address, installation.passwords)
    context.close()
