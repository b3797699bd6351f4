"""決裁 as an office practises it: absences, joint answers, questions, readings afterwards."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.definition.facts import Verdict
from workflow.definition.model import NamedFor
from workflow.models.base import Base, Key, one_of


class AbsenceKind(StrEnum):
    """Why somebody is away (不在の理由); a vacant post is no absence."""

    #: 出張
    BUSINESS_TRIP = "business_trip"
    #: 休暇
    LEAVE = "leave"
    #: 病気など (事故)
    ILLNESS = "illness"
    #: その他
    OTHER = "other"


class ReviewCause(StrEnum):
    """Why somebody reads afterwards what happened without them (後閲)."""

    #: The stage was passed over.
    ABSENCE = "absence"
    #: A substitute decided.
    SUBSTITUTE = "substitute"
    #: A superior took the sheet up.
    PULL_UP = "pull_up"


class Absence(Base):
    """A person is away, from one day to another, both included."""

    __tablename__ = "absence"
    __table_args__ = (
        one_of("kind", AbsenceKind),
        CheckConstraint("last_day >= first_day", name="period"),
        Index("ix_absence_person_id", "person_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    kind: Mapped[str]
    registered_at: Mapped[datetime]
    #: None: the engine or an operator's command.
    registered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: When the sheets that wait were last looked through (passed over, or told to those who stand
    #: in): when it begins, on each of its days, and once when it is over.
    begun_at: Mapped[datetime | None]
    #: Called off, or back early: from then on it does not count.
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: What was last mailed of the days on which substitutes are away themselves.
    gaps_told: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")


class AbsenceSubstitute(Base):
    """Who stands in at a kind of step during an absence, in their order (代決の順位)."""

    __tablename__ = "absence_substitute"
    __table_args__ = (one_of("step", NamedFor),)

    absence_id: Mapped[int] = mapped_column(ForeignKey("absence.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    #: The post in which the substitute acts; one that ends stands in for nobody.
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)


class JointReply(Base):
    """An answer at a joint stage (合議); counts while the content is the one it covered."""

    __tablename__ = "joint_reply"
    __table_args__ = (
        one_of("verdict", Verdict),
        Index(
            "uq_joint_reply_valid",
            "evaluation_id",
            "stage",
            "person_id",
            "content_hash",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        CheckConstraint("taken_back_event_id IS NULL OR voided_at IS NOT NULL", name="taken_back"),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: For which post and department; None for a committee's member.
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    verdict: Mapped[str]
    content_hash: Mapped[bytes] = mapped_column(ForeignKey("content.hash"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    voided_at: Mapped[datetime | None]
    #: By whom gave it, before the stage was settled.
    taken_back_event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))


class Consultation(Base):
    """相談: a question to somebody, without moving the sheet; the words stand in the ledger."""

    __tablename__ = "consultation"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "number"),
        Index(
            "ix_consultation_open",
            "asked_person_id",
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    #: 1, 2, 3 … per evaluation.
    number: Mapped[int] = mapped_column(Integer)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    question_event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))


class PostReview(Base):
    """後閲: somebody has yet to read what happened without them; open until acknowledged."""

    __tablename__ = "post_review"
    __table_args__ = (
        one_of("cause", ReviewCause),
        UniqueConstraint("evaluation_id", "stage", "round", "person_id"),
        Index("ix_post_review_open", "person_id", postgresql_where=text("acknowledged_at IS NULL")),
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_event_id IS NULL)", name="acknowledged"
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage: Mapped[str]
    round: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: The post of the person in words, as it was then.
    capacity: Mapped[str]
    cause: Mapped[str]
    #: What happened without them.
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))
