"""Reads a plan file: the format of the sheets that ``hyoka import`` takes.

A file is taken whole or refused whole with the path of every fault. The format is described in
``docs/exchange-format.md`` and, for machines, in ``docs/schema/plan-file.schema.json``, which is
this module's output.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from workflow.exchange.faults import MOST_FAULTS, Fault, FaultCode, FileRefused, faults_of
from workflow.exchange.input_text import UnreadableError, read_json
from workflow.exchange.plan_checks import cross_findings, unit_findings
from workflow.exchange.plan_model import (
    CYCLE_KINDS,
    CodedName,
    Department,
    Indicator,
    MajorProjectOutline,
    Measure,
    Organisation,
    OutlineFigure,
    OutlineTable,
    PlanFile,
    Project,
)
from workflow.exchange.unit_names import Departments, UnitName, units_named
from workflow.exchange.validation_faults import validated

__all__ = [
    "CYCLE_KINDS",
    "CodedName",
    "Department",
    "Fault",
    "FaultCode",
    "Indicator",
    "MajorProjectOutline",
    "Measure",
    "Organisation",
    "OutlineFigure",
    "OutlineTable",
    "PlanFile",
    "PlanFileRefused",
    "Project",
    "UnitName",
    "plan_file_schema",
    "plan_file_schema_text",
    "read_plan_file",
    "units_named",
    "unknown_units",
]


class PlanFileRefused(FileRefused):
    """The plan file is refused as a whole."""


def read_plan_file(data: bytes) -> PlanFile:
    """Return the plan in *data*, JSON in UTF-8 with or without BOM.

    Raises:
        PlanFileRefused: with every fault of the file, in the order of its tree.
    """
    try:
        tree, findings = read_json(data)
    except UnreadableError as error:
        raise PlanFileRefused(error.faults) from error
    plan, wrong = validated(PlanFile, tree)
    findings += wrong
    if len(wrong) <= MOST_FAULTS:
        findings += cross_findings(tree)
    if plan is None or findings:
        raise PlanFileRefused(faults_of(findings))
    return plan


def unknown_units(plan: PlanFile, departments: Departments) -> tuple[Fault, ...]:
    """Return a fault for each unit that *plan* names and *departments* does not have.

    For a file without ``organisation``, whose names mean units that exist already.

    Args:
        plan: a plan that was read.
        departments: department name → names of its sections, of the organisation to import into.
    """
    return faults_of(unit_findings(plan.model_dump(), departments))


@cache
def _schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PlanFile.model_json_schema(),
    }


def plan_file_schema() -> dict[str, Any]:
    """Return the format's JSON Schema (draft 2020-12).

    It tells a fault within one field; what must agree between fields only the reader checks.
    """
    return json.loads(json.dumps(_schema()))  # type: ignore[no-any-return]


def plan_file_schema_text() -> str:
    """Return the schema as it stands in ``docs/schema/plan-file.schema.json``."""
    return json.dumps(_schema(), ensure_ascii=False, indent=2) + "\n"
