"""Judging indicators, against all fifteen of one city's report for 令和３年度 and by table."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.sheet.judging import (
    Direction,
    Judgement,
    Verdict,
    as_percent,
    is_met,
    judge,
    rating_disagrees,
)

ACHIEVED, NEARLY, NOT_ACHIEVED, NOT_MEASURED = Verdict

Published = tuple[str, str, str, str, str | None, str | None, Verdict, str | None]

# Measure, indicator, 性質, target and actual of R3, band; then verdict and rate in per cent.
PUBLISHED: list[Published] = [
    ("611-1", "increase", "2", "3", None, None, ACHIEVED, "150.0"),
    ("611-2", "increase", "6300", "19314", None, None, ACHIEVED, "306.6"),
    ("612-1", "increase", "850", "1473", None, None, ACHIEVED, "173.3"),
    ("612-2", "increase", "500", "341", None, None, NOT_ACHIEVED, "68.2"),
    ("621-1", "increase", "21000", "29015", None, None, ACHIEVED, "138.2"),
    ("621-2", "increase", "34000", "42220", None, None, ACHIEVED, "124.2"),
    ("621-3", "increase", "30", "51", None, None, ACHIEVED, "170.0"),
    ("621-4", "increase", "30", "116", None, None, ACHIEVED, "386.7"),
    ("621-5", "increase", "20", "37", None, None, ACHIEVED, "185.0"),
    ("621-6", "decrease", "99", "96.5", None, None, ACHIEVED, "102.6"),
    ("631-1", "increase", "93", "93.4", None, None, ACHIEVED, "100.4"),
    ("631-2", "maintain", "0", "0", None, None, ACHIEVED, None),
    ("631-3", "maintain", "17", "16.8", "17", "20", NEARLY, "98.8"),
    ("632-1", "increase", "3", "3.16", None, None, ACHIEVED, "105.3"),
    ("632-2", "increase", "333", "196", None, None, NOT_ACHIEVED, "58.9"),
]
PUBLISHED_RATINGS = {"611": 3, "612": 4, "621": 3, "631": 3, "632": 3}


def dec(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def judge_published(row: Published) -> Judgement:
    _, direction, target, actual, lower, upper, _, _ = row
    low, high = dec(lower), dec(upper)
    return judge(Direction(direction), dec(target), dec(actual), lower_bound=low, upper_bound=high)


def judgements_of(measure: str) -> list[Judgement]:
    return [judge_published(row) for row in PUBLISHED if row[0].startswith(measure)]


@pytest.mark.parametrize("row", PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_the_published_indicators_are_judged_as_their_texts_say(
    row: Published,
) -> None:
    judgement = judge_published(row)

    assert judgement.verdict == row[6]
    assert (judgement.rate and as_percent(judgement.rate)) == dec(row[7])


def test_twelve_of_the_fifteen_published_indicators_are_met() -> None:
    verdicts = [judge_published(row).verdict for row in PUBLISHED]

    assert (len(verdicts), verdicts.count(ACHIEVED)) == (15, 12)


@pytest.mark.parametrize(
    ("direction", "target", "actual", "verdict", "rate"),
    [
        # ↑
        ("increase", "100", "100", ACHIEVED, "1"),
        ("increase", "100", "80", NEARLY, "0.8"),
        ("increase", "100", "79.99", NOT_ACHIEVED, "0.7999"),
        ("increase", "100", "0", NOT_ACHIEVED, "0"),
        ("increase", "100", "-5", NOT_ACHIEVED, "-0.05"),
        ("increase", "0", "0", ACHIEVED, None),
        ("increase", "0", "3", ACHIEVED, None),
        ("increase", "0", "-1", NOT_ACHIEVED, None),
        ("increase", "-10", "-5", ACHIEVED, None),
        ("increase", "-10", "-11", NOT_ACHIEVED, None),
        # ↓
        ("decrease", "100", "100", ACHIEVED, "1"),
        ("decrease", "80", "100", NEARLY, "0.8"),
        ("decrease", "79", "100", NOT_ACHIEVED, "0.79"),
        ("decrease", "100", "0", ACHIEVED, None),
        ("decrease", "100", "-1", ACHIEVED, None),
        ("decrease", "0", "0", ACHIEVED, None),
        ("decrease", "0", "1", NOT_ACHIEVED, None),
        ("decrease", "-10", "-5", NOT_ACHIEVED, None),
        ("decrease", "-10", "-10", ACHIEVED, None),
        # ＝ without a band
        ("maintain", "100", "100", ACHIEVED, None),
        ("maintain", "100", "110", ACHIEVED, None),
        ("maintain", "100", "90", ACHIEVED, None),
        ("maintain", "100", "110.1", NOT_ACHIEVED, None),
        ("maintain", "100", "89.9", NOT_ACHIEVED, None),
        ("maintain", "0", "0.0", ACHIEVED, None),
        ("maintain", "0", "0.1", NOT_ACHIEVED, None),
        ("maintain", "-100", "-95", ACHIEVED, None),
        # nothing to judge
        ("increase", "100", None, NOT_MEASURED, None),
        ("increase", None, "100", NOT_MEASURED, None),
        ("decrease", None, None, NOT_MEASURED, None),
        ("maintain", None, "100", NOT_MEASURED, None),
    ],
)
def test_verdict_and_rate_without_a_band(
    direction: str, target: str | None, actual: str | None, verdict: Verdict, rate: str | None
) -> None:
    assert judge(Direction(direction), dec(target), dec(actual)) == Judgement(verdict, dec(rate))


@pytest.mark.parametrize(
    ("lower", "upper", "actual", "verdict", "rate"),
    [
        ("17", "20", "17", ACHIEVED, None),
        ("17", "20", "18.5", ACHIEVED, None),
        ("17", "20", "20", ACHIEVED, None),
        ("17", "20", "15.3", NEARLY, "0.9"),
        ("17", "20", "15.29", NOT_ACHIEVED, None),
        ("17", "20", "22", NEARLY, None),
        ("17", "20", "22.01", NOT_ACHIEVED, None),
        ("16", None, "8", NOT_ACHIEVED, "0.5"),
        ("16", None, "1000", ACHIEVED, None),
        (None, "20", "-5", ACHIEVED, None),
        (None, "20", "25", NOT_ACHIEVED, "0.8"),
        (None, "20", None, NOT_MEASURED, None),
        ("0", "0", "0", ACHIEVED, None),
        (None, "0", "0.1", NOT_ACHIEVED, None),
        ("-2", None, "-2.1", NEARLY, None),
        ("1", None, "0.95", NEARLY, "0.95"),
    ],
)
def test_a_band_is_judged_by_its_bounds_and_never_by_the_target(
    lower: str | None, upper: str | None, actual: str | None, verdict: Verdict, rate: str | None
) -> None:
    for target in (None, Decimal(999)):
        judgement = judge(
            Direction.MAINTAIN, target, dec(actual), lower_bound=dec(lower), upper_bound=dec(upper)
        )
        assert judgement.verdict == verdict
        if rate is not None or verdict == ACHIEVED:
            assert judgement.rate == dec(rate)


@pytest.mark.parametrize("bound", ["0", "-2"])
def test_a_bound_of_zero_or_below_gives_no_rate(bound: str) -> None:
    above = judge(Direction.MAINTAIN, None, Decimal(5), upper_bound=Decimal(bound))
    below = judge(Direction.MAINTAIN, None, Decimal(-5), lower_bound=Decimal(bound))

    assert above.rate is below.rate is None


def test_bounds_say_nothing_of_an_indicator_that_should_rise() -> None:
    judgement = judge(Direction.INCREASE, Decimal(10), Decimal(10), lower_bound=Decimal(17))

    assert judgement.verdict == ACHIEVED


def test_thresholds_are_the_cycles_own() -> None:
    strict = judge(Direction.INCREASE, Decimal(100), Decimal(85), near_rate=Decimal("0.9"))
    exact = judge(Direction.MAINTAIN, Decimal(100), Decimal(101), tolerance=Decimal(0))
    wide = judge(
        Direction.MAINTAIN, None, Decimal(14), lower_bound=Decimal(17), tolerance=Decimal("0.2")
    )

    one = Decimal(1)
    fullest = judge(Direction.INCREASE, Decimal(9), Decimal(8), near_rate=one, tolerance=one)

    assert fullest.verdict == NOT_ACHIEVED
    assert (strict.verdict, exact.verdict, wide.verdict) == (NOT_ACHIEVED, NOT_ACHIEVED, NEARLY)


@pytest.mark.parametrize(
    "thresholds",
    [
        {"near_rate": Decimal(0)},
        {"near_rate": Decimal("1.1")},
        {"near_rate": Decimal("NaN")},
        {"tolerance": Decimal("-0.1")},
        {"tolerance": Decimal(80)},
    ],
)
def test_thresholds_out_of_range_are_refused(thresholds: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match=r"must lie in 0 to 1|not a number"):
        judge(Direction.INCREASE, Decimal(1), Decimal(1), **thresholds)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        judge(Direction.INCREASE, Decimal(1), Decimal(value))
    with pytest.raises(ValueError, match="not a number"):
        judge(Direction.INCREASE, Decimal(value), Decimal(1))


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="lies above"):
        judge(
            Direction.MAINTAIN, None, Decimal(1), lower_bound=Decimal(20), upper_bound=Decimal(17)
        )


figures = st.decimals(-(10**9), 10**9, places=3)
positive_figures = st.decimals(Decimal("0.001"), 10**9, places=3)


@given(st.sampled_from(Direction), figures, figures, st.integers(1, 9))
def test_the_callers_decimal_precision_changes_nothing(
    direction: Direction, target: Decimal, actual: Decimal, precision: int
) -> None:
    expected = judge(direction, target, actual)

    with localcontext() as context:
        context.prec = precision
        assert judge(direction, target, actual) == expected


@given(positive_figures, positive_figures)
def test_less_is_better_mirrors_more_is_better(one: Decimal, other: Decimal) -> None:
    assert judge(Direction.INCREASE, one, other) == judge(Direction.DECREASE, other, one)


@given(figures, figures, figures)
def test_a_higher_value_is_never_judged_worse_where_more_is_better(
    target: Decimal, one: Decimal, other: Decimal
) -> None:
    order = [NOT_ACHIEVED, NEARLY, ACHIEVED]
    verdicts = [judge(Direction.INCREASE, target, each).verdict for each in sorted((one, other))]

    assert order.index(verdicts[0]) <= order.index(verdicts[1])


@given(positive_figures)
def test_four_fifths_of_the_target_are_nearly_there_to_the_last_digit(target: Decimal) -> None:
    at_the_edge = target * Decimal("0.8")
    assert judge(Direction.INCREASE, target, at_the_edge).verdict == NEARLY
    below = judge(Direction.INCREASE, target, at_the_edge - Decimal("0.0001"))
    assert below.verdict == NOT_ACHIEVED


def test_achieved_and_nearly_achieved_count_as_met() -> None:
    assert [is_met(verdict) for verdict in Verdict] == [True, True, False, False]


@pytest.mark.parametrize(
    ("rate", "percent"),
    [("0.682", "68.2"), ("0.58845", "58.8"), ("0.5885", "58.9"), ("1", "100.0"), ("-0.05", "-5.0")],
)
def test_a_rate_is_shown_with_one_decimal(rate: str, percent: str) -> None:
    assert str(as_percent(Decimal(rate))) == percent


@pytest.mark.parametrize(
    ("measure", "disagrees"),
    [("611", True), ("612", True), ("621", True), ("631", False), ("632", False)],
)
def test_stars_of_the_published_sheets_against_their_indicators(
    measure: str, disagrees: bool
) -> None:
    """621 met six of six and got three stars, 612 met one of two and got four."""
    assert rating_disagrees(PUBLISHED_RATINGS[measure], judgements_of(measure)) is disagrees


@pytest.mark.parametrize(
    ("verdicts", "agreeing"),
    [
        ([ACHIEVED, ACHIEVED], {4}),
        ([ACHIEVED, NEARLY], {3, 4}),
        ([NEARLY], {3, 4}),
        ([ACHIEVED, NOT_ACHIEVED], {2, 3}),
        ([NEARLY, NOT_ACHIEVED, NOT_ACHIEVED], {2, 3}),
        ([NOT_ACHIEVED], {1, 2}),
        ([NOT_MEASURED, ACHIEVED], {4}),
        ([NOT_MEASURED], {1, 2, 3, 4}),
        ([], {1, 2, 3, 4}),
    ],
)
def test_which_stars_agree_with_which_indicators(
    verdicts: list[Verdict], agreeing: set[int]
) -> None:
    judgements = [Judgement(verdict) for verdict in verdicts]

    assert {r for r in range(1, 5) if not rating_disagrees(r, judgements)} == agreeing


@pytest.mark.parametrize("rating", [0, 5])
def test_a_rating_off_the_scale_is_refused(rating: int) -> None:
    with pytest.raises(ValueError, match="not in 1 to 4"):
        rating_disagrees(rating, [])
