"""The blueprint that the pages on deadlines hang on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("deadlines", __name__)
