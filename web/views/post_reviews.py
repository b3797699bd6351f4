"""後閲: what happened without the reader, the sheet as it was decided, and 「読みました」."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms, sheet_story
from web.absence_words import CAUSES
from web.access import access
from web.core import command, query
from web.language import gettext as _
from web.paper import paper_of
from web.views.sheet_area import page_of
from workflow.errors import BadInput, Fault
from workflow.policy import Permission
from workflow.queries import post_reviews as queries
from workflow.queries import sheet_page
from workflow.queries.post_reviews import Reading
from workflow.queries.sheet_page import SheetPage
from workflow.services import post_reviews

blueprint = Blueprint("post_reviews", __name__)


@blueprint.get("/post-reviews/<int:post_review_id>")
@access(Permission.REVIEW_AFTERWARDS)
def show(post_review_id: int) -> ResponseReturnValue:
    """What happened, over which content, and what changed since."""
    return _page(post_review_id)


@blueprint.post("/post-reviews/<int:post_review_id>")
@access(Permission.REVIEW_AFTERWARDS)
def acknowledge(post_review_id: int) -> ResponseReturnValue:
    """読みました: recorded; nothing about the sheet changes."""
    remark = request.form.get("remark", "")
    try:
        with command() as ctx:
            done = post_reviews.acknowledge(
                ctx,
                post_review_id=post_review_id,
                request_key=forms.request_key(request.form),
                remark=remark,
            )
    except BadInput as error:
        if not error.faults:
            raise
        return _page(post_review_id, remark, error.faults)
    said = (
        _("この後閲は、すでに確認しています。")
        if done.repeated
        else _("後閲の確認を記録しました。")
    )
    flash(said, "info" if done.repeated else "success")
    return redirect(url_for("post_reviews.show", post_review_id=post_review_id), 303)


def _page(
    post_review_id: int, typed: str = "", faults: Sequence[Fault] = ()
) -> ResponseReturnValue:
    with query() as ctx:
        reading = queries.reading(ctx, post_review_id)
        content = (
            sheet_page.content_by_hash(ctx, reading.evaluation_id, reading.content_hash)
            if reading.content_hash is not None
            else None
        )
    page = page_of(reading.evaluation_id)
    cause, meaning = CAUSES[reading.cause]
    html = render_template(
        "post_reviews/show.html",
        reading=reading,
        page=page,
        paper=paper_of(content or page.content),
        as_decided=content is not None,
        cause=cause(),
        meaning=meaning(),
        happened=sheet_story.what_happened(reading.action, reading.label),
        changes=sheet_story.changes_between(content, page) if content is not None else (),
        since=_since(page, reading),
        typed=typed,
        errors=forms.sentences(faults),
        request_key=request.form.get("request_key") or forms.new_request_key(),
    )
    return (html, 422) if faults else html


def _since(page: SheetPage, reading: Reading) -> list[dict[str, object]]:
    """What happened to the sheet after that."""
    later = tuple(entry for entry in page.timeline if entry.event_id > reading.event_id)
    return sheet_story.timeline(replace(page, timeline=later), lambda text, number: text)
