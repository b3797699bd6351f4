"""E06 to E10: whatever happens to Redis, messages, beat and clock, all due work is done once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from random import Random

import redis

from hyoka.local.process import Child
from tests.conftest import START
from tests.faults.checking import CAST, approvals, check_approvals
from tests.faults.conftest import Filler, Numbers, TownMaker
from tests.faults.people import Crowd, History, Window, sign_all_in
from tests.faults.post import SLACK, TICK, planned, until_done
from tests.faults.servers import kill_whole
from tests.faults.town import KeptWorker, Town
from tests.faults.waiting import until
from tests.sample_people import SHEETS
from workflow.clock import OFFICE_ZONE

Size = Callable[[int], int]


def wrong(port: int) -> list[str]:
    """What /readyz says is wrong; nothing when it is ready."""
    return _readyz(port)["wrong"]


def warnings(port: int) -> list[str]:
    """What /readyz says somebody should look at."""
    return _readyz(port)["warnings"]


def _readyz(port: int) -> dict[str, list[str]]:
    window = Window([port])
    status, _, text = window.ask("GET", "/readyz")
    window.close()
    found: dict[str, list[str]] = json.loads(text)
    assert (status == 503) == bool(found["wrong"]), status
    return found


def age_of_tick(town: Town) -> float:
    """Seconds since the last tick, on the town's clock."""
    return float(
        town.city.scalar(
            "SELECT extract(epoch FROM transaction_clock() - beat_at) FROM heartbeat "
            "WHERE name = 'tick'"
        )
    )


def seen_slow(town: Town, port: int) -> float:
    """Wait until the warning is there; returns after how many seconds without a tick.

    Two ticks, and what this machine needs to answer; the page is asked again and again.
    """
    asked: list[float] = []

    def is_seen() -> bool:
        if "tick_slow" not in warnings(port):
            return False
        asked.append(age_of_tick(town))
        return True

    until(is_seen, 2 * TICK + SLACK, "the late tick is a warning")
    assert wrong(port) == []
    return asked[0]


def test_e06_a_redis_that_lost_everything_costs_delay_and_no_mail(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="20")
    plan = planned(town, size(10))
    # Celery 5.7 itself ends when it loses Redis while it connects; compose starts it again.
    worker = KeptWorker(town)
    town.start_beat()
    rounds = size(2) // (1 if size(1) == 1 else 4)
    for number in range(rounds):
        share = plan.total * (number + 1) // (rounds + 2)
        until(
            lambda share=share: worker.keep() and len(town.office.stored) >= share,  # type: ignore[misc]
            plan.patience,
            f"{share} mails",
        )
        town.redis.kill()
        code = random.choice(("631", "632"))
        town.city.save(code, results=f"Redisのない間の文{number}。")
        town.redis.start()
        with redis.Redis.from_url(town.redis.server.client_url) as client:
            client.flushall()
    until_done(town, plan.patience, worker.keep)

    lost = plan.mails - town.office.per_recipient()
    assert town.office.per_recipient() == plan.mails
    assert set(town.office.copies().values()) == {1}
    # With no message left, one new tick must find everything.
    town.city.submit("631")
    town.redis.kill()
    town.redis.start()
    back = until_done(town, 2 * TICK + 5 * SLACK, worker.keep)
    numbers(
        "E06",
        planned=plan.total + 1,
        arrived=len(town.office.stored),
        times_emptied=rounds + 1,
        worker_started_again=worker.started_again,
        lost=lost.total(),
        twice=town.office.twice(),
        done_after_the_last_return_ms=round(back * 1000),
    )


