"""The administrators' page on whether the installation works; asks the database alone."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web import status_words
from web.access import access
from web.core import query
from web.language import gettext as _
from web.views.administration import tabs
from workflow.policy import Permission
from workflow.queries import health

blueprint = Blueprint("status", __name__, url_prefix="/administration/status")


@blueprint.get("/")
@access(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """Every aspect with its level and what to do; versions; how many are signed in."""
    with query() as ctx:
        found = health.status(ctx)
    return render_template(
        "administration/status.html",
        tabs=tabs("status"),
        status=found,
        lines=status_words.lines(found),
        overall=status_words.overall(found),
        versions=[
            ("hyoka", _hyoka()),
            ("Python", platform.python_version()),
            ("PostgreSQL", found.server),
            (_("データベースの構成"), found.vital.schema or "－"),
            (_("いまログインしている端末"), _("%(n)s件", n=found.sessions)),
        ],
    )


@cache
def _hyoka() -> str:
    return version("hyoka")
