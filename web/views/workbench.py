"""The workbench: look at what waits for one's signature, choose, and approve the chosen at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import comparison, forms, opened, sheet_story
from web.access import access
from web.core import actor, application, query, signed_in
from web.opened import Choice
from web.paper import field_names, paper_of
from web.views.sheet_area import note_opening, page_of
from web.views.sheets import revision_link
from web.workbench_story import bench_of, flag_words
from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.queries import workbench
from workflow.queries.sheet_page import SheetPage
from workflow.queries.workbench import Flags
from workflow.queries.workbench_check import dry_run
from workflow.services.approving import approve_all
from workflow.services.loading import OwnPost

blueprint = Blueprint("workbench", __name__)


@blueprint.get("/workbench")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """The way in: the most urgent sheet that was not opened yet, or that nothing waits."""
    choice = _carried()
    with query() as ctx:
        items = workbench.queue(ctx, _posts())
    if not items:
        return render_template("workbench/empty.html")
    first = next((item for item in items if item.evaluation_id not in choice.opened), items[0])
    return redirect(_address(first.evaluation_id, choice))


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
    return _bench(page, _carried())


def _bench(page: SheetPage, choice: Choice, faults: Sequence[Fault] = ()) -> ResponseReturnValue:
    with query() as ctx:
        items = workbench.queue(ctx, _posts())
        beside = workbench.earlier(ctx, page.id)
    scale = len(page.rating_scale)
    seen, last_year = beside.last_seen, beside.last_year
    html = render_template(
        "workbench/show.html",
        page=page,
        paper=paper_of(page.content),
        story=sheet_story,
        bench=bench_of(page, items, choice),
        beside=beside,
        since_seen=comparison.in_words(seen.content, page.content, scale) if seen else (),
        since_last_year=(
            comparison.since_last_year(last_year.content, page.content, scale)
            if last_year
            else None
        ),
        names=field_names(page.content),
        flag_words=flag_words,
        timeline=sheet_story.timeline(page, revision_link(page)),
        most=opened.MOST_AT_ONCE,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


@blueprint.post("/workbench/check")
@access(Permission.ACT_ON_SHEET)
def check() -> ResponseReturnValue:
    """One look before the chosen are approved: which will be, which not, and why. Nothing is done.

    Raises:
        BadInput: ``nothing_selected`` on no page of ours.
    """
    choice = _posted()
    if choice.chosen:
        return _confirmation(choice, forms.new_request_key())
    at = request.form.get("at", type=int)
    if at is None:
        raise BadInput("nothing_selected")
    return _bench(page_of(at), choice, [Fault("queue", "nothing_selected", {})])


def _confirmation(
    choice: Choice, request_key: str, remark: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        flags = {item.evaluation_id: item.flags for item in workbench.queue(ctx, _posts())}
        planned = dry_run(ctx, opened.wishes(choice, _hashes(ctx, choice)))
    included = [plan for plan in planned if plan.refusal is None]
    html = render_template(
        "workbench/check.html",
        included=included,
        excluded=[plan for plan in planned if plan.refusal is not None],
        carried=choice.only(plan.standing.evaluation.id for plan in included),
        back=_address(choice.chosen[0], choice),
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
    choice, request_key = _posted(), forms.request_key(request.form)
    if not choice.chosen:
        raise BadInput("nothing_selected")
    remark = request.form.get("remark", "")
    with query() as ctx:
        wishes = opened.wishes(choice, _hashes(ctx, choice))
    try:
        outcomes = approve_all(
            application(), actor(), wishes, remark=remark, request_key=request_key
        )
    except BadInput as error:
        return _confirmation(choice, request_key, remark, error.faults)
    with query() as ctx:
        standing = workbench.standing(ctx, choice.chosen)
        waiting = workbench.queue(ctx, _posts())
    known = [(outcome, standing.get(outcome.evaluation_id)) for outcome in outcomes]
    return render_template(
        "workbench/result.html",
        done=[(outcome, found) for outcome, found in known if outcome.error is None],
        excluded=[(outcome, found) for outcome, found in known if outcome.error is not None],
        can_be_withdrawn=sheet_story.can_be_withdrawn,
        people=sheet_story.people,
        waiting=len(waiting),
    )


def _posts() -> Sequence[OwnPost]:
    found = signed_in()
    return found.posts if found else ()


def _carried() -> Choice:
    """What the address carries."""
    arguments = request.args
    return opened.read(
        arguments.get("opened", ""), arguments.getlist("chosen"), arguments.getlist("drop")
    )


def _posted() -> Choice:
    """What a form carries."""
    return opened.read(request.form.get("opened", ""), request.form.getlist("chosen"))


def _address(evaluation_id: int, choice: Choice) -> str:
    carried = {"opened": choice.marks, "chosen": choice.chosen}
    filled = {name: value for name, value in carried.items() if value}
    return url_for("workbench.show", evaluation_id=evaluation_id, **filled)  # type: ignore[arg-type]


def _hashes(ctx: Context, choice: Choice) -> dict[int, bytes | None]:
    """How the contents of what is chosen stand now."""
    found = workbench.standing(ctx, choice.chosen)
    return {key: standing.evaluation.facts.content_hash for key, standing in found.items()}
