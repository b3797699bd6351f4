"""How much a request may carry: as much as people type, and a file where one is asked for.

The limit of a file is the one of the gate that reads it, so that a file which the gate would let
in is never turned away before it, and a page can say one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, request

from workflow.exchange.upload_gate import LARGEST_FILE

#: Nothing that people type is longer.
LARGEST_FORM = 2 * 1024 * 1024
#: The other fields of a form with a file, and what parts them.
_ROOM = 64 * 1024
#: Whoever takes a file.
_WITH_A_FILE = frozenset({"reorganisation.propose"})
#: What is read and thrown away so that the answer can be seen: a browser that is still sending
#: when the line is closed shows an error of its own.
_MOST_THROWN_AWAY = 64 * 1024 * 1024
_CHUNK = 64 * 1024


def init_app(app: Flask) -> None:
    """Set the limits; before anything that reads a form."""
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM)
    app.before_request(_allow_a_file)


def _allow_a_file() -> None:
    if request.endpoint in _WITH_A_FILE:
        request.max_content_length = LARGEST_FILE + _ROOM


def largest_file_in_megabytes() -> int:
    """The limit as pages say it."""
    return LARGEST_FILE // 1024**2


def what_is_too_large() -> tuple[str, Mapping[str, Any]]:
    """The code of the refusal and the values of its sentence; lets the rest of the request pass."""
    if 0 < (request.content_length or 0) <= _MOST_THROWN_AWAY:
        source = request.environ["wsgi.input"]
        while source.read(_CHUNK):
            pass
    if request.endpoint in _WITH_A_FILE:
        return "upload_too_large", {"limit": largest_file_in_megabytes()}
    return "too_large", {}
