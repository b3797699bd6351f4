"""Every situation that a route can come to in one office, and how: breadth-first."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from workflow.definition.office import Office
from workflow.definition.situation import Arrival, Situation, Step

#: More situations than any real office makes of a real route; a route that needs more is refused.
MOST_SITUATIONS = 200_000


class TooWide(ValueError):
    """A route that makes more situations in an office than can be looked at."""


@dataclass(frozen=True)
class Explored:
    """Every situation with how it was first reached (breadth-first: by a shortest path)."""

    came: Mapping[Situation, Arrival | None]
    forward: Mapping[Situation, tuple[Step, ...]]

    def path(self, at: Situation) -> tuple[Arrival, ...]:
        """The moves that lead to *at*, each with the situation that it leaves."""
        steps: list[Arrival] = []
        arrival = self.came[at]
        while arrival is not None:
            steps.append(arrival)
            arrival = self.came[arrival[0]]
        return tuple(reversed(steps))


def explore(office: Office, *, only: int | None = None, rounds: int | None = None) -> Explored:
    """Every situation that can be reached.

    Args:
        only: by the moves of this person and of the engine alone.
        rounds: with numbered rounds up to this many, unmerged; None merges them.

    Raises:
        TooWide: more than ``MOST_SITUATIONS``.
    """
    start = Situation(office.definition.initial.key)
    came: dict[Situation, Arrival | None] = {start: None}
    forward: dict[Situation, tuple[Step, ...]] = {}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        found = []
        for move, then in office.steps(at, numbered=rounds is not None):
            if only is not None and move.holder is not None and move.holder.person_id != only:
                continue
            if rounds is not None and then.round > rounds:
                continue
            found.append((move, then))
            if then not in came:
                came[then] = (at, move)
                waiting.append(then)
        forward[at] = tuple(found)
        if len(came) > MOST_SITUATIONS:
            raise TooWide(f"more than {MOST_SITUATIONS} situations")
    return Explored(came, forward)
