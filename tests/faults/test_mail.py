"""E04, E05, E12, E13, E14: what a mail promises is kept, whoever dies or hangs meanwhile."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg

from tests.faults import mail_server as post_office
from tests.faults.conftest import Numbers, TownMaker
from tests.faults.post import SLACK, TICK, check_promises, planned, until_done
from tests.faults.servers import children_of, kill_whole
from tests.faults.town import Town
from tests.faults.waiting import until
from tests.sample_people import SHEETS
from workflow.services.delivery import MOST_ATTEMPTS, lease_of

Size = Callable[[int], int]

#: Where a child is killed; behind each mail's claim the mail's fate is open.
POINTS = (
    "inside_timers", "after_timers", "after_gather", "before_claim", "after_claim",
    "after_accept", "before_finish", "inside_finish", "after_finish",
)  # fmt: skip
#: Half a second for a step of SMTP, so 4.5 s for a lease.
STEP, LEASE = "0.5", 4.5


def test_e04_children_killed_at_any_point_send_no_reminder_twice_and_lose_none_in_silence(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="2")
    plan = planned(town, size(10))
    rounds = 1 if size(1) == 1 else 5
    # So that there are still mails to be killed with when the last round comes.
    town.office.pace = 0.2 if rounds > 1 else 0.02

    town.start_worker()
    for number in range(rounds):
        for point in POINTS:
            town.order(point)
        if number == 0:
            town.start_beat()
        until(lambda: not list(town.orders.iterdir()), 120, "every point was reached")
    town.office.pace = 0
    lease = lease_of(town.application.settings.model_copy(update={"smtp_timeout": 2.0}))
    took = until_done(town, lease.total_seconds() + 2 * TICK + plan.patience)

    kept = check_promises(town, plan)
    # Four points lie between a committed claim and a committed end.
    assert 0 < kept.unknown <= 4 * rounds
    numbers(
        "E04",
        planned=plan.total,
        killed=len(POINTS) * rounds,
        arrived=kept.arrived,
        unknown=kept.unknown,
        reminders_twice=kept.twice,
        all_at_their_end_after_ms=round(took * 1000),
    )


def test_e05_a_new_worker_goes_on_after_the_lease_and_not_after_the_visibility_timeout(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT=STEP)
    town.start_beat()
    slowest, killed = 0.0, 0
    rounds = size(1) if size(1) == 1 else 10
    worker = town.start_worker("worker-0")
    until_done(town, 30)
    for number in range(rounds):
        town.office.open.clear()
        code = random.choice(SHEETS)
        town.city.submit(code)
        town.city.give_back(code)
        until(lambda: town.office.waiting > 0, 20, "a mail is on its way")
        killed += kill_whole(worker)
        town.office.open.set()
        begun = town.start_worker(f"worker-{number + 1}")
        worker = begun
        slowest = max(slowest, until_done(town, LEASE + 2 * TICK + 4 * SLACK))

    # Accepted by the server, and its worker dead: a return is sent again, and only a return.
    assert set(town.mails()) <= {"sent", "unknown"}
    assert town.count("SELECT count(*) FROM mail WHERE state = 'unknown' AND promise = :p",
                      p="at_least_once") == 0  # fmt: skip
    numbers(
        "E05", workers_killed=rounds, processes=killed, slowest_recovery_ms=round(slowest * 1000)
    )


#: How a conversation may end; each comes at least once, the rest by chance.
FAULTS = (
    post_office.BUSY, post_office.LOCKED, post_office.NO_SUCH_BOX, post_office.GREYLISTED,
    post_office.CUT_BEFORE_DOT, post_office.CUT_AFTER_DOT, post_office.HANGS,
    post_office.HANGS_AFTER_DOT, post_office.DRIPS,
)  # fmt: skip
#: Costs six seconds each time, so it comes once only.
SLOW = {post_office.DRIPS}


def test_e12_whatever_the_mail_server_does_each_kind_of_mail_keeps_its_promise(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="1")
    plan = planned(town, size(5))
    first = random.sample(FAULTS, len(FAULTS))
    often = [fault for fault in FAULTS if fault not in SLOW]
    lock = threading.Lock()

    def script() -> str:
        with lock:
            if first:
                return first.pop()
            return random.choice(often) if random.random() < 0.3 else post_office.FINE

    town.office.script = script
    town.start_worker(concurrency=3)
    town.start_beat()
    with longest_transaction(town) as longest:
        for _ in range(MOST_ATTEMPTS):
            until(
                lambda: not _is_due(town),
                plan.patience,
                f"every attempt of this hour: {town.mails()}",
            )
            if town.nothing_waits():
                break
            town.step_clock(timedelta(hours=1))

    dead = town.city.rows("SELECT address, attempts FROM mail WHERE state = 'dead'")
    assert {row.address for row in dead if row.attempts < MOST_ATTEMPTS} <= town.office.refused
    refused = town.city.rows("SELECT email FROM person WHERE mail_state = 'refused'")
    assert {row.email for row in refused} == town.office.refused
    open_after_dot = [
        mail
        for mail in town.office.stored
        if mail.fault in (post_office.CUT_AFTER_DOT, post_office.HANGS_AFTER_DOT)
    ]
    kept = check_promises(town, plan, dead=len(dead))
    why = town.city.rows("SELECT last_error, address FROM mail WHERE state = 'unknown'")
    cut = sum(not plan.may_repeat(mail) for mail in open_after_dot)
    assert kept.unknown == cut, (why, open_after_dot)
    assert longest() < 2, "a transaction was open while the mail server was asked"
    assert "TimeLimitExceeded" not in town.said("worker")
    faults = {fault: town.office.faults[fault] for fault in FAULTS}
    assert all(faults.values()), faults
    numbers(
        "E12",
        planned=plan.total,
        conversations=town.office.faults.total(),
        faults=sum(faults.values()),
        arrived=kept.arrived,
        unknown=kept.unknown,
        cut_after_the_dot=len(open_after_dot),
        dead=len(dead),
        reminders_twice=kept.twice,
        longest_transaction_ms=round(longest() * 1000),
    )


def _is_due(town: Town) -> bool:
    """Whether anything is to be done or being done in this very hour (in one look)."""
    return bool(
        town.count("""
            SELECT (SELECT count(*) FROM notice WHERE gathered_at IS NULL)
                 + (SELECT count(*) FROM mail WHERE state = 'sending' OR (
                        state = 'queued' AND next_attempt_at <= transaction_clock()))
        """)
    )


@contextmanager
def longest_transaction(town: Town) -> Iterator[Callable[[], float]]:
    """Looks all the time at how old the oldest transaction of the application is, in seconds."""
    seen, over = [0.0], threading.Event()
    ask = """
        SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8
        FROM pg_stat_activity WHERE usename = 'hyoka_app' AND datname = current_database()
    """

    def look() -> None:
        with psycopg.connect(town.database.superuser_url, autocommit=True) as connection:
            while not over.wait(0.05):
                found = connection.execute(ask).fetchone()
                seen[0] = max(seen[0], (found and found[0]) or 0.0)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lambda: seen[0]
    finally:
        over.set()
        looking.join(10)


def test_e13_a_worker_frozen_past_its_lease_changes_nothing_and_sends_nothing_when_it_wakes(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT=STEP)
    plan = planned(town, 2)
    town.start_beat()
    rounds = 1 if size(1) == 1 else 4
    late, changed, sent = 0, 0, 0
    for number, point in enumerate(["after_claim", "before_finish"] * rounds):
        if number:
            town.city.submit("612")
            town.city.give_back("612")
        order = town.order(point, "stop")
        sleeper = town.start_worker(f"sleeper-{number}", concurrency=1)
        until(lambda order=order: not order.exists(), 20, "frozen")  # type: ignore[misc]
        [frozen] = until_stopped(sleeper.pid)
        other = town.start_worker(f"other-{number}", concurrency=1)
        until_done(town, LEASE + 2 * TICK + 5 * SLACK)
        states, stored = town.mails(), len(town.office.stored)

        os.kill(frozen, signal.SIGCONT)
        said = f"sleeper-{number}"
        until(lambda said=said: "mail_fenced" in town.said(said), 10, "fenced")  # type: ignore[misc]
        late += 1
        changed += town.mails() != states
        sent += len(town.office.stored) - stored
        assert (changed, sent) == (0, 0)
        kill_whole(sleeper)
        kill_whole(other)

    assert set(town.mails()) <= {"sent", "unknown"}
    again = [m for m in town.office.stored if town.office.copies()[m.message_id] > 1]
    assert all(".now-" in mail.message_id for mail in again)
    assert plan.total <= len(town.office.stored) + town.mails()["unknown"]
    numbers(
        "E13",
        frozen_past_the_lease=late,
        late_ends_that_changed_a_row=changed,
        sent_when_woken=sent,
    )


def until_stopped(process_id: int) -> list[int]:
    """The children of a worker that stand still by SIGSTOP."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [
            child
            for child in children_of(process_id)
            if Path(f"/proc/{child}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "T"
        ]
        return bool(found)

    until(look, 10, "a child stands still")
    return found


