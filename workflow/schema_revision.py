"""Which revision of the schema this code was shipped with: read from the migrations beside it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

#: Holds what lies beside the packages: a checkout's root, or where the image has it.
SHARE = Path(os.environ.get("HYOKA_SHARE", Path(__file__).resolve().parent.parent))


@cache
def shipped_revision() -> str:
    """The number of the newest migration (``0007``); empty where none are shipped.

    Files are numbered without gaps and named by their revision (tests/migrations), so that the
    names suffice and no request needs Alembic. Read once per process.
    """
    files = (SHARE / "migrations" / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
    return max((path.name[:4] for path in files), default="")
