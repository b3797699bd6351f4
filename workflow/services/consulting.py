"""相談: asking somebody about a sheet without moving it, and answering.

Whoever has the sheet asks; whoever is asked answers or does not: nothing waits for it. Advice signs
nothing and bars nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow import authority
from workflow.application import Context
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Fault, NotFound, Refused
from workflow.models import NoticeKind
from workflow.policy import Permission, oneself
from workflow.services import loading, recording
from workflow.services.actions import LONGEST_REASON, Receipt, opened
from workflow.text import one_paragraph

_PERSON = sa.text("SELECT id, name FROM person WHERE id = :id AND disabled_at IS NULL")
_ASK = sa.text("""
INSERT INTO consultation (evaluation_id, number, asked_by_id, asked_person_id,
                          question_event_id, asked_at)
SELECT :evaluation, 1 + count(*), :by, :person, :event, :now
FROM consultation WHERE evaluation_id = :evaluation
RETURNING number
""")
_CONSULTATION = sa.text("""
SELECT c.id, c.evaluation_id, c.number, c.asked_by_id, c.asked_person_id, c.answered_at,
       c.answer_event_id, e.state
FROM consultation c JOIN evaluation e ON e.id = c.evaluation_id
WHERE c.id = :id FOR UPDATE OF e, c
""")
_ANSWER = sa.text("""
UPDATE consultation SET answered_at = :now, answer_event_id = :event WHERE id = :id
""")
# The rung is the consultation's number: the same person may be asked again.
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, rung, recipient_id, remark, created_at)
VALUES (:kind, :evaluation, :number, :person, :words, :now) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Answered:
    """What answering did; ``repeated``: it had been answered before."""

    evaluation_id: int
    event_id: int
    repeated: bool = False


def ask(
    ctx: Context, *, evaluation_id: int, person_id: int, question: str, request_key: str
) -> Receipt:
    """Ask *person_id* about a sheet that is one's own to act on.

    Raises:
        NotFound: ``no_such_evaluation``, ``no_such_account``.
        Refused: it is not one's turn.
        BadInput: no question, or one asks oneself.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is not None:
        ctx.permit(None)
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)
    asked = ctx.execute(_PERSON, {"id": person_id}).one_or_none()

    ctx.asked = True
    holder = authority.to_consult(ctx.actor, loaded.definition, loaded.facts)
    if isinstance(holder, Refusal):
        raise Refused(holder.code, **holder.values)

    if asked is None:
        raise NotFound("no_such_account")
    if person_id == ctx.actor.person_id:
        raise BadInput("invalid_form", (Fault("person", "not_oneself", {}),))
    question = _words(question, "question")

    opened(ctx, loaded)
    event_id, _ = recording.append(
        ctx,
        [evaluation_id],
        action="consult",
        to_state=loaded.facts.state,
        holder=holder,
        reason=f"{asked.name} 様\n{question}",
        request_key=request_key,
        basis=holder.basis,
    )
    number = ctx.execute(
        _ASK,
        {
            "evaluation": evaluation_id,
            "by": ctx.actor.person_id,
            "person": person_id,
            "event": event_id,
            "now": ctx.now,
        },
    ).scalar_one()
    _tell(ctx, NoticeKind.CONSULTED, evaluation_id, number, person_id, question)
    return Receipt(evaluation_id, event_id)


def answer(ctx: Context, *, consultation_id: int, words: str, request_key: str) -> Answered:
    """Answer a question that was put to oneself; also after the sheet moved on.

    Raises:
        NotFound: ``no_such_consultation``.
        Refused: ``not_asked``: it was put to somebody else.
        BadInput: no words.
    """
    found = ctx.execute(_CONSULTATION, {"id": consultation_id}).one_or_none()
    if found is None:
        raise NotFound("no_such_consultation")

    ctx.require(Permission.ANSWER_CONSULTATION, oneself(ctx.actor, found.asked_person_id))

    if found.answer_event_id is not None:
        return Answered(found.evaluation_id, found.answer_event_id, repeated=True)
    words = _words(words, "answer")

    event_id, _ = recording.append(
        ctx,
        [found.evaluation_id],
        action="answer",
        to_state=found.state,
        holder=None,
        reason=words,
        request_key=request_key,
    )
    ctx.execute(_ANSWER, {"id": found.id, "event": event_id, "now": ctx.now})
    _tell(
        ctx,
        NoticeKind.CONSULTATION_ANSWERED,
        found.evaluation_id,
        found.number,
        found.asked_by_id,
        words,
    )
    return Answered(found.evaluation_id, event_id)


def _words(text: str, field: str) -> str:
    cleaned = one_paragraph(text, longest=LONGEST_REASON, field=field)
    if not cleaned:
        raise BadInput("invalid_form", (Fault(field, "required", {}),))
    return cleaned


def _tell(
    ctx: Context, kind: NoticeKind, evaluation_id: int, number: int, person_id: int, words: str
) -> None:
    ctx.execute(
        _TELL,
        {
            "kind": kind,
            "evaluation": evaluation_id,
            "number": number,
            "person": person_id,
            "words": words,
            "now": ctx.now,
        },
    )
    ctx.ring_after_commit("tasks.gather_notices")
