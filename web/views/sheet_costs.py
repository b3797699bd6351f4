"""The costs of a sheet's projects: each section writes those of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import cost_forms, forms, sheet_story
from web.access import access
from web.core import command
from web.cost_forms import TypedCosts
from web.errors import status_of
from web.gaps import field_labels
from web.language import gettext as _
from web.language import locale
from web.views.sheet_area import blueprint, page_of, refused
from web.words import clock
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, Refused
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries.sheet_page import SheetPage
from workflow.services import sheets
from workflow.services.sheets import Costs


@blueprint.get("/sheets/<int:evaluation_id>/costs")
@access(Permission.EDIT_PROJECT_FIGURES)
def costs(evaluation_id: int) -> ResponseReturnValue:
    """The table of projects; fields where the reader may write."""
    page = page_of(evaluation_id)
    if not page.cost_codes:
        return refused(why_no_costs(page), evaluation_id)
    return _form(page, _as_stored(page))


def why_no_costs(page: SheetPage) -> Refusal:
    """Why no row is open to the reader."""
    if not page.stage.editable:
        return Refusal("not_editable", {"stage": page.stage.label})
    return Refusal("project_sections_only")


@blueprint.post("/sheets/<int:evaluation_id>/costs")
@access(Permission.EDIT_PROJECT_FIGURES)
def save_costs(evaluation_id: int) -> ResponseReturnValue:
    """Save the rows that came with the form; a colleague's change in between is not overwritten."""
    page = page_of(evaluation_id)
    codes = [project.code for project in page.content.projects]
    typed = cost_forms.typed_costs(request.form, codes)
    wanted, faults = cost_forms.costs_of(typed)
    if faults:
        return _form(page, _as_stored(page) | typed, faults)
    try:
        with command() as ctx:
            sheets.save_project_costs(
                ctx,
                evaluation_id=evaluation_id,
                costs=wanted,
                seen={code: line.seen for code, line in typed.items()},
            )
    except BadInput as error:
        return _form(page, _as_stored(page) | typed, error.faults)
    except Refused as error:
        return refused(error, evaluation_id)
    except Conflict as error:
        page = page_of(evaluation_id)
        stored = _stored(page)
        if any(stored.get(code) != cost for code, cost in wanted.items()):
            return _kept(page, typed, error)
        # The same form sent twice: what it asked for is there already.
    flash(_("事業費を保存しました。"), "success")
    return redirect(url_for(".costs", evaluation_id=evaluation_id), 303)


@blueprint.post("/sheets/<int:evaluation_id>/costs/autosave")
@access(Permission.EDIT_PROJECT_FIGURES)
def autosave_costs(evaluation_id: int) -> ResponseReturnValue:
    """Write the figures while somebody types; answers the script.

    What cannot be read (half a figure) is left out and said, so that the rest is safe; pressing
    save will name it.
    """
    page = page_of(evaluation_id)
    typed = cost_forms.typed_costs(request.form, [p.code for p in page.content.projects])
    readable = cost_forms.readable(typed)
    wanted, _faults = cost_forms.costs_of(readable)
    with command() as ctx:
        sheets.save_project_costs(
            ctx,
            evaluation_id=evaluation_id,
            costs=wanted,
            seen={code: line.seen for code, line in readable.items()},
            make_revision=False,
        )
        time = clock(ctx.now)
    if len(readable) < len(typed):
        time = _("%(time)s（読み取れない欄を除く）", time=time)
    return jsonify(saved_at=time, fields=cost_forms.seen_fields(wanted))


def _stored(page: SheetPage) -> dict[str, Costs]:
    return {p.code: Costs(p.project_cost, p.personnel_cost) for p in page.content.projects}


def _as_stored(page: SheetPage) -> dict[str, TypedCosts]:
    return {code: TypedCosts.of(costs) for code, costs in _stored(page).items()}


def _kept(page: SheetPage, typed: Mapping[str, TypedCosts], error: Conflict) -> ResponseReturnValue:
    """What was typed stays in the fields, now against what is stored; saving again is a choice."""
    stored = _stored(page)
    again = {
        code: TypedCosts(line.project_cost, line.personnel_cost, stored[code])
        for code, line in typed.items()
    }
    changed = {code for code, line in typed.items() if line.seen != stored[code]}
    html = _page(page, _as_stored(page) | again, (), say_error(error, locale=locale()), changed)
    return html, status_of(error)


def _form(
    page: SheetPage, typed: Mapping[str, TypedCosts], faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    html = _page(page, typed, faults)
    return (html, 422) if faults else html


def _page(
    page: SheetPage,
    typed: Mapping[str, TypedCosts],
    faults: Sequence[Fault],
    conflict: str | None = None,
    changed: set[str] | None = None,
) -> str:
    errors = forms.sentences(faults)
    return render_template(
        "sheets/costs.html",
        page=page,
        story=sheet_story,
        typed=typed,
        errors=errors,
        summary=forms.named(errors, field_labels(page.content)),
        conflict=conflict,
        changed=changed or set(),
    )
