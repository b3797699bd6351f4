"""Judging an outcome indicator (成果指標): the year's actual value against the year's target.

The city's own thresholds are not published. The rule here compares with the target of the year and
never with the way gone since the baseline: real targets lie below their baseline (46,392 → 6,300),
where a rate of progress is nonsense. Thresholds are arguments, so that a cycle can set its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum

DEFAULT_NEAR_RATE = Decimal("0.8")
DEFAULT_TOLERANCE = Decimal("0.1")

# Fixed, so that the caller's own decimal context cannot change a verdict.
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)

_TOP_RATING = 4


class Direction(StrEnum):
    """性質: which way an indicator should move. Stored by value."""

    #: ↑ more is better.
    INCREASE = "increase"
    #: ↓ less is better.
    DECREASE = "decrease"
    #: ＝ (elsewhere →) it should stay where it is, or inside a band.
    MAINTAIN = "maintain"


class Verdict(StrEnum):
    """What the figures say of one indicator in one year. Stored by value."""

    #: 達成: the target is met.
    ACHIEVED = "achieved"
    #: ほぼ達成: missed by little.
    NEARLY_ACHIEVED = "nearly_achieved"
    #: 未達成.
    NOT_ACHIEVED = "not_achieved"
    #: 未測定: no actual value yet, or nothing to compare it with.
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True)
class Judgement:
    """A verdict and the achievement rate (達成率) shown beside it, for reference only.

    `rate` is a ratio (0.682 for 68.2 %), not rounded. It is None where a rate says nothing: a
    target (or bound) of 0 or below, ↓ with an actual of 0 or below, ＝ except outside a band.
    """

    verdict: Verdict
    rate: Decimal | None = None


def judge(
    direction: Direction,
    target: Decimal | None,
    actual: Decimal | None,
    *,
    lower_bound: Decimal | None = None,
    upper_bound: Decimal | None = None,
    near_rate: Decimal = DEFAULT_NEAR_RATE,
    tolerance: Decimal = DEFAULT_TOLERANCE,
) -> Judgement:
    """Return the verdict on `actual`; target, actual and bounds are in the indicator's unit.

    - ↑ met at the target or above, rate actual/target; nearly met from `near_rate` on.
    - ↓ met at the target or below, rate target/actual; nearly met from `near_rate` on.
    - ＝ with a band (one bound may be open; the target is then not asked): met inside; outside,
      nearly met within `tolerance` of the nearer bound, and the rate is the share of that bound.
    - ＝ without a band: met within `tolerance` of the target (exactly equal where that is 0).

    Raises ValueError for a value that is not a finite number, for bounds the wrong way round and
    for thresholds outside 0 to 1.
    """
    _require_finite(target, actual, lower_bound, upper_bound, near_rate, tolerance)
    if not 0 <= tolerance <= 1 or not 0 < near_rate <= 1:
        raise ValueError(f"near_rate {near_rate} and tolerance {tolerance} must lie in 0 to 1")

    if actual is None:
        return Judgement(Verdict.NOT_MEASURED)
    with localcontext(_EXACT):
        has_band = lower_bound is not None or upper_bound is not None
        if direction == Direction.MAINTAIN and has_band:
            return _judge_band(lower_bound, upper_bound, actual, tolerance)
        if target is None:
            return Judgement(Verdict.NOT_MEASURED)
        if direction == Direction.MAINTAIN:
            is_level = abs(actual - target) <= tolerance * abs(target)
            return Judgement(Verdict.ACHIEVED if is_level else Verdict.NOT_ACHIEVED)
        if direction == Direction.INCREASE:
            return _judge_share(actual >= target, actual, target, near_rate, has_rate=target > 0)
        has_rate = target > 0 and actual > 0
        return _judge_share(actual <= target, target, actual, near_rate, has_rate=has_rate)


def is_met(verdict: Verdict) -> bool:
    """Return whether a verdict counts as 達成・ほぼ達成, the share the city itself reports."""
    return verdict in (Verdict.ACHIEVED, Verdict.NEARLY_ACHIEVED)


def as_percent(rate: Decimal) -> Decimal:
    """Return a rate as per cent with one decimal, half up: 68.2. For showing, not for comparing."""
    hundredfold = _EXACT.multiply(rate, Decimal(100))
    return hundredfold.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP, context=_EXACT)


def rating_disagrees(rating: int, judgements: Collection[Judgement]) -> bool:
    """Return whether stars (1 to 4) and indicators tell different stories: ask for the reason.

    A hint and never more: stars are a judgement, and one that disagrees may well be right. What
    the figures let expect: all achieved 4; all at least nearly 3 or 4; some 2 or 3; none 1 or 2.
    Indicators that were not measured are left aside; without any measured one nothing disagrees.
    Raises ValueError for a rating outside 1 to 4.
    """
    if not 1 <= rating <= _TOP_RATING:
        raise ValueError(f"rating {rating} is not in 1 to {_TOP_RATING}")

    verdicts = [j.verdict for j in judgements if j.verdict != Verdict.NOT_MEASURED]
    if not verdicts:
        return False
    if all(verdict == Verdict.ACHIEVED for verdict in verdicts):
        return rating != _TOP_RATING
    met = sum(map(is_met, verdicts))
    if met == len(verdicts):
        return rating < 3
    if met == 0:
        return rating > 2
    return rating not in (2, 3)


def _judge_share(
    met: bool, part: Decimal, whole: Decimal, near_rate: Decimal, *, has_rate: bool
) -> Judgement:
    """Judge ↑ and ↓, which differ in what is divided by what; without a rate, compare only."""
    rate = part / whole if has_rate else None
    if met:
        return Judgement(Verdict.ACHIEVED, rate)
    # Multiplied, because a quotient is rounded: 80 % of the target is reached exactly at 80 %.
    is_near = has_rate and part >= near_rate * whole
    return Judgement(Verdict.NEARLY_ACHIEVED if is_near else Verdict.NOT_ACHIEVED, rate)


def _judge_band(
    lower: Decimal | None, upper: Decimal | None, actual: Decimal, tolerance: Decimal
) -> Judgement:
    if lower is not None and upper is not None and lower > upper:
        raise ValueError(f"lower bound {lower} lies above upper bound {upper}")
    if lower is not None and actual < lower:
        bound, part, whole = lower, actual, lower
    elif upper is not None and actual > upper:
        bound, part, whole = upper, upper, actual
    else:
        return Judgement(Verdict.ACHIEVED)

    rate = part / whole if bound > 0 else None
    is_near = abs(actual - bound) <= tolerance * abs(bound)
    return Judgement(Verdict.NEARLY_ACHIEVED if is_near else Verdict.NOT_ACHIEVED, rate)


def _require_finite(*values: Decimal | None) -> None:
    for value in values:
        if value is not None and not value.is_finite():
            raise ValueError(f"{value} is not a number to judge by")
