"""Cycles, the definitions they pin, their dates, and the evaluations that they run."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class CycleKind(StrEnum):
    """事前・事中・事後評価."""

    EX_ANTE = "ex_ante"
    INTERIM = "interim"
    EX_POST = "ex_post"


class SubjectKind(StrEnum):
    """What is evaluated; 事務事業 comes later on the same engine."""

    MEASURE = "measure"


class PinnedDefinition(Base):
    """The exact text of a definition that some cycle runs on; never changed."""

    __tablename__ = "pinned_definition"

    content_hash: Mapped[bytes] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]
    pinned_at: Mapped[datetime]


class EvaluationCycle(Base):
    """One run: when it is done, which year it judges, on which plan and definition."""

    __tablename__ = "evaluation_cycle"
    __table_args__ = (
        one_of("kind", CycleKind),
        UniqueConstraint("kind", "target_fiscal_year", "number"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    cycle_fiscal_year: Mapped[int] = mapped_column(Integer)
    target_fiscal_year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    plan_id: Mapped[int] = mapped_column(ForeignKey("master_plan.id"))
    definition_hash: Mapped[bytes] = mapped_column(ForeignKey("pinned_definition.content_hash"))
    #: The levels of the rating, lowest first, as printed.
    rating_scale: Mapped[str]
    cut_off: Mapped[time]
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    document_number: Mapped[str | None]
    #: Readers of the public pages follow this one pointer.
    current_publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", use_alter=True)
    )


class DefinitionChange(Base):
    """For one sheet: its cycle went over to another definition, with this event.

    What happened before is told in the words of ``from_hash``.
    """

    __tablename__ = "definition_change"
    __table_args__ = (Index("ix_definition_change_evaluation_id", "evaluation_id"),)

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id"), primary_key=True, autoincrement=False
    )
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    from_hash: Mapped[bytes] = mapped_column(ForeignKey("pinned_definition.content_hash"))
    to_hash: Mapped[bytes] = mapped_column(ForeignKey("pinned_definition.content_hash"))
    #: Stage key before → stage key after, for all stages that have a successor.
    stage_map: Mapped[dict[str, str]] = mapped_column(JSONB)


class CycleDeadline(Base):
    """The date of one stage: as wanted, as it holds, and by which rule it moved."""

    __tablename__ = "cycle_deadline"

    cycle_id: Mapped[int] = mapped_column(ForeignKey("evaluation_cycle.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    wanted_on: Mapped[date]
    due_on: Mapped[date]
    #: The end of that day for the office: its cut-off time.
    due_at: Mapped[datetime]
    moved_because: Mapped[str | None]


class CycleRung(Base):
    """One step of a stage's ladder, projected on the calendar when the cycle was opened.

    Starting the timers of a stage is then one set-based insert, the same for every evaluation.
    """

    __tablename__ = "cycle_rung"

    cycle_id: Mapped[int] = mapped_column(ForeignKey("evaluation_cycle.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    rung: Mapped[int] = mapped_column(Integer, primary_key=True)
    due_at: Mapped[datetime]


class Evaluation(Base):
    """One measure in one cycle; ``version`` counts every change of state or content."""

    __tablename__ = "evaluation"
    __table_args__ = (
        one_of("subject_kind", SubjectKind),
        UniqueConstraint("cycle_id", "subject_kind", "subject_id", "attempt"),
        # An ended sheet may be quoted by a new one; two that run at once may not.
        Index(
            "uq_evaluation_running",
            "cycle_id",
            "subject_kind",
            "subject_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_evaluation_state_lead", "state", "lead_section_id"),
        Index("ix_evaluation_state_responsible", "state", "responsible_department_id"),
        Index("ix_evaluation_cycle_state", "cycle_id", "state"),
        CheckConstraint("(revision_id IS NULL) = (content_hash IS NULL)", name="content"),
    )

    id: Mapped[Key]
    #: What the ledger calls it, e.g. ``ex_post-2021-1/611``; stable outside of this database.
    key: Mapped[str] = mapped_column(unique=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("evaluation_cycle.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    code: Mapped[str]
    lead_section_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    responsible_department_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    state: Mapped[str]
    round: Mapped[int] = mapped_column(Integer, server_default="1")
    version: Mapped[int] = mapped_column(server_default="1")
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id", use_alter=True))
    content_hash: Mapped[bytes | None] = mapped_column(ForeignKey("content.hash"))
    document_number: Mapped[str | None]
    final_approved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    retention_class: Mapped[str | None]
    #: 1; 2, 3 … for sheets that quote one that was ended (引用起案).
    attempt: Mapped[int] = mapped_column(Integer, server_default="1")
    quotes_id: Mapped[int | None] = mapped_column(ForeignKey("evaluation.id"))


class StageEntry(Base):
    """A stay at a stage; a return begins a new one. At most one of a sheet is open."""

    __tablename__ = "stage_entry"
    __table_args__ = (
        Index(
            "uq_stage_entry_open",
            "evaluation_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
        CheckConstraint("(held_at IS NULL) = (held_by IS NULL)", name="hold"),
        Index("ix_stage_entry_evaluation_id", "evaluation_id"),
        Index(
            "ix_stage_entry_due",
            "stage",
            "due_at",
            "id",
            postgresql_where=text("left_at IS NULL AND held_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage: Mapped[str]
    round: Mapped[int] = mapped_column(Integer)
    entered_at: Mapped[datetime]
    #: Who made the move that led here; None for the engine.
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    left_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    #: The day that was wanted, for a date of its own; empty where it follows the cycle's date, and
    #: where it got its own before this was kept: then ``due_on`` is what was wanted.
    wanted_on: Mapped[date | None]
    #: When it got another last day (an extension, a changed date); a hold shifts it from then on.
    dated_at: Mapped[datetime | None]
    #: Ends the right to withdraw.
    first_opened_at: Mapped[datetime | None]
    first_opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: 保留: the clock stands still, and nobody acts until it is lifted.
    held_at: Mapped[datetime | None]
    held_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ExtensionRequest(Base):
    """期限の延長の申出: at most one of a stay is open; the words stand in the ledger."""

    __tablename__ = "extension_request"
    __table_args__ = (
        Index(
            "uq_extension_request_open",
            "stage_entry_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index("ix_extension_request_evaluation_id", "evaluation_id"),
        CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL) "
            "AND (decided_at IS NULL) = (decided_event_id IS NULL)",
            name="decided",
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage_entry_id: Mapped[int] = mapped_column(ForeignKey("stage_entry.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    wanted_on: Mapped[date]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted: Mapped[bool | None]
    decided_event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))


class Timer(Base):
    """Something that falls due: written with the state change that starts it, settled once."""

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("stage_entry_id", "kind", "rung"),
        Index("ix_timer_due", "due_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_timer_dead", "due_at", postgresql_where=text("outcome = 'dead'")),
        Index(
            "ix_timer_failed",
            "due_at",
            postgresql_where=text("settled_at IS NULL AND attempts > 0"),
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage_entry_id: Mapped[int] = mapped_column(ForeignKey("stage_entry.id"))
    kind: Mapped[str]
    #: The step of the ladder, plus 100 for each time that the stay got another date.
    rung: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    #: fired, superseded (the stage was left first), or dead (given up, see ``last_error``)
    outcome: Mapped[str | None]
    #: How often it failed by itself; counted because a bad row must not be tried for ever.
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None]
