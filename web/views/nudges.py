"""催促: choose late sheets on the board, look again who will be told, and tell them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms
from web.access import access
from web.core import command, is_given_back, query
from web.language import gettext as _
from web.sheet_story import people
from web.views.progress_area import blueprint, board_page
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.services import nudging


@blueprint.get("/progress/nudge")
@blueprint.get("/progress/nudge/check")
@access(Permission.NUDGE)
def nudge_again() -> ResponseReturnValue:
    """Where a change of language or post leads from a page that only a form opens."""
    return redirect(url_for("progress.index"))


@blueprint.post("/progress/nudge/check")
@access(Permission.NUDGE)
def nudge_check() -> ResponseReturnValue:
    """One look before anybody is told: who will be, who not, and why. Nothing is done."""
    chosen = _chosen()
    if is_given_back():
        return board_page(chosen=chosen)
    if not chosen:
        return board_page([Fault("late", "nothing_selected", {})])
    return _confirmation(chosen, forms.new_request_key())


@blueprint.post("/progress/nudge")
@access(Permission.NUDGE)
def nudge() -> ResponseReturnValue:
    """Tell those who were shown; pressed twice it tells nobody twice.

    Raises:
        BadInput: ``nothing_selected`` or ``invalid_form`` for a form that is not one of ours.
    """
    chosen, request_key = _chosen(), forms.request_key(request.form)
    remark = request.form.get("remark", "")
    try:
        with command() as ctx:
            done = nudging.nudge(ctx, evaluation_ids=chosen, remark=remark, request_key=request_key)
    except BadInput as error:
        if not error.faults:
            raise
        return _confirmation(chosen, request_key, remark, error.faults)
    if done.repeated:
        flash(_("すでに催促しました（%(n)s件）。", n=done.sheets), "info")
    elif done.sheets:
        flash(
            _("%(n)s件について、%(people)s人に催促しました。", n=done.sheets, people=done.people),
            "success",
        )
    if done.left_out:
        flash(_("%(n)s件は催促していません。", n=done.left_out), "warning")
    return redirect(url_for("progress.index"), 303)


def _chosen() -> list[int]:
    return request.form.getlist("chosen", type=int)


def _confirmation(
    chosen: Sequence[int], request_key: str, remark: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        planned = nudging.plans(ctx, chosen)
    html = render_template(
        "progress/nudge.html",
        included=[plan for plan in planned if plan.told],
        excluded=[plan for plan in planned if not plan.told],
        people=people,
        request_key=request_key,
        remark=remark,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html
