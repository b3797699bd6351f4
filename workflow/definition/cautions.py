"""What a route is warned of: it can be meant so, and seldom is. Nothing here refutes a claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflow.definition.claims import Caution, Finding
from workflow.definition.exploration import Explored
from workflow.definition.ladder import named_by
from workflow.definition.model import (
    SIGNED,
    Definition,
    Rung,
    Selector,
    Stage,
    StageKind,
    Transition,
)
from workflow.definition.office import Office
from workflow.definition.signing_claims import deciding
from workflow.definition.situation import Situation
from workflow.definition.vocabulary import CONTENT_CHANGED


@dataclass(frozen=True)
class Doubt:
    """One thing that is warned of."""

    caution: Caution
    found: Finding


def of_route(definition: Definition, reached: frozenset[str]) -> Iterator[Doubt]:
    """What is odd wherever the route runs.

    Args:
        reached: the stages that some sheet can come to, of whatever kind, on whatever day.
    """
    for stage in definition.stages:
        if stage.key not in reached:
            yield _doubt(Caution.NEVER_REACHED, stage=stage)
        yield from _ladder(stage)
    ends = [stage.label for stage in definition.stages if stage.kind is StageKind.PUBLISHED]
    if len(ends) > 1:
        yield _doubt(Caution.SEVERAL_PUBLISHED, stages="、".join(ends))
    for row in definition.transitions:
        yield from _row(definition, row)


def _ladder(stage: Stage) -> Iterator[Doubt]:
    """A step after a later one, and one that tells the same people the same on the same day."""
    overdue = [rung.offset_business_days for rung in stage.ladder if rung.kind == "overdue"]
    for i, rung in enumerate(stage.ladder):
        before = stage.ladder[:i]
        offset = rung.offset_business_days
        hasty = rung.kind == "escalation" and bool(overdue) and offset < min(overdue)
        if hasty or any(other.offset_business_days > offset for other in before):
            yield _doubt(Caution.LADDER_OUT_OF_ORDER, stage=stage, step=i + 1, offset=offset)
        if any(_same(rung, other) for other in before):
            yield _doubt(Caution.LADDER_TWICE, stage=stage, step=i + 1, offset=offset)


def _same(rung: Rung, other: Rung) -> bool:
    alike = (rung.kind, rung.offset_business_days) == (other.kind, other.offset_business_days)
    shared: set[Selector] = set(rung.to) & set(other.to)
    return alike and (bool(shared) or not rung.to)


def _row(definition: Definition, row: Transition) -> Iterator[Doubt]:
    source, target = definition.stage(row.source), definition.stage(row.target)
    if not _is_walked(definition, row):
        yield _doubt(Caution.ROW_NEVER_WALKED, stage=source, action=row)
    elif row.by == "previous" and "not_opened" not in row.guards:
        yield _doubt(Caution.WITHDRAWN_AFTER_OPENING, stage=source, action=row)
    elif source.editable and not target.editable and target.kind is not StageKind.ENDED:
        by_people = row.by in ("stage", "target", "previous")
        if by_people and "sheet_complete" not in row.guards:
            yield _doubt(Caution.SUBMITTED_INCOMPLETE, stage=source, action=row)


def _is_walked(definition: Definition, row: Transition) -> bool:
    """The engine takes the first row of its kind; for a late import ``content_changed`` alone."""
    if row.by == "publication":
        return row == definition.publishing
    if row.by == "absence":
        return row == definition.walked_by(row.source, "absence")[0]
    if row.action == CONTENT_CHANGED:
        return row == definition.find(row.source, CONTENT_CHANGED)
    return row.by != "system"


def in_office(office: Office, explored: Explored, reached: frozenset[str]) -> Iterator[Doubt]:
    """What is odd in this office on this day."""
    for stage in office.definition.stages:
        if stage.key not in reached:
            continue
        facts = office.facts(Situation(stage.key))
        for i, rung in enumerate(stage.ladder):
            if rung.kind == "escalation" and not named_by(stage, rung, facts):
                offset = rung.offset_business_days
                yield _doubt(Caution.ESCALATES_TO_NOBODY, stage=stage, step=i + 1, offset=offset)
    yield from _left_out(office, explored)


def _left_out(office: Office, explored: Explored) -> Iterator[Doubt]:
    """A stage after the 決裁 where people sign, and without which a sheet can be published."""
    definition = office.definition
    last = deciding(definition)
    if last is None:
        return
    published = [
        at
        for at in explored.came
        if definition.stage(at.stage).kind is StageKind.PUBLISHED and at.decided is not None
    ]
    for stage in definition.stages[definition.position(last.key) + 1 :]:
        if stage.kind in SIGNED and any(stage.key not in at.settled for at in published):
            yield _doubt(Caution.REVIEW_LEFT_OUT, stage=stage)


def _doubt(caution: Caution, **named: Stage | Transition | str | int) -> Doubt:
    return Doubt(caution, Finding.of(caution.value, **named))
