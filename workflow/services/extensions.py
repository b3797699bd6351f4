"""期限の延長: whoever has a sheet asks for more time with a reason, the bureau grants or refuses.

While a request is open the ladder stands still: nobody is called late who has asked. Granted, the
sheet gets a date of its own and its ladder begins anew; refused, the old date counts again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.era import japanese_date
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, NotFound, Refused
from workflow.models import NoticeKind
from workflow.policy import Permission, acting_at
from workflow.services import closed_days, deadlines, loading, recording
from workflow.services.actions import LONGEST_REASON, Receipt, moved_on
from workflow.text import one_paragraph

_OPEN = sa.text("""
SELECT 1 FROM extension_request WHERE stage_entry_id = :entry AND decided_at IS NULL
""")
_ENTRY = sa.text("""
SELECT s.due_on, c.cut_off FROM stage_entry s
JOIN evaluation e ON e.id = s.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id WHERE s.id = :entry
""")
_ASK = sa.text("""
INSERT INTO extension_request (evaluation_id, stage_entry_id, asked_by, wanted_on, event_id,
                               asked_at)
VALUES (:evaluation, :entry, :person, :wanted, :event, :now) RETURNING id
""")
_REQUEST = sa.text("""
SELECT r.id, r.evaluation_id, r.stage_entry_id, r.asked_by, r.wanted_on, r.decided_at,
       r.decided_event_id
FROM extension_request r WHERE r.id = :id FOR UPDATE
""")
_DECIDE = sa.text("""
UPDATE extension_request SET decided_at = :now, decided_by = :person, granted = :granted,
    decided_event_id = :event WHERE id = :id
""")
# Told to everybody who may decide, or to the one who asked; the rung is the request's id.
_TELL_BUREAU = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, remark, created_at)
SELECT :kind, :evaluation, :entry, :rung, g.person_id, :words, :now
FROM role_grant g JOIN person p ON p.id = g.person_id AND p.disabled_at IS NULL
WHERE g.role = 'publisher' AND g.person_id <> :actor AND g.valid_from <= :today
  AND (g.valid_until IS NULL OR g.valid_until >= :today)
ON CONFLICT DO NOTHING
""")
_TELL = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, remark, created_at)
VALUES (:kind, :evaluation, :entry, :rung, :person, :words, :now) ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class Decided:
    """What deciding did; ``repeated``: it had been decided before."""

    evaluation_id: int
    event_id: int
    repeated: bool = False


