"""相談 from the side of who is asked: what was put to me, and one question with its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Stage
from workflow.errors import NotFound
from workflow.policy import Permission, oneself
from workflow.services import loading

MOST_QUESTIONS = 100


@dataclass(frozen=True)
class Question:
    """One question that was put to the reader.

    Attributes:
        stage: where the sheet is now.
        asked_by: post and name; words and answer are empty where they were disposed of.
        answered_at: None while nobody answered; an answer is given once.
    """

    id: int
    evaluation_id: int
    code: str
    measure: str
    stage: Stage
    asked_by: str
    words: str
    asked_at: datetime
    answered_at: datetime | None
    answer: str


_QUESTIONS = """
SELECT c.id, c.evaluation_id, e.code, m.name AS measure, e.state, y.definition_hash,
       concat_ws(' ', v.capacity, p.name) AS asked_by, c.asked_at, c.answered_at,
       q.name AS asked, n.canonical AS question, w.canonical AS answer, c.asked_person_id
FROM consultation c
JOIN evaluation e ON e.id = c.evaluation_id
JOIN evaluation_cycle y ON y.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN event v ON v.id = c.question_event_id
JOIN person p ON p.id = c.asked_by_id
JOIN person q ON q.id = c.asked_person_id
LEFT JOIN event_narrative n ON n.event_id = c.question_event_id
LEFT JOIN event_narrative w ON w.event_id = c.answer_event_id
WHERE """
_MINE = sa.text(
    _QUESTIONS
    + "c.asked_person_id = :person AND c.answered_at IS NULL ORDER BY c.asked_at, c.id LIMIT :limit"
)
_ONE = sa.text(_QUESTIONS + "c.id = :id")


def open_questions(ctx: Context) -> tuple[Question, ...]:
    """What ``ctx.actor`` was asked and has not answered, oldest first."""
    values = {"person": ctx.actor.person_id, "limit": MOST_QUESTIONS}
    return tuple(_question(ctx, row) for row in ctx.execute(_MINE, values))


def question(ctx: Context, consultation_id: int) -> Question:
    """One question, answered or not.

    Raises:
        NotFound: ``no_such_consultation``.
        Refused: ``not_asked``: it was put to somebody else.
    """
    row = ctx.execute(_ONE, {"id": consultation_id}).one_or_none()
    if row is None:
        raise NotFound("no_such_consultation")
    ctx.require(Permission.ANSWER_CONSULTATION, oneself(ctx.actor, row.asked_person_id))
    return _question(ctx, row)


def _question(ctx: Context, row: sa.Row[Any]) -> Question:
    return Question(
        id=row.id,
        evaluation_id=row.evaluation_id,
        code=row.code,
        measure=row.measure,
        stage=loading.definition(ctx, row.definition_hash).stage(row.state),
        asked_by=row.asked_by,
        # The ledger keeps to whom the words were said; on the page that is the reader.
        words=_reason(row.question).removeprefix(f"{row.asked} 様\n"),
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        answer=_reason(row.answer),
    )


def _reason(canonical: str | None) -> str:
    return str(json.loads(canonical).get("reason") or "") if canonical else ""
