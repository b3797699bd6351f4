"""Which mails of the coming days would go to other people, were somebody away: by the tick's rules.

Both ways of the coming days are asked of ``queries.coming_notices``, as it is and with the absence,
and laid beside each other. A sheet that goes on by itself on one of these days is left out from
then on and named: what follows at its next stage is not foreseen here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from workflow.application import Context
from workflow.clock import OFFICE_ZONE
from workflow.definition.decide import follows_by_itself
from workflow.definition.model import StageKind
from workflow.models import NoticeKind
from workflow.policy import Permission, oneself
from workflow.queries.coming_notices import ComingDay, coming_notices
from workflow.queries.imagined_absence import ImaginedAbsence
from workflow.services import loading, waiting
from workflow.services.absence_days import MOST_SHEETS
from workflow.services.absences import AbsenceForm
from workflow.services.loading import LoadedEvaluation

#: How far the page looks ahead, in calendar days from today.
DAYS_AHEAD = 31


@dataclass(frozen=True)
class Recipient:
    """Somebody who is told, in which kind of notice.

    Attributes:
        reaches: the address is not marked as refused.
    """

    person_id: int
    person: str
    kind: NoticeKind
    reaches: bool


@dataclass(frozen=True)
class NoticeChange:
    """Sheets of which one morning's digests tell, as it is and with the absence.

    Attributes:
        codes: of the sheets, in order.
        before, after: the person who would be away, and whoever is told one way and not the other.
        others: how many more are told both ways.
    """

    day: date
    codes: tuple[str, ...]
    before: tuple[Recipient, ...]
    after: tuple[Recipient, ...]
    others: int

    @property
    def waits_for_return(self) -> bool:
        """What is read afterwards (後閲) is not told while its reader is away."""
        return not self.after and all(one.kind is NoticeKind.POST_REVIEW for one in self.before)


@dataclass(frozen=True)
class AbsenceNotices:
    """What an absence does to the mails of the coming days.

    Attributes:
        until: the last day that was looked at.
        changes: by day and sheet; also what goes to the person all the same while they are away.
        going_on: codes of sheets that go on by themselves meanwhile, and are not counted from then.
    """

    until: date
    changes: tuple[NoticeChange, ...]
    going_on: tuple[str, ...]


#: Day and sheet → who is told of it.
_Tellings = Mapping[tuple[date, int], frozenset[Recipient]]


def notices(ctx: Context, person_id: int, form: AbsenceForm) -> AbsenceNotices:
    """Who would be told of which sheets, were *person_id* away; nothing is written.

    The number of statements follows the days that are looked at, not the sheets.

    Raises:
        Refused: ``own_absence_only``.
    """
    ctx.require(Permission.REGISTER_ABSENCE, oneself(ctx.actor, person_id))
    imagined = ImaginedAbsence(person_id, form)
    as_it_is = coming_notices(ctx, days=DAYS_AHEAD)
    with_it = coming_notices(ctx, days=DAYS_AHEAD, imagined=imagined)
    before, after = _tellings(as_it_is), _tellings(with_it)
    concerned = {
        (day, sheet)
        for day, sheet in {*before, *after}
        if before.get((day, sheet)) != after.get((day, sheet))
        or (imagined.covers(day) and any(one.person_id == person_id for one in before[day, sheet]))
    }
    leaves = _leaving(ctx, imagined, {sheet for _, sheet in concerned})
    counted = {
        (day, sheet) for day, sheet in concerned if sheet not in leaves or day < leaves[sheet].day
    }
    left_out = {sheet for _, sheet in concerned - counted}
    return AbsenceNotices(
        until=ctx.today + timedelta(days=DAYS_AHEAD),
        changes=tuple(_changes(counted, before, after, _codes(as_it_is, with_it), person_id)),
        going_on=tuple(
            sorted(
                one.code for key, one in leaves.items() if one.for_the_absence or key in left_out
            )
        ),
    )


def _tellings(days: Sequence[ComingDay]) -> _Tellings:
    found: dict[tuple[date, int], set[Recipient]] = defaultdict(set)
    for one in days:
        for mail in one.mails:
            for notice in mail.notices:
                found[one.day, notice.evaluation_id].add(
                    Recipient(mail.person_id, mail.person, notice.kind, mail.reaches)
                )
    return {key: frozenset(people) for key, people in found.items()}


def _codes(*ways: Sequence[ComingDay]) -> dict[int, str]:
    return {
        notice.evaluation_id: notice.code
        for days in ways
        for one in days
        for mail in one.mails
        for notice in mail.notices
    }


def _changes(
    counted: set[tuple[date, int]],
    before: _Tellings,
    after: _Tellings,
    codes: Mapping[int, str],
    person_id: int,
) -> Iterator[NoticeChange]:
    """Sheets of one day of which the same people are told stand together."""
    alike: dict[tuple[date, tuple[Recipient, ...], tuple[Recipient, ...], int], list[str]] = (
        defaultdict(list)
    )
    for day, sheet in sorted(counted, key=lambda key: (key[0], codes[key[1]])):
        was, would = before.get((day, sheet), frozenset()), after.get((day, sheet), frozenset())
        same = {one for one in was & would if one.person_id != person_id}
        key = (day, _in_order(was - same), _in_order(would - same), len(same))
        alike[key].append(codes[sheet])
    for (day, was_told, would_be, others), named in alike.items():
        yield NoticeChange(day, tuple(named), was_told, would_be, others)


def _in_order(people: frozenset[Recipient] | set[Recipient]) -> tuple[Recipient, ...]:
    return tuple(sorted(people, key=lambda one: (one.kind, one.person_id)))


@dataclass(frozen=True)
class _Leaving:
    """A sheet that goes on by itself: from which day on, and whether it would stay otherwise."""

    code: str
    day: date
    for_the_absence: bool


def _leaving(ctx: Context, imagined: ImaginedAbsence, concerned: set[int]) -> dict[int, _Leaving]:
    """The sheets that go on by themselves, one way or the other, on the days looked at.

    Looked for among *concerned*, and among all that could go on for want of the person.
    """
    found: dict[int, _Leaving] = {}
    for ahead in range(DAYS_AHEAD + 1):
        day = ctx.today + timedelta(days=ahead)
        then = ctx.at(max(datetime.combine(day, time(), OFFICE_ZONE), ctx.now))
        asked = set(concerned)
        if imagined.covers(day):
            asked |= _may_be_passed_over(then, imagined.person_id)
        asked -= found.keys()
        loaded = loading.evaluations(then, sorted(asked), locked=False) if asked else {}
        for key, gone in imagined.added(then, loaded).items():
            leaves_anyway = _goes_on(then, loaded[key])
            if leaves_anyway or _goes_on(then, gone):
                found[key] = _Leaving(gone.code, day, not leaves_anyway)
    return found


def _may_be_passed_over(then: Context, person_id: int) -> set[int]:
    """Sheets that wait for the person's units, or those stood in for, and may be passed over."""
    where = waiting.scope(then, person_id)
    stages = {
        stage.key
        for definition in where.definitions
        for stage in definition.stages
        if stage.kind is StageKind.JOINT or definition.walked_by(stage.key, "absence")
    }
    actor = loading.actor(then, person_id, None)
    units = [post.unit_id for post in actor[1]] if actor else []
    found = waiting.candidates(
        then,
        where,
        [*units, *where.stood_in_for],
        limit=MOST_SHEETS,
        only=lambda stage: stage.key in stages and bool(stage.when_absent),
    )
    return {*found, *where.kept}


def _goes_on(then: Context, loaded: LoadedEvaluation) -> bool:
    """Whether the engine moves the sheet then: nobody is there, or its joint stage is settled."""
    stage = loaded.definition.stage(loaded.facts.state)
    is_over = stage.settled_by_time and loaded.due_at is not None and loaded.due_at < then.now
    facts = replace(loaded.facts, closing=is_over)
    return follows_by_itself(loaded.definition, facts) is not None
