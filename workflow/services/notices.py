"""Notices as a mail tells them: what still holds, where each leads, for whom somebody stands in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.mail.changed_content import ContentChange
from workflow.mail.message import NoticeView
from workflow.models import NoticeKind
from workflow.services import loading

_AWAY = sa.text("""
SELECT DISTINCT person_id FROM absence
WHERE ended_at IS NULL AND first_day <= :today AND last_day >= :today
""")
#: Whether what notice ``n`` says still holds, and the joins that tell: a question and a reading
#: hold until they are answered and acknowledged; what concerns a stage holds as long as the sheet
#: is there, and what presses somebody as long as its clock runs; what has happened has happened.
STANDING = """
       (n.kind = ANY (:lasting) OR
        CASE WHEN n.kind = 'consulted' THEN q.answered_at IS NULL
             WHEN n.kind = 'post_review' THEN r.id IS NOT NULL
             WHEN n.kind IN ('nudge', 'reminder', 'overdue', 'escalation')
                 THEN s.left_at IS NULL AND s.held_at IS NULL
             ELSE n.stage_entry_id IS NULL OR s.left_at IS NULL END)"""
#: A sheet on hold (保留) is nobody's turn: what tells of a turn waits until the hold is lifted.
WAITS_FOR_HOLD = """
       (n.kind IN ('your_turn', 'came_back') AND EXISTS (
            SELECT 1 FROM stage_entry h
            WHERE h.id = n.stage_entry_id AND h.left_at IS NULL AND h.held_at IS NOT NULL))"""
STANDING_JOINS = """
LEFT JOIN stage_entry s ON s.id = n.stage_entry_id
LEFT JOIN consultation q ON n.kind IN ('consulted', 'consultation_answered')
      AND q.evaluation_id = n.evaluation_id AND q.number = n.rung
LEFT JOIN post_review r ON n.kind = 'post_review' AND r.evaluation_id = n.evaluation_id
      AND r.stage = s.stage AND r.round = n.rung AND r.person_id = n.recipient_id
      AND r.acknowledged_at IS NULL"""
_NOTICES = sa.text(f"""
SELECT n.id, n.recipient_id, n.kind, n.remark, n.evaluation_id, n.rung, e.code,
       m.name AS measure, e.state, c.definition_hash, s.due_on, s.stage AS entry_stage,
       q.id AS consultation_id, r.id AS post_review_id, r.cause,
       n.mail_id IS NOT NULL AS was_lost, {STANDING} AS standing,
       (SELECT concat_ws(' ', v.capacity, p.name) FROM event v
        LEFT JOIN person p ON p.id = v.person_id
        WHERE v.evaluation_id = e.id AND v.id = coalesce(
            CASE n.kind WHEN 'consulted' THEN q.question_event_id
                        WHEN 'consultation_answered' THEN q.answer_event_id
                        WHEN 'post_review' THEN r.event_id
                        WHEN 'nudge' THEN (
                            SELECT max(w.id) FROM event w
                            WHERE w.evaluation_id = e.id AND w.action = 'nudge') END,
            (SELECT max(w.id) FROM event w
             WHERE w.evaluation_id = e.id AND w.action <> 'move_deadline'))) AS actor
FROM notice n
JOIN evaluation e ON e.id = n.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
{STANDING_JOINS}
WHERE n.recipient_id = ANY (:people) AND n.kind = ANY (:kinds)
  AND (n.gathered_at IS NULL OR n.mail_id = ANY (:lost))
  AND (n.kind <> 'post_review' OR n.recipient_id <> ALL (:away)) AND NOT {WAITS_FOR_HOLD}
ORDER BY n.recipient_id, e.code, n.id FOR UPDATE OF n
""")  # noqa: S608 - constants of our own
_STANDING_IN = sa.text("""
SELECT DISTINCT a.person_id
FROM absence_substitute b
JOIN absence x ON x.id = b.absence_id
JOIN assignment a ON a.id = b.assignment_id
WHERE a.person_id = ANY (:people) AND x.ended_at IS NULL
  AND x.first_day <= :today AND x.last_day >= :today
