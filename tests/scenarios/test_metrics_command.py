"""``hyoka metrics`` as a process of its own, scraped over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request

from click.testing import CliRunner

from hyoka.command_line import main
from tests.conftest import Installation

START = [sys.executable, "-c", "from hyoka.command_line import main; main()", "metrics"]


def test_a_port_that_is_taken_is_said_and_nothing_is_served(
    installation: Installation,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner(env=installation.environment).invoke(
            main, ["metrics", "--port", str(port)]
        )

    assert result.exit_code == 2
    assert f"127.0.0.1:{port}" in result.stderr


def test_prometheus_finds_the_numbers_of_the_moment(installation: Installation) -> None:
    environment = {**os.environ, **installation.environment}
    with subprocess.Popen(
        [*START, "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().strip()
        try:
            before = urllib.request.urlopen(address, timeout=10).read().decode()  # noqa: S310
            installation.city.submit("611")
            answer = urllib.request.urlopen(address, timeout=10)  # noqa: S310
            after = answer.read().decode()
        finally:
            process.send_signal(signal.SIGTERM)

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'hyoka_evaluations{stage_kind="sign_off"} 0.0' in before
    assert 'hyoka_evaluations{stage_kind="sign_off"} 1.0' in after
