"""The blueprint of the workbench, its one page, and what its address and its forms carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import comparison, forms, opened, sheet_story
from web.core import query, signed_in
from web.opened import Choice
from web.paper import field_names, paper_of
from web.views.sheets import revision_link
from web.workbench_story import answers_on, asked_words, bench_of, flag_words, missing_keys
from workflow.errors import Fault
from workflow.queries import workbench
from workflow.queries.sheet_page import SheetPage
from workflow.services.loading import OwnPost

blueprint = Blueprint("workbench", __name__)


def bench(
    page: SheetPage,
    choice: Choice,
    faults: Sequence[Fault] = (),
    typed: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """One sheet between the queue and what changed.

    Args:
        typed: an answer that comes back, as its form carried it.
    """
    with query() as ctx:
        items = workbench.queue(ctx, posts())
        beside = workbench.earlier(ctx, page.id)
    scale = len(page.rating_scale)
    seen, last_year = beside.last_seen, beside.last_year
    html = render_template(
        "workbench/show.html",
        page=page,
        paper=paper_of(page.content),
        story=sheet_story,
        bench=bench_of(page, items, choice),
        answers=answers_on(page, typed or {}),
        missing_keys=missing_keys(page),
        beside=beside,
        since_seen=comparison.in_words(seen.content, page.content, scale) if seen else (),
        since_last_year=(
            comparison.since_last_year(last_year.content, page.content, scale)
            if last_year
            else None
        ),
        names=field_names(page.content),
        flag_words=flag_words,
        asked_words=asked_words,
        timeline=sheet_story.timeline(page, revision_link(page)),
        most=opened.MOST_AT_ONCE,
        errors=forms.sentences(faults),
    )
    return (html, 422) if faults else html


def posts() -> Sequence[OwnPost]:
    """All posts of the reader."""
    found = signed_in()
    return found.posts if found else ()


def carried() -> Choice:
    """What the address carries."""
    arguments = request.args
    return opened.read(
        arguments.get("opened", ""), arguments.getlist("chosen"), arguments.getlist("drop")
    )


def posted() -> Choice:
    """What a form carries."""
    form = request.form
    return opened.read(form.get("opened", ""), form.getlist("chosen"), form.getlist("drop"))


def address(evaluation_id: int, choice: Choice) -> str:
    """The page of one sheet, with what was opened and chosen."""
    return url_for("workbench.show", evaluation_id=evaluation_id, **_filled(choice))


def way_in(choice: Choice) -> str:
    """The most urgent sheet that was not opened yet, or that nothing waits."""
    return url_for("workbench.index", **_filled(choice))


def _filled(choice: Choice) -> dict[str, Any]:
    values: dict[str, Any] = {"opened": choice.marks, "chosen": choice.chosen}
    return {name: value for name, value in values.items() if value}
