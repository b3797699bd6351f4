"""Pages that people see beside bare Flask routes that render the same table from one query.

Both are asked as a server asks them, by WSGI in this very process, one request after the other. The
core answers with all that it is: session, post, policy, rules, frame, language; the bare route has
none of that. The table of both must be the same to the letter.
"""

from __future__ import annotations

import gc
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Flask
from pydantic import SecretStr
from werkzeug.test import create_environ, run_wsgi_app

from bench import twelve
from bench.bare import create_bare
from bench.measured import Outcome, Ratio, Series
from bench.sides import CORE
from bench.stand import CITY, Stand
from bench.twelve import Offices
from web import create_app
from workflow.application import Application
from workflow.clock import machine_now
from workflow.database import psycopg_url
from workflow.services.accounts import token_hash
from workflow.settings import Settings

BARE = "bare route"
#: The core without the rows and tables that it keeps: each request draws all of them.
ANEW = "core, all drawn anew"
#: A page of the core with nothing but its frame and one small form: what every page begins with.
EMPTY = "core, a page without a table"
_WITHOUT_TABLE = "/account/password"
_DATABASE = "bench_pages"
_SESSION = """
INSERT INTO user_session (token_hash, person_id, created_at, expires_at)
VALUES (%s, %s, clock_timestamp(), clock_timestamp() + interval '9 hours')
"""

Ask = Callable[[], bytes]


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        cycles, measures: as many evaluations as their product.
        wait: so many sheets wait for the reader.
        requests: of each side in each round.
        at_least: the bound on requests per second over those of the bare route.
    """

    cycles: int
    measures: int
    wait: int
    rounds: int
    requests: int
    at_least: float | None


@dataclass(frozen=True)
class Page:
    """A page and the table in it that the bare route has as well."""

    name: str
    path: str
    table: str


DESK = Page("desk", "/desk", "turns")
BOARD = Page("board", "/progress", "board")
DESK_FULL = Sizes(cycles=20, measures=5_000, wait=50, rounds=15, requests=60, at_least=0.6)
DESK_QUICK = Sizes(cycles=2, measures=120, wait=5, rounds=2, requests=3, at_least=None)
BOARD_FULL = Sizes(cycles=2, measures=1_000, wait=5, rounds=15, requests=60, at_least=0.6)
BOARD_QUICK = Sizes(cycles=2, measures=120, wait=5, rounds=2, requests=3, at_least=None)


def run(stand: Stand, page: Page, sizes: Sizes, *, tell: Callable[[str], None] = print) -> Outcome:
    """Measure, and compare the tables."""
    tell(f"{page.name}: filling in {sizes.cycles * sizes.measures:,} evaluations")
    stand.copy(CITY, _DATABASE)
    made = twelve.fill(
        stand, _DATABASE, cycles=sizes.cycles, measures=sizes.measures, wait=sizes.wait
    )
    application = Application(
        Settings(
            database_url=SecretStr(stand.url(_DATABASE)),
            secret_key=SecretStr(secrets.token_urlsafe(48)),
        )
    )
    bare = create_bare(psycopg_url(stand.url(_DATABASE)))
    app = create_app(application)
    headers = _signed_in(stand, application, made)
    core = _asking(app, page.path, headers)
    asks = {
        CORE: core,
        BARE: _asking(bare, page.path, {}, person=made.reader_id, cycle=made.cycle_id),
        ANEW: _forgetting(app, core),
        EMPTY: _asking(app, _WITHOUT_TABLE, headers),
    }
    try:
        differences = _differences(page, asks)
        for ask in asks.values():
            _several(ask, 15 if sizes.at_least else 1)  # statements prepared, templates compiled
        series = _race(page, sizes, asks, tell)
    finally:
        application.dispose()
        bare.extensions["engine"].dispose()
    stand.drop(_DATABASE)
    return Outcome(
        name=page.name,
        sizes={
            "evaluations": sizes.cycles * sizes.measures,
            "departments": twelve.DEPARTMENTS,
            "waiting": sizes.wait,
            "requests_per_side_and_round": sizes.requests,
            "rounds": sizes.rounds,
        },
        series=series,
        ratios=[
            Ratio(f"{page.name}: core / {BARE}", series[0], series[1], at_least=sizes.at_least),
            *(
                Ratio(f"{page.name}: {other.name} / {BARE}", other, series[1])
                for other in series[2:]
            ),
        ],
        differences=differences,
        shown="the table is the same to the letter",
    )


def _signed_in(stand: Stand, application: Application, made: Offices) -> dict[str, str]:
    """The headers of a browser in which the reader has signed in: a session's row, a cookie."""
    token = secrets.token_urlsafe(32)
    with stand.owner(_DATABASE) as connection:
        connection.execute(_SESSION, (token_hash(token), made.reader_id))
    app = create_app(application)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    seen = int(machine_now().timestamp())
    kept = {"_user_id": token, "_fresh": True, "seen": seen, "cycle": made.cycle_id}
    name = app.config["SESSION_COOKIE_NAME"]
    browser = app.test_client()
    browser.set_cookie(name, signer.dumps(kept))
    browser.get("/desk")  # which gives the session what it keeps from then on
    cookie = browser.get_cookie(name)
    assert cookie is not None
    return {"Cookie": f"{name}={cookie.value}"}


