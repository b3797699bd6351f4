"""What is wrong in a file that is handed in: findings, places and sentences.

A reader gathers findings (place, code, values) and turns them into faults at the end, so that the
person who made the file sees everything at once, in the order of the file's tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from workflow.exchange.fault_codes import SENTENCES, FaultCode

__all__ = [
    "MOST_FAULTS",
    "WHOLE_FILE",
    "Fault",
    "FaultCode",
    "FileRefused",
    "Finding",
    "Location",
    "faults_of",
    "path_text",
    "repeats",
    "shown",
]

#: Where in the tree: field names and list positions from the root.
Location = tuple[str | int, ...]

#: The path of a fault that concerns the file as a whole.
WHOLE_FILE = "$"

#: Faults that are told one by one.
MOST_FAULTS = 200

_SHOWN_LENGTH = 40
_PLAIN_KEY = re.compile(r"[^\s.\[\]\"$]+")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file.

    Attributes:
        path: where, e.g. ``measures[2].projects[0].project_cost``; ``$`` is the whole file.
        code: what, stable.
        message_ja: a sentence for the person who made the file, values included.
        message_en: the same in English.
    """

    path: str
    code: StrEnum
    message_ja: str
    message_en: str


@dataclass(frozen=True)
class Finding:
    """A fault before its sentences are made: place, code and the values of the sentence."""

    location: Location
    code: FaultCode
    values: Mapping[str, object] = field(default_factory=dict)


class FileRefused(Exception):
    """A file is refused as a whole; ``faults`` lists everything that is wrong with it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = "; ".join(f"{fault.path}: {fault.message_en}" for fault in faults[:3])
        super().__init__(f"{len(faults)} faults: {first}")
        self.faults = faults


def path_text(location: Location) -> str:
    """Return *location* as one writes it: ``a[2].b``, odd keys quoted, ``$`` for the root."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text or WHOLE_FILE


def shown(value: object) -> str:
    """Return *value* as JSON, cut to a length that fits into a sentence."""
    if isinstance(value, str):
        value = value[:_SHOWN_LENGTH]
    elif isinstance(value, list | tuple | dict):
        # A large tree is not written out for the sake of its first characters.
        value = (
            list(value)[:_SHOWN_LENGTH]
            if not isinstance(value, dict)
            else dict(islice(value.items(), _SHOWN_LENGTH))
        )
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def faults_of(findings: Iterable[Finding]) -> tuple[Fault, ...]:
    """Return the faults in the order of the tree: list positions by number, fields by name.

    Beyond ``MOST_FAULTS`` they are counted, in a last fault of the file as a whole.
    """
    ordered = sorted(findings, key=lambda found: tuple(map(_step_order, found.location)))
    known = [found for found in ordered if found.code is not FaultCode.MORE_FAULTS]
    more = sum(int(str(f.values["count"])) for f in ordered if f.code is FaultCode.MORE_FAULTS)
    more += max(0, len(known) - MOST_FAULTS)
    told = known[:MOST_FAULTS]
    if more:
        told.append(Finding((), FaultCode.MORE_FAULTS, {"count": more}))
    return tuple(_fault(found) for found in told)


def repeats(values: Iterable[tuple[Location, Hashable]]) -> Iterator[Finding]:
    """Yield a finding for each value that stood at an earlier place already."""
    first: dict[Hashable, Location] = {}
    for location, value in values:
        if value in first:
            told = {"value": value, "first": path_text(first[value])}
            yield Finding(location, FaultCode.DUPLICATE_CODE, told)
        first.setdefault(value, location)


def _step_order(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (-1, step)


def _fault(found: Finding) -> Fault:
    japanese, english = (
        # A lone surrogate quoted from the file could be neither printed nor stored.
        sentence.format(**found.values).encode("utf-8", "backslashreplace").decode().strip()
        for sentence in SENTENCES[found.code]
    )
    path = path_text(found.location).encode("utf-8", "backslashreplace").decode()
    return Fault(path, found.code, japanese, english)
