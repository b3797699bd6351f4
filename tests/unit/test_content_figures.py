"""Reading figures as they are printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.sheet.fields import decimal_of


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("1,129", "1129"),
        ("1,234,567", "1234567"),
        ("16.8", "16.8"),
        ("3.10", "3.10"),
        ("3", "3"),
        ("0", "0"),
        ("３", "3"),
        ("１，１２９．５", "1129.5"),
        (" 16.8\u3000", "16.8"),
        ("-5", "-5"),
        ("－５", "-5"),
        ("−5", "-5"),
        ("△5", "-5"),
        ("▲１．５", "-1.5"),
        ("+2", "2"),
        ("46392", "46392"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_a_printed_figure_is_read_with_its_decimals(printed: str, expected: str) -> None:
    assert str(decimal_of(printed)) == expected


@pytest.mark.parametrize(
    "printed",
    [
        "", " ", "－", "- - -", "x", "1,12", "1,1290", ",129", "12,34,567", "1.", ".5", "1.2.3",
        "1e5", "NaN", "Infinity", "１／２", "½", "①", "三", "٣", "68.2%", "3件", "1 129", "1_129",
        "1\n2", "--5", "9" * 16, "0." + "1" * 16,
    ],
)  # fmt: skip
def test_what_is_no_figure_is_refused_with_its_text(printed: str) -> None:
    with pytest.raises(ValueError, match="is not a figure") as caught:
        decimal_of(printed)

    assert repr(printed) in str(caught.value)


@given(st.decimals(Decimal(-(10**14)), Decimal(10**14), places=3))
def test_figures_with_and_without_commas_are_read_back(value: Decimal) -> None:
    assert decimal_of(f"{value:f}") == value
    assert decimal_of(f"{value:,f}") == value
