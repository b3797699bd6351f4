"""The workbench: look at what waits for one's signature, choose, and approve the chosen at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, opened, sheet_story
from web.access import access
from web.core import actor, application, hold_back, is_given_back, query
from web.opened import Choice
from web.views import workbench_answers  # noqa: F401 - registers its views on the blueprint
from web.views.sheet_area import note_opening, page_of
from web.views.workbench_area import address, bench, blueprint, carried, posted, posts
from web.workbench_story import flag_words
from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.queries import workbench
from workflow.queries.workbench import Flags
from workflow.queries.workbench_check import dry_run
from workflow.services.approving import approve_all


@blueprint.get("/workbench")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """The way in: the most urgent sheet that was not opened yet, or that nothing waits."""
    choice = carried()
    with query() as ctx:
        items = workbench.queue(ctx, posts())
    if not items:
        return render_template("workbench/empty.html")
    first = next((item for item in items if item.evaluation_id not in choice.opened), items[0])
    return redirect(address(first.evaluation_id, choice))


@blueprint.get("/workbench/check")
@blueprint.get("/workbench/approve")
@access(Permission.READ)
def again() -> ResponseReturnValue:
    """Where a change of language or post leads from a page that only a form opens."""
    return redirect(url_for("workbench.index"))


@blueprint.get("/workbench/<int:evaluation_id>")
@access(Permission.READ)
def show(evaluation_id: int) -> ResponseReturnValue:
    """One sheet as printed between the queue and what changed; opening it here counts as such."""
    page = page_of(evaluation_id)
    note_opening(page)
    return bench(page, carried())


@blueprint.post("/workbench/check")
@access(Permission.ACT_ON_SHEET)
def check() -> ResponseReturnValue:
    """One look before the chosen are approved: which will be, which not, and why. Nothing is done.

    Raises:
        BadInput: ``nothing_selected`` on no page of ours.
    """
    choice, form = posted(), request.form
    at = form.get("at", type=int)
    if at is not None and is_given_back():
        return bench(page_of(at), choice)
    if choice.chosen:
        # The confirmation itself comes back with one sheet fewer and what was typed.
        key = forms.request_key(form) if "request_key" in form else forms.new_request_key()
        return _confirmation(choice, key, form.get("remark", ""))
    if at is None:
        raise BadInput("nothing_selected")
    if "drop" in form:
        return redirect(address(at, choice), 303)
    return bench(page_of(at), choice, [Fault("queue", "nothing_selected", {})])


def _confirmation(
    choice: Choice, request_key: str, remark: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    at = request.form.get("at", choice.chosen[0], type=int)
    with query() as ctx:
        flags = {item.evaluation_id: item.flags for item in workbench.queue(ctx, posts())}
        planned = dry_run(ctx, opened.wishes(choice, _hashes(ctx, choice)))
    included = [plan for plan in planned if plan.refusal is None]
    html = render_template(
        "workbench/check.html",
        included=included,
        excluded=[plan for plan in planned if plan.refusal is not None],
        carried=choice.only(plan.standing.evaluation.id for plan in included),
        at=at,
        back=address(at, choice),
        flags=flags,
        flag_words=flag_words,
        no_flags=Flags(),
        needs_reason=any(plan.choice.needs_reason for plan in included if plan.choice),
        story=sheet_story,
        request_key=request_key,
        remark=remark,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


@blueprint.post("/workbench/approve")
@access(Permission.ACT_ON_SHEET)
def approve() -> ResponseReturnValue:
    """Approve what was confirmed, sheet by sheet, and say what became of each.

    The answer to the form itself: loaded again it does nothing twice and says the same.

    Raises:
        BadInput: ``nothing_selected`` or ``invalid_form`` for a form that is not one of ours.
    """
    choice, request_key = posted(), forms.request_key(request.form)
    if not choice.chosen:
        raise BadInput("nothing_selected")
    remark = request.form.get("remark", "")
    with query() as ctx:
        wishes = opened.wishes(choice, _hashes(ctx, choice))
    try:
        hold_back()
        outcomes = approve_all(
            application(), actor(), wishes, remark=remark, request_key=request_key
        )
    except BadInput as error:
        return _confirmation(choice, request_key, remark, error.faults)
    with query() as ctx:
        standing = workbench.standing(ctx, choice.chosen)
        waiting = workbench.queue(ctx, posts())
    known = [(outcome, standing.get(outcome.evaluation_id)) for outcome in outcomes]
    return render_template(
        "workbench/result.html",
        done=[(outcome, found) for outcome, found in known if outcome.error is None],
        excluded=[(outcome, found) for outcome, found in known if outcome.error is not None],
        can_be_withdrawn=sheet_story.can_be_withdrawn,
        people=sheet_story.people,
        waiting=len(waiting),
    )


def _hashes(ctx: Context, choice: Choice) -> dict[int, bytes | None]:
    """How the contents of what is chosen stand now."""
    found = workbench.standing(ctx, choice.chosen)
    return {key: standing.evaluation.facts.content_hash for key, standing in found.items()}
