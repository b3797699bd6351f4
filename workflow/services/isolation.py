"""One row that cannot be worked off keeps no other row waiting.

What the engine does by itself it does for many rows. When one of them fails, the question is
whether the failure speaks of that row: only then may the others go on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.database import is_away
from workflow.policy import SYSTEM

log = structlog.get_logger(__name__)

#: SQLSTATE classes. Another transaction was in the way, or it took too long: it may go well the
#: next time.
_PASSING = ("40", "55", "57014")
#: What the row holds cannot be: data, constraints, what a trigger refused.
_ROW = ("22", "23", "P0")


class Blame(Enum):
    """What a failure speaks of."""

    #: Of the database or of the task's time limit: nothing can go on.
    AWAY = "away"
    #: Of nobody in particular: the row is tried again later, and nothing is counted.
    PASSING = "passing"
    #: Of the row.
    ROW = "row"
    #: Of the program or its schema (no such column, no such right): every row would fail.
    PROGRAM = "program"


class RowsFailed(Exception):
    """Some rows failed; all others are done. Each was logged with its id."""

    def __init__(self, what: str, ids: Sequence[int]) -> None:
        super().__init__(f"{what}: {len(ids)} failed")
        self.ids = tuple(ids)


def blame(application: Application, error: Exception) -> Blame:
    """What *error* speaks of."""
    if isinstance(error, application.interrupts) or is_away(error):
        return Blame.AWAY
    if not isinstance(error, sa.exc.DBAPIError):
        return Blame.ROW
    state = getattr(error.orig, "sqlstate", None) or ""
    for kinds, found in ((_PASSING, Blame.PASSING), (_ROW, Blame.ROW)):
        if state.startswith(kinds):
            return found
    return Blame.PROGRAM


def reason(error: Exception) -> str:
    """What is kept of a failure: its kind and its first line."""
    said = str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
    return f"{type(error).__name__}: {said.partition(chr(10))[0]}"[:300]


def each(
    application: Application,
    what: str,
    ids: Iterable[int],
    work: Callable[[Context, int], int],
) -> int:
    """Do *work* for each id in a command of its own; returns the sum of what it returned.

    A row that fails is logged and left for the next time; those behind it are done all the same.

    Raises:
        RowsFailed: at the end, when some failed.
        Exception: whatever says that no row can be worked off now.
    """
    total, failed = 0, []
    for row_id in ids:
        try:
            with application.command(SYSTEM) as ctx:
                total += work(ctx, row_id)
        except Exception as error:
            if blame(application, error) in (Blame.AWAY, Blame.PROGRAM):
                raise
            log.exception("row_failed", what=what, id=row_id)
            failed.append(row_id)
    if failed:
        raise RowsFailed(what, failed)
    return total
