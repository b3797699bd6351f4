"""The collection board: departments down, stages across, and what is late."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from web.access import access
from web.views import forecast, nudges, progress_file
from web.views.progress_area import blueprint, board_page
from workflow.policy import Permission

#: Their views hang on the same blueprint; importing them is what registers them.
PARTS = (forecast, nudges, progress_file)


@blueprint.get("/progress")
@access(Permission.READ)
def index() -> ResponseReturnValue:
    """The board of the chosen cycle."""
    return board_page()
