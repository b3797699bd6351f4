"""決裁 on a sheet's page beside its route: a hold, and who may do what without moving the sheet.

Every refusal comes from the very function that the service asks (``workflow.authority``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workflow import authority
from workflow.application import Context
from workflow.definition.facts import Holder, Reply
from workflow.definition.refusal import Refusal
from workflow.queries.sheet_timeline import TimelineEntry
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class HoldView:
    """保留: who stopped the clock, as what, since when and why."""

    who: str
    since: datetime
    reason: str


@dataclass(frozen=True)
class Beside:
    """What the reader may do beside walking the route; a holder says as what, a refusal why not.

    Attributes:
        redraft: None when the reader may quote the sheet in a new one.
    """

    hold: Holder | Refusal
    lift: Holder | Refusal
    consult: Holder | Refusal
    reply: Holder | Refusal
    take_back: Reply | Refusal
    redraft: Refusal | None


def hold_of(loaded: LoadedEvaluation, timeline: tuple[TimelineEntry, ...]) -> HoldView | None:
    """The hold that stands, with its reason from the ledger."""
    held = loaded.facts.hold
    if held is None:
        return None
    entry = next((e for e in timeline if e.action == "hold"), None)
    capacity = entry.capacity if entry else ""
    return HoldView(f"{capacity} {held.name}".strip(), held.since, entry.reason if entry else "")


def beside(ctx: Context, loaded: LoadedEvaluation, *, newer: int | None) -> Beside:
    """What ``ctx.actor`` may do; *newer*: the sheet that quotes this one already."""
    definition, facts = loaded.definition, loaded.facts
    redraft = authority.to_redraft(
        ctx.actor, definition.stage(facts.state), lead_section=facts.units["lead_section"]
    )
    if redraft is None and newer is not None:
        redraft = Refusal("redrafted_already")
    return Beside(
        hold=authority.to_hold(ctx.actor, definition, facts),
        lift=authority.to_lift(ctx.actor, definition, facts),
        consult=authority.to_consult(ctx.actor, definition, facts),
        reply=authority.to_reply(ctx.actor, definition, facts),
        take_back=authority.to_take_back(ctx.actor, definition, facts),
        redraft=redraft,
    )
