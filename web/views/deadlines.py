"""期限・督促: who will be told what in the coming days, and why."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from web import deadline_words
from web.access import access
from web.core import query
from web.views import deadline_dates
from web.views.deadline_area import blueprint
from workflow.policy import Permission
from workflow.queries import coming_notices

#: Its views hang on the same blueprint; importing it is what registers them.
PARTS = (deadline_dates,)


@blueprint.get("/deadlines")
@access(Permission.FOLLOW_UP)
def index() -> ResponseReturnValue:
    """The mails of the next fourteen days, if nobody moves."""
    with query() as ctx:
        days = coming_notices.coming_notices(ctx)
        now = ctx.now
    return render_template(
        "deadlines/index.html",
        tabs=deadline_words.tabs("preview"),
        days=days,
        most=max((len(day.mails) for day in days), default=0),
        unreachable=sorted({m.person for day in days for m in day.mails if not m.reaches}),
        ahead=coming_notices.DAYS_AHEAD,
        words=deadline_words,
        now=now,
    )