def test_e07_nobody_waits_for_a_frozen_redis(
    town_on: TownMaker,
    filled: Filler,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    is_long: bool,
    numbers: Numbers,
) -> None:
    count, seconds = size(40), 60 if is_long else 4
    town = town_on(filled(count, "department_review"), city_template[1])
    _, port = town.start_web()
    town.start_worker()
    town.start_beat()
    crowd = Crowd([port], sign_all_in([port], {name: town.passwords[name] for name in CAST}))
    work = approvals(town, count, random)
    until_done(town, 30)
    # Half of it beforehand: caches are warm, and it is known what this machine needs.
    crowd.begin(work[: count // 2], threads=4)
    calm, crowd.history = crowd.finish(), History()

    town.redis.freeze()
    frozen_at = time.monotonic()
    crowd.begin(work[count // 2 :], threads=4)
    history = crowd.finish()
    until(lambda: time.monotonic() - frozen_at > seconds, seconds + 1, "frozen long enough")
    during = len(town.office.stored)
    town.redis.thaw()
    drained = until_done(town, 300)

    slowest, beforehand = history.slowest_of_hundred(), calm.slowest_of_hundred()
    checked = check_approvals(town, History(calm.answers + history.answers), work)
    assert checked.approvals == 2 * count
    assert (checked.failures, checked.unanswered) == (0, 0)
    # A second, or what a machine that is busy with other things needs anyway.
    assert slowest < max(1, 3 * beforehand)
    # Whoever was to be told was told, after the thaw: approver and both publishers.
    told = town.count("SELECT count(DISTINCT recipient_id) FROM notice WHERE gathered_at > :t",
                      t=START)  # fmt: skip
    assert told
    assert len(town.office.stored) > during
    assert set(town.office.copies().values()) == {1}
    numbers(
        "E07",
        frozen_seconds=seconds,
        approvals=checked.approvals,
        answers_5xx=checked.failures,
        p99_ms=round(slowest * 1000),
        p99_before_ms=round(beforehand * 1000),
        drained_after_ms=round(drained * 1000),
    )


def test_e08_a_full_redis_or_one_that_forgets_loses_nothing_and_is_seen(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="20")
    plan = planned(town, 5)
    _, port = town.start_web(workers=1)
    town.office.open.clear()
    town.start_worker()
    town.start_beat()
    until(lambda: town.office.waiting == 2, 30, "both children talk to the mail server")
    with redis.Redis.from_url(town.redis.server.client_url) as client:
        client.config_set("maxmemory", "1")
        town.office.open.set()
        until(
            lambda: "used memory > 'maxmemory'" in town.said("beat"),
            30,
            "beat is refused, and says so",
        )
        warned = seen_slow(town, port)
        # Five ticks and a minute are over: whoever watches sees it.
        town.step_clock(timedelta(minutes=2))
        assert "tick_late" in wrong(port)
        client.config_set("maxmemory", "0")
        until(lambda: wrong(port) == [], 30, "ready again")
        first = until_done(town, 60)

        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", "1")
        for code in ("631", "632"):
            town.city.submit(code)
        until(lambda: client.info("stats")["evicted_keys"] > 0, 30, "keys are thrown away")
        client.config_set("maxmemory", "0")
        second = until_done(town, 60)
        evicted = client.info("stats")["evicted_keys"]

    # Both submissions told their reviewers; everything else is the plan.
    reviewers = {"ogawa.tetsuo@aose.example.jp": 1, "okamoto.sachiko@aose.example.jp": 1}
    expected = plan.mails + Counter(reviewers)
    assert town.office.per_recipient() == expected
    assert set(town.office.copies().values()) == {1}
    numbers(
        "E08",
        planned=plan.total + 2,
        arrived=len(town.office.stored),
        warned_after_ms=round(warned * 1000),
        keys_thrown_away=evicted,
        lost=(expected - town.office.per_recipient()).total(),
        done_after_full_ms=round(first * 1000),
        done_after_forgetting_ms=round(second * 1000),
    )


def test_e09_every_message_three_times_at_once_has_one_effect(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="20")
    plan = planned(town, size(5))
    for code in ("631", "632"):
        town.city.bring_to(code, "approved")
    # They moved on, so their sections are not reminded; and whoever had them is told of more.
    moved = town.drafters("631", "632") - town.drafters("611", "612", "621")
    publication = town.city.request_publication(["631", "632"])
    town.office.open.clear()
    for n in range(2):
        town.start_worker(f"worker-{n}", concurrency=3, module="tests.faults.threefold")
    town.start_beat(module="tests.faults.threefold")
    until(lambda: town.office.waiting >= 3, 30, "several workers talk to the mail server")
    # Longer than the visibility timeout: Redis hands the same messages out again meanwhile.
    waited = time.monotonic()
    until(lambda: time.monotonic() - waited > 2.5, 5, "the visibility timeout is over")
    town.office.open.set()
    until(lambda: town.city.publication(publication).state == "published", 60, "published")
    until_done(town, plan.patience)

    assert set(town.office.copies().values()) == {1}, "a mail came twice"
    expected = Counter(who for who in plan.mails if who not in moved)
    assert expected - town.office.per_recipient() == Counter(), "somebody was not told"
    assert set(town.mails()) == {"sent"}
    assert len(town.office.stored) == town.mails()["sent"]
    published = town.count("SELECT count(*) FROM event WHERE action = 'publish'")
    assert published == 2
    received = sum(town.said(f"worker-{n}").count(" received") for n in range(2))
    assert received > 3 * 3
    assert town.city.verify().broken == ()
    numbers(
        "E09",
        messages_taken=received,
        mails=len(town.office.stored),
        twice=town.office.twice(),
        published=published,
    )


def at(day: int, hour: int = 8, minute: int = 45) -> datetime:
    """An hour in June 2022, in the office."""
    return datetime.combine(date(2022, 6, day), clock_time(hour, minute), OFFICE_ZONE)


def test_e10_two_beats_double_nothing_and_no_beat_is_seen_and_made_up_for_once(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="20")
    plan = planned(town, size(5))
    _, port = town.start_web(workers=1)
    town.start_worker()
    beats: list[Child] = [town.start_beat(f"beat-{n}") for n in range(2)]
    until_done(town, plan.patience)
    assert wrong(port) == []
    assert town.office.per_recipient() == plan.mails

    # The clock steps back and forth under both of them.
    for hours in (-1, 1):
        town.step_clock(timedelta(hours=hours))
        _ticks_by(town)
    assert town.office.per_recipient() == plan.mails

    for beat in beats:
        kill_whole(beat)
    until_quiet(town)
    warned = seen_slow(town, port)
    # Nobody ticks on 20, 22 and 23 June: two reminders and the notice that it is late.
    town.set_clock(at(23))
    assert "tick_late" in wrong(port)
    until_quiet(town)
    assert town.office.per_recipient() == plan.mails
    town.start_beat("beat-2")
    until(lambda: wrong(port) == [], 30, "ready again")
    until_done(town, plan.patience)

    # One mail that tells the present state, not three old ones.
    once_more = Counter(town.drafters(*SHEETS))
    assert town.office.per_recipient() == plan.mails + once_more
    assert set(town.office.copies().values()) == {1}
    late = town.count("SELECT count(DISTINCT mail_id) FROM notice WHERE kind = 'overdue'")
    assert late == once_more.total()
    numbers(
        "E10",
        beats=2,
        planned=plan.total + once_more.total(),
        arrived=len(town.office.stored),
        twice=town.office.twice(),
        made_up_for_and_marked_late=late,
        warned_after_ms=round(warned * 1000),
    )


def test_a_dead_mail_worker_beside_living_ones_is_named_and_one_that_comes_back_is_well(
    town_on: TownMaker, city_template: tuple[str, dict[str, str]]
) -> None:
    """Nobody asks Redis for it: the workers tell the database."""
    town = town_on(*city_template)
    _, port = town.start_web(workers=1)
    town.start_worker("others", queues="tick,batch")
    mails = town.start_worker("mails", queues="mail")
    town.start_beat()
    until(lambda: set(_queues(town)) == {"tick", "mail", "batch"}, 30, "a pulse of each queue")
    assert {name: seen["worker"] for name, seen in _queues(town).items()} == {
        "tick": "others@here", "mail": "mails@here", "batch": "others@here",
    }  # fmt: skip
    assert all(seen["redis"] for seen in _queues(town).values())
    assert "queue_silent" not in warnings(port)

    kill_whole(mails)
    # On a clock that runs on, the living go on telling; five pulses are twenty seconds here.
    until(lambda: "queue_silent" in warnings(port), 5 * 4 * TICK + 4 * SLACK, "it is silent")
    assert wrong(port) == []

    town.start_worker("mails-again", queues="mail")
    until(lambda: "queue_silent" not in warnings(port), 30, "somebody works on it again")
    with redis.Redis.from_url(town.redis.server.client_url) as client:
        # What nobody took is thrown away when it is old; it does not pile up.
        until(lambda: client.llen("mail") == 0, 30, "nothing waits")


def _queues(town: Town) -> dict[str, dict[str, str]]:
    rows = town.city.rows("SELECT name, detail FROM heartbeat WHERE name LIKE 'queue:%'")
    return {row.name.removeprefix("queue:"): row.detail for row in rows}


_BEAT = "SELECT beat_at FROM heartbeat WHERE name = 'tick'"


def _ticks_by(town: Town) -> None:
    """Until a tick has come by on the clock as it is now."""
    before = town.city.scalar(_BEAT)
    until(lambda: town.city.scalar(_BEAT) != before, 30, "a tick")
    until_done(town, 30)


def until_quiet(town: Town) -> None:
    """Until every message that was in the queues has been worked off."""
    with redis.Redis.from_url(town.redis.server.client_url) as client:
        until(
            lambda: not client.exists("tick", "mail", "batch", "unacked"),
            30,
            "the queues are empty",
        )
