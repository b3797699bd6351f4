"""What must agree between the fields of a plan file.

The checks read the raw tree and pass over whatever has the wrong shape, so that one run finds the
disagreements beside the wrong shapes (``validation_faults`` tells of those).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, TypeGuard

from workflow.calendar.era import (
    FIRST_FISCAL_YEAR,
    LAST_FISCAL_YEAR,
    FiscalYearNotUnderstood,
    japanese_fiscal_year,
    parse_fiscal_year,
)
from workflow.exchange.faults import FaultCode, Finding, Location, path_text, repeats
from workflow.exchange.field_types import exact_text, is_account, is_figure
from workflow.exchange.plan_model import USUAL_POLICY_BUREAU
from workflow.exchange.unit_names import Departments, NameCheck

#: A year with its era, or of four digits, among other words.
_YEAR_WORDS = re.compile(
    r"(?:明治|大正|昭和|平成|令和|[MTSHR]\.?)\s*(?:元|[0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*(?:年度?)?"
    r"|(?<![0-9])[12][0-9]{3}\s*(?:年度?)"
)
#: A part of the tree with its place.
Part = tuple[Location, Mapping[str, Any]]


def cross_findings(tree: object) -> list[Finding]:
    """Return every disagreement in *tree*, the parsed file."""
    if not isinstance(tree, Mapping):
        return []
    root: Part = ((), tree)
    measures = list(_parts(root, "measures"))
    checks: Iterable[Iterable[Finding]] = (
        _year_label(tree),
        _duplicates_of(tree, measures),
        _policy_names(measures),
        chain.from_iterable(_rating(tree, measure) for measure in measures),
        chain.from_iterable(map(_related, measures)),
        chain.from_iterable(map(_total, measures)),
        chain.from_iterable(map(_figures, _below(measures, "indicators"))),
        chain.from_iterable(map(_accounts, _below(measures, "projects"))),
        _outlines(root, measures),
        _own_units(tree),
    )
    return list(chain.from_iterable(checks))


def unit_findings(tree: Mapping[str, Any], departments: Departments) -> list[Finding]:
    """Return every name of a unit in *tree* that *departments* does not know."""
    check = NameCheck(departments)
    found = list(_named(((), tree), "policy_bureau", check.department))
    for measure in _parts(((), tree), "measures"):
        found += _named(measure, "responsible_department", check.department)
        found += _named(measure, "related_departments", check.department)
        found += _named(measure, "lead_section", check.section)
        for project in _parts(measure, "projects"):
            found += _named(project, "responsible_sections", check.section)
    return found


def _duplicates_of(tree: Mapping[str, Any], measures: list[Part]) -> Iterator[Finding]:
    root: Part = ((), tree)
    organisation = _inside(root, "organisation")
    departments = list(_parts(organisation, "departments"))
    projects = list(_below(measures, "projects"))
    yield from repeats(_values(measures, "code"))
    yield from repeats(_values(projects, "code"))
    yield from repeats(_values(departments, "name"))
    yield from repeats(_values(_parts(root, "major_project_outlines"), "project"))
    yield from repeats(_items(root, "rating_scale"))
    for department in departments:
        yield from repeats(_items(department, "sections"))
    for measure in measures:
        yield from repeats(_values(_parts(measure, "indicators"), "number"))
        yield from repeats(_items(measure, "related_departments"))
    for project in projects:
        yield from repeats(_items(project, "responsible_sections"))
        yield from repeats(_items(project, "budget_accounts"))


def _policy_names(measures: list[Part]) -> Iterator[Finding]:
    first: dict[str, tuple[Location, str]] = {}
    for measure in measures:
        location, policy = _inside(measure, "policy")
        code, name = _word(policy.get("code")), _word(policy.get("name"))
        if code is None or name is None:
            continue
        place, other = first.setdefault(code, (location, name))
        if other != name:
            told = {"code": code, "name": name, "first": path_text(place), "other": other}
            yield Finding((*location, "name"), FaultCode.POLICY_NAME_DISAGREES, told)


def _year_label(tree: Mapping[str, Any]) -> Iterator[Finding]:
    """What the label prints must be the year; a label that names no year contradicts nothing."""
    year, label = tree.get("target_fiscal_year"), _word(tree.get("fiscal_year_label"))
    if not _is_whole(year) or label is None:
        return
    named = [other for other in _years_in(label) if other != year]
    if named and FIRST_FISCAL_YEAR <= year <= LAST_FISCAL_YEAR:
        told = {"label": label, "year": year, "printed": japanese_fiscal_year(year)}
        told |= {"named": japanese_fiscal_year(named[0])}
        yield Finding(("fiscal_year_label",), FaultCode.YEAR_LABEL_DISAGREES, told)


def _years_in(label: str) -> list[int]:
    """The fiscal years that a label names, whole or among other words."""
    years = []
    for part in (label, *_YEAR_WORDS.findall(unicodedata.normalize("NFKC", label))):
        try:
            years.append(parse_fiscal_year(part))
        except FiscalYearNotUnderstood:
            continue
    return years


def _related(measure: Part) -> Iterator[Finding]:
    """A department does not answer to itself."""
    own = _word(measure[1].get("responsible_department"))
    for place, name in _items(measure, "related_departments"):
        if name == own:
            yield Finding(place, FaultCode.RELATED_TO_ITSELF, {"name": name})


def _rating(tree: Mapping[str, Any], measure: Part) -> Iterator[Finding]:
    location, fields = measure
    rating, levels = fields.get("rating"), len(_sequence(tree.get("rating_scale")))
    # A rating below 1 is told of by the model.
    if _is_whole(rating) and levels and rating > levels:
        told = {"shown": rating, "range_ja": f"1以上{levels}以下", "range_en": f"1 to {levels}"}
        yield Finding((*location, "rating"), FaultCode.OUT_OF_RANGE, told)


def _total(measure: Part) -> Iterator[Finding]:
    location, fields = measure
    projects, printed = fields.get("projects"), fields.get("total_project_cost")
    costs = [
        entry.get("project_cost") if isinstance(entry, Mapping) else None
        for entry in _sequence(projects)
    ]
    # Where a cost cannot be read the sum says nothing.
    if not isinstance(projects, list) or not _is_whole(printed) or not all(map(_is_whole, costs)):
        return
    computed = sum(filter(_is_whole, costs))
    if computed != printed:
        told = {"printed": printed, "computed": computed, "difference": printed - computed}
        yield Finding((*location, "total_project_cost"), FaultCode.TOTAL_DISAGREES, told)


def _figures(indicator: Part) -> Iterator[Finding]:
    location, fields = indicator
    baseline = fields.get("baseline")
    if isinstance(baseline, Mapping) and len(baseline) > 1:
        told = {"years": "、".join(map(str, baseline))}
        yield Finding((*location, "baseline"), FaultCode.SEVERAL_BASELINES, told)
    lower, upper = fields.get("lower_bound"), fields.get("upper_bound")
    if is_figure(lower) and is_figure(upper) and Decimal(lower) > Decimal(upper):
        bounds = {"lower": lower, "upper": upper}
        yield Finding((*location, "lower_bound"), FaultCode.BOUNDS_REVERSED, bounds)


def _accounts(project: Part) -> Iterator[Finding]:
    location, fields = project
    account, accounts = fields.get("budget_account"), _sequence(fields.get("budget_accounts"))
    if is_account(account) and accounts and account not in accounts:
        told = {"account": account}
        yield Finding((*location, "budget_account"), FaultCode.ACCOUNTS_DISAGREE, told)


def _outlines(root: Part, measures: list[Part]) -> Iterator[Finding]:
    # Without any measure the fault lies there, not in each outline.
    codes = {code for _, code in _values(_below(measures, "projects"), "code")}
    for outline in _parts(root, "major_project_outlines"):
        location, fields = outline
        code = _word(fields.get("project"))
        if code is not None and measures and code not in codes:
            told = {"code": code}
            yield Finding((*location, "project"), FaultCode.UNKNOWN_PROJECT, told)
        for place, table in _parts(outline, "tables"):
            columns = len(_sequence(table.get("header")))
            for number, row in enumerate(_sequence(table.get("rows"))):
                cells = len(_sequence(row))
                if columns and isinstance(row, list | tuple) and cells != columns:
                    widths = {"cells": cells, "columns": columns}
                    yield Finding((*place, "rows", number), FaultCode.ROW_WIDTH, widths)


def _own_units(tree: Mapping[str, Any]) -> Iterator[Finding]:
    departments = _own_departments(tree.get("organisation"))
    if departments is None:
        return
    if tree.get("policy_bureau") is None and USUAL_POLICY_BUREAU not in departments:
        yield Finding(("policy_bureau",), FaultCode.POLICY_BUREAU_MISSING)
    yield from unit_findings(tree, departments)


def _own_departments(organisation: object) -> Departments | None:
    """The file's own units, or None where they are absent or not whole.

    With half an organisation every name of the other half would be told as unknown.
    """
    entries = organisation.get("departments") if isinstance(organisation, Mapping) else None
    if not isinstance(entries, list) or not entries:
        return None
    departments: dict[str, set[str]] = {}
    for entry in entries:
        name = _word(entry.get("name")) if isinstance(entry, Mapping) else None
        sections = entry.get("sections", []) if isinstance(entry, Mapping) else None
        words = [_word(section) for section in _sequence(sections)]
        if name is None or not isinstance(sections, list) or None in words:
            return None
        departments.setdefault(name, set()).update(word for word in words if word is not None)
    return departments


def _named(
    part: Part, field: str, check: Callable[[Location, str], list[Finding]]
) -> Iterator[Finding]:
    location, fields = part
    if (name := _word(fields.get(field))) is not None:
        yield from check((*location, field), name)
    for place, value in _items(part, field):
        if isinstance(value, str):
            yield from check(place, value)


def _below(parts: Iterable[Part], field: str) -> Iterator[Part]:
    return chain.from_iterable(_parts(part, field) for part in parts)


def _parts(part: Part, field: str) -> Iterator[Part]:
    """The objects in a list field, with their places."""
    location, fields = part
    for number, entry in enumerate(_sequence(fields.get(field))):
        if isinstance(entry, Mapping):
            yield (*location, field, number), entry


def _inside(part: Part, field: str) -> Part:
    """The object in a field; an empty one where there is none."""
    location, fields = part
    value = fields.get(field)
    return (*location, field), value if isinstance(value, Mapping) else {}


def _items(part: Part, field: str) -> Iterator[tuple[Location, Hashable]]:
    """The texts in a list field, with their places."""
    location, fields = part
    for number, entry in enumerate(_sequence(fields.get(field))):
        if (word := _word(entry)) is not None:
            yield (*location, field, number), word


def _values(parts: Iterable[Part], field: str) -> Iterator[tuple[Location, Hashable]]:
    """The same field of many objects, where it holds a text or a whole number."""
    for location, fields in parts:
        value = fields.get(field)
        if isinstance(value, str):
            yield (*location, field), exact_text(value)
        elif _is_whole(value):
            yield (*location, field), value


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _word(value: object) -> str | None:
    return exact_text(value) if isinstance(value, str) else None


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
