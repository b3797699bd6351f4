"""The ledger: append-only events with their chain, names and free text beside, signatures."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Interval,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from workflow.definition.model import Basis
from workflow.models.base import Base, Key, one_of


class Event(Base):
    """What happened. Written only by the database's ``append_events``, never changed."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "sequence"),
        one_of("basis", Basis),
        Index(
            "uq_event_request_key",
            "evaluation_id",
            "request_key",
            unique=True,
            postgresql_where=text("request_key IS NOT NULL"),
        ),
        Index("ix_event_person_id_occurred_at", "person_id", "occurred_at"),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    #: 1, 2, 3 … without gaps per evaluation.
    sequence: Mapped[int] = mapped_column(Integer)
    occurred_at: Mapped[datetime]
    action: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    round: Mapped[int] = mapped_column(Integer)
    #: None: the engine itself.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    capacity: Mapped[str]
    on_behalf_of: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: By what right the person acted.
    basis: Mapped[str] = mapped_column(server_default="own")
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    content_hash: Mapped[bytes | None]
    #: SHA-256 of the narrative's text: names and the reason can go without breaking the chain.
    narrative_hash: Mapped[bytes]
    #: From the form: a second post of the same form finds what the first one did.
    request_key: Mapped[str | None]
    format_version: Mapped[int] = mapped_column(Integer)
    #: Exactly what is hashed (RFC 8785).
    canonical: Mapped[str]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class EventNarrative(Base):
    """Names and free text of an event, salted, under the hash that the event holds."""

    __tablename__ = "event_narrative"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    #: RFC 8785 text: capacity, note, on_behalf_of, person, reason, salt. None when disposed of.
    canonical: Mapped[str | None]
    disposed_at: Mapped[datetime | None]


class TestClock(Base):
    """The owner's mark that this database is a test's, and by how much its clock is shifted."""

    __tablename__ = "test_clock"
    __table_args__ = (CheckConstraint("only_one", name="only_one"),)

    only_one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    shift: Mapped[timedelta] = mapped_column(Interval, server_default=text("'0'"))


class LedgerCheckpoint(Base):
    """A signed statement over all chain heads; makes a cut tail visible."""

    __tablename__ = "ledger_checkpoint"

    id: Mapped[Key]
    made_at: Mapped[datetime]
    body: Mapped[str]
    signature: Mapped[bytes]
    key_id: Mapped[str]


class Signature(Base):
    """A signing-off that four eyes counts; void when the sheet goes back over it."""

    __tablename__ = "signature"
    __table_args__ = (
        Index(
            "uq_signature_valid",
            "evaluation_id",
            "round",
            "stage",
            "person_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index(
            "ix_signature_person_id",
            "person_id",
            "evaluation_id",
            postgresql_where=text("voided_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    round: Mapped[int] = mapped_column(Integer)
    stage: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: The content that the signature covers.
    content_hash: Mapped[bytes] = mapped_column(ForeignKey("content.hash"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    voided_at: Mapped[datetime | None]
