"""Whom to tell what: notices (one fact for one person), mails that gather them, heartbeats."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from workflow.models.base import Base, Key, one_of


class NoticeKind(StrEnum):
    """What a notice says."""

    #: あなたの番です: at once.
    YOUR_TURN = "your_turn"
    #: 差し戻されました: at once.
    CAME_BACK = "came_back"
    #: 公表されました: in the daily digest.
    PUBLISHED = "published"
    #: Nobody can act at a stage: to administrators, at once.
    NOBODY_LEFT = "nobody_left"
    #: 相談されました: at once.
    CONSULTED = "consulted"
    #: 相談への回答: at once.
    CONSULTATION_ANSWERED = "consultation_answered"
    #: 後閲: something happened without you; in the daily digest.
    POST_REVIEW = "post_review"
    #: 却下・廃案: to those who worked on it, at once.
    ENDED = "ended"
    #: 期限の延長の申出: to the bureau, at once.
    EXTENSION_ASKED = "extension_asked"
    #: 延長を認めました: to who asked, at once.
    EXTENSION_GRANTED = "extension_granted"
    #: 延長を認めませんでした: to who asked, at once.
    EXTENSION_REFUSED = "extension_refused"
    #: 催促: the bureau asks those who have a late sheet to act, at once; the rung is the day.
    NUDGE = "nudge"
    #: Before a deadline: in the daily digest.
    REMINDER = "reminder"
    #: After a deadline: in the daily digest.
    OVERDUE = "overdue"
    #: Up the ladder, to those whom the step names: in the daily digest.
    ESCALATION = "escalation"
    #: Somebody moves away from a draft: a hand-over note is asked for, at once.
    HAND_OVER = "hand_over"


#: What somebody may do without where the office allows it: the desk says the same. What is late,
#: what came back and what somebody asks for is never among them: no deadline passes in silence.
DECLINABLE = (NoticeKind.YOUR_TURN, NoticeKind.PUBLISHED, NoticeKind.REMINDER)


class MailState(StrEnum):
    """Where a mail is on its way."""

    #: Waits for its turn.
    QUEUED = "queued"
    #: A worker holds the lease and talks to the server.
    SENDING = "sending"
    #: The server said 250.
    SENT = "sent"
    #: The connection was cut after the final dot: perhaps it arrived.
    UNKNOWN = "unknown"
    #: The server refused for good, or the attempts are used up.
    DEAD = "dead"
    #: Not sent on its day: a newer digest says what still holds.
    SUPERSEDED = "superseded"


class Promise(StrEnum):
    """What a mail promises when the connection is cut (RFC 1047)."""

    #: Never sent again when it may have arrived; the next digest covers it.
    AT_MOST_ONCE = "at_most_once"
    #: Sent again with the same Message-ID.
    AT_LEAST_ONCE = "at_least_once"


class Notice(Base):
    """One fact for one person; its natural key makes a second one impossible."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("kind", NoticeKind),
        UniqueConstraint(
            "kind",
            "evaluation_id",
            "stage_entry_id",
            "rung",
            "recipient_id",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notice_waiting", "recipient_id", postgresql_where=text("gathered_at IS NULL")),
        Index("ix_notice_mail_id", "mail_id"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"))
    stage_entry_id: Mapped[int | None] = mapped_column(ForeignKey("stage_entry.id"))
    rung: Mapped[int] = mapped_column(Integer, server_default="0")
    recipient_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    #: The person's own words that go with it (the reason of a return).
    remark: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    gathered_at: Mapped[datetime | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))


class DeclinableNotice(Base):
    """A kind of notice that the office lets people do without as a mail."""

    __tablename__ = "declinable_notice"
    __table_args__ = (one_of("kind", DECLINABLE),)

    kind: Mapped[str] = mapped_column(primary_key=True)


class DeclinedNotice(Base):
    """A kind that somebody chose to do without; counts while the office allows it."""

    __tablename__ = "declined_notice"
    __table_args__ = (one_of("kind", DECLINABLE),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)


class Mail(Base):
    """One mail to one person; recipient, business day and slot make it unique."""

    __tablename__ = "mail"
    __table_args__ = (
        one_of("state", MailState),
        one_of("promise", Promise),
        UniqueConstraint("recipient_id", "business_day", "slot"),
        Index(
            "ix_mail_open",
            "next_attempt_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_mail_immediate",
            "recipient_id",
            "created_at",
            postgresql_where=text("slot <> 'digest'"),
        ),
        Index(
            "ix_mail_lost",
            "recipient_id",
            postgresql_where=text(
                "covered_at IS NULL AND state IN ('unknown', 'dead', 'superseded')"
            ),
        ),
    )

    id: Mapped[Key]
    recipient_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    business_day: Mapped[date]
    #: ``digest``, ``now-`` and the instant for immediate ones, or ``again-`` and the mail's number
    #: for one that somebody sends again.
    slot: Mapped[str]
    promise: Mapped[str]
    address: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: When a digest took over what this mail was to say, and which; none where nothing of it held.
    covered_at: Mapped[datetime | None]
    covered_by: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    #: The link whose token is put into the text when it is sent, and not before.
    password_link_id: Mapped[int | None] = mapped_column(ForeignKey("password_link.id"))


class Heartbeat(Base):
    """When a periodic job last came by: ``tick``, and ``queue:<name>`` for each queue."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    #: What it found: parts of the tick that failed; who works on the queue and how much waits.
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
