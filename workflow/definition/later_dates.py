"""Which later dates of a cycle a sheet reaches when it stays at its stage until a given day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from workflow.definition.model import Definition, Stage, StageKind

_PUBLICATION = frozenset({StageKind.RELEASE, StageKind.PUBLISHED})


@dataclass(frozen=True)
class ReachedDate:
    """The last day of a later stage that leaves no time for that stage.

    Attributes:
        is_next: the stage comes directly after the one where the sheet is.
        same_day: the sheet would leave on that very day; else after it.
    """

    stage: Stage
    due_on: date
    is_next: bool
    same_day: bool

    @property
    def is_publication(self) -> bool:
        """Whether it is the day on which the cycle is to be published."""
        return self.stage.kind in _PUBLICATION


def reached_dates(
    definition: Definition, state: str, day: date, due: Mapping[str, date]
) -> tuple[ReachedDate, ...]:
    """The dates that a sheet at *state* reaches or passes if it stays there until *day*.

    They are those of the stages that follow, in the order of the file, and the publication date
    also where the sheet waits for publication already: more time there moves the publication.

    Args:
        day: an open day: where the last day would really lie.
        due: stage key → last day of the cycle; a stage without one is never reached.
    """
    here = definition.stage(state)
    after = [
        stage
        for stage in definition.stages[definition.position(state) + 1 :]
        if stage.kind is not StageKind.ENDED
    ]
    asked = [here, *after] if here.kind in _PUBLICATION else after
    return tuple(
        ReachedDate(stage, due[stage.key], stage in after[:1], day == due[stage.key])
        for stage in asked
        if stage.key in due and day >= due[stage.key]
    )
