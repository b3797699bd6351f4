"""相談: a question that was put to the reader, and the answer."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms
from web.access import access
from web.core import command, query
from web.language import gettext as _
from web.paper import paper_of
from web.views.sheet_area import page_of
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.queries import consultations
from workflow.services import consulting

blueprint = Blueprint("consultations", __name__)


@blueprint.get("/consultations/<int:consultation_id>")
@access(Permission.ANSWER_CONSULTATION)
def show(consultation_id: int) -> ResponseReturnValue:
    """The question, the sheet as it stands, and the answer or the field for it."""
    return _page(consultation_id)


@blueprint.post("/consultations/<int:consultation_id>")
@access(Permission.ANSWER_CONSULTATION)
def answer(consultation_id: int) -> ResponseReturnValue:
    """Answer it, once."""
    try:
        with command() as ctx:
            done = consulting.answer(
                ctx,
                consultation_id=consultation_id,
                words=request.form.get("answer", ""),
                request_key=forms.request_key(request.form),
            )
    except BadInput as error:
        if not error.faults:
            raise
        return _page(consultation_id, request.form.get("answer", ""), error.faults)
    said = (
        _("この相談には、すでに回答しています。")
        if done.repeated
        else _("回答しました。相談した人にメールで知らせます。")
    )
    flash(said, "info" if done.repeated else "success")
    return redirect(url_for("consultations.show", consultation_id=consultation_id), 303)


def _page(
    consultation_id: int, typed: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        question = consultations.question(ctx, consultation_id)
    page = page_of(question.evaluation_id)
    html = render_template(
        "consultations/show.html",
        question=question,
        page=page,
        paper=paper_of(page.content),
        typed=typed,
        errors=forms.sentences(faults),
        request_key=request.form.get("request_key") or forms.new_request_key(),
    )
    return (html, 422) if faults else html
