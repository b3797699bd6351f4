"""The sheet: one working copy, immutable revisions, and their content stored by its hash."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class RevisionOrigin(StrEnum):
    """What made a revision."""

    #: The cycle was opened, or the sheet taken in from a file.
    OPENING = "opening"
    #: Somebody pressed save.
    SAVE = "save"
    #: Somebody submitted.
    SUBMISSION = "submission"
    #: Figures were taken in from a file.
    IMPORT = "import"


class WorkingCopy(Base):
    """What people write before they save: the editable fields only; figures live in their rows."""

    __tablename__ = "working_copy"

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime]
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Authorship(Base):
    """Everybody who ever wrote into a sheet; four eyes bars them from signing it, for ever."""

    __tablename__ = "authorship"
    __table_args__ = (Index("ix_authorship_person_id", "person_id", "evaluation_id"),)

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    first_wrote_at: Mapped[datetime]


class Content(Base):
    """A sheet's whole content as canonical text (RFC 8785), under its SHA-256."""

    __tablename__ = "content"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    schema_version: Mapped[int] = mapped_column(Integer)
    body: Mapped[str]


class Revision(Base):
    """An immutable copy of everything shown."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("evaluation_id", "number"), one_of("origin", RevisionOrigin))

    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    number: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[bytes] = mapped_column(ForeignKey("content.hash"))
    origin: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class AttachmentBlob(Base):
    """Bytes of an attachment; contents list attachments by this hash."""

    __tablename__ = "attachment_blob"

    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    data: Mapped[bytes]
