"""The route strip: each stage of one sheet with who had it, who has it, who will, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Holder
from workflow.definition.model import Basis, Definition, Stage, StageKind
from workflow.queries.sheet_joint import JointView
from workflow.queries.sheet_timeline import TimelineEntry, left_by
from workflow.services.loading import LoadedEvaluation


@dataclass(frozen=True)
class RouteStep:
    """One stage on the route strip.

    Attributes:
        state: done, current or ahead.
        who: who has it now, who did it, or who will (as of today).
        days_left: None where there is no last day, or the clock stands still.
        passed_over: left without anybody's signature because all were absent (後閲).
        held: somebody stopped the clock (保留).
        answered: at a joint stage, how many answers were given and how many are asked for.
    """

    stage: Stage
    state: str
    who: tuple[Holder, ...]
    since: datetime | None
    due_on: date | None
    days_left: int | None
    done_at: datetime | None
    done_by: str
    passed_over: bool = False
    held: bool = False
    answered: tuple[int, int] | None = None


_ENTRIES = sa.text("""
SELECT stage, entered_at, left_at, due_on FROM stage_entry WHERE evaluation_id = :id ORDER BY id
""")


def route_of(
    ctx: Context,
    loaded: LoadedEvaluation,
    timeline: tuple[TimelineEntry, ...],
    due: Mapping[str, date],
    joint: Sequence[JointView],
) -> tuple[RouteStep, ...]:
    """The stages in the definition's order; *due*: stage → its last day."""
    definition = loaded.definition
    here = definition.position(loaded.facts.state)
    entries = {r.stage: r for r in ctx.execute(_ENTRIES, {"id": loaded.id})}
    been_at = {key for e in timeline for key in (e.came_from, e.led_to)}
    answered = {view.stage.key: (view.given, view.asked) for view in joint}
    steps = []
    for position, stage in enumerate(definition.stages):
        if not _is_shown(definition, loaded.facts.state, stage, been_at):
            continue
        state = "done" if position < here else "current" if position == here else "ahead"
        entry = entries.get(stage.key)
        # Lifting a hold moved the last day of the stage where the sheet is.
        due_on = entry.due_on if entry and state == "current" else due.get(stage.key)
        held = state == "current" and loaded.facts.hold is not None
        left = left_by(timeline, stage) if state == "done" else None
        steps.append(
            RouteStep(
                stage=stage,
                state="done" if stage.final and state == "current" else state,
                who=eligible(definition, stage, _as_if_at(loaded, stage)).holders
                if position >= here
                else (),
                since=entry.entered_at if entry is not None and position == here else None,
                due_on=due_on,
                days_left=(due_on - ctx.today).days if due_on and not held else None,
                done_at=left.at if left is not None else None,
                done_by=_done_by(left, stage) if left is not None else "",
                passed_over=left is not None and left.basis is Basis.POST_REVIEW,
                held=held,
                answered=answered.get(stage.key) if state != "ahead" else None,
            )
        )
    return tuple(steps)


def _done_by(left: TimelineEntry, stage: Stage) -> str:
    """Who moved it on; whoever was passed over, where nobody signed; nobody for a joint stage."""
    if left.basis is Basis.POST_REVIEW:
        return left.on_behalf_of
    return "" if stage.kind is StageKind.JOINT else f"{left.capacity} {left.person}".strip()


def _is_shown(definition: Definition, state: str, stage: Stage, been_at: set[str]) -> bool:
    """An end that a sheet did not come to is no part of its route, nor what lies beyond its end.

    Nor is a stage behind it where it never was: a newer definition put it there.
    """
    if definition.stage(state).kind is StageKind.ENDED:
        return stage.key in been_at
    behind = definition.position(stage.key) < definition.position(state)
    return stage.kind is not StageKind.ENDED and (not behind or stage.key in been_at)


def _as_if_at(loaded: LoadedEvaluation, stage: Stage) -> EvaluationFacts:
    return replace(loaded.facts, state=stage.key)
