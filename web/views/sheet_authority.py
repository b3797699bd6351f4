"""決裁 beside the route: answers at a joint stage, holding, asking somebody, quoting a sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, sheet_story
from web.access import access
from web.core import command, query
from web.language import locale
from web.paper import paper_of
from web.views.sheet_area import blueprint, page_of, refused, stale
from workflow.application import Context
from workflow.definition.facts import Holder, Reply, Verdict
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, NotFound, Refused
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries.colleagues import colleagues
from workflow.queries.sheet_page import SheetPage
from workflow.services import consulting, holding, joint, redrafting
from workflow.services.actions import Receipt

#: What a form holds beside what every form carries.
Typed = dict[str, str]


@blueprint.get("/sheets/<int:evaluation_id>/reply")
@access(Permission.ACT_ON_SHEET)
def reply(evaluation_id: int) -> ResponseReturnValue:
    """Before answering at a joint stage: what is agreed to, for whom, who has answered so far."""
    page = page_of(evaluation_id)
    seen = forms.seen_hash(request.args.get("seen"))
    if seen is not None and seen.hex() != page.seen_hash:
        return stale(page, Conflict("content_changed", evaluation=page.id), seen)
    return _reply_form(page)


def _reply_form(
    page: SheetPage, typed: Typed | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    return _form(
        page,
        page.beside.reply,
        "sheets/reply.html",
        typed,
        faults,
        paper=paper_of(page.content),
        joint=next((view for view in page.joint if view.stage.key == page.stage.key), None),
    )


@blueprint.post("/sheets/<int:evaluation_id>/reply")
@access(Permission.ACT_ON_SHEET)
def reply_now(evaluation_id: int) -> ResponseReturnValue:
    """Take the answer, exactly once."""
    typed = _typed("verdict", "opinion")
    if typed["verdict"] not in set(Verdict):
        faults = [Fault("verdict", "not_a_choice", {})]
        return _reply_form(page_of(evaluation_id), typed, faults)
    seen = forms.seen_hash(request.form.get("seen_hash"))

    def carry_out(ctx: Context) -> Receipt:
        return joint.reply(
            ctx,
            evaluation_id=evaluation_id,
            verdict=Verdict(typed["verdict"]),
            expected_version=forms.version(request.form),
            seen_hash=seen,
            request_key=forms.request_key(request.form),
            opinion=typed["opinion"],
        )

    return _carried_out(evaluation_id, carry_out, _reply_form, typed, seen)


@blueprint.get("/sheets/<int:evaluation_id>/take-back")
@access(Permission.ACT_ON_SHEET)
def take_back(evaluation_id: int) -> ResponseReturnValue:
    """Before taking one's own answer back: what was answered, and what follows."""
    return _take_back_form(page_of(evaluation_id))