def ask(
    ctx: Context,
    *,
    evaluation_id: int,
    expected_version: int,
    wanted_on: date,
    reason: str,
    request_key: str,
) -> Receipt:
    """Ask for another last day of the present stage.

    Raises:
        NotFound: there is no such evaluation.
        Conflict: ``moved_on``, or ``extension_asked``: a request is open already.
        Refused: it is not one's turn, or ``no_deadline_here``.
        BadInput: no reason, or a day that is not later than the present one.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)
    if loaded.answered_by is not None:
        ctx.permit(None)
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)
    entry = ctx.execute(_ENTRY, {"entry": loaded.entry_id}).one_or_none()
    is_open = ctx.execute(_OPEN, {"entry": loaded.entry_id}).first() is not None

    ctx.asked = True
    if expected_version != loaded.version:
        raise moved_on(ctx, loaded)
    holder = acting_at(ctx.actor, loaded.definition, loaded.facts)
    if isinstance(holder, Refusal):
        raise Refused(holder.code, **holder.values)

    if entry is None or entry.due_on is None:
        raise Refused("no_deadline_here")
    if is_open:
        raise Conflict("extension_asked", evaluation=evaluation_id)
    reason = one_paragraph(reason, longest=LONGEST_REASON, field="reason")
    faults = []
    if not reason:
        faults.append(Fault("reason", "reason_required", {}))
    if wanted_on <= max(entry.due_on, ctx.today):
        faults.append(Fault("wanted_on", "not_later", {"day": max(entry.due_on, ctx.today)}))
    if faults:
        raise BadInput("invalid_form", tuple(faults))

    words = f"{japanese_date(wanted_on)}まで\n{reason}"
    event_id, _ = recording.append(
        ctx,
        [evaluation_id],
        action="ask_extension",
        to_state=loaded.facts.state,
        holder=holder,
        reason=words,
        request_key=request_key,
        basis=holder.basis,
    )
    request_id = ctx.execute(
        _ASK,
        {
            "evaluation": evaluation_id,
            "entry": loaded.entry_id,
            "person": ctx.actor.person_id,
            "wanted": wanted_on,
            "event": event_id,
            "now": ctx.now,
        },
    ).scalar_one()
    ctx.execute(
        _TELL_BUREAU,
        {
            "kind": NoticeKind.EXTENSION_ASKED,
            "evaluation": evaluation_id,
            "entry": loaded.entry_id,
            "rung": request_id,
            "words": words,
            "actor": ctx.actor.person_id,
            "now": ctx.now,
            "today": ctx.today,
        },
    )
    ctx.ring_after_commit("tasks.gather_notices")
    return Receipt(evaluation_id, event_id)


def decide(
    ctx: Context, *, request_id: int, granted: bool, request_key: str, remark: str = ""
) -> Decided:
    """Grant or refuse more time.

    Raises:
        NotFound: ``no_such_extension``.
        Refused: ``publishers_only``, or ``not_yourself``: one's own request.
        Conflict: ``moved_on``: the sheet has left the stage meanwhile.
        BadInput: a refusal without a reason, a day outside of the calendar.
    """
    found = ctx.execute(_REQUEST, {"id": request_id}).one_or_none()
    if found is None:
        raise NotFound("no_such_extension")
    loaded = loading.evaluation(ctx, found.evaluation_id)

    ctx.require(Permission.GRANT_EXTENSION)

    if found.decided_event_id is not None:
        return Decided(found.evaluation_id, found.decided_event_id, repeated=True)
    if found.asked_by == ctx.actor.person_id:
        raise Refused("not_your_own_request")
    if loaded.entry_id != found.stage_entry_id:
        raise moved_on(ctx, loaded)
    remark = one_paragraph(remark, longest=LONGEST_REASON, field="remark")
    if not granted and not remark:
        raise BadInput("invalid_form", (Fault("remark", "reason_required", {}),))

    entry = ctx.execute(_ENTRY, {"entry": loaded.entry_id}).one()
    words = remark
    if granted:
        calendar = closed_days.load(ctx)
        stage = loaded.facts.state
        dates = deadlines.laid(
            ctx, loaded.definition, {stage: found.wanted_on}, calendar, entry.cut_off
        )
        deadlines.replan(ctx, [found.stage_entry_id], dates[stage], own=True, decided=True)
        moved = f"{japanese_date(entry.due_on)} → {japanese_date(dates[stage].due_on)}"
        closed = calendar.closed_reason(found.wanted_on)
        if closed is not None:
            day = japanese_date(found.wanted_on)
            moved += f"（希望の{day}は閉庁日（{closed}）のため、次の開庁日）"
        words = f"{moved}\n{remark}".strip()
    event_id, _ = recording.append(
        ctx,
        [found.evaluation_id],
        action="grant_extension" if granted else "refuse_extension",
        to_state=loaded.facts.state,
        holder=None,
        reason=words,
        request_key=request_key,
    )
    ctx.execute(
        _DECIDE,
        {
            "id": found.id,
            "person": ctx.actor.person_id,
            "granted": granted,
            "event": event_id,
            "now": ctx.now,
        },
    )
    ctx.execute(
        _TELL,
        {
            "kind": NoticeKind.EXTENSION_GRANTED if granted else NoticeKind.EXTENSION_REFUSED,
            "evaluation": found.evaluation_id,
            "entry": found.stage_entry_id,
            "rung": found.id,
            "person": found.asked_by,
            "words": words,
            "now": ctx.now,
        },
    )
    ctx.ring_after_commit("tasks.gather_notices")
    return Decided(found.evaluation_id, event_id)
