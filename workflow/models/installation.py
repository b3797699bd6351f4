"""The installation's own chain of events, and what a new password needs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key


class OfficeAct(StrEnum):
    """What the installation's chain tells; each is a kind of notice as well."""

    #: A link for a new password went to the person's own address.
    PASSWORD_LINK = "password_link"  # noqa: S105 - a name
    #: One administrator asked for a one-time password, for somebody without an address.
    PASSWORD_ASKED = "password_asked"  # noqa: S105
    #: Another one confirmed it: each of the two has one half.
    PASSWORD_CONFIRMED = "password_confirmed"  # noqa: S105
    #: The command line printed a one-time password.
    PASSWORD_PRINTED = "password_printed"  # noqa: S105
    #: The person set a new password by the link.
    PASSWORD_SET = "password_set"  # noqa: S105
    SESSION_ENDED = "session_ended"
    ACCOUNT_MADE = "account_made"
    ACCOUNT_STOPPED = "account_stopped"
    ACCOUNT_RESUMED = "account_resumed"
    ADDRESS_CHANGED = "address_changed"
    #: Details: role, from, until (empty: open).
    RIGHT_GRANTED = "right_granted"
    #: The last day of a right was set, or set back; details as above.
    RIGHT_CHANGED = "right_changed"
    #: Posts of a coming day: details say which reorganisation and which day.
    REORGANISATION_APPLIED = "reorganisation_applied"
    REORGANISATION_CALLED_OFF = "reorganisation_called_off"


class InstallationEvent(Base):
    """What was done to accounts and rights. Written by ``append_installation_event`` alone."""

    __tablename__ = "installation_event"
    __table_args__ = (Index("ix_installation_event_concerns_id", "concerns_id"),)

    id: Mapped[Key]
    #: 1, 2, 3 … without gaps.
    sequence: Mapped[int] = mapped_column(Integer, unique=True)
    occurred_at: Mapped[datetime]
    #: An ``OfficeAct``.
    action: Mapped[str]
    #: None: the engine, or the shell.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    capacity: Mapped[str]
    #: Whose account or right it is about.
    concerns_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: Names and values, both texts.
    details: Mapped[dict[str, str]] = mapped_column(JSONB)
    narrative_hash: Mapped[bytes]
    format_version: Mapped[int] = mapped_column(Integer)
    #: Exactly what is hashed (RFC 8785).
    canonical: Mapped[str]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class InstallationNarrative(Base):
    """Names and free text of such an event, salted, under the hash that the event holds."""

    __tablename__ = "installation_narrative"

    event_id: Mapped[int] = mapped_column(ForeignKey("installation_event.id"), primary_key=True)
    canonical: Mapped[str | None]
    disposed_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link for a new password. The token is worked out from the salt and kept nowhere."""

    __tablename__ = "password_link"
    __table_args__ = (
        Index("ix_password_link_person_id", "person_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    salt: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: Used, or replaced by a newer way to a password.
    ended_at: Mapped[datetime | None]


class PasswordRequest(Base):
    """A one-time password that waits for a second administrator."""

    __tablename__ = "password_request"
    __table_args__ = (
        CheckConstraint("confirmed_by <> asked_by", name="two_administrators"),
        Index(
            "uq_password_request_open",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    salt: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
