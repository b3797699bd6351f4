"""1 April: next year's organisation and transfers, tried, confirmed, applied as of a day.

``reorganisation_plan`` tries it and writes nothing. Applying writes rows with validity dates, so
that people and posts change by themselves on the day, also when it is done weeks ahead. Columns of
measures and sheets have no dates: a unit's successor takes them over on the day itself, by the
tick, exactly once (``reorganisation_day``). Until the day it can be called off.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.errors import Conflict, NotFound, Refused
from workflow.exchange.transfers import TransferFile, from_json
from workflow.models import NoticeKind, ReorganisationState
from workflow.policy import Permission
from workflow.services import organisation_rows, organisation_taken_back, reorganisation_day
from workflow.services.reorganisation_lines import Report, hash_of
from workflow.services.reorganisation_plan import plan

# Two reorganisations at once, or one and the tick that carries another out, wait here.
LOCK = reorganisation_day.LOCK

_PUT_ASIDE = sa.text("""
UPDATE reorganisation SET state = 'called_off', called_off_at = :now, called_off_by = :person
WHERE state = 'proposed' AND proposed_by IS NOT DISTINCT FROM :person
""")
_PROPOSE = sa.text("""
INSERT INTO reorganisation (state, effective_on, file_name, file_hash, changes, report,
                            report_hash, proposed_at, proposed_by)
VALUES ('proposed', :day, :name, :hash, :changes, :report, :report_hash, :now, :person)
RETURNING id
""").bindparams(sa.bindparam("changes", type_=JSONB), sa.bindparam("report", type_=JSONB))


def propose(ctx: Context, file: TransferFile, *, effective_on: date) -> int:
    """Try *file* and keep it with the report, for the same person to confirm; returns its id.

    An earlier proposal of that person that was not confirmed is put aside.

    Raises:
        as :func:`plan`.
    """
    tried = plan(ctx, file, effective_on=effective_on)
    told = tried.report.as_json()
    ctx.execute(_PUT_ASIDE, {"now": ctx.now, "person": ctx.actor.person_id})
    made: int = ctx.execute(
        _PROPOSE,
        {
            "day": effective_on,
            "name": file.file_name,
            "hash": bytes.fromhex(file.content_hash),
            "changes": file.as_json(),
            "report": told,
            "report_hash": hash_of(told),
            "now": ctx.now,
            "person": ctx.actor.person_id,
        },
    ).scalar_one()
    return made


_TAKE = sa.text("""
SELECT id, state, effective_on, changes, report, report_hash, proposed_by, decided
FROM reorganisation WHERE id = :id FOR UPDATE
""")
_RENEW = sa.text("""
UPDATE reorganisation SET report = :report, report_hash = :report_hash, proposed_at = :now
WHERE id = :id
""").bindparams(sa.bindparam("report", type_=JSONB))
_SCHEDULE = sa.text("""
UPDATE reorganisation SET state = 'scheduled', decided = :decided, applied_at = :now,
       applied_by = :person
