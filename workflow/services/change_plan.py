"""What bringing a cycle over to another definition is asked, and comes to, sheet by sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from workflow.definition.model import Definition
from workflow.definition.succession import Succession
from workflow.services.cycle_dates import LaidDate


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        mapping: stage key before → stage key after; the other stages keep their key.
        due: stage key after → wanted last day; the other stages keep theirs, or get a proposal.
    """

    cycle_id: int
    definition: Definition
    mapping: Mapping[str, str] = field(default_factory=dict)
    due: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedSheet:
    """One sheet in the plan.

    Attributes:
        version: as it was looked at; another one makes the plan outdated.
        held: it stays on hold.
        entry_id: its open stay at a stage, if any.
    """

    evaluation_id: int
    key: str
    sheet: str
    version: int
    source: str
    held: bool
    closed: bool
    entry_id: int | None
    succession: Succession

    @property
    def target(self) -> str | None:
        """The key of the stage where it goes on."""
        return self.succession.target.key if self.succession.target else None


@dataclass(frozen=True)
class ChangePlan:
    """What would happen to every sheet of the cycle, and to its dates.

    Attributes:
        dates: stage key after → date; ``origins`` says of each ``kept``, ``given`` or ``proposed``.
    """

    asked: Asked
    before: Definition
    stages: Mapping[str, str]
    sheets: tuple[PlannedSheet, ...]
    dates_before: Mapping[str, LaidDate]
    dates: Mapping[str, LaidDate]
    origins: Mapping[str, str]

    @property
    def staying_behind(self) -> tuple[PlannedSheet, ...]:
        """Sheets that cannot follow; with one of them nothing is changed."""
        return tuple(sheet for sheet in self.sheets if sheet.succession.refusals)
