"""Which way off the line is at which height: short ones near it, the engine's own outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflow.definition.flow import Flow

#: Pixels that two ways at one height keep between them.
APART = 10


@dataclass(frozen=True)
class Run:
    """One flow off the line, from its upright at *start* to its upright at *end*.

    Attributes:
        bus: flows of the same bus lead to the same place for the same reason and share a height.
    """

    flow: Flow
    above: bool
    bus: tuple[str, str, str]
    start: int
    end: int
    by_itself: bool
    label_lines: int


@dataclass
class Track:
    """One height with what runs at it."""

    runs: list[Run] = field(default_factory=list)

    @property
    def label_lines(self) -> int:
        """How many lines the tallest label on it has."""
        return max((run.label_lines for run in self.runs), default=0)

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing runs between the two."""
        return all(
            end + APART <= min(run.start, run.end) or max(run.start, run.end) + APART <= start
            for run in self.runs
        )


def tracks(runs: list[Run]) -> list[Track]:
    """Tracks from the line outwards."""
    people = _filled([run for run in runs if not run.by_itself])
    return people + _filled([run for run in runs if run.by_itself])


def _filled(runs: list[Run]) -> list[Track]:
    buses: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        buses.setdefault(run.bus, []).append(run)

    def span(bus: list[Run]) -> tuple[int, int]:
        ends = [x for run in bus for x in (run.start, run.end)]
        return min(ends), max(ends)

    def length(bus: list[Run]) -> int:
        start, end = span(bus)
        return end - start

    found: list[Track] = []
    for bus in sorted(buses.values(), key=length):
        start, end = span(bus)
        free = next((track for track in found if track.is_free(start, end)), None)
        if free is None:
            free = Track()
            found.append(free)
        free.runs += bus
    return found
