"""Figures with their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Series:
    """One side's figure of every round, in the order of the rounds."""

    name: str
    unit: str
    figures: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.figures)

    def told(self) -> dict[str, object]:
        """For the file of results."""
        return {
            "side": self.name,
            "unit": self.unit,
            "min": round(min(self.figures), 4),
            "median": round(self.middle, 4),
            "max": round(max(self.figures), 4),
            "rounds": [round(figure, 4) for figure in self.figures],
        }


@dataclass(frozen=True)
class Ratio:
    """Two series of the same rounds: the ratio of their medians, and of each single round.

    Attributes:
        at_least: the bound from below, if there is one.
        at_most: the bound from above, if there is one.
    """

    name: str
    over: Series
    under: Series
    at_least: float | None = None
    at_most: float | None = None

    @property
    def of_medians(self) -> float:
        """The figure that the bound is about."""
        return self.over.middle / self.under.middle

    @property
    def per_round(self) -> tuple[float, ...]:
        """The ratio of each round by itself: the spread."""
        return tuple(a / b for a, b in zip(self.over.figures, self.under.figures, strict=True))

    @property
    def is_met(self) -> bool:
        """Whether the bounds hold; true where there is none."""
        above = self.at_least is None or self.of_medians >= self.at_least
        return above and (self.at_most is None or self.of_medians <= self.at_most)

    def told(self) -> dict[str, object]:
        """For the file of results."""
        return {
            "ratio": self.name,
            "of_medians": round(self.of_medians, 3),
            "min_of_rounds": round(min(self.per_round), 3),
            "max_of_rounds": round(max(self.per_round), 3),
            "at_least": self.at_least,
            "at_most": self.at_most,
            "met": self.is_met,
        }


@dataclass(frozen=True)
class Outcome:
    """What one benchmark found.

    Attributes:
        differences: rows that the sides did not write alike; none is expected.
        broken: places where the chain of events does not hold; none is expected.
        costly: what statements touch that they should not; none is expected.
        shown: in words, what was compared and looked at, when all of it is as it should be.
    """

    name: str
    sizes: Mapping[str, object]
    series: Sequence[Series]
    ratios: Sequence[Ratio]
    differences: Sequence[str] = field(default=())
    broken: Sequence[str] = field(default=())
    costly: Sequence[str] = field(default=())
    shown: str = "all rows of the sides agree, all chains verify"

    @property
    def is_sound(self) -> bool:
        """Whether the sides did the same work, did it right, and touched what they may touch."""
        return not (self.differences or self.broken or self.costly)

    def told(self) -> dict[str, object]:
        """For the file of results."""
        return {
            "name": self.name,
            "sizes": dict(self.sizes),
            "series": [series.told() for series in self.series],
            "ratios": [ratio.told() for ratio in self.ratios],
            "is_sound": self.is_sound,
            "shown": self.shown,
        }
