"""Whether the installation works: one judgement for machines (``/readyz``) and for people.

Pure: what was read from the database comes in as one value, findings go out. A finding is a code;
``web/status_words.py`` says each of them in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from workflow import pulses
from workflow.pulses import QueueSeen

#: Ticks after which the periodic work counts as slow; and as standing still, with some slack.
SLOW_TICKS, MISSED_TICKS, SLACK = 2, 5, timedelta(seconds=60)
#: The parts of a tick, each of which may fail by itself.
TICK_PARTS = (
    "organisation", "absences", "joint_stages", "timers", "notices", "unsent_forms",
    "publications", "guesses",
)  # fmt: skip
#: How far ahead the closed days must be known: ladders are planned over them.
CALENDAR_AHEAD = timedelta(days=30)
#: Mails, publications and absences are seen to within minutes; later, somebody should look.
PATIENCE = timedelta(minutes=30)


class Level(StrEnum):
    """How good or bad something is; in the order of urgency."""

    #: 異常: does not work.
    FAULT = "fault"
    #: 注意: works, and somebody should look.
    ATTENTION = "attention"
    #: 良好.
    GOOD = "good"


class Aspect(StrEnum):
    """What is judged, in the order of the page."""

    TICK = "tick"
    DUE = "due"
    DEAD_TIMERS = "dead_timers"
    NOTICES = "notices"
    MAILS = "mails"
    LOST_MAILS = "lost_mails"
    QUEUES = "queues"
    WORKERS = "workers"
    PUBLICATIONS = "publications"
    ABSENCES = "absences"
    CALENDAR = "calendar"
    SCHEMA = "schema"


@dataclass(frozen=True)
class Vital:
    """What readiness depends on, as it was read.

    Attributes:
        last_tick: None when the tick never came by.
        failed_parts: what failed of it (of ``TICK_PARTS``).
        oldest_due: when the oldest timer fell due that nobody settled and whose clock runs.
        oldest_mail: when the oldest mail was written that still waits or is being sent.
        calendar_until: the last day whose closed days are known; None before a city was taken in.
        schema: the revision of the database; empty when it has none.
        shipped: the revision that the code knows.
        release: version of the code that asks.
        queues: name → what the last pulse in it told; only those that ever had one.
    """

    last_tick: datetime | None
    failed_parts: tuple[str, ...]
    oldest_due: datetime | None
    oldest_mail: datetime | None
    calendar_until: date | None
    schema: str
    shipped: str
    release: str
    queues: Mapping[str, QueueSeen] = field(hash=False)


@dataclass(frozen=True)
class Backlog:
    """What only the page shows beside that: how much waits, and since when.

    Attributes:
        dead_timers: timers that were given up, of sheets that still are where they were.
        oldest_immediate: the oldest notice that should have become a mail at once.
        overdue_publication: when the oldest running publication should have been published.
        absences_today: absences that begin today.
        unseen_absence: since when an absence counts whose sheets nobody looked through yet.
    """

    due: int
    dead_timers: int
    notices: int
    oldest_immediate: datetime | None
    mails: Mapping[str, int] = field(hash=False)
    publications: int
    overdue_publication: datetime | None
    absences_today: int
    unseen_absence: datetime | None


@dataclass(frozen=True)
class Finding:
    """One judged aspect.

    Attributes:
        code: ``tick_good``, ``tick_late`` …; stable.
        since: the instant whose age matters, if there is one.
        count: how many, where things are counted.
        fails: whether the installation is not ready because of it.
    """

    aspect: Aspect
    level: Level
    code: str
    since: datetime | None = None
    count: int = 0
    fails: bool = False


def judge(now: datetime, today: date, tick_seconds: float, vital: Vital) -> tuple[Finding, ...]:
    """The aspects of readiness, good ones included.

    A timer stays a little behind without harm: the tick comes every *tick_seconds*, and a sheet
    that somebody is acting on is left for the next one.
    """
    return (
        _tick(now, tick_seconds, vital),
        _due(now, tick_seconds, vital.oldest_due),
        _mails(now, vital.oldest_mail),
        _queues(now, tick_seconds, vital.queues),
        _workers(now, tick_seconds, vital),
        _calendar(today, vital.calendar_until),
        _schema(vital),
    )


def judge_backlog(now: datetime, backlog: Backlog) -> tuple[Finding, ...]:
    """The aspects that only the page shows; none of them makes the installation unready."""
    dead = Finding(
        Aspect.DEAD_TIMERS,
        Level.ATTENTION if backlog.dead_timers else Level.GOOD,
        "timers_dead" if backlog.dead_timers else "timers_dead_none",
        count=backlog.dead_timers,
    )
    waits = backlog.oldest_immediate
    late = waits is not None and now - waits > PATIENCE
    notices = Finding(
        Aspect.NOTICES,
        Level.ATTENTION if late else Level.GOOD,
        "notices_wait" if late else "notices_good",
        waits,
        backlog.notices,
    )
    lost = backlog.mails.get("unknown", 0) + backlog.mails.get("dead", 0)
    lost_mails = Finding(
        Aspect.LOST_MAILS,
        Level.ATTENTION if lost else Level.GOOD,
        "mails_lost" if lost else "mails_lost_none",
        count=lost,
    )
    behind = backlog.overdue_publication
    stuck = behind is not None and now - behind > PATIENCE
    publications = Finding(
        Aspect.PUBLICATIONS,
        Level.FAULT if stuck else Level.GOOD,
        "publication_late" if stuck else "publications_good",
        behind if stuck else None,
        backlog.publications,
    )
    unseen = backlog.unseen_absence
    forgotten = unseen is not None and now - unseen > PATIENCE
    absences = Finding(
        Aspect.ABSENCES,
        Level.ATTENTION if forgotten else Level.GOOD,
        "absences_unseen" if forgotten else "absences_good",
        unseen if forgotten else None,
        backlog.absences_today,
    )
    return dead, notices, lost_mails, publications, absences


def _tick(now: datetime, tick_seconds: float, vital: Vital) -> Finding:
    last = vital.last_tick
    if last is None:
        return Finding(Aspect.TICK, Level.FAULT, "tick_late", fails=True)
    # In either direction: a beat from the future says nothing of the present.
    age = abs(now - last)
    if age > timedelta(seconds=MISSED_TICKS * tick_seconds) + SLACK:
        return Finding(Aspect.TICK, Level.FAULT, "tick_late", last, fails=True)
    if vital.failed_parts:
        # It goes on without them, and no web would do better: other webs ask the same database.
        return Finding(Aspect.TICK, Level.FAULT, "tick_failed", last, count=len(vital.failed_parts))
    if age > timedelta(seconds=SLOW_TICKS * tick_seconds):
        return Finding(Aspect.TICK, Level.ATTENTION, "tick_slow", last)
    return Finding(Aspect.TICK, Level.GOOD, "tick_good", last)


def _due(now: datetime, tick_seconds: float, oldest: datetime | None) -> Finding:
    # The heartbeat alone does not tell: a tick may come by and leave the same row every time.
    if oldest is not None and now - oldest > timedelta(seconds=MISSED_TICKS * tick_seconds):
        return Finding(Aspect.DUE, Level.FAULT, "due_late", oldest, fails=True)
    return Finding(Aspect.DUE, Level.GOOD, "due_good", oldest)


def _mails(now: datetime, oldest: datetime | None) -> Finding:
    if oldest is not None and now - oldest > PATIENCE:
        return Finding(Aspect.MAILS, Level.ATTENTION, "mails_wait", oldest)
    return Finding(Aspect.MAILS, Level.GOOD, "mails_good", oldest)


def _calendar(today: date, until: date | None) -> Finding:
    if until is None or until < today + CALENDAR_AHEAD:
        return Finding(Aspect.CALENDAR, Level.ATTENTION, "calendar_ends")
    return Finding(Aspect.CALENDAR, Level.GOOD, "calendar_good")


def _queues(now: datetime, tick_seconds: float, queues: Mapping[str, QueueSeen]) -> Finding:
    if not any(seen.is_of_today(now) for seen in queues.values()):
        return Finding(Aspect.QUEUES, Level.GOOD, "queues_none")
    silent = pulses.silent(now, tick_seconds, queues)
    if silent:
        return Finding(
            Aspect.QUEUES,
            Level.ATTENTION,
            "queue_silent",
            min((queues[name].at for name in silent if name in queues), default=None),
            len(silent),
        )
    return Finding(Aspect.QUEUES, Level.GOOD, "queues_good")


def _workers(now: datetime, tick_seconds: float, vital: Vital) -> Finding:
    workers = pulses.workers(now, tick_seconds, vital.queues)
    others = [
        name
        for name, worker in workers.items()
        if (worker.release, worker.schema) != (vital.release, vital.shipped)
    ]
    if others:
        return Finding(Aspect.WORKERS, Level.ATTENTION, "worker_differs", count=len(others))
    return Finding(Aspect.WORKERS, Level.GOOD, "workers_good", count=len(workers))


def _schema(vital: Vital) -> Finding:
    """Migrations expand first: code works on a newer schema, and never on an older one."""
    if not vital.schema or not vital.shipped or vital.schema < vital.shipped:
        return Finding(Aspect.SCHEMA, Level.FAULT, "schema_differs", fails=True)
    if vital.schema > vital.shipped:
        return Finding(Aspect.SCHEMA, Level.ATTENTION, "schema_newer")
    return Finding(Aspect.SCHEMA, Level.GOOD, "schema_good")
