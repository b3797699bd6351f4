"""What a sheet still lacks, in words, and the field where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web import forms
from web.cost_forms import cost_field
from web.language import gettext as _
from web.language import locale
from web.paper import circled, field_names
from workflow.errors import Fault
from workflow.messages import say, say_error
from workflow.oddities import oddities
from workflow.sheet.completeness import Missing
from workflow.sheet.content import ROW_KEYS, SheetContent

_ROW = re.compile(r"(indicators|projects)\[([^\]]+)\]")


@dataclass(frozen=True)
class Gap:
    """One thing that is missing.

    Attributes:
        field: the id of its field on the edit page, or on the page of costs.
    """

    field: str
    label: str
    text: str
    in_costs: bool = False


def gaps_in_words(content: SheetContent, missing: Iterable[Missing]) -> list[Gap]:
    """Everything that is missing, in the order of the sheet."""
    return [_gap(content, one) for one in missing]


def _gap(content: SheetContent, missing: Missing) -> Gap:
    text = say(missing.code, locale=locale())
    row = _ROW.match(missing.path)
    if row is None:
        return Gap(missing.path, field_names(content)[missing.path], text)
    if row[1] == "indicators":
        name = next(i.name for i in content.indicators if str(i.number) == row[2])
        label = _("指標%(number)s %(name)s", number=circled(int(row[2])), name=name)
        return Gap(f"actuals-{row[2]}", label, text)
    name = next(p.name for p in content.projects if p.code == row[2])
    label = _("事業 %(code)s %(name)s", code=row[2], name=name)
    return Gap(cost_field(row[2]), label, text, in_costs=True)


def oddities_in_words(content: SheetContent) -> list[Gap]:
    """What a reader cannot see in any text of the sheet, or what differs between machines."""
    found = oddities(content.model_dump(), row_keys=ROW_KEYS)
    return [odd_in_words(content, fault) for fault in found]


def odd_in_words(content: SheetContent, fault: Fault) -> Gap:
    """One of these, with the field where it stands."""
    text = say_error(fault, locale=locale())
    labels = field_labels(content)
    row = _ROW.match(fault.path)
    field = fault.path.partition(".")[0]
    if row is not None:
        field = f"actuals-{row[2]}" if row[1] == "indicators" else cost_field(row[2])
    return Gap(
        field, labels.get(field, _("計画の内容")), text, in_costs=bool(row and row[1] == "projects")
    )


def odd_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """The same for the boxes of a form: field → sentences."""
    found: dict[str, str] = {}
    for fault in oddities(texts):
        found[fault.path] = found.get(fault.path, "") + say_error(fault, locale=locale())
    return found


def contents(content: SheetContent) -> list[tuple[str, str]]:
    """Field id and name of each part of the edit page, for the list at its side."""
    names = field_names(content)
    listed = []
    for field in forms.ORDER:
        if field != "actuals":
            listed.append((field, names[field]))
        elif content.indicators:
            listed.append((f"actuals-{content.indicators[0].number}", _("指標の実績")))
    return listed


def field_labels(content: SheetContent) -> dict[str, str]:
    """Every field of the edit page and of the page of costs, by its id."""
    labels = field_names(content)
    for indicator in content.indicators:
        labels[f"actuals-{indicator.number}"] = _(
            "指標%(number)s %(name)s", number=circled(indicator.number), name=indicator.name
        )
    for project in content.projects:
        label = _("事業 %(code)s %(name)s", code=project.code, name=project.name)
        labels[cost_field(project.code)] = label
        labels[cost_field(project.code, personnel=True)] = label
    return labels


def open_fields(content: SheetContent, missing: Iterable[Missing]) -> frozenset[str]:
    """Which parts of that list still lack something; ``costs`` stands for the page of costs."""
    found = set()
    for gap in gaps_in_words(content, missing):
        if gap.in_costs:
            found.add("costs")
        elif gap.field.startswith("actuals-"):
            found.add(f"actuals-{content.indicators[0].number}")
        else:
            found.add(gap.field)
    return frozenset(found)
