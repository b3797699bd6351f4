"""How people sign in: password hashes and sessions, as rows that an administrator can end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key


class Credential(Base):
    """A person's password hash (argon2id) and what guards it against guessing."""

    __tablename__ = "credential"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str]
    #: Set with a one-time password: nothing else is allowed until it is changed.
    must_change: Mapped[bool]
    changed_at: Mapped[datetime]
    failed_attempts: Mapped[int] = mapped_column(server_default="0")
    blocked_until: Mapped[datetime | None]
    #: Until when a one-time password opens the door; None: a password of one's own.
    expires_at: Mapped[datetime | None]


class UserSession(Base):
    """One signed-in browser. The cookie holds the token, the row only its SHA-256."""

    __tablename__ = "user_session"
    __table_args__ = (
        Index("ix_user_session_person_id", "person_id"),
        Index("ix_user_session_expires_at", "expires_at"),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: The post in which the person acts now.
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: Who ended it: the person, or an administrator.
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    client: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")


class PersonFeed(Base):
    """The secret address of somebody's calendar: the row keeps its SHA-256; revoked is deleted."""

    __tablename__ = "person_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class SignInOrigin(Base):
    """Wrong passwords from an address or a network (``network:192.0.2.0/24``); forgotten soon."""

    __tablename__ = "sign_in_origin"
    __table_args__ = (Index("ix_sign_in_origin_failed_at", "failed_at"),)

    origin: Mapped[str] = mapped_column(primary_key=True)
    failed_attempts: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class KnownDevice(Base):
    """A browser in which somebody signed in before; it holds the token, the row its SHA-256.

    It counts while the password is the one with which it became known; else it is a stranger.
    """

    __tablename__ = "known_device"
    __table_args__ = (Index("ix_known_device_used_at", "used_at"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    #: SHA-256 of the password's hash, which is another one each time a password is set.
    password_key: Mapped[bytes]
    used_at: Mapped[datetime]
    failed_attempts: Mapped[int] = mapped_column(server_default="0")
    blocked_until: Mapped[datetime | None]


class UnsentForm(Base):
    """What somebody typed into a form that came without a session, sealed for that person alone.

    A row and not the address or a cookie: a sheet's texts are longer than either may be. The
    address that leads back holds the token, the row only its SHA-256.
    """

    __tablename__ = "unsent_form"
    __table_args__ = (
        Index("ix_unsent_form_person_id", "person_id"),
        Index("ix_unsent_form_expires_at", "expires_at"),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: Address and fields, encrypted and authenticated (``workflow.sealing``).
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime]
