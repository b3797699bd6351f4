"""The blueprint that all pages of a sheet hang on, and what each of them begins with."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from web import errors, sheet_story
from web.core import actor, command, query
from web.language import locale
from workflow.definition.refusal import Refusal
from workflow.errors import Conflict, Refused
from workflow.messages import say, say_error
from workflow.queries import sheet_page
from workflow.queries.sheet_page import SheetPage
from workflow.services import actions

blueprint = Blueprint("sheets", __name__)


def page_of(evaluation_id: int) -> SheetPage:
    """The sheet as the reader of this request sees it.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    with query() as ctx:
        return sheet_page.sheet_page(ctx, evaluation_id)


def note_opening(page: SheetPage) -> None:
    """The one thing that a GET may write (design, truth 7): whose turn it is has looked.

    It ends the right to withdraw, so it must have been a person: a HEAD or a browser that fetches
    ahead does not count.
    """
    if request.method != "GET" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return
    if any(holder.person_id == actor().person_id for holder in page.holders):
        with command() as ctx:
            actions.note_first_opened(ctx, evaluation_id=page.id)


def refused(answer: Refusal | Refused, evaluation_id: int) -> Response:
    """The page that says why not, with the way back to the sheet."""
    text = say(answer.code, answer.values, locale=locale())
    return errors.page(403, answer.code, text, evaluation_id)


def stale(page: SheetPage, error: Conflict, seen: bytes | None) -> Response:
    """Who did what since the page was made, and what changed; nothing was done."""
    before = None
    if seen is not None and seen.hex() != page.seen_hash:
        with query() as ctx:
            before = sheet_page.content_by_hash(ctx, page.id, seen)
    html = render_template(
        "sheets/stale.html",
        page=page,
        text=say_error(error, locale=locale()),
        last=page.timeline[0] if page.timeline else None,
        story=sheet_story,
        differs=seen is not None and seen.hex() != page.seen_hash,
        changes=sheet_story.changes_between(before, page) if before is not None else None,
    )
    return Response(html, 409)
