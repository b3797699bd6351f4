"""The whole route of one sheet: as a diagram with its present place, and as a table."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from web import sheet_story
from web.access import access
from web.route_map import route_lines, route_map
from web.views.sheet_area import blueprint, page_of
from workflow.policy import Permission


@blueprint.get("/sheets/<int:evaluation_id>/route")
@access(Permission.READ)
def route(evaluation_id: int) -> ResponseReturnValue:
    """Where the sheet is on its route, what led there and what leads out."""
    page = page_of(evaluation_id)
    return render_template(
        "sheets/route.html",
        page=page,
        story=sheet_story,
        map=route_map(page),
        lines=route_lines(page),
    )
