"""合議 on a sheet's page: each department or member, what they answered, who is still to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import Eligibility, eligible
from workflow.definition.facts import Holder, Reply, Verdict
from workflow.definition.joint import Outcome
from workflow.definition.model import JointRule, Stage, StageKind
from workflow.queries.sheet_consultations import ReviewView
from workflow.queries.sheet_timeline import TimelineEntry, left_by
from workflow.services.loading import LoadedEvaluation


class SeatState(StrEnum):
    """Where one answer of a joint stage stands."""

    ANSWERED = "answered"
    #: Somebody is asked and has not answered.
    WAITING = "waiting"
    #: 後閲: absent, and read afterwards what the others agreed on.
    PASSED_OVER = "passed_over"
    #: Nobody is there who could answer.
    VACANT = "vacant"
    #: The stage was settled without this answer.
    SILENT = "silent"


@dataclass(frozen=True)
class JointSeat:
    """One answer that a joint stage asks for.

    Attributes:
        unit: the department in words; empty for a committee's member.
        by: the number of who answered.
        who: who answered, or who is to answer, with the post.
        on_behalf_of: for whom, where a substitute answered or is to answer.
    """

    unit: str
    state: SeatState
    who: str = ""
    on_behalf_of: str = ""
    verdict: Verdict | None = None
    opinion: str = ""
    at: datetime | None = None
    person: str = ""
    capacity: str = ""
    by: int | None = None


@dataclass(frozen=True)
class JointView:
    """One joint stage of the route: its rule, how far it is, and every answer.

    Attributes:
        outcome: None where the sheet has left the stage already.
        given, asked: how many answers were given, and how many are asked for in all.
    """

    stage: Stage
    rule: JointRule
    outcome: Outcome | None
    given: int
    asked: int
    seats: tuple[JointSeat, ...]


#: What was said over the content that stands, and in the round in which anybody answered last: so a
#: drafter has before them what brought the sheet back, and loses it when it was asked anew.
_OPINIONS = sa.text("""
WITH answers AS (
    SELECT j.event_id, j.voided_at, j.content_hash, j.verdict, v.round,
           max(v.round) OVER () AS latest
    FROM joint_reply j JOIN event v ON v.id = j.event_id
    WHERE j.evaluation_id = :id AND j.taken_back_event_id IS NULL
)
SELECT DISTINCT event_id FROM answers
WHERE verdict <> 'agree'
  AND (round = latest OR voided_at IS NULL AND content_hash = :content_hash)
