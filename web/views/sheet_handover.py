"""引継ぎ: the page on which the section that drafts leaves a note for its successors."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, sheet_story
from web.access import access
from web.core import command
from web.language import gettext as _
from web.views.sheet_area import blueprint, page_of, refused
from workflow.errors import BadInput, Fault, Refused
from workflow.policy import Permission
from workflow.services import handover


@blueprint.get("/sheets/<int:evaluation_id>/hand-over")
@access(Permission.EDIT_SHEET)
def hand_over(evaluation_id: int) -> ResponseReturnValue:
    """An empty note, above those that were left before."""
    return _form(evaluation_id)


def _form(
    evaluation_id: int, note: str = "", key: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    page = page_of(evaluation_id)
    if page.edit_refusal is not None:
        return refused(page.edit_refusal, evaluation_id)
    html = render_template(
        "sheets/hand_over.html",
        page=page,
        story=sheet_story,
        note=note,
        request_key=key or forms.new_request_key(),
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


@blueprint.post("/sheets/<int:evaluation_id>/hand-over")
@access(Permission.EDIT_SHEET)
def leave_note(evaluation_id: int) -> ResponseReturnValue:
    """Keep the note; a second press of the same button keeps it once."""
    note, key = request.form.get("note", ""), forms.request_key(request.form)
    try:
        with command() as ctx:
            handover.leave_note(ctx, evaluation_id=evaluation_id, note=note, request_key=key)
    except Refused as error:
        return refused(error, evaluation_id)
    except BadInput as error:
        return _form(evaluation_id, note, key, error.faults)
    flash(_("引継ぎを残しました。シートを作成する職員に、提出まで表示されます。"), "success")
    return redirect(url_for("sheets.show", evaluation_id=evaluation_id), 303)
