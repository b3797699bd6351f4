"""The lines of a reorganisation's report: plain values to show, to print and to keep as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class UnitLine:
    """A unit that begins, ends or goes on as another."""

    before: str | None
    after: str | None


@dataclass(frozen=True)
class PersonLine:
    """A person whose posts change."""

    sign_in_name: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    is_new: bool
    retires: bool


@dataclass(frozen=True)
class RoleLine:
    """What a unit is to a sheet or a measure, and who takes it over (None: nobody)."""

    role: str
    before: str
    after: str | None


@dataclass(frozen=True)
class StageLine:
    """Who may act at a stage that is still ahead, before and after."""

    stage: str
    label: str
    label_en: str
    is_present: bool
    #: Somebody's post ends, and those who wait keep the step.
    is_kept: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class SheetLine:
    """A sheet that changes hands."""

    evaluation_id: int
    code: str
    name: str
    roles: tuple[RoleLine, ...]
    stages: tuple[StageLine, ...]


@dataclass(frozen=True)
class MeasureLine:
    """A measure or project whose units change; with or without a sheet on its way."""

    code: str
    name: str
    roles: tuple[RoleLine, ...]


@dataclass(frozen=True)
class Ownerless:
    """Something that nobody would have on that day.

    Attributes:
        kind: ``sheet`` (its unit ends), ``stage``, ``measure``, ``project``, ``post``, ``unit``,
            ``grant``, ``substitute`` (of an absence), ``reading`` (後閲 of somebody who leaves).
        what: its name; of a sheet code and name.
        role: the stage or the role of the unit, where there is one.
        role_en: the stage in English.
    """

    kind: str
    what: str
    role: str
    evaluation_id: int | None = None
    role_en: str = ""


@dataclass(frozen=True)
class DrafterLine:
    """Somebody who moves away from a sheet that is not submitted yet."""

    evaluation_id: int
    code: str
    name: str
    person_id: int
    person: str


@dataclass(frozen=True)
class Report:
    """The whole answer."""

    effective_on: date
    units: tuple[UnitLine, ...]
    people: tuple[PersonLine, ...]
    sheets: tuple[SheetLine, ...]
    measures: tuple[MeasureLine, ...]
    ownerless: tuple[Ownerless, ...]
    drafters: tuple[DrafterLine, ...]
    #: People who lose their posts and get none.
    unplaced: tuple[str, ...]
    #: Posts of heads that two people would hold.
    crowded: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values to keep and to print."""
        kept = json.loads(json.dumps(asdict(self), default=str, ensure_ascii=False))
        return dict(kept)


def hash_of(report: Mapping[str, Any]) -> bytes:
    """The same hash for the same report: what was shown is what is applied."""
    text = json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class MeasureUnits:
    """A measure or project with the units that matter, by role."""

    kind: str
    code: str
    name: str
    units: tuple[tuple[str, int], ...]