def test_e14_a_mail_that_kills_its_worker_every_time_is_given_up_and_the_others_arrive(
    town_on: TownMaker,
    city_template: tuple[str, dict[str, str]],
    random: Random,
    size: Size,
    numbers: Numbers,
) -> None:
    town = town_on(*city_template, HYOKA_SMTP_TIMEOUT="2")
    plan = planned(town, size(5) if size(1) == 1 else 50)
    poison, *_ = sorted(plan.returned)
    victims = random.sample(sorted(set(plan.mails) - plan.returned), 3)
    deadly = town.order(f"after_claim@{poison}", "kill every")
    for victim, what in zip(victims, ("raise", "spin", "eat"), strict=True):
        town.order(f"after_claim@{victim}", what)
    town.start_worker(concurrency=3, module="tests.faults.hasty")
    town.start_beat()

    healthy = sum(
        count for address, count in plan.mails.items() if address not in (poison, *victims)
    )
    others = {address for address in plan.mails if address not in (poison, *victims)}
    until(
        lambda: (
            sum(n for who, n in town.office.per_recipient().items() if who in others) == healthy
        ),
        plan.patience,
        "the others get their mails",
    )
    stuck = (poison, *victims)
    on_the_way = "SELECT count(*) FROM mail WHERE state = 'sending' AND NOT address = ANY (:who)"
    until(lambda: town.count(on_the_way, who=list(stuck)) == 0, 30, "nobody else is on the way")
    attempts = "SELECT coalesce(max(attempts), 0) FROM mail WHERE address = :a AND state = :s"
    for n in range(1, MOST_ATTEMPTS + 1):
        # What a lease takes goes by at once; the worker's own death is real.
        until(
            lambda n=n: (
                town.count(attempts, a=poison, s="sending") >= n  # type: ignore[misc]
                or town.mails()["dead"]
            ),
            30,
            f"attempt {n}: {town.mails()}",
        )
        until(lambda n=n: deaths(town, poison) >= n, 30, "the worker died")  # type: ignore[misc]
        town.step_clock(timedelta(minutes=1))
    until_done(town, 60)

    [row] = town.city.rows("SELECT state, attempts, last_error FROM mail WHERE state = 'dead'")
    assert (row.attempts, row.last_error) == (MOST_ATTEMPTS, "the worker did not come back")
    died = deaths(town, poison)
    # The poisoned address has two mails: the return, and the reminder, which is not tried again.
    assert died <= MOST_ATTEMPTS + 2
    kept = check_promises(town, plan, dead=1)
    assert kept.unknown == len(victims) + 1
    assert deadly.exists()
    numbers(
        "E14",
        planned=plan.total,
        arrived=kept.arrived,
        deaths=died,
        attempts_before_dead=MOST_ATTEMPTS,
        raised_spun_or_ate=len(victims),
    )


def deaths(town: Town, address: str) -> int:
    """How often a process was killed with a mail to this address in its hands."""
    return len(re.findall(re.escape(f"after_claim@{address}"), town.said("worker")))


def test_the_plan_of_these_experiments_is_what_happens_when_nothing_fails(
    town: Town, numbers: Numbers
) -> None:
    """Else a wrong plan could hide a lost mail."""
    plan = planned(town, 3)
    town.start_worker()
    town.start_beat()
    until_done(town, 30)

    assert town.office.per_recipient() == plan.mails
    assert set(town.office.copies().values()) == {1}
    assert town.mails() == Counter({"sent": plan.total})