WHERE id = :id
""").bindparams(sa.bindparam("decided", type_=JSONB))


def renew(ctx: Context, *, reorganisation_id: int) -> None:
    """Try a proposal again, because something changed since; the new report takes the old's place.

    Raises:
        as :func:`confirm`.
    """
    row = _own_proposal(ctx, reorganisation_id)
    told = plan(ctx, from_json(row.changes), effective_on=row.effective_on).report.as_json()
    ctx.execute(
        _RENEW,
        {"id": row.id, "report": told, "report_hash": hash_of(told), "now": ctx.now},
    )


def confirm(ctx: Context, *, reorganisation_id: int) -> Report:
    """Apply a proposal, if the dry run still says what was shown.

    With a day that is today it is carried out at once.

    Raises:
        NotFound: ``no_such_reorganisation``.
        Refused: ``administrators_only``, or ``not_your_proposal``.
        Conflict: ``reorganisation_decided`` (applied or called off already), ``plan_differs``.
        BadInput, TransferFileRefused: as :func:`plan`, of the organisation as it is now.
    """
    row = _own_proposal(ctx, reorganisation_id)
    tried = plan(ctx, from_json(row.changes), effective_on=row.effective_on)
    if hash_of(tried.report.as_json()) != row.report_hash:
        raise Conflict("plan_differs")

    organisation_rows.write(ctx, row.id, tried.decided, row.effective_on)
    ctx.execute(
        _SCHEDULE,
        {
            "id": row.id,
            "decided": tried.decided.as_json(),
            "now": ctx.now,
            "person": ctx.actor.person_id,
        },
    )
    if row.effective_on <= ctx.today:
        reorganisation_day.carry_out(ctx, row.id)
    else:
        _ask_for_notes(ctx, tried.report)
    return tried.report


def apply(ctx: Context, file: TransferFile, *, effective_on: date) -> tuple[int, Report]:
    """Propose and confirm in one go, for the shell; returns the id and the report.

    Raises:
        as :func:`plan`.
    """
    reorganisation_id = propose(ctx, file, effective_on=effective_on)
    return reorganisation_id, confirm(ctx, reorganisation_id=reorganisation_id)


def _own_proposal(ctx: Context, reorganisation_id: int) -> sa.Row[Any]:
    ctx.execute(LOCK)
    row = ctx.execute(_TAKE, {"id": reorganisation_id}).one_or_none()

    ctx.require(Permission.IMPORT)
    if row is None:
        raise NotFound("no_such_reorganisation")
    if row.proposed_by != ctx.actor.person_id:
        raise Refused("not_your_proposal")
    if row.state != ReorganisationState.PROPOSED:
        raise Conflict("reorganisation_decided")
    return row


_ASK = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, remark, created_at)
SELECT :kind, s.evaluation_id, s.id, r.person, '', :now
FROM unnest(CAST(:evaluations AS bigint[]), CAST(:people AS bigint[])) AS r(evaluation, person)
JOIN stage_entry s ON s.evaluation_id = r.evaluation AND s.left_at IS NULL
ON CONFLICT DO NOTHING
""")


def _ask_for_notes(ctx: Context, report: Report) -> None:
    """Tell those who move away from a draft to leave a hand-over note while they can."""
    if report.drafters:
        ctx.execute(
            _ASK,
            {
                "kind": NoticeKind.HAND_OVER,
                "evaluations": [line.evaluation_id for line in report.drafters],
                "people": [line.person_id for line in report.drafters],
                "now": ctx.now,
            },
        )
        ctx.ring_after_commit("tasks.gather_notices")


_CALL_OFF = sa.text("""
UPDATE reorganisation SET state = 'called_off', called_off_at = :now, called_off_by = :person
WHERE id = :id
""")
_UNASK = sa.text("""
UPDATE notice n SET gathered_at = :now
FROM unnest(CAST(:evaluations AS bigint[]), CAST(:people AS bigint[])) AS r(evaluation, person)
WHERE n.kind = 'hand_over' AND n.gathered_at IS NULL
  AND n.evaluation_id = r.evaluation AND n.recipient_id = r.person
""")


def call_off(ctx: Context, *, reorganisation_id: int) -> None:
    """Take an applied reorganisation back before its day: every row is as it was before.

    Raises:
        NotFound: ``no_such_reorganisation``.
        Refused: ``administrators_only``.
        Conflict: ``reorganisation_over`` when its day has come or it was called off already.
    """
    ctx.execute(LOCK)
    row = ctx.execute(_TAKE, {"id": reorganisation_id}).one_or_none()

    ctx.require(Permission.IMPORT)
    if row is None:
        raise NotFound("no_such_reorganisation")
    has_come = row.effective_on <= ctx.today
    if row.state not in (ReorganisationState.PROPOSED, ReorganisationState.SCHEDULED) or (
        row.state == ReorganisationState.SCHEDULED and has_come
    ):
        raise Conflict("reorganisation_over")

    if row.state == ReorganisationState.SCHEDULED:
        organisation_taken_back.take_back(ctx, row.id, row.decided, row.effective_on)
        # Who was to move stays; what was not mailed yet is not asked for any more.
        asked = row.report["drafters"]
        ctx.execute(
            _UNASK,
            {
                "evaluations": [line["evaluation_id"] for line in asked],
                "people": [line["person_id"] for line in asked],
                "now": ctx.now,
            },
        )
    ctx.execute(_CALL_OFF, {"id": row.id, "now": ctx.now, "person": ctx.actor.person_id})
