"""The list of sheets, one sheet as it is printed, and its earlier revisions."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from web import comparison, sheet_story
from web.access import access
from web.action_bar import bar
from web.core import actor, query
from web.frame import chosen_cycle, cycle_label
from web.language import gettext as _
from web.paper import paper_of
from web.views import (
    sheet_actions,
    sheet_authority,
    sheet_costs,
    sheet_edit,
    sheet_extension,
    sheet_handover,
    sheet_route,
)
from web.views.sheet_area import blueprint, note_opening, page_of
from web.words import stage_label
from workflow.policy import Permission, check
from workflow.queries import sheet_page, sheets
from workflow.queries.sheet_page import SheetPage
from workflow.queries.sheets import CycleChoice, SheetFilter

#: Their views hang on the same blueprint; importing them is what registers them.
PARTS = (
    sheet_actions,
    sheet_authority,
    sheet_costs,
    sheet_edit,
    sheet_extension,
    sheet_handover,
    sheet_route,
)
SIDES = ("history", "changes", "revisions")


@blueprint.get("/sheets")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """The sheets of a cycle, narrowed by stage, department and text."""
    with query() as ctx:
        cycle = chosen_cycle(sheets.cycles(ctx))
        if cycle is None:
            return render_template("sheets/empty.html")
        wanted = _filter(cycle)
        found = sheets.sheet_list(ctx, cycle.definition, wanted)
        departments = sheets.departments(ctx, cycle.id)
    if not found.lines and wanted.page > 1:
        return redirect(_address(wanted, page=1))
    return render_template(
        "sheets/index.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        wanted=wanted,
        found=found,
        departments=departments,
        chips=_chips(cycle, wanted, dict(departments)),
        page_href=lambda page: _address(wanted, page=page),
    )


def _filter(cycle: CycleChoice) -> SheetFilter:
    """What the address asks for; a stage that the cycle does not know is left out."""
    state = request.args.get("state")
    return SheetFilter(
        cycle_id=cycle.id,
        state=state if state in cycle.definition.by_key else None,
        department_id=request.args.get("department", type=int),
        text=request.args.get("q", "").strip(),
        page=max(1, request.args.get("page", default=1, type=int)),
    )


def _address(wanted: SheetFilter, **changed: object) -> str:
    wanted = replace(wanted, **changed)  # type: ignore[arg-type]
    values = {
        "cycle": wanted.cycle_id,
        "state": wanted.state,
        "department": wanted.department_id,
        "q": wanted.text,
        "page": wanted.page if wanted.page > 1 else None,
    }
    asked = urlencode({key: value for key, value in values.items() if value})
    return f"{url_for('sheets.index')}?{asked}"


def _chips(
    cycle: CycleChoice, wanted: SheetFilter, departments: dict[int, str]
) -> list[dict[str, str]]:
    """What the list is narrowed to; each leads to the list without it."""
    chips = []
    if wanted.text:
        label = _("「%(text)s」を含む", text=wanted.text)
        chips.append({"label": label, "href": _address(wanted, text="", page=1)})
    if wanted.state:
        label = stage_label(cycle.definition.stage(wanted.state))
        label = _("段階: %(stage)s", stage=label)
        chips.append({"label": label, "href": _address(wanted, state=None, page=1)})
    if wanted.department_id:
        name = departments.get(wanted.department_id, "－")
        label = _("評価部局: %(department)s", department=name)
        chips.append({"label": label, "href": _address(wanted, department_id=None, page=1)})
    return chips


@blueprint.get("/sheets/<int:evaluation_id>")
@access(Permission.READ)
def show(evaluation_id: int) -> ResponseReturnValue:
    """One sheet: where it is, what it says, what happened to it and what one may do."""
    page = page_of(evaluation_id)
    note_opening(page)
    base = sheet_story.base_revision(page)
    changes: tuple[comparison.ChangeInWords, ...] = ()
    if base is not None:
        with query() as ctx:
            before = sheet_page.revision_content(ctx, evaluation_id, base[0])
        changes = sheet_story.changes_between(before, page)
    side = request.args.get("side", SIDES[0])
    return render_template(
        "sheets/show.html",
        page=page,
        paper=paper_of(page.content),
        story=sheet_story,
        base=base,
        changes=changes,
        side=side if side in SIDES else SIDES[0],
        bar=bar(page, may_publish=_may_publish(page)),
        timeline=sheet_story.timeline(page, revision_link(page)),
    )


def _may_publish(page: SheetPage) -> bool:
    """Whether the next step is a publication that the reader may ask for."""
    rows = page.definition.transitions_from(page.stage.key)
    is_next = any(row.by == "publication" for row in rows)
    return is_next and check(actor(), Permission.PUBLISH) is None


def revision_link(page: SheetPage) -> object:
    """Makes of a text and a number the text with a link to that revision behind it."""

    def link(text: str, number: int | None) -> Markup:
        if number is None:
            return escape(text)
        address = url_for("sheets.revision", evaluation_id=page.id, number=number)
        anchor = Markup('<a href="{}">{}</a>').format(address, _("版 %(n)s", n=number))
        return Markup("{}　{}").format(text, anchor) if text else anchor

    return link


@blueprint.get("/sheets/<int:evaluation_id>/revisions/<int:number>")
@access(Permission.READ)
def revision(evaluation_id: int, number: int) -> ResponseReturnValue:
    """An earlier revision as it was printed, and what it changed."""
    page = page_of(evaluation_id)
    with query() as ctx:
        content = sheet_page.revision_content(ctx, evaluation_id, number)
        earlier = (
            sheet_page.revision_content(ctx, evaluation_id, number - 1) if number > 1 else None
        )
    changes = () if earlier is None else comparison.in_words(
        earlier, content, len(page.rating_scale)
    )  # fmt: skip
    return render_template(
        "sheets/revision.html",
        page=page,
        number=number,
        made_at=sheet_story.revision_times(page).get(number),
        paper=paper_of(content),
        has_earlier=earlier is not None,
        changes=changes,
    )
