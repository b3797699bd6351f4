"""Answering on the workbench: at a joint stage (合議), and what a colleague asked (相談).

Each is a word of its own for one sheet, so neither is chosen with others; afterwards the next sheet
of the queue is there.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web import forms
from web.access import access
from web.core import command
from web.language import gettext as _
from web.views.sheet_area import page_of, refused, stale
from web.views.workbench_area import bench, blueprint, posted, way_in
from workflow.definition.facts import Verdict
from workflow.errors import BadInput, Conflict, Fault, Refused
from workflow.policy import Permission
from workflow.queries.sheet_page import SheetPage
from workflow.services import consulting, joint


@blueprint.get("/workbench/<int:evaluation_id>/reply")
@blueprint.get("/workbench/<int:evaluation_id>/questions/<int:consultation_id>")
@access(Permission.READ)
def sheet_again(evaluation_id: int, consultation_id: int | None = None) -> ResponseReturnValue:
    """Where a change of language or post leads from a form that came back."""
    return redirect(url_for("workbench.show", evaluation_id=evaluation_id))


@blueprint.post("/workbench/<int:evaluation_id>/reply")
@access(Permission.ACT_ON_SHEET)
def reply(evaluation_id: int) -> ResponseReturnValue:
    """Take the answer at a joint stage, exactly once, and go on with the queue."""
    page, form = page_of(evaluation_id), request.form
    if form.get("verdict") not in set(Verdict):
        return bench(page, posted(), [Fault("verdict", "not_a_choice", {})], form)
    seen = forms.seen_hash(form.get("seen_hash"))
    try:
        with command() as ctx:
            joint.reply(
                ctx,
                evaluation_id=evaluation_id,
                verdict=Verdict(form["verdict"]),
                expected_version=forms.version(form),
                seen_hash=seen,
                request_key=forms.request_key(form),
                opinion=form.get("opinion", ""),
            )
    except BadInput as error:
        if not error.faults:
            raise
        return bench(page, posted(), error.faults, form)
    except Refused as error:
        return refused(error, evaluation_id)
    except Conflict as error:
        return stale(page_of(evaluation_id), error, seen)
    return _on(page, _("%(sheet)sの合議に回答しました。", sheet=page.code))


@blueprint.post("/workbench/<int:evaluation_id>/questions/<int:consultation_id>")
@access(Permission.ANSWER_CONSULTATION)
def answer(evaluation_id: int, consultation_id: int) -> ResponseReturnValue:
    """Answer a question, once, and go on with the queue."""
    page, form = page_of(evaluation_id), request.form
    try:
        with command() as ctx:
            done = consulting.answer(
                ctx,
                consultation_id=consultation_id,
                words=form.get("answer", ""),
                request_key=forms.request_key(form),
            )
    except BadInput as error:
        if not error.faults:
            raise
        faults = [
            Fault(f"answer-{consultation_id}", fault.code, fault.values) for fault in error.faults
        ]
        return bench(page, posted(), faults, {**form, "question": str(consultation_id)})
    if done.repeated:
        return _on(page, _("%(sheet)sの相談には、すでに回答しています。", sheet=page.code))
    return _on(page, _("%(sheet)sの相談に回答しました。", sheet=page.code))


def _on(page: SheetPage, said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(way_in(posted()), 303)
