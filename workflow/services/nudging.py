"""催促: the bureau asks those who have late sheets to act, each person at most once a day.

Beside the ladder, which runs by itself: somebody looked at the board and asks in their own name. So
it is an event of the sheet, with the words that were sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput
from workflow.models import NoticeKind
from workflow.policy import Permission
from workflow.services import loading, recording
from workflow.services.actions import LONGEST_REASON
from workflow.services.loading import LoadedEvaluation
from workflow.text import one_paragraph

ACTION = "nudge"
#: As many as the board lists.
MOST_AT_ONCE = 100

_STANDING = sa.text("""
SELECT e.id, m.name AS measure, s.due_on, c.closed_at IS NULL AND s.due_at < :now AS late,
       EXISTS (SELECT 1 FROM extension_request x
               WHERE x.stage_entry_id = s.id AND x.decided_at IS NULL) AS asked
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.id = ANY (:ids) ORDER BY s.due_at, e.code
""")
_UNREACHABLE = sa.text("""
SELECT id FROM person WHERE id = ANY (:people) AND (disabled_at IS NOT NULL OR mail_state <> 'good')
""")
# Of any sheet: somebody with five late ones is asked once, about all that were chosen.
_NUDGED = sa.text("""
SELECT DISTINCT recipient_id FROM notice
WHERE kind = 'nudge' AND rung = :day AND recipient_id = ANY (:people)
""")
# So that two publishers at once do not both ask the same person.
_LOCK_PEOPLE = sa.text("SELECT 1 FROM person WHERE id = ANY (:people) ORDER BY id FOR UPDATE")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, remark, created_at)
VALUES (:kind, :evaluation, :entry, :day, :person, :words, :now) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class NudgePlan:
    """Who will be told about one sheet, and who not.

    Attributes:
        told: each person once; empty where nobody can be told.
        left_out: those who have the sheet too and are not told, and why.
        refusal: why nobody is told, where that is the sheet's reason and not a person's.
    """

    evaluation: LoadedEvaluation
    measure: str
    days_overdue: int
    told: tuple[Holder, ...]
    left_out: tuple[tuple[Holder, Refusal], ...]
    refusal: Refusal | None


@dataclass(frozen=True)
class Nudged:
    """What nudging did; ``repeated``: the same form had done it before."""

    sheets: int
    people: int
    left_out: int
    repeated: bool = False


def plans(
    ctx: Context, evaluation_ids: Sequence[int], *, locked: bool = False, request_key: str = ""
) -> tuple[NudgePlan, ...]:
    """What nudging would do now, longest overdue first; unknown ids are left out.

    Raises:
        BadInput: ``nothing_selected``, or ``invalid_form`` for more than one page holds.
    """
    ids = sorted(set(evaluation_ids))
    if not ids:
        raise BadInput("nothing_selected")
    if len(ids) > MOST_AT_ONCE:
        raise BadInput("invalid_form")
    loaded = loading.evaluations(ctx, ids, locked=locked, request_key=request_key or None)
    standing = ctx.execute(_STANDING, {"ids": ids, "now": ctx.now}).all()
    holders = {
        key: eligible(one.definition, one.definition.stage(one.facts.state), one.facts).holders
        for key, one in loaded.items()
    }
    everybody = sorted({holder.person_id for found in holders.values() for holder in found})
    if locked:
        ctx.execute(_LOCK_PEOPLE, {"people": everybody})
    asked = {"people": everybody, "day": day_number(ctx)}
    nudged = frozenset(ctx.execute(_NUDGED, asked).scalars())
    unreachable = frozenset(ctx.execute(_UNREACHABLE, {"people": everybody}).scalars())
    return tuple(
        _plan(ctx, loaded[row.id], row, holders[row.id], nudged, unreachable)
        for row in standing
        if row.id in loaded
    )


def nudge(ctx: Context, *, evaluation_ids: Sequence[int], remark: str, request_key: str) -> Nudged:
    """Tell everybody who can be told; the others are left out and counted.

    Raises:
        Refused: ``publishers_only``.
        BadInput: ``nothing_selected``, or a remark that is too long.
    """
    planned = plans(ctx, evaluation_ids, locked=True, request_key=request_key)

    ctx.require(Permission.NUDGE)

    words = one_paragraph(remark, longest=LONGEST_REASON, field="remark")
    answered = [plan for plan in planned if plan.evaluation.answered_by is not None]
    if answered:
        return Nudged(len(answered), 0, 0, repeated=True)
    included = [plan for plan in planned if plan.told]

    by_state: dict[str, list[int]] = {}
    for plan in included:
        by_state.setdefault(plan.evaluation.facts.state, []).append(plan.evaluation.id)
    for state, ids in by_state.items():
        recording.append(
            ctx,
            ids,
            action=ACTION,
            to_state=state,
            holder=None,
            reason=words,
            request_key=request_key,
        )
    rows = [
        {
            "kind": NoticeKind.NUDGE,
            "evaluation": plan.evaluation.id,
            "entry": plan.evaluation.entry_id,
            "day": day_number(ctx),
            "person": holder.person_id,
            "words": words,
            "now": ctx.now,
        }
        for plan in included
        for holder in plan.told
    ]
    if rows:
        ctx.execute(_TELL, rows)
        ctx.ring_after_commit("tasks.gather_notices")
    people = {row["person"] for row in rows}
    return Nudged(len(included), len(people), len(planned) - len(included))


def day_number(ctx: Context) -> int:
    """Today as 20220708: the notice's natural key makes a second one of the day impossible."""
    today = ctx.today
    return today.year * 10000 + today.month * 100 + today.day


def _plan(
    ctx: Context,
    evaluation: LoadedEvaluation,
    row: sa.Row[Any],
    holders: Sequence[Holder],
    nudged: frozenset[int],
    unreachable: frozenset[int],
) -> NudgePlan:
    people = {holder.person_id: holder for holder in holders}
    refusal = _refusal(evaluation, row, people)
    left_out: dict[int, Refusal] = {}
    if refusal is None:
        for person_id in people:
            if person_id == ctx.actor.person_id:
                left_out[person_id] = Refusal("nudge_yourself")
            elif person_id in nudged:
                left_out[person_id] = Refusal("nudged_today")
            elif person_id in unreachable:
                left_out[person_id] = Refusal("nudge_unreachable")
    told = () if refusal else tuple(h for key, h in people.items() if key not in left_out)
    return NudgePlan(
        evaluation=evaluation,
        measure=row.measure,
        days_overdue=max(0, (ctx.today - row.due_on).days) if row.due_on else 0,
        told=told,
        left_out=tuple((people[key], why) for key, why in left_out.items()),
        refusal=refusal,
    )


def _refusal(
    evaluation: LoadedEvaluation, row: sa.Row[Any], people: Mapping[int, Holder]
) -> Refusal | None:
    """Why nobody is told about this sheet; a hold comes first, as then it waits for nobody."""
    if evaluation.facts.hold is not None:
        return Refusal("nudge_on_hold", {"who": evaluation.facts.hold.name})
    if not row.late:
        return Refusal("nudge_not_late")
    if row.asked:
        return Refusal("nudge_extension_asked")
    return None if people else Refusal("nudge_nobody")
