"""My desk: what waits for me and why, what I am asked and have to read, what I wait for."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web import frame
from web.absence_words import CAUSES
from web.access import access
from web.core import query, signed_in
from workflow.policy import Permission
from workflow.queries import desk

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """The first page after signing in; over all posts of the reader."""
    found = signed_in()
    with query() as ctx:
        shown = desk.desk(ctx, found.posts if found else ())
    frame.waits(shown.turns)
    return render_template(
        "desk/index.html",
        desk=shown,
        causes=CAUSES,
        current_post=found.actor.assignment_id if found else None,
    )
