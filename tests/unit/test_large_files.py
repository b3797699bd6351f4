"""A file that is very large, or wrong all over, is refused with what a person can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workflow.exchange.faults import MOST_FAULTS, FaultCode, FileRefused
from workflow.exchange.people_file import read_people_file
from workflow.exchange.plan_file import read_plan_file

CITY = json.loads((Path(__file__).parents[2] / "sample/city.json").read_text("utf-8"))


def codes(data: bytes, *, toml: bool = False) -> list[tuple[str, str]]:
    with pytest.raises(FileRefused) as refused:
        (read_people_file if toml else read_plan_file)(data)
    return [(fault.path, str(fault.code)) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "measures",
    [[{}] * 300, [1] * 50_000, [CITY["measures"][0]] * 400, [{"projects": [{}] * 3_000}]],
)
def test_some_faults_are_told_and_the_rest_is_counted(measures: list[object]) -> None:
    told = codes(json.dumps({**CITY, "measures": measures}).encode())

    assert len(told) <= MOST_FAULTS + 1
    assert told[-1] == ("$", FaultCode.MORE_FAULTS)


def test_the_count_is_right() -> None:
    told = codes(json.dumps({**CITY, "measures": [{}]}).encode())
    one = sum(path.startswith("measures[0]") for path, _code in told)
    with pytest.raises(FileRefused) as refused:
        read_plan_file(json.dumps({**CITY, "measures": [{}] * 3_000}).encode())

    *shown, more = refused.value.faults
    assert f"ほかに{3_000 * one - len(shown)}件" in more.message_ja


@pytest.mark.parametrize("toml", [False, True])
def test_more_bytes_than_any_real_file_are_not_read(toml: bool) -> None:
    assert codes(b" " * (11 * 1024 * 1024), toml=toml) == [("$", FaultCode.TOO_LARGE)]


def test_a_number_of_thousands_of_digits_is_refused_with_its_place() -> None:
    with pytest.raises(FileRefused) as refused:
        read_people_file(b'note = "a"\nx = ' + b"9" * 10_000)

    (fault,) = refused.value.faults
    assert fault.code == FaultCode.NOT_TOML
    assert "2行目5文字目" in fault.message_ja
