"""期限・督促: who will be told what in the coming days and why, and who asks for more time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words, forms
from web.access import access
from web.core import actor, command, query
from web.language import gettext as _
from web.views import cut_off, deadline_dates
from web.views.deadline_area import blueprint
from workflow.errors import BadInput, Fault
from workflow.policy import Permission, check
from workflow.queries import coming_notices, extension_requests
from workflow.services import extensions

#: Its views hang on the same blueprint; importing it is what registers them.
PARTS = (cut_off, deadline_dates)
log = structlog.get_logger(__name__)


@blueprint.get("/deadlines")
@access(Permission.FOLLOW_UP)
def index() -> ResponseReturnValue:
    """Open requests for more time, and the mails of the next fourteen days, if nobody moves."""
    return _page()


def _page(
    typed: Mapping[int, str] | None = None, faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        requests = extension_requests.waiting(ctx)
        days = coming_notices.coming_notices(ctx)
        now = ctx.now
    html = render_template(
        "deadlines/index.html",
        tabs=deadline_words.tabs("preview"),
        requests=requests,
        may_decide=check(actor(), Permission.GRANT_EXTENSION) is None,
        # A form that comes back is still the same press.
        keys={
            one.id: (one.id in (typed or {}) and request.form.get("request_key"))
            or forms.new_request_key()
            for one in requests
        },
        typed=typed or {},
        errors=forms.sentences(faults),
        days=days,
        most=max((len(day.mails) for day in days), default=0),
        unreachable=sorted({m.person for day in days for m in day.mails if not m.reaches}),
        ahead=coming_notices.DAYS_AHEAD,
        words=deadline_words,
        now=now,
    )
    return (html, 422) if faults else html


@blueprint.post("/deadlines/extensions/<int:request_id>")
@access(Permission.GRANT_EXTENSION)
def decide_extension(request_id: int) -> ResponseReturnValue:
    """Grant or refuse more time; decided before it says so."""
    remark, decision = request.form.get("remark", ""), request.form.get("decision", "")
    key = forms.request_key(request.form)
    if decision not in ("grant", "refuse"):
        raise BadInput("invalid_form")
    try:
        with command() as ctx:
            decided = extensions.decide(
                ctx,
                request_id=request_id,
                granted=decision == "grant",
                remark=remark,
                request_key=key,
            )
    except BadInput as error:
        faults = [replace(fault, path=f"{fault.path}-{request_id}") for fault in error.faults] or [
            Fault(f"remark-{request_id}", error.code, error.values)
        ]
        return _page({request_id: remark}, faults)
    log.info("extension_decided", request=request_id, decision=decision, by=actor().person_id)
    if decided.repeated:
        flash(_("この申出には、すでに回答しています。"), "info")
    elif decision == "grant":
        flash(_("期限の延長を認めました。申し出た人にメールで知らせます。"), "success")
    else:
        flash(_("期限の延長を認めませんでした。申し出た人にメールで知らせます。"), "success")
    return redirect(url_for("deadlines.index"), 303)
