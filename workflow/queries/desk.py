"""My desk: what waits for me and why, what I am asked and have to read, what I am waiting for.

The number of statements does not depend on the number of sheets (tests/queries/test_desk.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible, turn_of
from workflow.definition.facts import Holder
from workflow.definition.model import Definition, Stage
from workflow.queries import consultations, post_reviews
from workflow.queries.action_labels import action_label
from workflow.queries.consultations import Question
from workflow.queries.next_deadline import next_deadline
from workflow.queries.post_reviews import Reading
from workflow.queries.recent_acts import RecentAct, recent_acts
from workflow.services import loading, waiting
from workflow.services.loading import LoadedEvaluation, OwnPost

#: What one person can look at; the list of sheets shows the rest.
MOST_ITEMS = 200


@dataclass(frozen=True)
class LastMove:
    """The last thing that happened to a sheet."""

    action: str
    label: str
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class DeskItem:
    """One sheet on the desk.

    Attributes:
        why: the post in which it waits for me, in words; the holders, for what I wait for.
        other_post: it waits in another of my posts: switch to act.
        instead_of: the absent person, with the post, in whose place it waits for me; or empty.
        held_by, held_since: who stopped the clock (保留).
        came_back: it was returned to me.
        days_left: calendar days until the last day; negative when it is over; None without one.
    """

    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    since: datetime
    due_on: date | None
    days_left: int | None
    why: str
    other_post: int | None
    came_back: bool
    last: LastMove | None
    instead_of: str
    held_by: str
    held_since: datetime | None


#: What waits for somebody, and in which of their posts.
Turns = tuple[tuple[LoadedEvaluation, tuple[Holder, ...]], ...]


@dataclass(frozen=True)
class Desk:
    """The whole page.

    Attributes:
        waiting: where it is my turn.
        held: what I have, and whose clock somebody stopped: nobody's turn until that is lifted.
        next_deadline: of what is on its way to me; looked for where nothing waits.
    """

    waiting: tuple[DeskItem, ...]
    held: tuple[DeskItem, ...]
    awaited: tuple[DeskItem, ...]
    recent: tuple[RecentAct, ...]
    questions: tuple[Question, ...]
    readings: tuple[Reading, ...]
    next_deadline: date | None
    #: What waits as ``waiting_for`` tells it, so that the frame need not ask again.
    turns: Turns


_AWAITED = sa.text(f"""
SELECT e.id FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE c.closed_at IS NULL AND e.state <> ALL (:finals) AND e.state <> ALL (:editable) AND (
    e.id IN (SELECT a.evaluation_id FROM authorship a
             WHERE a.person_id = :person
             UNION SELECT g.evaluation_id FROM signature g
             WHERE g.person_id = :person AND g.voided_at IS NULL))
ORDER BY e.id LIMIT {MOST_ITEMS}
""")  # noqa: S608 - a number of ours
_SHOWN = sa.text("""
SELECT e.id, e.code, m.name AS measure, s.entered_at, s.due_on,
       v.action, v.occurred_at, v.capacity, p.name AS person,
       v.from_state, v.to_state, n.canonical::json ->> 'reason' AS reason
FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
LEFT JOIN LATERAL (
    SELECT * FROM event WHERE evaluation_id = e.id ORDER BY sequence DESC LIMIT 1
) v ON true
LEFT JOIN event_narrative n ON n.event_id = v.id
LEFT JOIN person p ON p.id = v.person_id
WHERE e.id = ANY (:ids)
ORDER BY s.due_at NULLS LAST, e.code
""")


def desk(ctx: Context, posts: Sequence[OwnPost]) -> Desk:
    """Everything on the desk of ``ctx.actor``, over all of *posts* (兼務 included)."""
    person_id = ctx.actor.person_id or 0
    where = waiting.scope(ctx, person_id)
    candidates = _candidates(ctx, where, posts)
    awaited = _awaited(ctx, where.definitions, person_id)
    loaded = loading.evaluations(ctx, sorted({*candidates, *awaited}), locked=False)
    shown = {row.id: row for row in ctx.execute(_SHOWN, {"ids": list(loaded)})}

    mine: list[DeskItem] = []
    turns: list[tuple[LoadedEvaluation, tuple[Holder, ...]]] = []
    held: list[DeskItem] = []
    theirs: list[DeskItem] = []
    for evaluation_id, row in shown.items():
        evaluation = loaded[evaluation_id]
        stage = evaluation.definition.stage(evaluation.facts.state)
        answer = eligible(evaluation.definition, stage, evaluation.facts)
        own = answer.find(person_id)
        if own:
            holder = _first(ctx, own)
            item = _item(ctx, evaluation, stage, row, holder.title, elsewhere(ctx, own))
            absent = holder.instead_of
            if absent is not None:
                item = replace(item, instead_of=f"{absent.title} {absent.name}")
            if evaluation.facts.hold is not None:
                held.append(item)
                continue
            mine.append(item)
            turns.append((evaluation, own))
        elif evaluation_id in awaited:
            theirs.append(_item(ctx, evaluation, stage, row, named(answer.holders), None))
    return Desk(
        waiting=tuple(mine),
        held=tuple(held),
        awaited=tuple(theirs),
        recent=recent_acts(ctx),
        questions=consultations.open_questions(ctx),
        readings=post_reviews.open_readings(ctx),
        next_deadline=next_deadline(ctx, where, posts) if not mine else None,
        turns=tuple(turns),
    )


def waiting_for(ctx: Context, posts: Sequence[OwnPost]) -> Turns:
    """What waits for ``ctx.actor`` and in which posts, over all of *posts*, soonest first."""
    candidates = _candidates(ctx, waiting.scope(ctx, ctx.actor.person_id or 0), posts)
    loaded = loading.evaluations(ctx, candidates, locked=False) if candidates else {}
    found = []
    for evaluation in (loaded[evaluation_id] for evaluation_id in candidates):
        own = turn_of(evaluation.definition, evaluation.facts, ctx.actor.person_id or 0)
        if own:
            found.append((evaluation, own))
    return tuple(found)


def count_waiting(ctx: Context, posts: Sequence[OwnPost]) -> int:
    """How many sheets wait for ``ctx.actor``: the number in the navigation."""
    return len(waiting_for(ctx, posts))


def named(holders: Iterable[Holder]) -> str:
    """Holders in words, at most three by name."""
    everybody = list(holders)
    words = "、".join(f"{holder.title} {holder.name}" for holder in everybody[:3])
    return f"{words} ほか{len(everybody) - 3}名" if len(everybody) > 3 else words


def _candidates(ctx: Context, where: waiting.Scope, posts: Sequence[OwnPost]) -> list[int]:
    """Sheets whose stage looks at a unit of mine or of those I stand in for; and steps I keep."""
    units = [*(post.unit_id for post in posts), *where.stood_in_for]
    found = waiting.candidates(ctx, where, units, grants=ctx.actor.grants, limit=MOST_ITEMS)
    return list(dict.fromkeys([*found, *where.kept]))


def _awaited(ctx: Context, definitions: Sequence[Definition], person_id: int) -> set[int]:
    stages = [stage for definition in definitions for stage in definition.stages]
    return set(
        ctx.execute(
            _AWAITED,
            {
                "finals": sorted({stage.key for stage in stages if stage.final}),
                "editable": sorted({stage.key for stage in stages if stage.editable}),
                "person": person_id,
            },
        ).scalars()
    )


def _first(ctx: Context, own: Sequence[Holder]) -> Holder:
    """In which of my posts it waits: the one I act in now where that is one of them."""
    here = {None, ctx.actor.assignment_id}
    return next((h for h in own if h.kept or h.assignment_id in here), own[0])


def elsewhere(ctx: Context, own: Sequence[Holder]) -> int | None:
    """The assignment to switch to, when none of the posts is the one I act in now."""
    here = {None, ctx.actor.assignment_id}
    if any(holder.kept or holder.assignment_id in here for holder in own):
        return None
    return own[0].assignment_id


def _item(
    ctx: Context,
    evaluation: LoadedEvaluation,
    stage: Stage,
    row: Any,
    why: str,
    other_post: int | None,
) -> DeskItem:
    last, hold = None, evaluation.facts.hold
    if row.action is not None:
        last = LastMove(
            action=row.action,
            label=action_label(evaluation.definition, row.from_state, row.action, row.to_state),
            who=row.person or "",
            at=row.occurred_at,
            reason=row.reason or "",
        )
    return DeskItem(
        evaluation_id=evaluation.id,
        code=row.code,
        measure=row.measure,
        stage=stage,
        since=row.entered_at,
        due_on=row.due_on,
        days_left=(row.due_on - ctx.today).days if row.due_on else None,
        why=why,
        other_post=other_post,
        came_back=bool(last and last.action == "return"),
        last=last,
        instead_of="",
        held_by=hold.name if hold else "",
        held_since=hold.since if hold else None,
    )
