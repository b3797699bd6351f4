"""Who will be told what in the coming days, and why: the tick's own rules on a copied clock.

For each business day the timers that fall due until its digest are asked whom they tell, with the
organisation and the absences of that day (``services.ladders.told_by``, as the tick does). What
people do meanwhile is not foreseen: it is what happens if nobody moves.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import CalendarNotCovered
from workflow.clock import OFFICE_ZONE
from workflow.definition.model import Stage
from workflow.errors import BadInput
from workflow.models import NoticeKind
from workflow.policy import Permission
from workflow.queries.imagined_absence import ImaginedAbsence
from workflow.services import closed_days, loading
from workflow.services.gathering import DIGEST
from workflow.services.ladders import DUE_TIMERS, told_by
from workflow.services.loading import LoadedEvaluation
from workflow.services.mail_choices import DECLINED
from workflow.services.notices import (
    LASTING,
    MOST_PRESSING,
    STANDING,
    STANDING_JOINS,
    WAITS_FOR_HOLD,
)

#: How far the page looks ahead, in calendar days.
DAYS_AHEAD = 14

_DUE = sa.text(DUE_TIMERS)
# What no digest has told yet, and what was in a mail that did not arrive (``services.covering``).
_WAITING = sa.text(f"""
WITH waiting AS (
    SELECT id, CAST(NULL AS date) AS lost_on FROM notice
    WHERE gathered_at IS NULL AND kind = ANY (:kinds)
    UNION ALL
    SELECT n.id, m.business_day FROM mail m JOIN notice n ON n.mail_id = m.id
    WHERE m.covered_at IS NULL AND (m.state IN ('unknown', 'dead', 'superseded')
          OR m.state = 'queued' AND m.business_day < :today)
)
SELECT n.evaluation_id, n.kind, n.recipient_id, w.lost_on
FROM waiting w JOIN notice n ON n.id = w.id {STANDING_JOINS}
WHERE {STANDING} AND NOT {WAITS_FOR_HOLD}
""")  # noqa: S608 - fixed parts that another statement has as well
_ABSENCES = sa.text("""
SELECT person_id, first_day, last_day FROM absence
WHERE ended_at IS NULL AND first_day <= :last AND last_day >= :first
""")
_HAS_DIGEST = sa.text("SELECT recipient_id FROM mail WHERE slot = 'digest' AND business_day = :day")
_PEOPLE = sa.text(f"""
SELECT p.id, p.name, p.mail_state, p.disabled_at, {DECLINED} AS declined
FROM person p WHERE p.id = ANY (:ids)
""")  # noqa: S608 - a fixed part that another statement has as well
_SHEETS = sa.text("""
SELECT e.id, e.code, m.name AS measure, s.due_on FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.id = ANY (:ids)
""")


@dataclass(frozen=True)
class ComingNotice:
    """One sheet in a mail that is to come.

    Attributes:
        kind: what says most about the sheet that day.
        why: the post or part in which the person is told.
    """

    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    kind: NoticeKind
    due_on: date | None
    days_left: int | None
    why: str


@dataclass(frozen=True)
class ComingMail:
    """One digest that will go to one person.

    Attributes:
        reaches: the address is not marked as refused.
    """

    person_id: int
    person: str
    reaches: bool
    notices: tuple[ComingNotice, ...]


@dataclass(frozen=True)
class ComingDay:
    """One business day and the digests of its morning."""

    day: date
    mails: tuple[ComingMail, ...]


@dataclass(frozen=True)
class _Told:
    day: date
    person_id: int
    evaluation_id: int
    kind: NoticeKind
    why: str


def coming_notices(
    ctx: Context, *, days: int = DAYS_AHEAD, imagined: ImaginedAbsence | None = None
) -> tuple[ComingDay, ...]:
    """The digests of the coming days, if nobody moves.

    Args:
        imagined: an absence that is looked at as if it were registered now.

    Raises:
        Refused: no right to read.
    """
    ctx.require(Permission.READ)
    told: list[_Told] = []
    loaded: dict[int, LoadedEvaluation] = {}
    mornings = list(_mornings(ctx, days))
    for morning, timers in _due(ctx, mornings):
        then = ctx.at(morning)
        found = loading.evaluations(then, sorted({t.evaluation_id for t in timers}), locked=False)
        if imagined is not None:
            found = imagined.added(then, found)
        loaded |= found
        for timer in timers:
            evaluation = found.get(timer.evaluation_id)
            if evaluation is None or evaluation.entry_id != timer.stage_entry_id:
                continue
            told += [
                _Told(then.today, one.person_id, evaluation.id, NoticeKind(timer.kind), one.why)
                for one in told_by(evaluation, timer.kind, timer.rung)
            ]
    days_ahead = [ctx.at(morning).today for morning in mornings]
    had = _had_todays(ctx, days_ahead)
    told = [
        replace(one, day=days_ahead[1]) if one.day == ctx.today and one.person_id in had else one
        for one in told
    ]
    told += _waiting(ctx, days_ahead, had, imagined)
    missing = sorted({one.evaluation_id for one in told} - set(loaded))
    loaded |= loading.evaluations(ctx, missing, locked=False)
    return _days(ctx, days_ahead, told, loaded)


def _due(
    ctx: Context, mornings: Sequence[datetime]
) -> Iterator[tuple[datetime, list[sa.Row[Any]]]]:
    """The mornings on which something falls due, each with its timers."""
    if not mornings:
        return
    by_morning: dict[datetime, list[sa.Row[Any]]] = defaultdict(list)
    for timer in ctx.execute(_DUE, {"now": mornings[-1]}):
        by_morning[mornings[bisect_left(mornings, timer.due_at)]].append(timer)
    yield from sorted(by_morning.items())


def _had_todays(ctx: Context, days: Sequence[date]) -> Collection[int]:
    """Whoever has had today's digest hears of what comes today in the next one."""
    if len(days) < 2 or days[0] != ctx.today:
        return ()
    return set(ctx.execute(_HAS_DIGEST, {"day": ctx.today}).scalars())


