"""Files with something changed at any place: taken, or refused with a path and in words."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.exchange.faults import Fault, FaultCode, FileRefused
from workflow.exchange.people_file import read_people_file
from workflow.exchange.plan_file import read_plan_file
from workflow.exchange.transfer_file import read_transfer_file

SAMPLE = Path(__file__).parents[2] / "sample"
CITY = json.loads((SAMPLE / "city.json").read_text("utf-8"))
WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from([10**400, "\ud800", "\u202e", "\x00", [], {}, [[[]]], {"": None}, "9" * 5_000]),
)  # fmt: skip
#: A bomb of depth or size is found in seconds; a loaded machine takes longer.
CALM = settings(max_examples=150, deadline=None)


def places(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    entries: Any = tree.items() if isinstance(tree, dict) else ()
    for key, value in enumerate(tree) if isinstance(tree, list) else entries:
        yield from places(value, (*path, key))


PLACES = list(places(CITY))[1:]


def faults_after(read: Any, *given: Any) -> tuple[Fault, ...]:
    """What the file is refused for; nothing where it is taken."""
    try:
        read(*given)
    except FileRefused as refused:
        return refused.faults or (Fault("", FaultCode.INVALID, "", ""),)
    return ()


def refusal_is_in_words(read: Any, *given: Any) -> None:
    for fault in faults_after(read, *given):
        assert fault.path
        assert fault.message_ja
        # Nothing that cannot be printed is quoted.
        (fault.path + fault.message_ja + fault.message_en).encode()


@CALM
@given(st.sampled_from(PLACES), WRONG)
def test_a_plan_with_another_value_at_any_place(place: tuple[str | int, ...], wrong: Any) -> None:
    tree = copy.deepcopy(CITY)
    holder = tree
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = wrong

    refusal_is_in_words(read_plan_file, json.dumps(tree).encode())


@CALM
@given(st.sampled_from(["city.json", "people.toml", "transfers.csv"]), st.data())
def test_a_file_with_other_bytes_at_any_place(name: str, data: st.DataObject) -> None:
    body = (SAMPLE / name).read_bytes()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 30)))
    damaged = body[:start] + data.draw(st.binary(max_size=20)) + body[end:]

    if name == "city.json":
        refusal_is_in_words(read_plan_file, damaged)
    elif name == "people.toml":
        refusal_is_in_words(read_people_file, damaged)
    else:
        refusal_is_in_words(read_transfer_file, damaged, name)
