"""Which unit a name in a file means.

Files name departments and sections as the office does, without numbers. A section's name may also
be a department's own (会計室 is both); the same name may stand in two departments, and is then
written as ``department/section``.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workflow.exchange.faults import FaultCode, Finding, Location

#: Stands between department and section; no unit's own name may contain it.
SEPARATOR = "/"

#: Department name → names of its sections.
Departments = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class UnitName:
    """A unit by name; ``section`` is None for the department itself."""

    department: str
    section: str | None


def units_named(name: str, departments: Departments) -> tuple[UnitName, ...]:
    """Return every unit that *name* can mean; exactly one is a good name.

    A department that has a section of its own name is meant by its section.
    """
    if SEPARATOR in name:
        department, section = name.split(SEPARATOR, 1)
        if section in departments.get(department, ()):
            return (UnitName(department, section),)
        return (UnitName(department, None),) if department == section in departments else ()
    found = [
        UnitName(department, name)
        for department, sections in departments.items()
        if name in sections
    ]
    if name in departments and name not in departments[name]:
        found.append(UnitName(name, None))
    return tuple(found)


class NameCheck:
    """Checks many names against one organisation; each different name is looked up once."""

    def __init__(self, departments: Departments) -> None:
        self._departments = departments
        self._sections = sorted({name for group in departments.values() for name in group})
        self._verdicts: dict[tuple[str, bool], tuple[FaultCode, dict[str, object]] | None] = {}

    def department(self, location: Location, name: str) -> list[Finding]:
        """Return what is wrong with *name* where a department must stand."""
        return self._finding(location, name, is_department=True)

    def section(self, location: Location, name: str) -> list[Finding]:
        """Return what is wrong with *name* where a section (or a lone department) must stand."""
        return self._finding(location, name, is_department=False)

    def _finding(self, location: Location, name: str, *, is_department: bool) -> list[Finding]:
        key = (name, is_department)
        if key not in self._verdicts:
            self._verdicts[key] = (
                self._judge_department(name) if is_department else self._judge_section(name)
            )
        verdict = self._verdicts[key]
        return [Finding(location, *verdict)] if verdict else []

    def _judge_department(self, name: str) -> tuple[FaultCode, dict[str, object]] | None:
        if name in self._departments:
            return None
        return FaultCode.UNKNOWN_DEPARTMENT, {"name": name} | suggestion(name, self._departments)

    def _judge_section(self, name: str) -> tuple[FaultCode, dict[str, object]] | None:
        found = units_named(name, self._departments)
        if len(found) == 1:
            return None
        if found:
            places = "、".join(unit.department for unit in found)
            return FaultCode.AMBIGUOUS_SECTION, {"name": name, "departments": places}
        known = [*self._sections, *self._departments]
        return FaultCode.UNKNOWN_SECTION, {"name": name} | suggestion(name, known)


def suggestion(name: str, known: Collection[str]) -> dict[str, object]:
    """Return the sentence values ``hint_ja`` and ``hint_en`` that name the nearest known word."""
    nearest = difflib.get_close_matches(name, known, n=1)
    if not nearest:
        return {"hint_ja": "", "hint_en": ""}
    return {
        "hint_ja": f"「{nearest[0]}」のことでしょうか。",
        "hint_en": f"Did you mean “{nearest[0]}”?",
    }
