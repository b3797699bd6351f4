"""What somebody's calendar shows: the deadlines of what waits for that person now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission
from workflow.queries import desk
from workflow.services import loading
from workflow.services.feeds import token_hash

_OWNER = sa.text("SELECT person_id FROM person_feed WHERE token_hash = :hash")
_MADE = sa.text("SELECT made_at FROM person_feed WHERE person_id = :person")


@dataclass(frozen=True)
class FeedEntry:
    """One deadline.

    Attributes:
        since: when the sheet came to where it waits; what a calendar takes for its last change.
        why: the post in which it waits, in words.
    """

    evaluation_id: int
    code: str
    measure: str
    stage: str
    stage_label: str
    why: str
    due_on: date
    since: datetime


def made_at(ctx: Context) -> datetime | None:
    """Since when ``ctx.actor`` has an address; None without one."""
    ctx.require(Permission.READ)
    found = ctx.execute(_MADE, {"person": ctx.actor.person_id}).scalar_one_or_none()
    return found if isinstance(found, datetime) else None


def entries(ctx: Context, token: str) -> tuple[FeedEntry, ...] | None:
    """What waits for the owner of *token*, soonest first; None for an address that is none.

    Nobody is signed in here: whoever has the address is its owner. Sheets on hold wait for nobody,
    so they are not here. An account that was disabled, or waits for a new password,
    shows nothing.
    """
    person_id = ctx.execute(_OWNER, {"hash": token_hash(token)}).scalar_one_or_none()
    found = loading.actor(ctx, person_id, None) if person_id is not None else None
    if found is None or found[0].must_change_password:
        return None
    actor, posts = found
    items = desk.desk(replace(ctx, actor=actor, _rings=[]), posts).waiting
    return tuple(
        FeedEntry(
            item.evaluation_id,
            item.code,
            item.measure,
            item.stage.key,
            item.stage.label,
            item.why,
            item.due_on,
            item.since,
        )
        for item in items
        if item.due_on is not None
    )