def _asking(app: Flask, path: str, headers: dict[str, str], **query: int) -> Ask:
    environ = create_environ(
        path,
        "http://localhost",
        query_string={name: str(value) for name, value in query.items()},
        headers={"Accept-Language": "ja", **headers},
    )

    def ask() -> bytes:
        answer: Iterable[bytes]
        answer, status, _headers = run_wsgi_app(app, dict(environ))
        assert status.startswith("200"), status
        return b"".join(answer)

    return ask


def _forgetting(app: Flask, ask: Ask) -> Ask:
    """The same, with nothing kept from the request before."""
    forget = app.extensions["hyoka_forget_parts"]

    def anew() -> bytes:
        forget()
        return ask()

    return anew


def _several(ask: Ask, times: int) -> float:
    start = time.monotonic()
    for _ in range(times):
        ask()
    return time.monotonic() - start


def _race(
    page: Page, sizes: Sizes, asks: dict[str, Ask], tell: Callable[[str], None]
) -> list[Series]:
    """Alternate the sides; who goes first changes from round to round."""
    figures: dict[str, list[float]] = {side: [] for side in asks}
    for number in range(sizes.rounds):
        sides = list(asks) if number % 2 == 0 else list(reversed(asks))
        for side in sides:
            gc.collect()
            figures[side].append(sizes.requests / _several(asks[side], sizes.requests))
        shown = ", ".join(f"{side} {figures[side][-1]:,.0f}/s" for side in asks)
        tell(f"{page.name}: round {number + 1}: {shown}")
    return [Series(side, "requests/s", tuple(figures[side])) for side in asks]


def _differences(page: Page, asks: dict[str, Ask]) -> list[str]:
    core, bare = (_rows(page, asks[side]()) for side in (CORE, BARE))
    told = [
        f"{page.name}, row {number}: {one} | {other}"
        for number, (one, other) in enumerate(zip(core, bare, strict=False))
        if one != other
    ]
    if len(core) != len(bare) or len(core) < 3:
        told.append(f"{page.name}: {len(core)} rows and {len(bare)}")
    return told


def _rows(page: Page, html: bytes) -> list[str]:
    """The rows of the page's table; space between elements does not count."""
    found = re.search(rf'<table [^>]*id="{page.table}".*?</table>', html.decode(), re.DOTALL)
    assert found is not None, f"no table {page.table}"
    table = re.sub(r">\s+<", "><", re.sub(r"\s+", " ", found[0]))
    return table.split("</tr>")
