"""期限の延長を申し出る: the page on which whoever has a sheet asks for more time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words, forms, sheet_story
from web.access import access
from web.core import command, is_given_back, query
from web.language import gettext as _
from web.language import locale
from web.typed_dates import read_day, typed_parts
from web.views.sheet_area import blueprint, page_of, refused, stale
from workflow.definition.refusal import Refusal
from workflow.errors import BadInput, Conflict, Fault, Refused
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries import extension_requests
from workflow.services import extensions


@blueprint.get("/sheets/<int:evaluation_id>/extension")
@access(Permission.ACT_ON_SHEET)
def extension(evaluation_id: int) -> ResponseReturnValue:
    """The form: until when and why; or the request that is open already."""
    return _form(evaluation_id)


def _form(
    evaluation_id: int,
    typed: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
    reaching: date | None = None,
) -> ResponseReturnValue:
    """The form; *reaching*: the wanted day whose later dates are shown before it is asked for."""
    page = page_of(evaluation_id)
    with query() as ctx:
        asking = extension_requests.asking(ctx, evaluation_id)
        reached = extension_requests.reached(ctx, evaluation_id, reaching) if reaching else ()
    if asking.waiting is None:
        if isinstance(asking.holder, Refusal):
            return refused(asking.holder, evaluation_id)
        if asking.due_on is None:
            return refused(Refusal("no_deadline_here"), evaluation_id)
    errors = forms.sentences(sorted(faults, key=lambda fault: fault.path == "reason"))
    form = typed or {}
    html = render_template(
        "sheets/extension.html",
        page=page,
        story=sheet_story,
        asking=asking,
        wanted_on=typed_parts(form, "wanted_on"),
        reason=form.get("reason", ""),
        reached=reached,
        reaching=reaching,
        words=deadline_words,
        # A page that comes back still speaks for what its reader saw first.
        version=page.version if typed is None else forms.version(typed),
        request_key=forms.new_request_key() if typed is None else forms.request_key(typed),
        errors=errors,
        summary=forms.named(errors, {"wanted_on": _("希望する期限")}),
    )
    return (html, 422) if faults else html


@blueprint.post("/sheets/<int:evaluation_id>/extension")
@access(Permission.ACT_ON_SHEET)
def ask_extension(evaluation_id: int) -> ResponseReturnValue:
    """Ask, exactly once, and lead to the receipt."""
    page_of(evaluation_id)
    version, key = forms.version(request.form), forms.request_key(request.form)
    try:
        wanted_on = read_day(request.form, "wanted_on")
    except BadInput as error:
        faults = list(error.faults)
        if not request.form.get("reason", "").strip():
            faults.append(Fault("reason", "reason_required", {}))
        return _form(evaluation_id, request.form, faults)
    if not is_given_back() and _reaches_unseen(evaluation_id, wanted_on):
        return _form(evaluation_id, request.form, reaching=wanted_on)
    try:
        with command() as ctx:
            receipt = extensions.ask(
                ctx,
                evaluation_id=evaluation_id,
                expected_version=version,
                wanted_on=wanted_on,
                reason=request.form.get("reason", ""),
                request_key=key,
            )
    except BadInput as error:
        return _form(evaluation_id, request.form, error.faults)
    except Refused as error:
        return refused(error, evaluation_id)
    except Conflict as error:
        if error.code != "extension_asked":
            return stale(page_of(evaluation_id), error, None)
        flash(say_error(error, locale=locale()), "info")
        return redirect(url_for("sheets.extension", evaluation_id=evaluation_id), 303)
    address = url_for("sheets.receipt", evaluation_id=evaluation_id, event_id=receipt.event_id)
    return redirect(address, 303)


def _reaches_unseen(evaluation_id: int, wanted_on: date) -> bool:
    """Whether the day reaches later dates of the cycle and its asker has not been shown them.

    What would be refused is left to the service, which says all that is wrong.
    """
    if request.form.get("reached") == wanted_on.isoformat():
        return False
    with query() as ctx:
        due_on = extension_requests.asking(ctx, evaluation_id).due_on
        if due_on is None or wanted_on <= due_on or not request.form.get("reason", "").strip():
            return False
        return bool(extension_requests.reached(ctx, evaluation_id, wanted_on))
