"""E11: whatever the clock does, nothing comes early, nothing twice, nothing on a closed day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from itertools import cycle as cycle_of

import hypothesis
from hypothesis import strategies as st

from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Cluster
from tests.faults.conftest import Numbers
from tests.recorders import Clock, RecordingTransport
from tests.services.test_cycles import a_spec, open_cycle
from workflow.application import Application
from workflow.clock import OFFICE_ZONE

Size = Callable[[int], int]

#: Last days of a draft that are as awkward as can be.
AWKWARD = (
    date(2022, 7, 15), date(2022, 8, 10), date(2022, 9, 22), date(2022, 12, 28), date(2023, 1, 4),
    date(2023, 3, 31), date(2023, 4, 3), date(2023, 4, 28), date(2023, 5, 2), date(2023, 5, 8),
    date(2024, 2, 29), date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 7),
)  # fmt: skip
#: National holidays from the law and the almanac, typed in here: another source than the program's.
HOLIDAYS = {
    2022: "0101 0110 0211 0223 0321 0429 0503 0504 0505 0718 0811 0919 0923 1010 1103 1123",
    2023: "0101 0102 0109 0211 0223 0321 0429 0503 0504 0505 0717 0811 0918 0923 1009 1103 1123",
    2024: "0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923"
    " 1014 1103 1104 1123",
}
DIGEST = time(8, 45)
#: Business days from the last day: reminders 1 to 3, and the notice that it is late.
LADDER = {1: -5, 2: -2, 3: 0, 4: 1}
#: And the steps that climb: the 課長 twice, then the department and the bureau.
CLIMB = {5: 1, 6: 3, 7: 5}
WRONG = ("early", "twice", "on_closed_days")


def is_open(day: date) -> bool:
    """Whether the office works on a day: the oracle."""
    closed = day.weekday() >= 5 or f"{day:%m%d}" in HOLIDAYS[day.year].split()
    return not closed and f"{day:%m%d}" not in ("1229", "1230", "1231", "0102", "0103")


def business_day(day: date, offset: int) -> date:
    """So many business days from a day that is one."""
    step = timedelta(days=1 if offset > 0 else -1)
    while offset:
        day += step
        if is_open(day):
            offset -= 1 if offset > 0 else -1
    return day


@contextmanager
def city_at(cluster: Cluster, template: tuple[str, dict[str, str]], clock: Clock) -> Iterator[City]:
    """A fresh city on a clock."""
    with cluster.copy(template[0]) as db:
        application = Application(settings_for(db), clock=clock)
        yield City(application, template[1])
        application.dispose()


#: Hours that the clock goes at each look: onwards, at times far, at times back.
STEPS = (16, 1, 3, 7, 11, 24, 30, 49, -1, -24)
#: How the clock goes on when the chosen steps are over.
AFTERWARDS = (16, 30, -1, 7, 24, -3, 11)


def test_e11_no_step_of_the_clock_brings_anything_early_twice_or_on_a_closed_day(
    cluster: Cluster,
    city_template: tuple[str, dict[str, str]],
    seed: int,
    size: Size,
    numbers: Numbers,
) -> None:
    done: Counter[str] = Counter()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=size(2),
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    @hypothesis.given(
        due=st.sampled_from(AWKWARD), steps=st.lists(st.sampled_from(STEPS), max_size=60)
    )
    def walk(due: date, steps: list[int]) -> None:
        clock = Clock(START)
        with city_at(cluster, city_template, clock) as city:
            found = _walk(city, clock, due, steps)
        wrong = {name: found[name] for name in WRONG}
        assert not any(wrong.values()), wrong
        done.update(found)

    walk()
    assert done["steps_back"]
    numbers("E11", **(done | {name: done[name] for name in WRONG}))


def _walk(city: City, clock: Clock, due: date, steps: Sequence[int]) -> Counter[str]:
    """Open a cycle before *due*, and let the clock wander until a fortnight after it."""
    last_day = due
    while not is_open(last_day):
        last_day += timedelta(days=1)
    clock.set(business_day(last_day, -8))
    city.tick()
    late = due + timedelta(days=200)
    others = dict.fromkeys(("department_review", "bureau_approval", "approved"), late)
    cycle = open_cycle(city, a_spec(city, deadlines={"draft": due, **others}))
    transport, sent_at = RecordingTransport(), []
    end = datetime.combine(business_day(last_day, 6), time(12), OFFICE_ZONE)
    done: Counter[str] = Counter(walks=1)

    # Each rung in its turn, at least on the business day on which it falls due, however the clock
    # wanders between them.
    latest = clock.now
    hours = chain(steps, cycle_of(AFTERWARDS))
    while latest < end:
        hour = next(hours)
        clock.forward(hours=hour)
        latest = max(latest, clock.now)
        done["ticks"] += 1
        done["steps_back"] += hour < 0
        before = len(transport.sent)
        city.tick(transport)
        sent_at += [clock.now] * (len(transport.sent) - before)
    clock.now = latest
    clock.set(_next_open(latest.astimezone(OFFICE_ZONE).date()), DIGEST)
    city.tick(transport)
    sent_at += [clock.now] * (len(transport.sent) - len(sent_at))

    ids = [str(message["Message-ID"]) for message in transport.sent]
    done["twice"] += len(ids) - len(set(ids))
    for message_id, instant in zip(ids, sent_at, strict=True):
        local = instant.astimezone(OFFICE_ZONE)
        done["on_closed_days"] += not is_open(local.date())
        done["early"] += local.time() < DIGEST
        done["digests"] += ".digest@" in message_id
    _hold_against_the_oracle(city, cycle, last_day, done)
    return done


def _next_open(day: date) -> date:
    day += timedelta(days=1)
    while not is_open(day):
        day += timedelta(days=1)
    return day


def _hold_against_the_oracle(city: City, cycle: int, due: date, done: Counter[str]) -> None:
    """Each rung came, not before its hour, in its order, once for everybody; and it climbed."""
    told: dict[tuple[int, int], list[int]] = {}
    climbed: dict[int, list[int]] = {}
    for row in city.rows(
        """
        SELECT n.evaluation_id, n.recipient_id, n.kind, n.rung, n.created_at FROM notice n
        JOIN evaluation e ON e.id = n.evaluation_id AND e.cycle_id = :cycle
        WHERE n.kind IN ('reminder', 'overdue', 'escalation') ORDER BY n.id
        """,
        cycle=cycle,
    ):
        offset = CLIMB[row.rung] if row.kind == "escalation" else LADDER[row.rung]
        fell_due = datetime.combine(business_day(due, offset), DIGEST, OFFICE_ZONE)
        done["early"] += row.created_at < fell_due.astimezone(UTC)
        done["notices"] += 1
        if row.kind == "escalation":
            climbed.setdefault(row.evaluation_id, []).append(row.rung)
        else:
            told.setdefault((row.evaluation_id, row.recipient_id), []).append(row.rung)
    assert told
    for rungs in told.values():
        assert rungs == sorted(set(rungs)), "out of order, or twice"
        assert set(rungs) == set(LADDER), "a rung never came"
    assert set(climbed) == {evaluation for evaluation, _ in told}
    for rungs in climbed.values():
        assert rungs == sorted(rungs), "the ladder went down"
        # Step 5 is the copy on the day of the overdue notice; who drafts as well has that already.
        assert set(rungs) - {5} == {6, 7}, "a step of the ladder never came"
