"""Decides what becomes of units: 設置, 廃止, 統合, 改称, with the posts that go on in a new one.

Departments come before sections, so that a section finds the department it belongs to. A renamed
department carries its sections, a renamed unit its posts; what is abolished or merged carries
nothing: its people get posts by rows of their own, or are listed as being without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workflow.exchange.transfer_faults import TransferFaultCode
from workflow.exchange.transfers import Change, ChangeKind
from workflow.exchange.unit_names import suggestion
from workflow.organisation.draft import Draft
from workflow.organisation.state import Unit

ENDING = (ChangeKind.ABOLISH, ChangeKind.MERGE, ChangeKind.RENAME)
#: Organs whose head is not the mayor; found by the name, as at the first import.
_COUNCIL = "議会"


def change_units(draft: Draft, changes: Sequence[Change]) -> None:
    """Apply all rows about units."""
    ending = _ending(draft, changes)
    renamed = [(unit, row) for unit, row in ending if row.kind is ChangeKind.RENAME]
    for is_department in (True, False):
        for unit, row in renamed:
            if unit.is_department is is_department:
                _rename(draft, unit, row)
        for row in changes:
            if row.kind is ChangeKind.ESTABLISH and bool(row.parent) is not is_department:
                _establish(draft, row)
        if is_department:
            _carry_sections(draft, renamed)
    for unit, row in ending:
        if row.kind is not ChangeKind.RENAME:
            _hand_over(draft, unit, row)
    _check_left_behind(draft, ending)
    _check_bureau(draft, ending)


def _ending(draft: Draft, changes: Sequence[Change]) -> list[tuple[Unit, Change]]:
    """The units that end, each by one row."""
    found: list[tuple[Unit, Change]] = []
    there = draft.units_before()
    for row in changes:
        if row.kind not in ENDING:
            continue
        unit = draft.find_unit(row, "unit", row.unit, there)
        if unit is None:
            continue
        if unit.id in draft.ending_units:
            code = TransferFaultCode.CONTRADICTION
            draft.wrong(row, "unit", code, row=draft.ending_units[unit.id], what=unit.name)
            continue
        draft.ending_units[unit.id] = row.row
        draft.end_unit(row, unit)
        found.append((unit, row))
    return found


def _department(draft: Draft, row: Change) -> Unit | None:
    """The department that the row names as 上位部局."""
    departments = {unit.name: unit for unit in draft.units_after() if unit.is_department}
    if row.parent not in departments:
        hint = suggestion(row.parent, departments)
        draft.wrong(row, "parent", TransferFaultCode.NOT_A_DEPARTMENT, name=row.parent, **hint)
    return departments.get(row.parent)


def _add(draft: Draft, row: Change, column: str, unit: Unit) -> Unit | None:
    """Add a unit that begins on the day, unless its name is taken there."""
    taken = any(
        other.name == unit.name
        and other.parent_id == unit.parent_id
        and other.is_department == unit.is_department
        for other in draft.units_after()
    )
    if taken:
        draft.wrong(row, column, TransferFaultCode.UNIT_EXISTS, name=unit.name)
        return None
    draft.units[unit.id] = unit
    return unit


def _establish(draft: Draft, row: Change) -> None:
    department = _department(draft, row) if row.parent else None
    if row.parent and department is None:
        return
    siblings = [u.sort_order for u in draft.units_after() if u.parent_id == _id(department)]
    body = department.executive_body if department else "市長"
    _add(
        draft,
        row,
        "unit",
        Unit(
            id=draft.number(),
            name=row.unit,
            is_department=department is None,
            parent_id=_id(department),
            executive_body="議会" if department is None and _COUNCIL in row.unit else body,
            sort_order=max(siblings, default=-1) + 1,
            valid_from=draft.day,
        ),
    )


def _id(unit: Unit | None) -> int | None:
    return unit.id if unit else None


def _rename(draft: Draft, unit: Unit, row: Change) -> None:
    parent_id = unit.parent_id
    if unit.is_department and row.parent:
        code = TransferFaultCode.CELL_NOT_USED
        draft.wrong(row, "parent", code, kind="改称（部局）")
        return
    if row.parent:
        department = _department(draft, row)
        if department is None:
            return
        parent_id = department.id
    elif parent_id is not None:
        # A department that ends without this section's own word takes it along or leaves it.
        parent_id = draft.units[parent_id].successor_id or parent_id
    if row.successor == unit.name and parent_id == unit.parent_id:
        draft.wrong(row, "successor", TransferFaultCode.NOTHING_CHANGES)
        return
    _succeed(draft, row, unit, row.successor, parent_id)


def _succeed(draft: Draft, row: Change, unit: Unit, name: str, parent_id: int | None) -> None:
    """Put a new unit in the place of the old one, with all its posts."""
    begun = replace(
        unit,
        id=draft.number(),
        name=name,
        parent_id=parent_id,
        valid_from=draft.day,
        successor_id=None,
    )
    if _add(draft, row, "successor", begun) is None:
        return
    draft.units[unit.id] = replace(draft.units[unit.id], successor_id=begun.id)
    for post in list(draft.posts.values()):
        if post.unit_id == unit.id and draft.standing(post.valid_until):
            number = draft.number()
            draft.posts[number] = replace(post, id=number, unit_id=begun.id, valid_from=draft.day)
            draft.carried_posts[post.id] = number
            draft.end_post(row, post)


def _carry_sections(draft: Draft, renamed: list[tuple[Unit, Change]]) -> None:
    """The sections of a renamed department go on under their names in the new one."""
    for department, row in renamed:
        successor = draft.units[department.id].successor_id
        if not department.is_department or successor is None:
            continue
        for section in draft.units_before():
            if section.parent_id == department.id and section.id not in draft.ending_units:
                draft.ending_units[section.id] = row.row
                draft.end_unit(row, section)
                _succeed(draft, row, section, section.name, successor)


def _hand_over(draft: Draft, unit: Unit, row: Change) -> None:
    """廃止 and 統合: posts end, the successor takes the sheets."""
    for post in list(draft.posts.values()):
        if post.unit_id == unit.id and draft.standing(post.valid_until):
            draft.end_post(row, post)
    if not row.successor:
        return
    gone = {u.name: u.id for u in draft.units_before() if u.id in draft.ending_units}
    if row.successor in gone and row.successor not in {u.name for u in draft.units_after()}:
        ends_by = draft.ending_units[gone[row.successor]]
        code = TransferFaultCode.UNIT_ENDS
        draft.wrong(row, "successor", code, name=row.successor, row=ends_by)
        return
    successor = draft.find_unit(row, "successor", row.successor, draft.units_after())
    if successor is None:
        return
    if unit.is_department and not successor.is_department:
        code = TransferFaultCode.SUCCESSOR_KIND
        draft.wrong(row, "successor", code, name=successor.name)
        return
    draft.units[unit.id] = replace(draft.units[unit.id], successor_id=successor.id)


def _check_left_behind(draft: Draft, ending: list[tuple[Unit, Change]]) -> None:
    for unit, row in ending:
        left = [u.name for u in draft.units_after() if u.parent_id == unit.id]
        if left:
            draft.wrong(row, "unit", TransferFaultCode.SECTIONS_LEFT, sections="、".join(left))


def _check_bureau(draft: Draft, ending: list[tuple[Unit, Change]]) -> None:
    for unit, row in ending:
        is_bureau = unit.id == draft.before.policy_bureau_id
        if is_bureau and row.kind is ChangeKind.ABOLISH and not row.successor:
            draft.wrong(row, "successor", TransferFaultCode.BUREAU_ENDS, name=unit.name)
