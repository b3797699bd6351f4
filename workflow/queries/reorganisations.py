"""Reorganisations as the administrators' pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import NotFound


@dataclass(frozen=True)
class ReorganisationLine:
    """One of the list."""

    id: int
    state: str
    effective_on: date
    file_name: str
    proposed_at: datetime
    proposed_by_id: int | None
    #: Empty: an operator at the shell.
    proposed_by: str
    applied_at: datetime | None
    applied_by: str
    carried_out_at: datetime | None
    called_off_at: datetime | None
    handed_over: int | None
    #: Its day has come, so it cannot be called off any more.
    has_come: bool


@dataclass(frozen=True)
class ReorganisationPage:
    """One with its report.

    Attributes:
        hired: new people with their ids, who need a one-time password.
    """

    line: ReorganisationLine
    file_hash: str
    report: Mapping[str, Any]
    hired: tuple[tuple[int, str, str], ...]


_LINES = """
SELECT r.id, r.state, r.effective_on, r.file_name, r.proposed_at,
       r.proposed_by AS proposed_by_id, coalesce(p.name, '') AS proposed_by,
       r.applied_at, coalesce(a.name, '') AS applied_by, r.carried_out_at, r.called_off_at,
       r.handed_over, r.effective_on <= CAST(:today AS date) AS has_come
"""
_FROM = """
FROM reorganisation r
LEFT JOIN person p ON p.id = r.proposed_by LEFT JOIN person a ON a.id = r.applied_by
"""
# What was never applied is of no interest to others.
_ALL = sa.text(
    _LINES + _FROM + "WHERE r.applied_at IS NOT NULL OR "
    "(r.state = 'proposed' AND r.proposed_by IS NOT DISTINCT FROM :person) "
    "ORDER BY r.effective_on DESC, r.id DESC"
)
_ONE = sa.text(
    _LINES + ", encode(r.file_hash, 'hex') AS file_hash, r.report " + _FROM + "WHERE r.id = :id"
)
_HIRED = sa.text("""
SELECT id, sign_in_name, name FROM person WHERE sign_in_name = ANY (:names) ORDER BY sign_in_name
""")


def reorganisations(ctx: Context) -> tuple[ReorganisationLine, ...]:
    """All that were applied, and the reader's own proposal; the latest day first."""
    rows = ctx.execute(_ALL, {"today": ctx.today, "person": ctx.actor.person_id}).mappings()
    return tuple(ReorganisationLine(**row) for row in rows)


def reorganisation(ctx: Context, reorganisation_id: int) -> ReorganisationPage:
    """One with its report.

    Raises:
        NotFound: ``no_such_reorganisation``.
    """
    found = ctx.execute(_ONE, {"id": reorganisation_id, "today": ctx.today}).mappings().first()
    if found is None:
        raise NotFound("no_such_reorganisation")
    values = dict(found)
    file_hash, report = values.pop("file_hash"), values.pop("report")
    line = ReorganisationLine(**values)
    names = [person["sign_in_name"] for person in report["people"] if person["is_new"]]
    hired = ctx.execute(_HIRED, {"names": names}).all() if line.applied_at else []
    return ReorganisationPage(
        line, file_hash, report, tuple((row.id, row.sign_in_name, row.name) for row in hired)
    )
