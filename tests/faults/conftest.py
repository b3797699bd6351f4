"""What every experiment gets: its chance (from a seed that is printed), its size, its town."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from bench.filling import Filled, fill
from bench.stand import Stand
from hyoka import database as roles
from tests.conftest import SAMPLE_CITY, SCHEMA, START, load_sample, migrate_to_head
from tests.databases import Cluster, Database, data_folder
from tests.faults.mail_server import running_post_office
from tests.faults.proxy import Proxy, running_proxy
from tests.faults.servers import KillablePostgres, killable_postgres, killable_redis
from tests.faults.town import ROOT, Town

#: How much more a long run does.
LONG = 20
RESULTS = ROOT / "docs" / "reliability-results.json"

TownMaker = Callable[..., Town]
#: Notes what an experiment counted; only its last line calls it.
Numbers = Callable[..., None]

_KEY = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed once."""
    given = config.getoption("--seed")
    seed = given if given is not None else int(os.environ.get("HYOKA_FAULTS_SEED", "0"))
    config.stash[_KEY] = {
        "seed": seed or secrets.randbelow(10**6) + 1,
        "long": config.getoption("--long") or os.environ.get("HYOKA_FAULTS_LONG") == "1",
        "found": {},
    }


def pytest_report_header(config: pytest.Config) -> str:
    """Every run prints its seed."""
    run = config.stash[_KEY]
    return f"fault experiments: --seed {run['seed']}{' --long' if run['long'] else ''}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A long run leaves its numbers for docs/reliability.md."""
    run = session.config.stash[_KEY]
    if run["long"] and run["found"]:
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        text = json.dumps(known | run["found"], ensure_ascii=False, indent=2, sort_keys=True)
        RESULTS.write_text(text + "\n", "utf-8")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run."""
    found: int = request.config.stash[_KEY]["seed"]
    print(f"repeat with: make faults ARGS='--seed {found} -k {request.node.originalname}'")
    return found


@pytest.fixture
def random(seed: int, request: pytest.FixtureRequest) -> Random:
    """The chance of this experiment: the same for the same seed, whatever else is run."""
    return Random(f"{seed} {request.node.name}")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """``size(5)``: five in a short run, a hundred in a long one."""
    long = request.config.stash[_KEY]["long"]
    return lambda short: short * LONG if long else short


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether this is a long run."""
    return bool(request.config.stash[_KEY]["long"])


@pytest.fixture
def numbers(request: pytest.FixtureRequest, seed: int) -> Numbers:
    """``numbers("E01", approvals=…)``, as the last line of an experiment that held."""
    begun = time.monotonic()

    def note(experiment: str, **counted: float) -> None:
        run = request.config.stash[_KEY]
        run["found"][experiment] = {
            "day": f"{datetime.now(UTC):%Y-%m-%d}",
            "seed": seed,
            "seconds": round(time.monotonic() - begun),
            "counted": counted,
        }
        print(experiment, counted)

    return note


@pytest.fixture
def town_on(cluster: Cluster, tmp_path: Path) -> Iterator[TownMaker]:
    """``town_on(template, passwords)``: an installation on a copy of a template."""
    with ExitStack() as stack:

        def make(
            template: str | Database,
            passwords: dict[str, str],
            *,
            proxy: Proxy | None = None,
            appendonly: bool = False,
            **others: str,
        ) -> Town:
            found = (
                stack.enter_context(cluster.copy(template))
                if isinstance(template, str)
                else template
            )
            # Ends before the database that it lives in is dropped.
            inner = stack.enter_context(ExitStack())
            office = inner.enter_context(running_post_office())
            redis = killable_redis(inner, tmp_path / "redis" / "data", appendonly=appendonly)
            town = Town(
                database=found,
                database_url=through(found.app_url, proxy) if proxy else found.app_url,
                passwords=passwords,
                office=office,
                redis=redis,
                folder=tmp_path,
                others=others,
                stack=inner,
            )
            town.set_clock(START)
            return town

        yield make


def through(url: str, proxy: Proxy) -> str:
    """The same database behind a proxy."""
    found = sa.make_url(url).set(host="127.0.0.1", port=proxy.port, query={})
    return found.render_as_string(hide_password=False)


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[OwnCluster]:
    """A PostgreSQL that may be killed, reached through a proxy by everybody."""
    with ExitStack() as stack:
        folder = stack.enter_context(data_folder())
        postgres = killable_postgres(stack, folder / "postgres")
        proxy = stack.enter_context(running_proxy(postgres.socket))
        names = (roles.OWNER, roles.APP, roles.READER)
        cluster = Cluster(postgres.server, {name: secrets.token_urlsafe(16) for name in names})
        cluster.template(SCHEMA, migrate_to_head)
        passwords = cluster.template(SAMPLE_CITY, load_sample(), like=SCHEMA)
        assert isinstance(passwords, dict)
        yield OwnCluster(postgres, proxy, cluster, passwords)


@dataclass(frozen=True)
class OwnCluster:
    """What ``own_cluster`` gives."""

    postgres: KillablePostgres
    proxy: Proxy
    cluster: Cluster
    passwords: dict[str, str]

    def filled(self, count: int, until: str) -> Database:
        """The sample city with *count* more sheets; every URL goes through the proxy."""
        db = self.cluster.existing(SAMPLE_CITY)
        fill_in(self.cluster, db, count, until)
        urls = {
            name: through(getattr(db, name), self.proxy)
            for name in ("app_url", "owner_url", "reader_url", "superuser_url")
        }
        return Database(db.name, **urls)

    def kill_and_restart(self) -> int:
        """``kill -9`` everything of it and start it again; returns how many processes died."""
        killed = self.postgres.kill()
        self.postgres.start()
        self.proxy.target = self.postgres.socket
        return killed


@pytest.fixture
def town(town_on: TownMaker, city_template: tuple[str, dict[str, str]]) -> Town:
    """The sample city on the first of June 2022; its clock runs."""
    return town_on(*city_template)


@pytest.fixture
def database_proxy(cluster: Cluster) -> Iterator[Proxy]:
    """A proxy before the shared PostgreSQL."""
    server = cluster.server
    with running_proxy(server.socket_directory / f".s.PGSQL.{server.port}") as proxy:
        yield proxy


Filler = Callable[[int, str], str]


@pytest.fixture
def filled(cluster: Cluster, city_template: tuple[str, dict[str, str]]) -> Filler:
    """``filled(100, "approved")``: name of a template with so many more sheets at that stage."""

    def template(count: int, until: str) -> str:
        name = f"template_{count}_{until}"
        cluster.template(name, lambda db: fill_in(cluster, db, count, until), like=SAMPLE_CITY)
        return name

    return template


def fill_in(cluster: Cluster, db: Database, count: int, until: str) -> Filled:
    """Add a cycle of *count* sheets at stage *until* to a city."""
    stand = Stand(cluster.server, cluster.passwords)
    return fill(stand, db.name, number=2, count=count, saves=0, until=until)
