"""What an installation can set, and that a program with wrong settings does not start."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hyoka.command_line import main
from workflow import settings_at_start
from workflow.errors import BadInput

GOOD = {
    "HYOKA_DATABASE_URL": "postgresql://hyoka_app:x@db/hyoka",
    "HYOKA_PUBLIC_URL": "https://hyoka.city.example.jp",
    "HYOKA_MAIL_FROM": "hyoka@city.example.jp",
    "HYOKA_SECRET_KEY": secrets.token_hex(32),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A city's environment."""
    for name in list(os.environ):
        if name.startswith("HYOKA_"):
            monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refused(environment: pytest.MonkeyPatch, **others: str) -> dict[str, str]:
    """Name → code of all that is wrong."""
    for name, value in others.items():
        environment.setenv(name, value)
    try:
        settings_at_start.read()
    except BadInput as error:
        return {fault.path: fault.code for fault in error.faults}
    return {}


def test_a_citys_settings_are_taken(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HYOKA_TRUSTED_PROXIES", "10.0.0.5, 10.1.0.0/16,fd00::/8")
    environment.setenv("HYOKA_TRUSTED_HOSTS", '["hyoka.city.example.jp", "hyoka.lan"]')
    environment.setenv("HYOKA_LISTEN", "[::]:8080")

    settings = settings_at_start.read()

    assert settings.hosts == ("hyoka.city.example.jp", "hyoka.lan")
    assert [str(network) for network in settings.proxy_networks] == [
        "10.0.0.5/32",
        "10.1.0.0/16",
        "fd00::/8",
    ]
    assert settings.hsts_seconds == 365 * 24 * 3600


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("HYOKA_PUBLIC_URL", "hyoka.city.example.jp", "setting_url_scheme"),
        ("HYOKA_PUBLIC_URL", "ftp://hyoka.city.example.jp", "setting_url_scheme"),
        ("HYOKA_PUBLIC_URL", "", "setting_url_scheme"),
        ("HYOKA_PUBLIC_URL", "https://", "setting_url_broken"),
        ("HYOKA_PUBLIC_URL", "https://hyoka city.example.jp", "setting_url_broken"),
        ("HYOKA_PUBLIC_URL", "https://hyoka.city.example.jp:99999", "setting_url_broken"),
        ("HYOKA_PUBLIC_URL", "https://評価 市.jp", "setting_url_broken"),
        ("HYOKA_PUBLIC_URL", "https://hyoka.city.example.jp/hyoka", "setting_url_extra"),
        ("HYOKA_PUBLIC_URL", "https://hyoka.city.example.jp/?a=1", "setting_url_extra"),
        ("HYOKA_PUBLIC_URL", "https://me@hyoka.city.example.jp", "setting_url_extra"),
        ("HYOKA_PUBLIC_URL", "https://localhost", "setting_local_host"),
        ("HYOKA_PUBLIC_URL", "https://127.0.0.1:8000", "setting_local_host"),
        ("HYOKA_PUBLIC_URL", "https://10.2.3.4", "setting_local_host"),
        ("HYOKA_PUBLIC_URL", "http://[2001:db8::1]", "setting_local_host"),
        ("HYOKA_PUBLIC_URL", "https://hyoka", "setting_local_host"),
        ("HYOKA_TRUSTED_HOSTS", "hyoka.city.example.jp,localhost", "setting_local_host"),
        ("HYOKA_TRUSTED_HOSTS", "https://hyoka.city.example.jp", "setting_not_a_host"),
        ("HYOKA_TRUSTED_HOSTS", "[broken", "setting_invalid"),
        ("HYOKA_TRUSTED_PROXIES", "proxy", "setting_not_a_network"),
        ("HYOKA_TRUSTED_PROXIES", "0.0.0.0/0", "setting_trusts_everybody"),
        ("HYOKA_PROXIES", "-1", "setting_too_small"),
        ("HYOKA_PROXIES", "one", "setting_not_a_number"),
        ("HYOKA_LISTEN", "8000", "setting_not_a_listener"),
        ("HYOKA_LISTEN", "0.0.0.0:0", "setting_not_a_listener"),
        ("HYOKA_LISTEN", "0.0.0.0:80000", "setting_not_a_listener"),
        ("HYOKA_HSTS_SECONDS", "-1", "setting_too_small"),
        ("HYOKA_SMTP_PORT", "0", "setting_too_small"),
        ("HYOKA_SMTP_PORT", "65536", "setting_too_large"),
        ("HYOKA_SMTP_HOST", "mail server", "setting_not_a_host"),
        ("HYOKA_SMTP_HOST", "smtp://mail.city.example.jp", "setting_not_a_host"),
        ("HYOKA_SMTP_PASSWORD", "alone", "setting_needs_other"),
        ("HYOKA_SMTP_TIMEOUT", "-20", "setting_not_above"),
        ("HYOKA_SMTP_TIMEOUT", "nan", "setting_not_a_number"),
        ("HYOKA_TICK_SECONDS", "0", "setting_not_above"),
        ("HYOKA_TICK_SECONDS", "-5", "setting_not_above"),
        ("HYOKA_NOTICE_GROUPING_SECONDS", "-300", "setting_too_small"),
        ("HYOKA_SESSION_IDLE_MINUTES", "0", "setting_too_small"),
        ("HYOKA_SESSION_HOURS", "-10", "setting_too_small"),
        ("HYOKA_DIGEST_TIME", "quarter to nine", "setting_not_a_time"),
        ("HYOKA_DIGEST_TIME", "08:45+09:00", "setting_not_a_time"),
        ("HYOKA_MAIL_FROM", "青瀬市 <hyoka@city.example.jp>", "setting_mail_address"),
        ("HYOKA_MAIL_FROM", "hyoka@localhost", "setting_local_host"),
        ("HYOKA_KEEP_ONE_TIME_PASSWORDS", "perhaps", "setting_not_yes_or_no"),
        ("HYOKA_DATABASE_POOL_SIZE", "0", "setting_too_small"),
        ("HYOKA_LOG_FORMAT", "xml", "setting_not_a_choice"),
        ("HYOKA_DATABASE_URL", "mysql://db/hyoka", "setting_url_scheme"),
        ("HYOKA_REDIS_URL", "127.0.0.1:6379", "setting_url_scheme"),
        ("HYOKA_FAILPOINTS", "/tmp/orders", "setting_failpoints"),  # noqa: S108
        ("HYOKA_SECRET_KEY", "short", "setting_key_short"),
        ("HYOKA_SECRET_KEY", "a" * 64, "setting_key_weak"),
        ("HYOKA_SECRET_KEY", "abcdef0123" * 7 + "abc", "setting_key_weak"),
        ("HYOKA_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz", "setting_key_weak"),
        ("HYOKA_SECRET_KEY", "change-me-this-is-the-secret-key!", "setting_key_weak"),
        ("HYOKA_SECRET_KEY_FILE", "/nowhere/at/all", "setting_file_unreadable"),
        ("HYOKA_PUBLIC_ULR", "https://hyoka.city.example.jp", "setting_unknown"),
        ("hyoka_debug", "1", "setting_unknown"),
        ("FLASK_DEBUG", "1", "setting_debug"),
        ("FLASK_ENV", "development", "setting_debug"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(
    environment: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    assert refused(environment, **{name: value}) == {name: code}


def test_on_the_machine_on_which_it_is_tried_out_its_local_name_is_its_host(
    environment: pytest.MonkeyPatch,
) -> None:
    assert refused(environment, HYOKA_PUBLIC_URL="http://127.0.0.1:8000") == {}
    assert "localhost" in settings_at_start.read().hosts
    # A proxy in front: others are to reach it.
    assert refused(environment, HYOKA_PROXIES="1") == {"HYOKA_PUBLIC_URL": "setting_local_host"}


def test_random_keys_are_never_taken_for_weak_ones(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(200):
        made = secrets.token_hex(32) if number % 2 else secrets.token_urlsafe(36)
        assert refused(environment, HYOKA_SECRET_KEY=made) == {}
    (tmp_path / "key").write_text("b" * 40)
    kept = refused(environment, HYOKA_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert kept == {"HYOKA_SECRET_KEY_FILE": "setting_key_weak"}


WRONG = {
    "HYOKA_PUBLIC_URL": "hyoka.city.example.jp",
    "HYOKA_TICK_SECONDS": "-1",
    "HYOKA_SECRET_KEY": "a" * 40,
    "HYOKA_SESION_HOURS": "8",
}


@pytest.mark.parametrize(
    "command",
    [
        ["gunicorn", "--config", "python:hyoka.serving", "--bind", "127.0.0.1:0"],
        ["celery", "-A", "tasks.entry", "worker"],
        ["celery", "-A", "tasks.entry", "beat"],
    ],
)
def test_a_process_with_wrong_settings_ends_at_once_and_names_all_of_them(
    environment: pytest.MonkeyPatch, command: list[str]
) -> None:
    for name, value in WRONG.items():
        environment.setenv(name, value)

    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        timeout=120,
    )

    assert done.returncode == 2, done.stderr
    assert all(f"{name}: " in done.stderr for name in WRONG)
    assert "HYOKA_SESSION_HOURS" in done.stderr
    assert "Traceback" not in done.stderr
    assert "a" * 40 not in done.stderr


def test_nothing_is_begun_on_one_machine_with_wrong_settings(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("HYOKA_TICK_SECONDS", "-1")
    environment.setenv("HYOKA_TIK_SECONDS", "1")

    result = CliRunner().invoke(main, ["up", "--home", str(tmp_path / "home")])

    assert result.exit_code == 2
    assert "HYOKA_TICK_SECONDS: " in result.stderr
    assert "HYOKA_TIK_SECONDS: " in result.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("language", "said"), [("ja_JP.UTF-8", "数で"), ("C", "Give a number")])
def test_a_command_tells_them_in_its_readers_language(
    environment: pytest.MonkeyPatch, language: str, said: str
) -> None:
    environment.setenv("HYOKA_TICK_SECONDS", "soon")
    environment.setenv("LC_ALL", language)

    result = CliRunner().invoke(main, ["tick", "--once"])

    assert result.exit_code == 2
    assert f"HYOKA_TICK_SECONDS: {said}" in result.stderr
