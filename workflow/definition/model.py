"""What a definition is, as frozen values; ``load`` makes them from TOML, ``decide`` reads them.

Nothing here is evaluated: selectors, guards and requirements are names registered in
``vocabulary``, so that a definition is data and can be explored by a checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Requirement(StrEnum):
    """What a person must hand in with an action."""

    #: A sentence that says why.
    REASON = "reason"


@dataclass(frozen=True)
class Selector:
    """Who: a registered selector and the unit it looks at (None for grants)."""

    name: str
    unit: str | None = None


@dataclass(frozen=True)
class Rung:
    """One step of a stage's ladder: *kind* at *offset* business days from the due date."""

    kind: str
    number: int
    offset_business_days: int


@dataclass(frozen=True)
class Stage:
    """One place where a sheet can be."""

    key: str
    label: str
    label_en: str
    who: tuple[Selector, ...] = ()
    distinct_from: tuple[str, ...] = ()
    #: Only while the sheet is here may its content be edited by people.
    editable: bool = False
    final: bool = False
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True)
class Transition:
    """One row of the table: *action* moves a sheet from one stage to another.

    Attributes:
        by: who may: ``stage`` (whoever the stage selects), ``previous`` (whoever made the move
            that led here), ``publication`` (the publishing job on behalf of a publisher) or
            ``system`` (the engine itself).
        signs: the person signs the content off: four eyes counts it.
        final_approval: this signature is the 決裁.
    """

    action: str
    source: str
    target: str
    label: str
    label_en: str
    by: str = "stage"
    guards: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    signs: bool = False
    final_approval: bool = False
    #: A new round begins: signatures of the earlier one no longer bar anybody.
    new_round: bool = False


@dataclass(frozen=True)
class Definition:
    """A whole route, pinned to a cycle by ``content_hash`` (SHA-256 of the source text)."""

    name: str
    label: str
    source: str
    content_hash: bytes
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]

    @property
    def initial(self) -> Stage:
        """The first stage; every evaluation begins here."""
        return self.stages[0]

    @property
    def by_key(self) -> Mapping[str, Stage]:
        """Stages by their key."""
        return {stage.key: stage for stage in self.stages}

    def stage(self, key: str) -> Stage:
        """The stage named *key*.

        Raises:
            KeyError: for a state that this definition does not know (fail closed).
        """
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(f"definition {self.name!r} has no stage {key!r}")

    def transitions_from(self, state: str) -> tuple[Transition, ...]:
        """All rows that leave *state*, in the order of the file."""
        return tuple(row for row in self.transitions if row.source == state)

    def find(self, state: str, action: str, target: str | None = None) -> Transition | None:
        """The row for *action* in *state*, the first where *target* is not given."""
        for row in self.transitions:
            if row.source == state and row.action == action and target in (None, row.target):
                return row
        return None

    def position(self, key: str) -> int:
        """Where in the order of the file the stage stands; earlier is smaller."""
        return [stage.key for stage in self.stages].index(key)