def _waiting(
    ctx: Context,
    days: Sequence[date],
    had: Collection[int],
    imagined: ImaginedAbsence | None,
) -> Iterator[_Told]:
    """What waits already: it comes with the first digest, or the first after its mail was lost.

    What is read afterwards (後閲) comes with the first on which its reader is there.
    """
    if not days:
        return
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in ctx.execute(_ABSENCES, {"first": days[0], "last": days[-1]}):
        away[row.person_id].append((row.first_day, row.last_day))
    if imagined is not None:
        away[imagined.person_id].append((imagined.form.first_day, imagined.form.last_day))
    rows = ctx.execute(
        _WAITING, {"kinds": sorted(DIGEST), "lasting": sorted(LASTING), "today": ctx.today}
    )
    for row in rows:
        kind = NoticeKind(row.kind)
        absences = away[row.recipient_id] if kind is NoticeKind.POST_REVIEW else []
        able = (
            day
            for day in (days[1:] if row.recipient_id in had else days)
            if (row.lost_on is None or day > row.lost_on)
            and not any(first <= day <= last for first, last in absences)
        )
        day = next(able, None)
        if day is not None:
            yield _Told(day, row.recipient_id, row.evaluation_id, kind, "")


def _mornings(ctx: Context, days: int) -> Iterator[datetime]:
    """The instants of the digests to come.

    When today's digest time is over, whoever has had none yet still gets one as soon as something
    falls due: then the first instant is now.
    """
    try:
        calendar = closed_days.load(ctx)
        for ahead in range(days + 1):
            day = ctx.today + timedelta(days=ahead)
            at = datetime.combine(day, ctx.settings.digest_time, OFFICE_ZONE)
            if calendar.is_open(day):
                yield max(at, ctx.now)
    except (BadInput, CalendarNotCovered):
        return


def _days(
    ctx: Context, days: list[date], told: list[_Told], loaded: dict[int, LoadedEvaluation]
) -> tuple[ComingDay, ...]:
    people = {
        row.id: row
        for row in ctx.execute(_PEOPLE, {"ids": sorted({one.person_id for one in told})})
    }
    sheets = {row.id: row for row in ctx.execute(_SHEETS, {"ids": sorted(loaded)})}
    chosen: dict[tuple[date, int, int], _Told] = {}
    for one in sorted(told, key=lambda one: MOST_PRESSING.index(one.kind)):
        person = people[one.person_id]
        if person.disabled_at is None and one.kind not in person.declined:
            chosen.setdefault((one.day, one.person_id, one.evaluation_id), one)
    by_mail: dict[tuple[date, int], list[ComingNotice]] = {}
    for (day, person_id, evaluation_id), one in chosen.items():
        sheet, evaluation = sheets[evaluation_id], loaded[evaluation_id]
        by_mail.setdefault((day, person_id), []).append(
            ComingNotice(
                evaluation_id=evaluation_id,
                code=sheet.code,
                measure=sheet.measure,
                stage=evaluation.definition.stage(evaluation.facts.state),
                kind=one.kind,
                due_on=sheet.due_on,
                days_left=(sheet.due_on - day).days if sheet.due_on else None,
                why=one.why,
            )
        )
    return tuple(
        ComingDay(
            day,
            tuple(
                ComingMail(
                    person_id=person_id,
                    person=people[person_id].name,
                    reaches=people[person_id].mail_state == "good",
                    notices=tuple(sorted(notices, key=lambda notice: notice.code)),
                )
                for (on, person_id), notices in sorted(by_mail.items())
                if on == day
            ),
        )
        for day in days
    )
