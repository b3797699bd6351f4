"""Reads the costs that sections type for their projects, in thousand yen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web.forms import Form, half_width
from workflow.errors import BadInput, Fault
from workflow.services.sheets import LARGEST_COST, Costs

_COST = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4}")


@dataclass(frozen=True)
class TypedCosts:
    """One project's two fields as typed, and what stood in them when the page was made."""

    project_cost: str
    personnel_cost: str
    seen: Costs

    @classmethod
    def of(cls, costs: Costs) -> TypedCosts:
        """The fields as they are first shown."""
        return cls(_shown(costs.project_cost), _shown(costs.personnel_cost), costs)


def _shown(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def cost_field(code: str, personnel: bool = False) -> str:
    """The id and name of a project's field; the faults of the service name the first."""
    return f"costs-{code}-personnel" if personnel else f"costs-{code}"


def typed_costs(form: Form, codes: Iterable[str]) -> dict[str, TypedCosts]:
    """Read the fields of the projects with these *codes* that are in the form.

    Raises:
        BadInput: ``invalid_form`` where the page's own values were tampered with.
    """
    found = {}
    for code in codes:
        name, personnel = cost_field(code), cost_field(code, personnel=True)
        if name not in form or personnel not in form:
            continue
        seen = Costs(_seen(form, f"seen-{code}"), _seen(form, f"seen-{code}-personnel"))
        found[code] = TypedCosts(form[name], form[personnel], seen)
    return found


def _seen(form: Form, name: str) -> int | None:
    typed = form.get(name, "")
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 16):
        raise BadInput("invalid_form")
    return int(typed) if typed else None


def readable(typed: Mapping[str, TypedCosts]) -> dict[str, TypedCosts]:
    """The projects both of whose figures can be read."""
    return {code: line for code, line in typed.items() if not costs_of({code: line})[1]}


def seen_fields(costs: Mapping[str, Costs]) -> dict[str, str]:
    """The hidden fields that say what the page has seen, after these costs were saved."""
    fields = {}
    for code, line in costs.items():
        for name, value in (
            (f"seen-{code}", line.project_cost),
            (f"seen-{code}-personnel", line.personnel_cost),
        ):
            fields[name] = "" if value is None else str(value)
    return fields


def costs_of(typed: Mapping[str, TypedCosts]) -> tuple[dict[str, Costs], tuple[Fault, ...]]:
    """The costs that were typed, in thousand yen, and every fault; empty means not known."""
    faults: list[Fault] = []
    costs = {}
    for code, line in typed.items():
        costs[code] = Costs(
            _cost(line.project_cost, cost_field(code), faults),
            _cost(line.personnel_cost, cost_field(code, personnel=True), faults),
        )
    return costs, tuple(faults)


def _cost(typed: str, path: str, faults: list[Fault]) -> int | None:
    text = half_width(typed)
    if not text:
        return None
    if not _COST.fullmatch(text) or int(text.replace(",", "")) > LARGEST_COST:
        faults.append(Fault(path, "cost_out_of_range", {"largest": f"{LARGEST_COST:,}"}))
        return None
    return int(text.replace(",", ""))
