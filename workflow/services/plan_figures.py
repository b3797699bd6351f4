"""Writes the projects, costs, indicators and figures of a plan file; set-based, by natural keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.exchange.plan_file import PlanFile
from workflow.sheet.fields import decimal_of

UnitId = Callable[[str], int]


def json_rows(statement: str) -> sa.TextClause:
    """A statement that takes many rows as one JSON parameter called ``rows``."""
    return sa.text(statement).bindparams(sa.bindparam("rows", type_=JSONB))


_PROJECTS = json_rows("""
INSERT INTO project (plan_id, measure_id, code, name, is_major_project)
SELECT :plan, measure, code, name, major
FROM jsonb_to_recordset(:rows) AS r(measure bigint, code text, name text, major boolean)
ON CONFLICT (plan_id, code) DO UPDATE SET measure_id = excluded.measure_id,
    name = excluded.name, is_major_project = excluded.is_major_project
RETURNING code, id
""")
_CLEAR_SECTIONS = sa.text("DELETE FROM project_section WHERE project_id = ANY (:ids)")
_PROJECT_SECTIONS = json_rows("""
INSERT INTO project_section (project_id, position, unit_id)
SELECT project, position, unit
FROM jsonb_to_recordset(:rows) AS r(project bigint, position int, unit bigint)
""")
_CLEAR_ACCOUNTS = sa.text("DELETE FROM project_account WHERE project_id = ANY (:ids)")
_ACCOUNTS = json_rows("""
INSERT INTO project_account (project_id, position, account)
SELECT project, position, account
FROM jsonb_to_recordset(:rows) AS r(project bigint, position int, account text)
""")
_COSTS = json_rows("""
INSERT INTO project_figure (project_id, fiscal_year, kind, project_cost, personnel_cost)
SELECT project, year, 'settlement', cost, personnel
FROM jsonb_to_recordset(:rows) AS r(project bigint, year int, cost bigint, personnel bigint)
ON CONFLICT (project_id, fiscal_year, kind) DO UPDATE SET
    project_cost = coalesce(excluded.project_cost, project_figure.project_cost),
    personnel_cost = coalesce(excluded.personnel_cost, project_figure.personnel_cost)
""")
_INDICATORS = json_rows("""
INSERT INTO indicator (measure_id, number, name, unit, direction, definition,
    baseline_fiscal_year, baseline_value, baseline_text, lower_bound, upper_bound, note)
SELECT measure, number, name, unit, direction, definition, baseline_year, baseline_value,
       baseline_text, lower_bound, upper_bound, coalesce(note, '')
FROM jsonb_to_recordset(:rows) AS r(measure bigint, number int, name text, unit text,
    direction text, definition text, baseline_year int, baseline_value numeric,
    baseline_text text, lower_bound numeric, upper_bound numeric, note text)
ON CONFLICT (measure_id, number) DO UPDATE SET name = excluded.name, unit = excluded.unit,
    direction = excluded.direction, definition = excluded.definition,
    baseline_fiscal_year = excluded.baseline_fiscal_year,
    baseline_value = excluded.baseline_value, baseline_text = excluded.baseline_text,
    lower_bound = excluded.lower_bound, upper_bound = excluded.upper_bound, note = excluded.note
RETURNING measure_id, number, id
""")
_FIGURES = json_rows("""
INSERT INTO indicator_figure (indicator_id, fiscal_year, target_value, target_text,
                              actual_value, actual_text)
SELECT indicator, year, target_value, target_text, actual_value, actual_text
FROM jsonb_to_recordset(:rows) AS r(indicator bigint, year int, target_value numeric,
    target_text text, actual_value numeric, actual_text text)
ON CONFLICT (indicator_id, fiscal_year) DO UPDATE SET
    target_value = coalesce(excluded.target_value, indicator_figure.target_value),
    target_text = coalesce(excluded.target_text, indicator_figure.target_text),
    actual_value = coalesce(excluded.actual_value, indicator_figure.actual_value),
    actual_text = coalesce(excluded.actual_text, indicator_figure.actual_text)
