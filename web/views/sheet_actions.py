"""Acting on a sheet: the page that says what will happen, the act itself, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, sheet_story
from web.access import access
from web.action_words import asking
from web.core import command
from web.forms import TypedAction
from web.gaps import gaps_in_words, oddities_in_words
from web.happenings import NOT_A_MOVE
from web.paper import field_names, paper_of
from web.views.sheet_area import blueprint, page_of, refused, stale
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, NotFound, Refused
from workflow.policy import Permission
from workflow.queries.sheet_choices import ActionChoice
from workflow.queries.sheet_page import SheetPage
from workflow.services import actions
from workflow.sheet.completeness import page_fit

#: Actions that show more than what will happen; every other looks like the general page.
TEMPLATES = {
    "submit": "sheets/check.html",
    "approve": "sheets/approve.html",
    "return": "sheets/return.html",
    "withdraw": "sheets/withdraw.html",
}
GENERAL = "sheets/act.html"
#: Shown on the page before the act, so they are no reason to refuse the page.
_SHOWN_THERE = frozenset({"sheet_incomplete"})


@blueprint.get("/sheets/<int:evaluation_id>/check")
@access(Permission.ACT_ON_SHEET)
def check(evaluation_id: int) -> ResponseReturnValue:
    """Before submitting: what is missing, who gets it next and until when."""
    return _asking(evaluation_id, "submit")


@blueprint.get("/sheets/<int:evaluation_id>/approve")
@access(Permission.ACT_ON_SHEET)
def approve(evaluation_id: int) -> ResponseReturnValue:
    """Before approving: what is signed, as whom, and who gets it next."""
    return _asking(evaluation_id, "approve")


@blueprint.get("/sheets/<int:evaluation_id>/return")
@access(Permission.ACT_ON_SHEET)
def give_back(evaluation_id: int) -> ResponseReturnValue:
    """Before returning: where to, and why."""
    return _asking(evaluation_id, "return")


@blueprint.get("/sheets/<int:evaluation_id>/withdraw")
@access(Permission.ACT_ON_SHEET)
def withdraw(evaluation_id: int) -> ResponseReturnValue:
    """Before taking back what one just did."""
    return _asking(evaluation_id, "withdraw")


@blueprint.get("/sheets/<int:evaluation_id>/act/<action>")
@access(Permission.ACT_ON_SHEET)
def ask(evaluation_id: int, action: str) -> ResponseReturnValue:
    """Before any other action of the route: what it does, and what it needs."""
    return _asking(evaluation_id, action)


def _asking(evaluation_id: int, action: str) -> ResponseReturnValue:
    page = page_of(evaluation_id)
    seen = forms.seen_hash(request.args.get("seen"))
    if seen is not None and seen.hex() != page.seen_hash:
        return stale(page, Conflict("content_changed", evaluation=page.id), seen)
    return _form(page, action)


def _form(
    page: SheetPage,
    action: str,
    typed: TypedAction | None = None,
    faults: Sequence[Fault] = (),
) -> ResponseReturnValue:
    """The page of an action, empty or with what was typed; or why the reader may not act."""
    choices = [choice for choice in page.actions if choice.action == action]
    open_to_reader = [choice for choice in choices if _may(choice)]
    if not choices:
        return refused(Refusal("not_in_this_state", {"stage": page.stage.label}), page.id)
    if not open_to_reader:
        answer = next(choice.refusal for choice in choices if choice.refusal)
        return refused(answer, page.id)
    html = render_template(
        TEMPLATES.get(action, GENERAL),
        page=page,
        paper=paper_of(page.content),
        story=sheet_story,
        choices=open_to_reader,
        choice=open_to_reader[0],
        asking=asking(open_to_reader[0]),
        gaps=gaps_in_words(page.content, page.missing),
        names=field_names(page.content),
        overflows=page_fit(page.content) if action == "submit" else (),
        oddities=oddities_in_words(page.content) if action == "submit" else (),
        # A page that comes back still speaks for what its reader saw first.
        version=typed.version if typed else page.version,
        seen_hash=typed.seen_hash if typed else page.seen_hash,
        request_key=typed.request_key if typed else forms.new_request_key(),
        typed=typed,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


def _may(choice: ActionChoice) -> bool:
    return choice.refusal is None or choice.refusal.code in _SHOWN_THERE


@blueprint.post("/sheets/<int:evaluation_id>/act")
@access(Permission.ACT_ON_SHEET)
def act(evaluation_id: int) -> ResponseReturnValue:
    """Carry out what a form asks for, exactly once, and lead to the receipt."""
    typed = forms.typed_action(request.form)
    if not (typed.target and typed.reason.strip()):
        page = page_of(evaluation_id)
        if faults := _missing(page, typed):
            return _form(page, typed.action, typed, faults)
    seen = forms.seen_hash(typed.seen_hash)
    try:
        with command() as ctx:
            receipt = actions.act(
                ctx,
                evaluation_id=evaluation_id,
                action=typed.action,
                expected_version=typed.version,
                seen_hash=seen,
                request_key=typed.request_key,
                target=typed.target or None,
                reason=typed.reason,
            )
    except BadInput as error:
        return _form(page_of(evaluation_id), typed.action, typed, error.faults)
    except Refused as error:
        return _refused(evaluation_id, typed, error)
    except Conflict as error:
        return stale(page_of(evaluation_id), error, seen)
    return redirect(
        url_for(".receipt", evaluation_id=evaluation_id, event_id=receipt.event_id), 303
    )


def _missing(page: SheetPage, typed: TypedAction) -> list[Fault]:
    """What the form lacks: everything at once, so that nobody is sent back twice."""
    choices = [c for c in page.actions if c.action == typed.action and _may(c)]
    faults = []
    if len(choices) > 1 and not typed.target:
        faults.append(Fault("target", "target_missing", {}))
    if not typed.reason.strip():
        if any(choice.needs_reason for choice in choices):
            faults.append(Fault("reason", "reason_required", {}))
        elif any(choice.needs_comment for choice in choices):
            faults.append(Fault("reason", "comment_required", {}))
    return faults


def _refused(evaluation_id: int, typed: TypedAction, error: Refused) -> ResponseReturnValue:
    if error.code in ("reason_required", "comment_required"):
        fault = Fault("reason", error.code, error.values)
        return _form(page_of(evaluation_id), typed.action, typed, [fault])
    if error.code == "sheet_incomplete":
        fault = Fault("missing", error.code, error.values)
        return _form(page_of(evaluation_id), typed.action, typed, [fault])
    return refused(error, evaluation_id)


@blueprint.get("/sheets/<int:evaluation_id>/receipt/<int:event_id>")
@access(Permission.READ)
def receipt(evaluation_id: int, event_id: int) -> ResponseReturnValue:
    """What an action did: who has the sheet now, what happens next, until when it can be undone."""
    page = page_of(evaluation_id)
    entry = next((entry for entry in page.timeline if entry.event_id == event_id), None)
    if entry is None:
        raise NotFound("no_such_page")
    withdrawal = next((c for c in page.actions if c.action == "withdraw" and not c.refusal), None)
    return render_template(
        "sheets/receipt.html",
        page=page,
        entry=entry,
        story=sheet_story,
        is_last=sheet_story.is_last(page, entry),
        is_move=entry.action not in NOT_A_MOVE,
        withdrawal=withdrawal,
        title=sheet_story.happened(entry),
    )
