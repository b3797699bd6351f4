"""Who will be told what in the coming days, and why: the tick's own rules on a copied clock.

For each business day the timers that fall due until its digest are asked whom they tell, with the
organisation and the absences of that day (``services.ladders.told_by``, as the tick does). What
people do meanwhile is not foreseen: it is what happens if nobody moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.business_days import CalendarNotCovered
from workflow.clock import OFFICE_ZONE
from workflow.definition.model import Stage
from workflow.errors import BadInput
from workflow.models import NoticeKind
from workflow.policy import Permission
from workflow.services import closed_days, loading
from workflow.services.gathering import DIGEST
from workflow.services.ladders import DUE_TIMERS, told_by
from workflow.services.loading import LoadedEvaluation
from workflow.services.mail_choices import DECLINED
from workflow.services.notices import LASTING, MOST_PRESSING, STANDING, STANDING_JOINS

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
WHERE {STANDING}
  AND (n.kind <> 'post_review' OR NOT EXISTS (
       SELECT 1 FROM absence a WHERE a.person_id = n.recipient_id AND a.ended_at IS NULL
         AND a.first_day <= :first AND a.last_day >= :first))
""")  # noqa: S608 - fixed parts that another statement has as well
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


def coming_notices(ctx: Context, *, days: int = DAYS_AHEAD) -> tuple[ComingDay, ...]:
    """The digests of the coming days, if nobody moves.

    Raises:
        Refused: no right to read.
    """
    ctx.require(Permission.READ)
    told: list[_Told] = []
    loaded: dict[int, LoadedEvaluation] = {}
    seen: set[int] = set()
    mornings = list(_mornings(ctx, days))
    for morning in mornings:
        then = ctx.at(morning)
        timers = [row for row in then.execute(_DUE, {"now": morning}) if row.id not in seen]
        seen |= {row.id for row in timers}
        found = loading.evaluations(then, sorted({t.evaluation_id for t in timers}), locked=False)
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
    told += _waiting(ctx, days_ahead)
    told = _after_todays_digest(ctx, told, days_ahead)
    missing = sorted({one.evaluation_id for one in told} - set(loaded))
    loaded |= loading.evaluations(ctx, missing, locked=False)
    return _days(
        ctx, [morning.astimezone(OFFICE_ZONE).date() for morning in mornings], told, loaded
    )


def _waiting(ctx: Context, days: list[date]) -> list[_Told]:
    """What waits already: it comes with the first digest, or the first after its mail was lost."""
    if not days:
        return []
    rows = ctx.execute(
        _WAITING,
        {
            "kinds": sorted(DIGEST),
            "lasting": sorted(LASTING),
            "today": ctx.today,
            "first": days[0],
        },
    )
    found = []
    for row in rows:
        day = next((day for day in days if row.lost_on is None or day > row.lost_on), None)
        if day is not None:
            kind = NoticeKind(row.kind)
            found.append(_Told(day, row.recipient_id, row.evaluation_id, kind, ""))
    return found


def _after_todays_digest(ctx: Context, told: list[_Told], days: list[date]) -> list[_Told]:
    """Whoever has had today's digest hears of it in the next one."""
    if len(days) < 2 or days[0] != ctx.today:
        return told
    had = set(ctx.execute(_HAS_DIGEST, {"day": ctx.today}).scalars())
    return [
        replace(one, day=days[1]) if one.day == ctx.today and one.person_id in had else one
        for one in told
    ]


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
