"""For machines: is this process alive, and is the installation ready to work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from web.access import public
from web.core import application
from workflow.health import Level
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
    """200 when the installation does its work, else 503; what is wrong, in codes.

    ``wrong`` makes it unready; ``warnings`` are for somebody to look at and do not.
    """
    try:
        with application().query() as ctx:
            findings = health.readiness(ctx)
    except (sa.exc.OperationalError, sa.exc.TimeoutError):
        return _answer(["database_away"], [])
    except sa.exc.ProgrammingError:
        # No such table: the schema is older than the question.
        return _answer(["schema_differs"], [])
    return _answer(
        [found.code for found in findings if found.fails],
        [found.code for found in findings if found.level is not Level.GOOD and not found.fails],
    )


def _answer(wrong: list[str], warnings: list[str]) -> ResponseReturnValue:
    said = {"status": "not_ready" if wrong else "ready", "wrong": wrong, "warnings": warnings}
    return jsonify(said), 503 if wrong else 200
