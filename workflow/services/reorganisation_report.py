"""What a reorganisation leads to, as a dry run says it: what moves to whom, what has no owner.

Pure, from the organisation before and after and from the sheets that are on their way. The stages
of a sheet are looked at with the same ``eligible`` that decides on the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from workflow.definition.eligibility import eligible
from workflow.definition.facts import EvaluationFacts, Grant, Holder, Rank
from workflow.definition.model import Stage
from workflow.organisation.draft import Decided
from workflow.organisation.state import Organisation, holds_on
from workflow.services.kept_steps import kept_of
from workflow.services.loading import LoadedEvaluation
from workflow.services.organisation_rows import roster
from workflow.services.reorganisation_lines import (
    DrafterLine,
    MeasureLine,
    MeasureUnits,
    Ownerless,
    PersonLine,
    Report,
    RoleLine,
    SheetLine,
    StageLine,
    UnitLine,
)
from workflow.services.roster import capacity

#: Ranks of which a vacancy stops approvals; a 主査 who is not replaced does not.
_LEADING = (Rank.DIRECTOR, Rank.DEPUTY_DIRECTOR, Rank.SECTION_CHIEF)


def report(
    before: Organisation,
    after: Organisation,
    decided: Decided,
    *,
    today: date,
    day: date,
    sheets: Sequence[LoadedEvaluation],
    names: Mapping[int, str],
    measures: Sequence[MeasureUnits],
) -> Report:
    """Compare the organisation of *today* with that of *day*.

    Args:
        names: measure id → its name, for the sheets.
    """
    now, then = roster(before, today), roster(after, day)
    # A step is kept by those who move, not by those whose account ends.
    gone = {held.id for held in before.holdings if after.people[held.person_id].is_disabled}
    staying = {row.id for row in decided.ended_holdings} - gone
    owners = {unit: after.owner_on(unit, day) for unit in before.units}
    lines: list[SheetLine] = []
    ownerless: list[Ownerless] = []
    drafters: list[DrafterLine] = []
    for sheet in sheets:
        name = names[sheet.subject_id]
        units = {role: after.owner_on(unit, day) for role, unit in sheet.facts.units.items()}
        old = replace(sheet.facts, roster=now)
        related = (after.owner_on(unit, day) for unit in sheet.facts.related)
        new = replace(
            sheet.facts,
            units=units,
            related=tuple(dict.fromkeys(unit for unit in related if unit is not None)),
            roster=then,
        )
        roles = _roles(after, sheet.facts.units.items(), day)
        new = replace(new, kept=kept_of(sheet.definition, old, new, staying, owners))
        stages = _stages(sheet, old, new)
        changed = tuple(line for line in stages if line.is_kept or line.before != line.after)
        if roles or changed:
            lines.append(SheetLine(sheet.id, sheet.code, name, roles, changed))
        what = f"{sheet.code} {name}"
        ownerless += [
            Ownerless("sheet", what, role.role, sheet.id) for role in roles if role.after is None
        ]
        ownerless += [
            Ownerless("stage", what, line.label, sheet.id, line.label_en)
            for line in stages
            if not line.after
        ]
        drafters += _leaving(sheet, name, old, new)
    moving = []
    for item in measures:
        roles = _roles(after, item.units, day)
        if roles:
            moving.append(MeasureLine(item.code, item.name, roles))
        what = f"{item.code} {item.name}"
        ownerless += [Ownerless(item.kind, what, r.role) for r in roles if r.after is None]
    ownerless += _empty_posts(before, after, today, day)
    ownerless += _lost_grants(before, after, today, day)
    return Report(
        effective_on=day,
        units=_units(after, decided),
        people=_people(before, after, decided, today, day),
        sheets=tuple(lines),
        measures=tuple(moving),
        ownerless=tuple(ownerless),
        drafters=tuple(drafters),
        unplaced=_unplaced(before, after, decided, today, day),
        crowded=_crowded(after, day),
    )


def _roles(
    after: Organisation, units: Iterable[tuple[str, int | None]], day: date
) -> tuple[RoleLine, ...]:
    lines = []
    for role, unit_id in units:
        owner = after.owner_on(unit_id, day)
        if unit_id is not None and owner != unit_id and role != "policy_bureau":
            name = after.units[owner].name if owner is not None else None
            lines.append(RoleLine(role, after.units[unit_id].name, name))
    return tuple(lines)


def _stages(
    sheet: LoadedEvaluation, old: EvaluationFacts, new: EvaluationFacts
) -> tuple[StageLine, ...]:
    definition = sheet.definition
    here = definition.position(sheet.facts.state)

    def people(stage: Stage, facts: EvaluationFacts) -> tuple[str, ...]:
        return tuple(_named(holder) for holder in eligible(definition, stage, facts).holders)

    return tuple(
        StageLine(
            stage=stage.key,
            label=stage.label,
            label_en=stage.label_en,
            is_present=stage.key == sheet.facts.state,
            is_kept=new.kept is not None and new.kept.stage == stage.key,
            before=people(stage, old),
            after=people(stage, new),
        )
        for stage in definition.stages[here:]
        if not stage.final
    )


def _named(holder: Holder) -> str:
    return f"{holder.title} {holder.name}"


def _leaving(
    sheet: LoadedEvaluation, name: str, old: EvaluationFacts, new: EvaluationFacts
) -> list[DrafterLine]:
    """Who moves away from a draft: those who wrote in it, all who leave where nobody did."""
    stage = sheet.definition.stage(sheet.facts.state)
    if not stage.editable:
        return []
    staying = {h.person_id for h in eligible(sheet.definition, stage, new).holders}
    leaving = {
        holder.person_id: holder
        for holder in eligible(sheet.definition, stage, old).holders
        if holder.person_id not in staying
    }
    wrote = {key: holder for key, holder in leaving.items() if key in sheet.facts.authors}
    return [
        DrafterLine(sheet.id, sheet.code, name, key, _named(holder))
        for key, holder in (wrote or leaving).items()
    ]


def _units(after: Organisation, decided: Decided) -> tuple[UnitLine, ...]:
    successors = dict(decided.successors)
    ended = [
        UnitLine(
            full_name(after, row.id),
            full_name(after, successors[row.id]) if row.id in successors else None,
        )
        for row in decided.ended_units
    ]
    taken = set(successors.values())
    begun = [
        UnitLine(None, full_name(after, unit.id))
        for unit in decided.new_units
        if unit.id not in taken
    ]
    return tuple(begun + ended)


def full_name(organisation: Organisation, unit_id: int) -> str:
    """``部局/課``, or the department alone."""
    unit = organisation.units[unit_id]
    parent = organisation.units.get(unit.parent_id or 0)
    return f"{parent.name}/{unit.name}" if parent else unit.name


def _posts(organisation: Organisation, day: date) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for holding in sorted(organisation.holdings_on(day), key=lambda h: (not h.is_primary, h.id)):
        post = organisation.posts[holding.post_id]
        title = capacity(organisation.units[post.unit_id].name, post.title)
        found.setdefault(holding.person_id, []).append(title)
    return found


def _people(
    before: Organisation, after: Organisation, decided: Decided, today: date, day: date
) -> tuple[PersonLine, ...]:
    old, new = _posts(before, today), _posts(after, day)
    hired = {person.id for person in decided.hired}
    touched = {held.person_id for held in decided.new_holdings} | set(decided.retired) | hired
    ended = {row.id for row in decided.ended_holdings}
    touched |= {held.person_id for held in before.holdings if held.id in ended}
    return tuple(
        PersonLine(
            sign_in_name=after.people[key].sign_in_name,
            name=after.people[key].name,
            before=tuple(old.get(key, ())),
            after=tuple(new.get(key, ())),
            is_new=key in hired,
            retires=key in decided.retired,
        )
        for key in sorted(touched, key=lambda key: after.people[key].sign_in_name)
    )


def _unplaced(
    before: Organisation, after: Organisation, decided: Decided, today: date, day: date
) -> tuple[str, ...]:
    old, new = _posts(before, today), _posts(after, day)
    return tuple(
        f"{titles[0]} {after.people[key].name}"
        for key, titles in sorted(old.items())
        if key not in new and key not in decided.retired and not after.people[key].is_disabled
    )


def _empty_posts(
    before: Organisation, after: Organisation, today: date, day: date
) -> list[Ownerless]:
    """Leading posts that somebody holds today and nobody on the day; units left without anybody."""
    had = {held.post_id for held in before.holdings_on(today)}
    # A post that is carried into a renamed unit is the same post.
    had_names = {(before.posts[key].title, before.posts[key].unit_id) for key in had}
    has = {held.post_id for held in after.holdings_on(day)}
    lines = []
    for post in after.posts.values():
        if post.valid_until is not None and post.valid_until < day:
            continue
        was_held = post.id in had or any(
            title == post.title and after.owner_on(unit, day) == post.unit_id
            for title, unit in had_names
        )
        if post.rank in _LEADING and was_held and post.id not in has:
            name = capacity(after.units[post.unit_id].name, post.title)
            lines.append(Ownerless("post", name, ""))
    occupied = {after.posts[key].unit_id for key in has}
    staffed = {after.owner_on(before.posts[key].unit_id, day) for key in had}
    return lines + [
        Ownerless("unit", full_name(after, unit_id), "")
        for unit_id in sorted(unit for unit in staffed if unit is not None)
        if unit_id not in occupied
    ]


def _lost_grants(
    before: Organisation, after: Organisation, today: date, day: date
) -> list[Ownerless]:
    """Rights that somebody has today and nobody on the day: who would publish, or administer?"""

    def roles(organisation: Organisation, on: date) -> set[str]:
        return {
            grant.role
            for grant in organisation.grants
            if holds_on(on, grant.valid_from, grant.valid_until)
            and not organisation.people[grant.person_id].is_disabled
        }

    left = roles(before, today) - roles(after, day)
    return [Ownerless("grant", role.value, "") for role in Grant if role in left]


def _crowded(after: Organisation, day: date) -> tuple[str, ...]:
    holders: dict[int, list[str]] = {}
    for held in after.holdings_on(day):
        if after.posts[held.post_id].rank in _LEADING:
            holders.setdefault(held.post_id, []).append(after.people[held.person_id].name)
    return tuple(
        f"{capacity(after.units[after.posts[key].unit_id].name, after.posts[key].title)}: "
        + "、".join(names)
        for key, names in sorted(holders.items())
        if len(names) > 1
    )
