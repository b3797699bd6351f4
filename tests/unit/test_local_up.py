"""The parts of ``hyoka up``: its words, its port, its lock, and the settings it shares."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hyoka.local.announcement import ENGLISH, JAPANESE, Announcement, table, words_for
from hyoka.local.home import only_run, read_environment, shared_environment
from hyoka.local.process import ServerError, last_lines, open_log
from hyoka.up import answers, free_port


def ready(words: Announcement, **changed: object) -> str:
    settings = {
        "address": "http://127.0.0.1:8001",
        "wanted_port": 8000,
        "port": 8001,
        "users": [("sato", "企画部 部長", "one-time-1"), ("y.yamada", "課長", "one-time-2")],
        "keep_passwords": False,
        "mails": Path("/home/mail"),
        "logs": Path("/home/log"),
    }
    return words.ready(**(settings | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LANG": "ja_JP.UTF-8"}, JAPANESE),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, JAPANESE),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, JAPANESE),
        ({}, ENGLISH),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], words: Announcement) -> None:
    assert words_for(environment) is words


def test_columns_stand_under_each_other_with_characters_of_both_widths() -> None:
    lines = table([("氏名", "役", "x"), ("sato", "部長", "y"), ("ｶﾅ", "", "z")])

    assert lines == ["  氏名   役     x", "  sato   部長   y", "  ｶﾅ            z"]


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH])
def test_it_says_where_everything_is_and_who_can_sign_in(words: Announcement) -> None:
    text = ready(words)

    for expected in ("http://127.0.0.1:8001", "8000", "/home/mail", "/home/log", "Ctrl-C"):
        assert expected in text
    for expected in ("sato", "企画部 部長", "one-time-1", "y.yamada", "one-time-2"):
        assert expected in text
    assert words.passwords_change in text
    assert words.passwords_stay in ready(words, keep_passwords=True)


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH])
def test_a_second_run_says_how_to_reset_a_password(words: Announcement) -> None:
    text = ready(words, users=[], wanted_port=8001)

    assert words.no_new_users in text
    assert "hyoka user reset-password" in text
    assert "8000" not in text


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert port < free_port(port) < port + 50


def test_the_web_answers_only_when_it_says_that_it_lives() -> None:
    class Web(BaseHTTPRequestHandler):
        status = 503

        def do_GET(self) -> None:
            self.send_response(self.status if self.path == "/livez" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert not answers(server.server_port)
        Web.status = 200
        assert answers(server.server_port)
        server.shutdown()
        thread.join()
    assert not answers(server.server_port)


def test_only_one_run_at_a_time_has_the_home(tmp_path: Path) -> None:
    with only_run(tmp_path), pytest.raises(ServerError, match=r"process \d+\) is already running"):
        only_run(tmp_path).__enter__()

    with only_run(tmp_path):
        assert int((tmp_path / "lock").read_text()) > 0


def test_settings_are_shared_while_it_runs_and_with_nobody_else(tmp_path: Path) -> None:
    settings = {"HYOKA_DATABASE_URL": "postgresql://app:it's@/db?host=/tmp/x", "HYOKA_EMPTY": ""}

    assert read_environment(tmp_path) == {}
    with only_run(tmp_path):
        assert read_environment(tmp_path) == {}
        with shared_environment(tmp_path, settings):
            assert read_environment(tmp_path) == settings
            assert (tmp_path / "environment").stat().st_mode & 0o777 == 0o600
        assert read_environment(tmp_path) == {}


def test_settings_of_a_run_that_was_killed_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("12345\n")
    (tmp_path / "environment").write_text("HYOKA_REDIS_URL=gone\n")

    assert read_environment(tmp_path) == {}


def test_a_very_long_log_is_set_aside_once(tmp_path: Path) -> None:
    log = tmp_path / "log" / "web.log"
    with open_log(log) as file:
        file.write(b"x" * 5_000_001)
    with open_log(log) as file:
        file.write(b"one\ntwo\nthree\n")
    with open_log(log) as file:
        file.write(b"four\n")

    assert last_lines(log, 2) == "three\nfour"
    assert log.with_name("web.log.1").stat().st_size == 5_000_001
    assert log.stat().st_mode & 0o777 == 0o600
    assert last_lines(tmp_path / "none.log") == ""
