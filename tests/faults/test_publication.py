"""E17: a publication that is killed anywhere is public as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from random import Random

from tests.faults.conftest import Filler, Numbers, TownMaker
from tests.faults.people import Window
from tests.faults.servers import children_of, kill_nine
from tests.faults.town import Town
from tests.faults.waiting import until
from tests.sample_people import PUBLISHER
from workflow.services import publication

INDEX = "/public/ex_post-2021-2/index.json"
#: Sheets of one publication.
BATCH = 25
POINTS = ("inside_chunk", "after_chunk", "inside_flip", "after_flip")
#: Children that are killed at random during one publication, beside those at the points.
KILLS = 4
_APPROVED = """
SELECT e.id, e.code, encode(e.content_hash, 'hex') AS hash, e.cycle_id FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.number = 2 ORDER BY e.code
"""

View = frozenset[tuple[str, str]]


class Citizen:
    """Reads the public list over and over, and keeps every different one."""

    def __init__(self, port: int) -> None:
        self.seen: list[View] = []
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(Window([port]),))
        self._thread.start()

    def _read(self, window: Window) -> None:
        while not self._over.is_set():
            status, _, text = window.ask("GET", INDEX)
            assert status in (200, 404), status
            view = _view(json.loads(text)) if status == 200 else frozenset()
            if not self.seen or view != self.seen[-1]:
                self.seen.append(view)
            self.looks += 1
        window.close()

    def go(self) -> None:
        """Stop reading."""
        self._over.set()
        self._thread.join(20)


def _view(said: dict[str, list[dict[str, list[dict[str, list[dict[str, object]]]]]]]) -> View:
    measures = [
        (str(measure["code"]), str(measure["content_sha256"]))
        for pillar in said["pillars"]
        for policy in pillar["policies"]
        for measure in policy["measures"]
    ]
    assert len(measures) == len(set(measures)), "a sheet is public twice"
    return frozenset(measures)


def test_e17_a_publication_killed_anywhere_is_public_as_a_whole_or_not_at_all(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    is_long: bool,
    numbers: Numbers,
) -> None:
    batches = 20 if is_long else 3
    town = town_on(filled(batches * BATCH, "approved"), city_template[1])
    _, port = town.start_web(workers=1)
    worker = town.start_worker()
    town.start_beat()
    citizen = Citizen(port)
    sheets = town.city.rows(_APPROVED)
    whole: list[View] = [frozenset()]
    killed = 0

    for number in range(batches):
        batch = sheets[number * BATCH : (number + 1) * BATCH]
        points = random.sample(POINTS, 2)
        for point in points:
            town.order(point)
        wanted = ask_for(town, [sheet.id for sheet in batch], batch[0].cycle_id, number)
        whole.append(whole[-1] | {(sheet.code, sheet.hash) for sheet in batch})
        for _ in range(KILLS):
            if is_published(town, wanted):
                break
            time.sleep(random.uniform(0.1, 0.8))
            killed += kill_nine(random.choice(children_of(worker.pid) or [2**22]))
        until(lambda wanted=wanted: is_published(town, wanted), 60, "published")  # type: ignore[misc]
        killed += sum(not (town.orders / point).exists() for point in points)
        for path in town.orders.iterdir():
            path.unlink()
        lines = sorted(f"{code} {content}" for code, content in whole[-1])
        manifest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        assert town.city.publication(wanted).manifest_hash == manifest
    until(lambda: citizen.seen[-1] == whole[-1], 20, "the citizen sees the last one")
    citizen.go()

    half = set(citizen.seen) - set(whole)
    assert not half, "half a publication was public"
    published = town.count("SELECT count(*) FROM event WHERE action = 'publish'")
    assert published == len(sheets), "a sheet was published twice, or not"
    assert killed >= batches
    assert town.city.verify().broken == ()
    numbers(
        "E17",
        publications=batches,
        sheets=len(sheets),
        killed=killed,
        looks=citizen.looks,
        half_published=len(half),
    )


def is_published(town: Town, publication_id: int) -> bool:
    """Whether the pointer was flipped."""
    return town.city.publication(publication_id).state == "published"


def ask_for(town: Town, ids: Sequence[int], cycle_id: int, number: int) -> int:
    """Select sheets for publication, as the page does it."""
    with town.application.command(town.city.actor(PUBLISHER)) as ctx:
        return publication.request(
            ctx,
            cycle_id=cycle_id,
            evaluation_ids=ids,
            publish_at=None,
            request_key=f"batch {number}",
        ).publication_id