""")

#: Kinds that hold whatever became of the sheet since.
LASTING = (NoticeKind.PUBLISHED, NoticeKind.ENDED, NoticeKind.CONSULTATION_ANSWERED)
#: What says most about a sheet; after days of outage several notices of one sheet are due.
MOST_PRESSING = (
    NoticeKind.CAME_BACK,
    NoticeKind.ENDED,
    NoticeKind.EXTENSION_REFUSED,
    NoticeKind.EXTENSION_GRANTED,
    NoticeKind.EXTENSION_ASKED,
    NoticeKind.CONSULTED,
    NoticeKind.CONSULTATION_ANSWERED,
    NoticeKind.NUDGE,
    NoticeKind.ESCALATION,
    NoticeKind.OVERDUE,
    NoticeKind.NOBODY_LEFT,
    NoticeKind.YOUR_TURN,
    NoticeKind.HAND_OVER,
    NoticeKind.REMINDER,
    NoticeKind.POST_REVIEW,
    NoticeKind.PUBLISHED,
)


def away(ctx: Context) -> list[int]:
    """Who is registered as absent today: what they read afterwards waits for their return."""
    return list(ctx.execute(_AWAY, {"today": ctx.today}).scalars())


def load(
    ctx: Context,
    people: Sequence[int],
    kinds: Collection[NoticeKind],
    away: Collection[int],
    lost: Collection[int],
) -> Sequence[sa.Row[Any]]:
    """What these people were not yet mailed, locked; in the order of people and sheets.

    Args:
        away: whoever of them is absent today.
        lost: mails that did not arrive; what they were to say counts as not yet mailed.
    """
    return ctx.execute(
        _NOTICES,
        {
            "people": list(people),
            "kinds": sorted(kinds),
            "away": list(away),
            "lost": list(lost),
            "lasting": sorted(LASTING),
        },
    ).all()


def stood_in_for(ctx: Context, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """Notice → in whose place its recipient has the sheet today; only where there is somebody.

    The rules of the route are asked, and only for people who stand in for somebody at all.
    """
    people = {row.recipient_id for row in rows}
    able = set(ctx.execute(_STANDING_IN, {"people": sorted(people), "today": ctx.today}).scalars())
    theirs = [
        row for row in rows if row.recipient_id in able and row.entry_stage is not None
        and row.standing
    ]  # fmt: skip
    if not theirs:
        return {}
    found = {}
    loaded = loading.evaluations(ctx, sorted({row.evaluation_id for row in theirs}), locked=False)
    for row in theirs:
        evaluation = loaded[row.evaluation_id]
        stage = evaluation.definition.stage(evaluation.facts.state)
        held = eligible(evaluation.definition, stage, evaluation.facts).find(row.recipient_id)
        if held and held[0].instead_of is not None:
            found[row.id] = f"{held[0].instead_of.title} {held[0].instead_of.name}"
    return found


def once_per_page(rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """For each sheet the notice that says most: a mail tells the present state, once.

    Each question and each reading has a page of its own and is told by itself.
    """
    chosen: dict[tuple[int, int | None, int | None], sa.Row[Any]] = {}
    for row in sorted(rows, key=lambda row: MOST_PRESSING.index(NoticeKind(row.kind))):
        key = (row.evaluation_id, row.consultation_id, row.post_review_id)
        chosen.setdefault(key, row)
    return sorted(chosen.values(), key=lambda row: str(row.code))


def view(
    ctx: Context, row: sa.Row[Any], base: str, instead_of: str, change: ContentChange | None
) -> NoticeView:
    """One notice as the mail needs it.

    Args:
        base: the address of the installation, without a slash at its end.
        instead_of: in whose place the recipient has the sheet.
        change: what made the approvals void that were given, where that brought it.
    """
    definition = loading.definition(ctx, row.definition_hash)
    return NoticeView(
        kind=NoticeKind(row.kind),
        sheet=f"{row.code} {row.measure}",
        stage=definition.stage(row.entry_stage or row.state).label,
        due_on=row.due_on,
        days_left=(row.due_on - ctx.today).days if row.due_on else None,
        remark=row.remark,
        actor=row.actor,
        link=base + _path(row),
        instead_of=instead_of,
        cause=row.cause or "",
        change=change,
    )


def _path(row: sa.Row[Any]) -> str:
    if row.kind == NoticeKind.CONSULTED:
        return f"/consultations/{row.consultation_id}"
    if row.kind == NoticeKind.POST_REVIEW:
        return f"/post-reviews/{row.post_review_id}"
    if row.kind == NoticeKind.EXTENSION_ASKED:
        # Where the bureau answers.
        return "/deadlines#extensions"
    return f"/sheets/{row.evaluation_id}"
