"""For machines: is this process alive, and is the installation ready to work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from web.access import public
from web.core import application
from workflow.queries import health

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
@public
def livez() -> ResponseReturnValue:
    """200 as long as the process answers; asks nobody else."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """200 when the database answers and the periodic work runs, else 503 and what is wrong."""
    wrong = _what_is_wrong()
    status = 503 if wrong else 200
    return jsonify({"status": "not_ready" if wrong else "ready", "wrong": wrong}), status


def _what_is_wrong() -> list[str]:
    try:
        with application().query() as ctx:
            return ["tick_late"] if health.tick_is_late(ctx) else []
    except (sa.exc.OperationalError, sa.exc.TimeoutError):
        return ["database_away"]
