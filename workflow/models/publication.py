"""Publications: what was selected, the frozen snapshots, and how far the job is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class PublicationState(StrEnum):
    """How far a publication is."""

    #: Waits for a worker, or for its time.
    REQUESTED = "requested"
    #: Snapshots are being built.
    BUILDING = "building"
    #: All snapshots stand; waits for its time.
    READY = "ready"
    #: The pointer was flipped.
    PUBLISHED = "published"
    #: Called off before its time.
    CANCELLED = "cancelled"
    #: The attempts are used up, or nothing was left to publish.
    FAILED = "failed"


class Publication(Base):
    """One version of what the public sees of a cycle; immutable once published."""

    __tablename__ = "publication"
    __table_args__ = (
        one_of("state", PublicationState),
        UniqueConstraint("cycle_id", "version"),
        Index(
            "uq_publication_running",
            "cycle_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'building', 'ready')"),
        ),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
    )

    id: Mapped[Key]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("evaluation_cycle.id"))
    version: Mapped[int] = mapped_column(Integer)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"))
    #: Why a correction was made; shown with it.
    errata_note: Mapped[str | None]
    state: Mapped[str]
    publish_at: Mapped[datetime]
    requested_at: Mapped[datetime]
    requested_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    requested_as: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    capacity: Mapped[str]
    request_key: Mapped[str] = mapped_column(unique=True)
    total: Mapped[int] = mapped_column(Integer)
    built: Mapped[int] = mapped_column(Integer, server_default="0")
    published_at: Mapped[datetime | None]
    #: SHA-256 over code and content hash of every snapshot, in the order of codes.
    manifest_hash: Mapped[bytes | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None]
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]


class PublicationItem(Base):
    """One selected evaluation and the content that was approved for it."""

    __tablename__ = "publication_item"
    __table_args__ = (Index("ix_publication_item_evaluation_id", "evaluation_id"),)

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(ForeignKey("content.hash"))
    #: Why it was left out when the pointer was flipped; None: it is in.
    left_out_because: Mapped[str | None]


class Snapshot(Base):
    """A published sheet, frozen: everything that the public page and the JSON show."""

    __tablename__ = "snapshot"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    code: Mapped[str]
    content_hash: Mapped[bytes] = mapped_column(ForeignKey("content.hash"))
    #: When this content was finally approved.
    approved_at: Mapped[datetime]
    #: When this evaluation first became public, kept by later versions.
    first_published_at: Mapped[datetime | None]