""")
_OUTLINES = json_rows("""
INSERT INTO major_project_outline (project_id, fiscal_year, body)
SELECT project, :year, body FROM jsonb_to_recordset(:rows) AS r(project bigint, body text)
ON CONFLICT (project_id, fiscal_year) DO UPDATE SET body = excluded.body
""")


def ids_by_code(
    ctx: Context, statement: sa.TextClause, plan_id: int, rows: Iterable[dict[str, Any]]
) -> dict[str, int]:
    """Upsert *rows* of a plan; code → id."""
    return {
        row.code: row.id for row in ctx.execute(statement, {"plan": plan_id, "rows": list(rows)})
    }


_MISSING_PROJECTS = sa.text("""
SELECT m.code AS measure, p.code AS missing FROM project p JOIN measure m ON m.id = p.measure_id
WHERE p.measure_id = ANY (:measures) AND p.code <> ALL (:named) ORDER BY 1, 2
""")
_MISSING_INDICATORS = sa.text("""
SELECT m.code AS measure, i.number AS missing FROM indicator i JOIN measure m ON m.id = i.measure_id
WHERE i.measure_id = ANY (:measures) AND i.id <> ALL (:named) ORDER BY 1, 2
""")


def _refuse_missing(ctx: Context, statement: sa.TextClause, part: str, **values: Any) -> None:
    """A measure of the file names all that is known of it; else its sheet would not be the file's.

    Raises:
        BadInput: ``invalid_file`` with a fault for each row that the file leaves out.
    """
    left_out = ctx.execute(statement, values).all()
    if left_out:
        raise BadInput(
            "invalid_file",
            tuple(
                Fault(f"measures[{row.measure}].{part}", "left_out_of_file", {"code": row.missing})
                for row in left_out
            ),
        )


def write_projects(
    ctx: Context, plan: PlanFile, plan_id: int, measures: Mapping[str, int], unit: UnitId
) -> None:
    """Write the projects with sections, accounts, settlements and outlines.

    Args:
        measures: measure code → id.
        unit: the id of the unit that a name in the file means.
    """
    listed = [(measures[m.code], p) for m in plan.measures for p in m.projects]
    projects = ids_by_code(
        ctx,
        _PROJECTS,
        plan_id,
        (
            {"measure": m, "code": p.code, "name": p.name, "major": p.is_major_project}
            for m, p in listed
        ),
    )
    _refuse_missing(
        ctx,
        _MISSING_PROJECTS,
        "projects",
        measures=[measures[m.code] for m in plan.measures],
        named=list(projects),
    )
    year = plan.target_fiscal_year
    ids = {"ids": list(projects.values())}
    ctx.execute(_CLEAR_SECTIONS, ids)
    ctx.execute(
        _PROJECT_SECTIONS,
        {
            "rows": [
                {"project": projects[p.code], "position": n, "unit": unit(label)}
                for _, p in listed
                for n, label in enumerate(p.responsible_sections)
            ]
        },
    )
    ctx.execute(_CLEAR_ACCOUNTS, ids)
    accounts = [
        (p, p.budget_accounts or ((p.budget_account,) if p.budget_account else ()))
        for _, p in listed
    ]
    ctx.execute(
        _ACCOUNTS,
        {
            "rows": [
                {"project": projects[p.code], "position": n, "account": account}
                for p, several in accounts
                for n, account in enumerate(several)
            ]
        },
    )
    costs: list[dict[str, int | None]] = [
        {
            "project": projects[p.code],
            "year": year,
            "cost": p.project_cost,
            "personnel": p.personnel_cost,
        }
        for _, p in listed
    ]
    costs += [
        {
            "project": projects[p.code],
            "year": year - 1,
            "cost": p.prior_year_project_cost,
            "personnel": p.prior_year_personnel_cost,
        }
        for _, p in listed
        if p.prior_year_project_cost is not None or p.prior_year_personnel_cost is not None
    ]
    ctx.execute(_COSTS, {"rows": costs})
    outlines = [
        {"project": projects[o.project], "body": o.model_dump_json(exclude={"project"})}
        for o in plan.major_project_outlines
    ]
    ctx.execute(_OUTLINES, {"year": year, "rows": outlines})


def write_indicators(ctx: Context, plan: PlanFile, measures: Mapping[str, int]) -> None:
    """Write the indicators and their figures of all years; *measures*: measure code → id."""
    listed = [(measures[m.code], i) for m in plan.measures for i in m.indicators]
    rows = []
    for measure, indicator in listed:
        year, text = next(iter(sorted(indicator.baseline.items())), (None, None))
        rows.append(
            {
                "measure": measure,
                "number": indicator.number,
                "name": indicator.name,
                "unit": indicator.unit,
                "direction": indicator.direction,
                "definition": indicator.definition,
                "baseline_year": int(year) if year is not None else None,
                "baseline_value": _number(text),
                "baseline_text": text,
                "lower_bound": _number(indicator.lower_bound),
                "upper_bound": _number(indicator.upper_bound),
                "note": indicator.note,
            }
        )
    ids = {(r.measure_id, r.number): r.id for r in ctx.execute(_INDICATORS, {"rows": rows})}
    _refuse_missing(
        ctx,
        _MISSING_INDICATORS,
        "indicators",
        measures=[measures[m.code] for m in plan.measures],
        named=list(ids.values()),
    )
    figures = [
        {
            "indicator": ids[(measure, i.number)],
            "year": int(year),
            "target_value": _number(i.targets.get(year)),
            "target_text": i.targets.get(year),
            "actual_value": _number(i.actuals.get(year)),
            "actual_text": i.actuals.get(year),
        }
        for measure, i in listed
        for year in sorted({*i.targets, *i.actuals})
    ]
    ctx.execute(_FIGURES, {"rows": figures})


def _number(printed: str | None) -> str | None:
    """Exact digits for a numeric column; JSON carries them as a string, never as a float."""
    return None if printed is None else str(decimal_of(printed))
