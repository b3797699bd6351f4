"""One's own calendar: a page to make and revoke its address, and what stands at that address."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.access import access, public
from web.core import actor, application, command, query
from web.language import gettext as _
from workflow.calendar.era import japanese_date
from workflow.exchange.icalendar_text import AllDayEvent, calendar
from workflow.policy import Permission
from workflow.queries import feed
from workflow.queries.feed import FeedEntry
from workflow.services import feeds

blueprint = Blueprint("feed", __name__)
log = structlog.get_logger(__name__)

#: How often programs should come by; deadlines move rarely.
REFRESH_HOURS = 6


@blueprint.get("/account/calendar")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """What the calendar is, and since when there is an address."""
    return _page()


@blueprint.post("/account/calendar")
@access(Permission.READ)
def make() -> ResponseReturnValue:
    """A new address, shown on this answer and kept nowhere; one made before ends."""
    with command() as ctx:
        token = feeds.make(ctx)
    log.info("feed_made", person=actor().person_id)
    return _page(_base() + url_for("feed.show", token=token))


@blueprint.post("/account/calendar/revoke")
@access(Permission.READ)
def revoke() -> ResponseReturnValue:
    """End the address."""
    with command() as ctx:
        feeds.revoke(ctx)
    log.info("feed_revoked", person=actor().person_id)
    flash(_("カレンダーのアドレスを無効にしました。"), "success")
    return redirect(url_for("feed.index"), 303)


def _page(address: str = "") -> str:
    with query() as ctx:
        since = feed.made_at(ctx)
    return render_template(
        "account/calendar.html", since=since, address=address, hours=REFRESH_HOURS
    )


@blueprint.get("/calendar/<token>.ics")
@public
def show(token: str) -> ResponseReturnValue:
    """The deadlines as a calendar; whoever has the address needs no sign-in.

    Every address that is none gets the same answer, whatever the reason.
    """
    with application().query() as ctx:
        found = feed.entries(ctx, token)
    if found is None:
        return Response("not found\n", 404, content_type="text/plain; charset=utf-8")
    text = calendar("行政評価の期限", map(_event, found), refresh_hours=REFRESH_HOURS)
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = "inline; filename=hyoka.ics"
    response.headers["X-Robots-Tag"] = "noindex"
    # Asked again each time, by its mark: an answer without a body while nothing changed.
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _base() -> str:
    """The address that people use; never the request's host."""
    return application().settings.public_url.rstrip("/")


def _event(entry: FeedEntry) -> AllDayEvent:
    link = _base() + url_for("sheets.show", evaluation_id=entry.evaluation_id)
    return AllDayEvent(
        uid=f"{entry.evaluation_id}-{entry.stage}@{urlsplit(_base()).hostname}",
        day=entry.due_on,
        summary=f"【期限】{entry.code} {entry.measure}（{entry.stage_label}）",
        description=(
            f"期限 {japanese_date(entry.due_on)}\n{entry.stage_label}：{entry.why}\n{link}"
        ),
        url=link,
        changed_at=entry.since,
    )
