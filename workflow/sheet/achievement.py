"""Which evaluations count as 達成 or ほぼ達成, and their share.

The share is an indicator of the bureau itself in the sample city's plan: 行政評価（事後評価時）で
施策達成への進捗度が達成・ほぼ達成と評価された割合 (631-①).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property

#: Levels from the top of the rating scale that count: ☆☆☆☆ is 達成, ☆☆☆ is ほぼ達成. The city
#: prints stars and uses the two words only in the name of that indicator; that they are the two
#: upper levels is inferred, not published. Another city sets another number here.
LEVELS_FROM_THE_TOP = 2

_ROUNDING = Context(prec=28, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Share:
    """How many of the sheets that have a rating count.

    Attributes:
        sheets: all, also those without a rating yet.
        judged: those with a rating.
        counted: those judged 達成 or ほぼ達成.
    """

    sheets: int = 0
    judged: int = 0
    counted: int = 0

    @cached_property
    def percent(self) -> Decimal | None:
        """Of those judged, to one decimal, half up; None where none is judged."""
        if not self.judged:
            return None
        exact = _ROUNDING.divide(Decimal(100 * self.counted), Decimal(self.judged))
        return exact.quantize(Decimal("0.1"), context=_ROUNDING)


def counts(rating: int, levels: int) -> bool:
    """Whether *rating* (1 is the lowest of *levels*) is 達成 or ほぼ達成.

    A scale of one or two levels has no ほぼ達成: only its top counts.
    """
    from_the_top = LEVELS_FROM_THE_TOP if levels > LEVELS_FROM_THE_TOP else 1
    return rating > levels - from_the_top


def share(ratings: Iterable[tuple[int | None, int, int]]) -> Share:
    """The share over (rating or None, levels of its scale, number of sheets)."""
    sheets = judged = counted = 0
    for rating, levels, number in ratings:
        sheets += number
        if rating is None:
            continue
        judged += number
        if counts(rating, levels):
            counted += number
    return Share(sheets, judged, counted)
