"""The way back to a form that came without a session, for who typed it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web import given_back
from web.access import access
from web.core import query
from workflow.policy import Permission
from workflow.services import unsent_forms

blueprint = Blueprint("unsent", __name__)


@blueprint.get("/unsent/<token>")
@access(Permission.READ)
def show(token: str) -> ResponseReturnValue:
    """The form as it was typed; nothing is done until its button is pressed again."""
    with query() as ctx:
        form = unsent_forms.find(ctx, token)
    return given_back.come_back(form)