""")
_REPLIES = sa.text("""
SELECT person_id, stage, event_id FROM joint_reply
WHERE evaluation_id = :id AND voided_at IS NULL ORDER BY id
""")
_UNITS = sa.text("SELECT id, name FROM org_unit WHERE id = ANY (:ids)")


def joint_views(
    ctx: Context,
    loaded: LoadedEvaluation,
    timeline: Sequence[TimelineEntry],
    reviews: Sequence[ReviewView],
) -> tuple[JointView, ...]:
    """The joint stages of the route, in its order."""
    stages = [s for s in loaded.definition.stages if s.kind is StageKind.JOINT]
    if not stages:
        return ()
    by_id = {entry.event_id: entry for entry in timeline}
    events = {
        (row.person_id, row.stage): by_id.get(row.event_id)
        for row in ctx.execute(_REPLIES, {"id": loaded.id})
    }
    answers = {stage.key: eligible(loaded.definition, stage, loaded.facts) for stage in stages}
    wanted = {r.unit_id for a in answers.values() if a.joint for r in a.joint.replies}
    wanted |= set(loaded.facts.related) | {
        _seat_of(h).unit_id for a in answers.values() for h in (*a.holders, *a.passed_over)
    }
    ids = sorted(unit for unit in wanted if unit is not None)
    names: dict[int, str] = {row.id: row.name for row in ctx.execute(_UNITS, {"ids": ids})}
    return tuple(
        _view(
            loaded,
            stage,
            answers[stage.key],
            names,
            events,
            _passed(loaded, stage, reviews),
            _is_behind(loaded, stage, timeline),
        )
        for stage in stages
    )


def opinions_of(
    ctx: Context, loaded: LoadedEvaluation, timeline: Sequence[TimelineEntry]
) -> tuple[TimelineEntry, ...]:
    """What related departments and members said beside a plain yes, oldest first.

    Of everybody who said something, whether or not it settled the stage.
    """
    if all(stage.kind is not StageKind.JOINT for stage in loaded.definition.stages):
        return ()
    values = {"id": loaded.id, "content_hash": loaded.facts.content_hash}
    events = {row.event_id for row in ctx.execute(_OPINIONS, values)}
    return tuple(entry for entry in reversed(timeline) if entry.event_id in events)


def _is_behind(loaded: LoadedEvaluation, stage: Stage, timeline: Sequence[TimelineEntry]) -> bool:
    """Whether the sheet was there and went on; one that ended may never have come so far."""
    position = loaded.definition.position
    return (
        position(stage.key) < position(loaded.facts.state) and left_by(timeline, stage) is not None
    )


def _passed(
    loaded: LoadedEvaluation, stage: Stage, reviews: Sequence[ReviewView]
) -> frozenset[int]:
    """Who was passed over at the stage in this round."""
    return frozenset(
        review.person_id
        for review in reviews
        if review.stage == stage.key and review.round == loaded.facts.round
    )


def _view(
    loaded: LoadedEvaluation,
    stage: Stage,
    answer: Eligibility,
    names: Mapping[int, str],
    events: Mapping[tuple[int, str], TimelineEntry | None],
    passed: frozenset[int],
    behind: bool,
) -> JointView:
    joint = answer.joint
    assert stage.joint is not None and joint is not None  # noqa: S101, PT018 - a joint stage
    here = loaded.facts.state == stage.key
    seats: list[tuple[int | None, JointSeat]] = []
    for reply in joint.replies:
        entry = events.get((reply.person_id, stage.key))
        seats.append((reply.unit_id, _answered(reply, entry, names)))
    answered = {unit for unit, _ in seats if unit is not None}
    for holder in (*answer.holders, *answer.passed_over):
        unit = _seat_of(holder).unit_id
        if unit in answered:
            continue
        # Before the stage an absence is not yet a reading afterwards; behind it the record counts.
        over = here and holder in answer.passed_over
        if behind and _seat_of(holder).person_id in passed:
            over = True
        state = SeatState.PASSED_OVER if over else _unanswered(behind)
        seats.append((unit, _open(holder, state, names)))
    met = {unit for unit, _ in seats}
    seats += [
        (unit, JointSeat(_named(unit, names), _unanswered(behind, SeatState.VACANT)))
        for unit in joint.vacant
        if unit not in met
    ]
    order = {unit: place for place, unit in enumerate(loaded.facts.related)}
    seats.sort(key=lambda pair: order.get(pair[0] or 0, len(order)))
    return JointView(
        stage=stage,
        rule=stage.joint,
        outcome=joint.outcome if here else None,
        given=len(joint.replies),
        asked=joint.asked,
        seats=tuple(seat for _, seat in seats),
    )


def _unanswered(behind: bool, otherwise: SeatState = SeatState.WAITING) -> SeatState:
    return SeatState.SILENT if behind else otherwise


def _seat_of(holder: Holder) -> Holder:
    """Whose answer it is: a substitute answers for the absent one's department."""
    return holder.instead_of or holder


def _named(unit: int | None, names: Mapping[int, str]) -> str:
    return names.get(unit, "") if unit is not None else ""


def _answered(reply: Reply, entry: TimelineEntry | None, names: Mapping[int, str]) -> JointSeat:
    return JointSeat(
        unit=_named(reply.unit_id, names),
        state=SeatState.ANSWERED,
        who=f"{entry.capacity} {entry.person}".strip() if entry else "",
        on_behalf_of=entry.on_behalf_of if entry else "",
        verdict=reply.verdict,
        opinion=entry.reason if entry else "",
        at=entry.at if entry else None,
        person=entry.person if entry else "",
        capacity=entry.capacity if entry else "",
        by=reply.person_id,
    )


def _open(holder: Holder, state: SeatState, names: Mapping[int, str]) -> JointSeat:
    absent = holder.instead_of
    return JointSeat(
        unit=_named(_seat_of(holder).unit_id, names),
        state=state,
        who=f"{holder.title} {holder.name}",
        on_behalf_of=f"{absent.title} {absent.name}" if absent else "",
        person=holder.name,
        capacity=holder.title,
    )
