"""Further cycles beside the running one: the year before, another kind, another definition."""

from __future__ import annotations

from typing import Any

from tests.city import City
from tests.sample_people import PUBLISHER
from workflow.definition.load import standard
from workflow.definition.model import Definition
from workflow.models import CycleKind
from workflow.services import cycles
from workflow.services.cycles import CycleSpec


def texts_of(city: City, code: str, **changed: Any) -> dict[str, Any]:
    """What people wrote into a sheet of the running cycle, after *changed*."""
    written = city.scalar(
        "SELECT fields FROM working_copy WHERE evaluation_id = :id", id=city.evaluation(code)
    )
    return {**written, **changed}


def open_other_cycle(
    city: City,
    fields: dict[str, dict[str, Any]],
    *,
    year: int = 2020,
    kind: CycleKind = CycleKind.EX_POST,
    definition: Definition | None = None,
) -> int:
    """Open a cycle that judges *year* (the one before), with these texts by code; its id."""
    spec = CycleSpec(
        kind=kind,
        target_fiscal_year=year,
        plan_id=city.scalar("SELECT max(id) FROM master_plan"),
        definition=definition or standard(),
        rating_scale=("☆", "☆☆", "☆☆☆", "☆☆☆☆"),
        fields=fields,
    )
    with city.application.command(city.actor(PUBLISHER)) as ctx:
        return cycles.open_cycle(ctx, spec)
