"""Changes of organisation and staff as of a day: proposed, applied ahead of time, carried out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class ReorganisationState(StrEnum):
    """How far it is."""

    #: Handed in and tried; nothing of it was written.
    PROPOSED = "proposed"
    #: Applied: the dated rows stand, and take effect by themselves on the day.
    SCHEDULED = "scheduled"
    #: The day has come: sheets and measures went to the successors.
    CARRIED_OUT = "carried_out"
    #: Called off before its day, or put aside for a newer proposal.
    CALLED_OFF = "called_off"


class Reorganisation(Base):
    """One file of transfers and what was decided from it."""

    __tablename__ = "reorganisation"
    __table_args__ = (
        one_of("state", ReorganisationState),
        CheckConstraint(
            "(applied_at IS NULL) = (decided IS NULL) AND "
            "(state NOT IN ('scheduled', 'carried_out') OR applied_at IS NOT NULL) AND "
            "(state = 'carried_out') = (carried_out_at IS NOT NULL)",
            name="stamps",
        ),
        # Two could not both take a unit over.
        Index(
            "uq_reorganisation_effective_on",
            "effective_on",
            unique=True,
            postgresql_where=text("state IN ('scheduled', 'carried_out')"),
        ),
    )

    id: Mapped[Key]
    state: Mapped[str]
    effective_on: Mapped[date]
    file_name: Mapped[str]
    #: SHA-256 of the file's bytes.
    file_hash: Mapped[bytes]
    #: The rows of the file, as they were read.
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: What the dry run said, and the hash of that: at the confirmation it must say the same.
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report_hash: Mapped[bytes]
    proposed_at: Mapped[datetime]
    #: None: by an operator at the shell.
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: Rows that begin and end by it, with what they were before: for calling it off.
    decided: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    carried_out_at: Mapped[datetime | None]
    #: Sheets that changed hands on the day.
    handed_over: Mapped[int | None]
    called_off_at: Mapped[datetime | None]
    called_off_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
