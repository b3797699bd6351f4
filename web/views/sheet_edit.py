"""Writing a draft: the form, its saves, autosave, and two people who wrote at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, sheet_story
from web.access import access
from web.core import command, query
from web.errors import status_of
from web.forms import TypedSheet
from web.gaps import contents, field_labels, odd_texts, open_fields
from web.language import gettext as _
from web.language import locale
from web.paper import field_names, paper_of, stars
from web.views.sheet_area import blueprint, page_of, refused
from web.words import clock
from workflow.errors import BadInput, Conflict, Fault, Refused
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries import sheet_page
from workflow.queries.sheet_page import SheetPage
from workflow.services import sheets
from workflow.services.sheets import Saved
from workflow.sheet.completeness import LINE_LIMITS, printed_lines


@blueprint.get("/sheets/<int:evaluation_id>/edit")
@access(Permission.EDIT_SHEET)
def edit(evaluation_id: int) -> ResponseReturnValue:
    """The sheet as a form, as its working copy stands."""
    page = page_of(evaluation_id)
    if page.edit_refusal is not None:
        return refused(page.edit_refusal, evaluation_id)
    return _form(page, TypedSheet.of(page.content))


@blueprint.post("/sheets/<int:evaluation_id>/edit")
@access(Permission.EDIT_SHEET)
def save(evaluation_id: int) -> ResponseReturnValue:
    """Save as a revision; then go on editing, or to the page before submitting."""
    typed = forms.typed_sheet(request.form)
    try:
        _save(evaluation_id, typed, make_revision=True)
    except BadInput as error:
        if not error.faults:
            raise
        return _form(page_of(evaluation_id), typed, error.faults)
    except Refused as error:
        return _kept(page_of(evaluation_id), typed, error)
    except Conflict as error:
        page = page_of(evaluation_id)
        if _clashes(page, typed):
            return _kept(page, typed, error)
    page = page_of(evaluation_id)
    if request.form.get("then") == "check":
        return redirect(url_for(".check", evaluation_id=evaluation_id), 303)
    flash(_("保存しました（版 %(n)s）", n=page.revision), "success")
    return redirect(url_for(".edit", evaluation_id=evaluation_id), 303)


def _save(evaluation_id: int, typed: TypedSheet, *, make_revision: bool) -> Saved:
    fields, faults = forms.fields_of(typed)
    if fields is None:
        raise BadInput("invalid_form", faults)
    with command() as ctx:
        return sheets.save_sheet(
            ctx,
            evaluation_id=evaluation_id,
            expected_version=forms.version(request.form, "expected_version"),
            fields=fields,
            actuals=typed.actuals,
            make_revision=make_revision,
            request_key=forms.request_key(request.form) if make_revision else None,
        )


@blueprint.post("/sheets/<int:evaluation_id>/autosave")
@access(Permission.EDIT_SHEET)
def autosave(evaluation_id: int) -> ResponseReturnValue:
    """Write the working copy while somebody types; answers the script.

    What cannot be kept (half a figure) is left out and said, so that the rest is safe; pressing
    save will name it.
    """
    typed = forms.typed_sheet(request.form)
    _fields, left_out = forms.fields_of(typed)
    if left_out:
        stored = TypedSheet.of(page_of(evaluation_id).content)
        typed = forms.without_faults(typed, stored, left_out)
    saved = _save(evaluation_id, typed, make_revision=False)
    with query() as ctx:
        time = clock(ctx.now)
    if left_out:
        time = _("%(time)s（読み取れない欄を除く）", time=time)
    return jsonify(
        version=saved.version, saved_at=time, fields={"expected_version": str(saved.version)}
    )


def _form(page: SheetPage, typed: TypedSheet, faults: Sequence[Fault] = ()) -> ResponseReturnValue:
    errors = forms.sentences(faults)
    html = render_template(
        "sheets/edit.html",
        page=page,
        paper=paper_of(page.content),
        story=sheet_story,
        typed=typed,
        names=field_names(page.content),
        limits=LINE_LIMITS,
        lines={n: printed_lines(typed.texts[n], LINE_LIMITS[n].width) for n in forms.TEXTS},
        odd=odd_texts(typed.texts),
        contents=contents(page.content),
        open_fields=open_fields(page.content, page.missing),
        errors=errors,
        summary=forms.named(errors, field_labels(page.content)),
        # A form that comes back still speaks for what its reader saw first.
        expected_version=request.form.get("expected_version", page.copy_version),
        seen_hash=request.form.get("seen_hash", page.seen_hash),
        request_key=request.form.get("request_key") or forms.new_request_key(),
    )
    return (html, 422) if faults else html


@dataclass(frozen=True)
class Clash:
    """One field that differs: what is stored now, and what was typed."""

    name: str
    label: str
    kind: str
    stored: str
    typed: str


def _clashes(page: SheetPage, typed: TypedSheet) -> list[Clash]:
    """Where what was typed differs from what is stored, but for fields that nobody touched here."""
    stored = TypedSheet.of(page.content)
    base = _as_first_shown(page)
    names = field_names(page.content)
    clashes = [
        Clash(name, names[name], "text", stored.texts[name], typed.texts[name])
        for name in forms.TEXTS
        if typed.texts[name] not in (stored.texts[name], base.texts[name] if base else None)
    ]
    if typed.rating not in (stored.rating, base.rating if base else None):
        clashes.append(Clash("rating", names["rating"], "rating", stored.rating, typed.rating))
    for indicator in paper_of(page.content).indicators:
        number = indicator.number
        now, mine = stored.actuals.get(number, ""), typed.actuals.get(number)
        if mine is None or mine in (now, base.actuals.get(number) if base else None):
            continue
        label = _("指標%(number)s %(name)sの実績", number=indicator.mark, name=indicator.name)
        clashes.append(Clash(f"actuals-{number}", label, "figure", now, mine))
    return sorted(clashes, key=lambda clash: forms.place(clash.name))


def _as_first_shown(page: SheetPage) -> TypedSheet | None:
    """What stood in the form at first, where it was a revision and so is still known."""
    seen = forms.seen_hash(request.form.get("seen_hash"))
    if seen is None:
        return None
    with query() as ctx:
        content = sheet_page.content_by_hash(ctx, page.id, seen)
    return TypedSheet.of(content) if content is not None else None


def _kept(page: SheetPage, typed: TypedSheet, error: Conflict | Refused) -> ResponseReturnValue:
    """What was typed beside what is stored now; nothing was saved, and nothing is lost."""
    clashes = _clashes(page, typed)
    if page.edit_refusal is not None and not clashes:
        return refused(page.edit_refusal, page.id)
    html = render_template(
        "sheets/kept.html",
        page=page,
        story=sheet_story,
        text=say_error(error, locale=locale()),
        clashes=clashes,
        agreed=_agreed(page, {clash.name for clash in clashes}),
        can_save=page.edit_refusal is None,
        request_key=forms.new_request_key(),
        stars=stars,
    )
    return html, status_of(error)


def _agreed(page: SheetPage, clashing: set[str]) -> dict[str, str]:
    """The fields to send along unseen: as they are stored."""
    stored = TypedSheet.of(page.content)
    fields = {**stored.texts, "rating": stored.rating}
    fields |= {f"actuals-{number}": figure for number, figure in stored.actuals.items()}
    return {name: value for name, value in fields.items() if name not in clashing}
