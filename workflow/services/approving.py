"""Many approvals with one word: each its own command, its own event, on the content that was seen.

One that fails neither undoes nor stops another; a second press of the same form does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from workflow.application import Application
from workflow.definition.model import Definition, Transition
from workflow.errors import HyokaError
from workflow.policy import Actor
from workflow.services import actions, loading
from workflow.text import one_paragraph

log = structlog.get_logger(__name__)

#: What the action is called where the sheet has left the stage that would name it.
APPROVE = "approve"


@dataclass(frozen=True)
class Wish:
    """One sheet that a person wants to approve, as they looked at it.

    Attributes:
        version: of the evaluation on the page that they saw; None: there was no such page.
        seen_hash: of the content on that page; None where it is not the one that stands now.
    """

    evaluation_id: int
    version: int | None
    seen_hash: bytes | None


@dataclass(frozen=True)
class Outcome:
    """What became of one wish: an event, or the reason why there is none.

    Attributes:
        repeated: an earlier press of the same form had done it already.
    """

    evaluation_id: int
    event_id: int | None = None
    repeated: bool = False
    error: HyokaError | None = None


def signing_row(definition: Definition, state: str) -> Transition | None:
    """The row by which whoever holds the stage signs a sheet off in *state*; None without one."""
    rows = definition.transitions_from(state)
    return next((row for row in rows if row.signs and row.by == "stage"), None)


def approve_all(
    application: Application,
    actor: Actor,
    wishes: Sequence[Wish],
    *,
    remark: str,
    request_key: str,
) -> tuple[Outcome, ...]:
    """Approve each of *wishes* as *actor*, one after the other; outcomes in the same order.

    Args:
        remark: goes into each event; may be empty unless a definition asks for a reason.
        request_key: of the form; each sheet is acted on under a key made of it and the sheet.

    Raises:
        BadInput: the remark cannot be kept; nothing was done.
    """
    one_paragraph(remark, longest=actions.LONGEST_REASON, field="remark")
    with application.query(actor) as ctx:
        loaded = loading.evaluations(ctx, [wish.evaluation_id for wish in wishes], locked=False)
    rows = {key: signing_row(e.definition, e.facts.state) for key, e in loaded.items()}
    return tuple(
        _approve(application, actor, wish, rows.get(wish.evaluation_id), remark, request_key)
        for wish in wishes
    )


def _approve(
    application: Application,
    actor: Actor,
    wish: Wish,
    row: Transition | None,
    remark: str,
    request_key: str,
) -> Outcome:
    try:
        with application.command(actor) as ctx:
            receipt = actions.act(
                ctx,
                evaluation_id=wish.evaluation_id,
                action=row.action if row else APPROVE,
                # No version is 0, so what was never looked at can only be refused.
                expected_version=wish.version or 0,
                seen_hash=wish.seen_hash,
                request_key=f"{request_key}-{wish.evaluation_id}",
                target=row.target if row else None,
                reason=remark,
            )
    except HyokaError as error:
        return Outcome(wish.evaluation_id, error=error)
    except DBAPIError as error:
        # A deadlock or a line that broke: this one was rolled back, the others have their chance.
        log.exception("approval_failed", evaluation=wish.evaluation_id)
        return Outcome(wish.evaluation_id, error=HyokaError(_said_of(error)))
    return Outcome(wish.evaluation_id, receipt.event_id, receipt.repeated)


def _said_of(error: DBAPIError) -> str:
    return "database_away" if error.connection_invalidated else "unexpected"
