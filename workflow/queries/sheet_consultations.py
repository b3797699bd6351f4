"""Beside the route: questions and answers about one sheet, and readings afterwards (後閲)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.models import ReviewCause
from workflow.queries.sheet_timeline import TimelineEntry
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class ConsultationView:
    """One question (相談); the words are empty once their retention has ended.

    Attributes:
        asked_by, answered_by: post and person in words.
        for_reader: it was put to the reader, who has not answered.
    """

    id: int
    number: int
    asked_by: str
    asked_person: str
    question: str
    asked_at: datetime
    answered_by: str
    answer: str
    answered_at: datetime | None
    for_reader: bool


@dataclass(frozen=True)
class ReviewView:
    """One reading afterwards: whose, why, and when it was acknowledged (None: still open).

    Attributes:
        stage: the key of what happened without them.
    """

    id: int
    stage: str
    round: int
    person_id: int
    person: str
    capacity: str
    cause: ReviewCause
    opened_at: datetime
    acknowledged_at: datetime | None
    for_reader: bool


_CONSULTATIONS = sa.text("""
SELECT c.id, c.number, c.asked_person_id, p.name AS asked_person, c.question_event_id,
       c.answer_event_id, c.asked_at, c.answered_at
FROM consultation c JOIN person p ON p.id = c.asked_person_id
WHERE c.evaluation_id = :id ORDER BY c.number DESC
""")
_REVIEWS = sa.text("""
SELECT r.id, r.stage, r.round, r.person_id, p.name AS person, r.capacity, r.cause, r.opened_at,
       r.acknowledged_at
FROM post_review r JOIN person p ON p.id = r.person_id
WHERE r.evaluation_id = :id ORDER BY r.id
""")


def consultations(
    ctx: Context, loaded: LoadedEvaluation, timeline: Sequence[TimelineEntry]
) -> tuple[ConsultationView, ...]:
    """Every question about the sheet, newest first, with the words that the ledger keeps."""
    events = {entry.event_id: entry for entry in timeline}
    found = []
    for row in ctx.execute(_CONSULTATIONS, {"id": loaded.id}):
        question = events[row.question_event_id]
        answer = events.get(row.answer_event_id)
        found.append(
            ConsultationView(
                id=row.id,
                number=row.number,
                asked_by=f"{question.capacity} {question.person}".strip(),
                asked_person=row.asked_person,
                # The event's first line says to whom.
                question=question.reason.partition("\n")[2],
                asked_at=row.asked_at,
                answered_by=f"{answer.capacity} {answer.person}".strip() if answer else "",
                answer=answer.reason if answer else "",
                answered_at=row.answered_at,
                for_reader=row.asked_person_id == ctx.actor.person_id and row.answered_at is None,
            )
        )
    return tuple(found)


def reviews(ctx: Context, loaded: LoadedEvaluation) -> tuple[ReviewView, ...]:
    """Every reading afterwards that the sheet asked for, oldest first."""
    return tuple(
        ReviewView(
            id=row.id,
            stage=row.stage,
            round=row.round,
            person_id=row.person_id,
            person=row.person,
            capacity=row.capacity,
            cause=ReviewCause(row.cause),
            opened_at=row.opened_at,
            acknowledged_at=row.acknowledged_at,
            for_reader=row.person_id == ctx.actor.person_id and row.acknowledged_at is None,
        )
        for row in ctx.execute(_REVIEWS, {"id": loaded.id})
    )
