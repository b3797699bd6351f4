"""引継ぎ: a note of the section that drafts for those who draft after it.

Sheets are written in April and May, when people have just moved desks. A note is an event in the
sheet's ledger; it moves nothing, and is shown to those who draft until the sheet is submitted.
"""

from __future__ import annotations

from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.policy import Permission, check_edit
from workflow.services import loading, recording
from workflow.services.actions import Receipt
from workflow.text import one_paragraph

LONGEST_NOTE = 4000


def leave_note(
    ctx: Context, *, evaluation_id: int, note: str, request_key: str | None = None
) -> Receipt:
    """Leave a hand-over note with a draft.

    Args:
        request_key: from the form; a second post of the same form does nothing twice.

    Raises:
        NotFound: there is no such evaluation.
        Refused: ``lead_section_only``, ``other_post`` or ``not_editable``.
        BadInput: an empty note, one that is too long, a control character.
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)

    ctx.permit(
        check_edit(
            ctx.actor,
            Permission.EDIT_SHEET,
            loaded.definition,
            loaded.facts.state,
            lead_section=loaded.facts.units["lead_section"],
        )
    )

    if loaded.answered_by is not None:
        return Receipt(evaluation_id, loaded.answered_by, repeated=True)
    cleaned = one_paragraph(note, longest=LONGEST_NOTE, field="note")
    if not cleaned:
        raise BadInput("invalid_form", (Fault("note", "required", {}),))

    event_id, _sequence = recording.append(
        ctx,
        [evaluation_id],
        action="hand_over",
        to_state=loaded.facts.state,
        holder=None,
        reason=cleaned,
        request_key=request_key,
    )
    return Receipt(evaluation_id, event_id)