def _take_back_form(
    page: SheetPage, typed: Typed | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    return _form(page, page.beside.take_back, "sheets/take_back.html", typed, faults)


@blueprint.post("/sheets/<int:evaluation_id>/take-back")
@access(Permission.ACT_ON_SHEET)
def take_back_now(evaluation_id: int) -> ResponseReturnValue:
    """Take the answer back, exactly once."""
    seen = forms.seen_hash(request.form.get("seen_hash"))

    def carry_out(ctx: Context) -> Receipt:
        return joint.take_back(
            ctx,
            evaluation_id=evaluation_id,
            expected_version=forms.version(request.form),
            seen_hash=seen,
            request_key=forms.request_key(request.form),
        )

    return _carried_out(evaluation_id, carry_out, _take_back_form, {}, seen)


@blueprint.get("/sheets/<int:evaluation_id>/hold")
@access(Permission.ACT_ON_SHEET)
def hold(evaluation_id: int) -> ResponseReturnValue:
    """Before stopping the clock: what that means, and why."""
    return _hold_form(page_of(evaluation_id))


def _hold_form(
    page: SheetPage, typed: Typed | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    return _form(page, page.beside.hold, "sheets/hold.html", typed, faults)


@blueprint.post("/sheets/<int:evaluation_id>/hold")
@access(Permission.ACT_ON_SHEET)
def hold_now(evaluation_id: int) -> ResponseReturnValue:
    """Stop the clock, exactly once."""
    typed = _typed("reason")

    def carry_out(ctx: Context) -> Receipt:
        return holding.hold(
            ctx,
            evaluation_id=evaluation_id,
            expected_version=forms.version(request.form),
            request_key=forms.request_key(request.form),
            reason=typed["reason"],
        )

    return _carried_out(evaluation_id, carry_out, _hold_form, typed)


@blueprint.get("/sheets/<int:evaluation_id>/lift")
@access(Permission.ACT_ON_SHEET)
def lift(evaluation_id: int) -> ResponseReturnValue:
    """Before letting the clock run on: who stopped it and why."""
    return _lift_form(page_of(evaluation_id))


def _lift_form(
    page: SheetPage, typed: Typed | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    return _form(page, page.beside.lift, "sheets/lift.html", typed, faults)


@blueprint.post("/sheets/<int:evaluation_id>/lift")
@access(Permission.ACT_ON_SHEET)
def lift_now(evaluation_id: int) -> ResponseReturnValue:
    """Let the clock run on, exactly once."""

    def carry_out(ctx: Context) -> Receipt:
        return holding.lift(
            ctx,
            evaluation_id=evaluation_id,
            expected_version=forms.version(request.form),
            request_key=forms.request_key(request.form),
        )

    return _carried_out(evaluation_id, carry_out, _lift_form, {})


@blueprint.get("/sheets/<int:evaluation_id>/consult")
@access(Permission.ACT_ON_SHEET)
def consult(evaluation_id: int) -> ResponseReturnValue:
    """Before asking somebody: whom, and what."""
    return _consult_form(page_of(evaluation_id))


def _consult_form(
    page: SheetPage, typed: Typed | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        departments = colleagues(ctx)
    return _form(
        page, page.beside.consult, "sheets/consult.html", typed, faults, departments=departments
    )


@blueprint.post("/sheets/<int:evaluation_id>/consult")
@access(Permission.ACT_ON_SHEET)
def consult_now(evaluation_id: int) -> ResponseReturnValue:
    """Ask, exactly once; the sheet stays where it is."""
    typed = _typed("person", "question")
    faults = []
    if not (typed["person"].isascii() and typed["person"].isdigit() and len(typed["person"]) < 19):
        faults.append(Fault("person", "not_a_choice", {}))
    if not typed["question"].strip():
        faults.append(Fault("question", "required", {}))
    if faults:
        return _consult_form(page_of(evaluation_id), typed, faults)

    def carry_out(ctx: Context) -> Receipt:
        return consulting.ask(
            ctx,
            evaluation_id=evaluation_id,
            person_id=int(typed["person"]),
            question=typed["question"],
            request_key=forms.request_key(request.form),
        )

    try:
        return _carried_out(evaluation_id, carry_out, _consult_form, typed)
    except NotFound as error:
        if error.code != "no_such_account":
            raise
        faults = [Fault("person", "not_a_choice", {})]
        return _consult_form(page_of(evaluation_id), typed, faults)


@blueprint.get("/sheets/<int:evaluation_id>/redraft")
@access(Permission.REDRAFT)
def redraft(evaluation_id: int) -> ResponseReturnValue:
    """Before quoting an ended sheet: what the new one begins with."""
    page = page_of(evaluation_id)
    return _form(page, page.beside.redraft, "sheets/redraft.html", paper=paper_of(page.content))


@blueprint.post("/sheets/<int:evaluation_id>/redraft")
@access(Permission.REDRAFT)
def redraft_now(evaluation_id: int) -> ResponseReturnValue:
    """Begin the new sheet; a second press leads to the one that the first made."""
    try:
        with command() as ctx:
            made = redrafting.redraft(ctx, evaluation_id=evaluation_id)
    except Refused as error:
        return refused(error, evaluation_id)
    except Conflict as error:
        flash(say_error(error, locale=locale()), "info")
        newer = error.values["evaluation"]
        return redirect(url_for(".show", evaluation_id=newer), 303)
    opening = page_of(made).timeline[-1]
    return redirect(url_for(".receipt", evaluation_id=made, event_id=opening.event_id), 303)


def _typed(*names: str) -> Typed:
    return {name: request.form.get(name, "") for name in names}


def _form(
    page: SheetPage,
    answer: Holder | Reply | Refusal | None,
    template: str,
    typed: Typed | None = None,
    faults: Sequence[Fault] = (),
    **more: Any,
) -> ResponseReturnValue:
    """The page that asks, empty or with what was typed; or why the reader may not."""
    if isinstance(answer, Refusal):
        return refused(answer, page.id)
    came_back = typed is not None
    html = render_template(
        template,
        page=page,
        story=sheet_story,
        holder=answer,
        typed=typed or {},
        # A page that comes back still speaks for what its reader saw first.
        version=forms.version(request.form) if came_back else page.version,
        seen_hash=request.form.get("seen_hash", "") if came_back else page.seen_hash,
        request_key=forms.request_key(request.form) if came_back else forms.new_request_key(),
        errors=forms.sentences(faults),
        **more,
    )
    return (html, 422) if faults else html


def _carried_out(
    evaluation_id: int,
    carry_out: Callable[[Context], Receipt],
    form: Callable[[SheetPage, Typed, Sequence[Fault]], ResponseReturnValue],
    typed: Typed,
    seen: bytes | None = None,
) -> ResponseReturnValue:
    """Run the command and lead to the receipt, or say why not."""
    try:
        with command() as ctx:
            receipt = carry_out(ctx)
    except BadInput as error:
        if not error.faults:
            raise
        return form(page_of(evaluation_id), typed, error.faults)
    except Refused as error:
        return refused(error, evaluation_id)
    except Conflict as error:
        return stale(page_of(evaluation_id), error, seen)
    return redirect(
        url_for(".receipt", evaluation_id=evaluation_id, event_id=receipt.event_id), 303
    )
