"""Which end off the line (却下, 廃案) stands in which row below it, so that no way crosses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class EndGroup:
    """One end with what stands before it.

    Attributes:
        uprights: the x at which ways come down to its row.
        left, right: what the end itself and its words take of the row.
    """

    stage: str
    uprights: tuple[int, ...]
    left: int
    right: int

    @property
    def span(self) -> tuple[int, int]:
        """What it takes of its row, the ways to it included."""
        return min([*self.uprights, self.left]), self.right

    def is_crossed_by(self, other: EndGroup) -> bool:
        """Whether a way down to *other*, in a lower row, would go through this end."""
        return any(self.left <= x <= self.right for x in other.uprights)


def rows_of(groups: Sequence[EndGroup]) -> dict[str, int]:
    """Stage → row, 0 being the uppermost.

    Those farthest to the right come first: what comes down past them is left of them.
    """
    rows: list[list[EndGroup]] = []
    for group in sorted(groups, key=lambda group: -group.left):
        place = next((i for i in range(len(rows)) if _fits(group, rows, i)), len(rows))
        if place == len(rows):
            rows.append([])
        rows[place].append(group)
    return {group.stage: i for i, row in enumerate(rows) for group in row}


def _fits(group: EndGroup, rows: Sequence[Sequence[EndGroup]], place: int) -> bool:
    left, right = group.span
    return (
        all(right < other.span[0] or other.span[1] < left for other in rows[place])
        and not any(other.is_crossed_by(group) for row in rows[:place] for other in row)
        and not any(group.is_crossed_by(other) for row in rows[place + 1 :] for other in row)
    )
