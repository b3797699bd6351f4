"""The municipality, its units, posts, people and what they are granted; all with validity dates."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workflow.definition.facts import Grant, Rank
from workflow.models.base import Base, Key, one_of


class UnitKind(StrEnum):
    """What a unit is in the organisation."""

    #: 部, 局, 室 at the top: reviews.
    DEPARTMENT = "department"
    #: 課 and the like: drafts.
    SECTION = "section"


class MailState(StrEnum):
    """What is known of a person's address."""

    #: Mails are sent.
    GOOD = "good"
    #: The server refused the address for good; shown to the administrator.
    REFUSED = "refused"


class Municipality(Base):
    """The one municipality of this installation: exactly one row."""

    __tablename__ = "municipality"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    #: The department that gives the last approval.
    policy_bureau_id: Mapped[int | None] = mapped_column(
        ForeignKey("org_unit.id", use_alter=True), index=True
    )
    #: The closed days are known from the first of these days to the last.
    calendar_from: Mapped[date | None]
    calendar_until: Mapped[date | None]


class OrgUnit(Base):
    """A department or a section."""

    __tablename__ = "org_unit"
    __table_args__ = (
        one_of("kind", UnitKind),
        UniqueConstraint("parent_id", "name", "valid_from", postgresql_nulls_not_distinct=True),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
    )

    id: Mapped[Key]
    name: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    #: 市長, 議会, 教育委員会 …: the council's secretariat is not under the mayor.
    executive_body: Mapped[str] = mapped_column(server_default="市長")
    sort_order: Mapped[int] = mapped_column(server_default="0")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    #: Who takes its sheets over when it ends (廃止, 統合, 改称).
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("reorganisation.id"))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("reorganisation.id"))


class Post(Base):
    """A post in a unit; stages resolve to posts on the day of acting."""

    __tablename__ = "post"
    __table_args__ = (
        one_of("rank", Rank),
        UniqueConstraint("unit_id", "title", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
    )

    id: Mapped[Key]
    unit_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    title: Mapped[str]
    rank: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("reorganisation.id"))


class Person(Base):
    """A member of staff."""

    __tablename__ = "person"
    __table_args__ = (
        one_of("mail_state", MailState),
        # One address belongs to one person: mails and delivery reports are about that one.
        Index("uq_person_email", text("lower(email)"), unique=True, postgresql_where="email <> ''"),
    )

    id: Mapped[Key]
    sign_in_name: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kana: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str]
    mail_state: Mapped[str] = mapped_column(server_default=MailState.GOOD.value)
    mail_refusal: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    #: The administrator who gave this address on a page; None: by the shell.
    email_set_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Assignment(Base):
    """A person in a post, from one day to another (兼務: several at once)."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("person_id", "post_id", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
        Index("ix_assignment_post_id", "post_id"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    is_primary: Mapped[bool] = mapped_column(server_default=text("true"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("reorganisation.id"))
    #: Whoever held it keeps the step that waited for them.
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("reorganisation.id"))


class RoleGrant(Base):
    """What a person may do beside the post."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", Grant),
        UniqueConstraint("person_id", "role", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class ClosedDay(Base):
    """A day on which the office is closed, beside weekends; seeded, then the city's own to edit."""

    __tablename__ = "closed_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    #: national, year_end or city
    origin: Mapped[str]
