"""Writes events into the ledger: what happened, who did it as what, by what right, for whom."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import Holder
from workflow.definition.model import Basis
from workflow.policy import Actor

APPEND = sa.text("""
SELECT event_id, sequence FROM append_events(
    CAST(:evaluations AS bigint[]), :action, :to_state, :person, :assignment, :capacity,
    CAST(:on_behalf_of AS bigint), CAST(:on_behalf_name AS text), :reason, :request_key, :basis)
""")


def append(
    ctx: Context,
    evaluations: Sequence[int],
    *,
    action: str,
    to_state: str,
    holder: Holder | None,
    reason: str = "",
    request_key: str | None = None,
    basis: Basis = Basis.OWN,
    actor: Actor | None = None,
    instead_of: Holder | None = None,
) -> tuple[int, int]:
    """Append one event to each evaluation as it stands; returns id and sequence of the first.

    The database gives the event its time (``ctx.now``, never before the sheet's last event) and the
    name of the person; it refuses a state that is not the sheet's, a person who does not exist and
    a post that never was theirs.

    Args:
        holder: the post in which the actor acts; the actor's present one where it is None.
        actor: the engine for what follows by itself; ``ctx.actor`` where it is None.
        instead_of: on whose behalf, where it is not the holder who says so.
    """
    actor = actor or ctx.actor
    absent = instead_of or (holder.instead_of if holder else None)
    row = ctx.execute(
        APPEND,
        {
            "evaluations": list(evaluations),
            "action": action,
            "to_state": to_state,
            "person": actor.person_id,
            "assignment": holder.assignment_id if holder else actor.assignment_id,
            "capacity": holder.title if holder else actor.capacity,
            "on_behalf_of": absent.person_id if absent else None,
            "on_behalf_name": f"{absent.title} {absent.name}" if absent else None,
            "reason": reason,
            "request_key": request_key,
            "basis": basis,
        },
    ).first()
    assert row is not None  # noqa: S101 - the caller holds the locked rows
    return row.event_id, row.sequence
