"""The judgement of health: each aspect on both sides of its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from workflow.health import Aspect, Backlog, Finding, Level, Vital, judge, judge_backlog

NOW, TODAY, TICK = datetime(2022, 6, 1, 1, 0, tzinfo=UTC), date(2022, 6, 1), 30.0


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


VITAL = Vital(
    last_tick=ago(seconds=20),
    failed_parts=(),
    oldest_due=None,
    oldest_mail=None,
    calendar_until=date(2026, 12, 31),
    schema="0007",
    shipped="0007",
    release="1.2.0",
    queues={},
)
BACKLOG = Backlog(
    due=0,
    dead_timers=0,
    notices=3,
    oldest_immediate=ago(minutes=2),
    mails={"sent": 40, "queued": 1},
    publications=0,
    overdue_publication=None,
    absences_today=1,
    unseen_absence=None,
)


def judged(**changes: Any) -> dict[Aspect, Finding]:
    findings = judge(NOW, TODAY, TICK, replace(VITAL, **changes))
    return {found.aspect: found for found in findings}


def counted(**changes: Any) -> dict[Aspect, Finding]:
    findings = judge_backlog(NOW, replace(BACKLOG, **changes))
    return {found.aspect: found for found in findings}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_tick": None}, "tick_late"),  # beat was never started
        ({"last_tick": ago(seconds=211)}, "tick_late"),
        ({"oldest_due": ago(seconds=151)}, "due_late"),
        ({"schema": "0006"}, "schema_differs"),
        ({"schema": ""}, "schema_differs"),
        ({"schema": "", "shipped": ""}, "schema_differs"),  # nothing to compare with
    ],
)
def test_what_makes_an_installation_unready(changes: dict[str, Any], code: str) -> None:
    findings = judged(**changes).values()

    assert [found.code for found in findings if found.fails] == [code]
    assert {found.level for found in findings if found.fails} == {Level.FAULT}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"calendar_until": None}, "calendar_ends"),
        ({"calendar_until": date(2022, 6, 30)}, "calendar_ends"),
        ({"oldest_mail": ago(minutes=31)}, "mails_wait"),
        ({"last_tick": ago(seconds=61)}, "tick_slow"),
        ({"last_tick": ago(seconds=210)}, "tick_slow"),
        ({"last_tick": ago(seconds=-61)}, "tick_slow"),
        ({"failed_parts": ("timers",)}, "tick_failed"),
        # Migrations expand first: while an upgrade runs, the old containers go on serving.
        ({"schema": "0008"}, "schema_newer"),
    ],
)
def test_what_is_worth_a_look_and_leaves_it_ready(changes: dict[str, Any], code: str) -> None:
    findings = judged(**changes).values()

    assert [f.code for f in findings if f.level is not Level.GOOD] == [code]
    assert not any(found.fails for found in findings)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"last_tick": ago(seconds=60)},
        {"oldest_due": ago(seconds=150)},
        {"calendar_until": date(2022, 7, 1)},
        {"oldest_mail": ago(minutes=30)},
    ],
)
def test_up_to_the_limit_all_is_well(changes: dict[str, Any]) -> None:
    assert {found.level for found in judged(**changes).values()} == {Level.GOOD}


def test_a_slower_tick_is_given_more_time() -> None:
    vital = replace(VITAL, last_tick=ago(minutes=9), oldest_due=ago(minutes=20))

    assert all(found.level is Level.GOOD for found in judge(NOW, TODAY, 300.0, vital))


@pytest.mark.parametrize(
    ("changes", "code", "level", "count"),
    [
        ({"dead_timers": 2}, "timers_dead", Level.ATTENTION, 2),
        ({"oldest_immediate": ago(minutes=31)}, "notices_wait", Level.ATTENTION, 3),
        ({"mails": {"unknown": 1, "dead": 2}}, "mails_lost", Level.ATTENTION, 3),
        (
            {"publications": 1, "overdue_publication": ago(minutes=31)},
            "publication_late",
            Level.FAULT,
            1,
        ),
        ({"unseen_absence": ago(minutes=31)}, "absences_unseen", Level.ATTENTION, 1),
    ],
)
def test_what_waits_too_long_is_named_on_the_page_alone(
    changes: dict[str, Any], code: str, level: Level, count: int
) -> None:
    [found] = [f for f in counted(**changes).values() if f.level is not Level.GOOD]

    assert (found.code, found.level, found.count, found.fails) == (code, level, count, False)


def test_what_is_on_its_way_is_well() -> None:
    findings = counted(
        publications=1, overdue_publication=ago(minutes=5), unseen_absence=ago(seconds=20)
    )

    assert {found.level for found in findings.values()} == {Level.GOOD}
    assert findings[Aspect.PUBLICATIONS].count == 1


def test_a_tick_that_stands_still_is_worse_than_one_that_failed_in_part() -> None:
    found = judged(last_tick=ago(seconds=211), failed_parts=("timers",))[Aspect.TICK]

    assert (found.code, found.fails) == ("tick_late", True)
