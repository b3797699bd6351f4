"""Writes a plan file's rows: organisation, plan, figures; set-based, one statement per table.

Everything here is an upsert by natural key, so that the same file taken in twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.exchange.plan_file import PlanFile
from workflow.exchange.unit_names import units_named
from workflow.sheet.fields import decimal_of

Units = Mapping[tuple[str, str | None], int]


def _rows(statement: str) -> sa.TextClause:
    return sa.text(statement).bindparams(sa.bindparam("rows", type_=JSONB))


_KNOWN_UNITS = sa.text("""
SELECT u.id, u.name, p.name AS parent
FROM org_unit u LEFT JOIN org_unit p ON p.id = u.parent_id
WHERE u.valid_from <= :today AND (u.valid_until IS NULL OR u.valid_until >= :today)
ORDER BY u.sort_order, u.id
""")
_DEPARTMENTS = _rows("""
INSERT INTO org_unit (name, kind, sort_order, executive_body, valid_from)
SELECT name, 'department', n, body, CAST(:valid_from AS date)
FROM jsonb_to_recordset(:rows) AS r(name text, n int, body text)
""")
_SECTIONS = _rows("""
INSERT INTO org_unit (name, kind, parent_id, sort_order, executive_body, valid_from)
SELECT r.name, 'section', p.id, r.n, p.executive_body, CAST(:valid_from AS date)
FROM jsonb_to_recordset(:rows) AS r(name text, department text, n int)
JOIN org_unit p ON p.name = r.department AND p.parent_id IS NULL
""")
_PLAN = sa.text("""
INSERT INTO master_plan (name, version) VALUES (:name, 1)
ON CONFLICT (name, version) DO UPDATE SET name = excluded.name RETURNING id
""")
_PILLAR = sa.text("""
INSERT INTO pillar (plan_id, code, name) VALUES (:plan, :code, :name)
ON CONFLICT (plan_id, code) DO UPDATE SET name = excluded.name RETURNING id
""")
_POLICIES = _rows("""
INSERT INTO policy (plan_id, pillar_id, code, name)
SELECT :plan, :pillar, code, name FROM jsonb_to_recordset(:rows) AS r(code text, name text)
ON CONFLICT (plan_id, code) DO UPDATE SET name = excluded.name, pillar_id = excluded.pillar_id
""")
_MEASURES = _rows("""
INSERT INTO measure (plan_id, policy_id, code, name, is_regional_revitalization,
                     responsible_department_id, lead_section_id)
SELECT :plan, p.id, r.code, r.name, r.revitalization, r.department, r.section
FROM jsonb_to_recordset(:rows) AS r(code text, name text, policy text, revitalization boolean,
                                    department bigint, section bigint)
JOIN policy p ON p.plan_id = :plan AND p.code = r.policy
ON CONFLICT (plan_id, code) DO UPDATE SET
    name = excluded.name, policy_id = excluded.policy_id,
    is_regional_revitalization = excluded.is_regional_revitalization,
    responsible_department_id = excluded.responsible_department_id,
    lead_section_id = excluded.lead_section_id
RETURNING code, id
""")
_CLEAR_RELATED = sa.text("DELETE FROM measure_related_department WHERE measure_id = ANY (:ids)")
_RELATED = _rows("""
INSERT INTO measure_related_department (measure_id, position, unit_id)
SELECT measure, position, unit
FROM jsonb_to_recordset(:rows) AS r(measure bigint, position int, unit bigint)
""")
_PROJECTS = _rows("""
INSERT INTO project (plan_id, measure_id, code, name, is_major_project)
SELECT :plan, measure, code, name, major
FROM jsonb_to_recordset(:rows) AS r(measure bigint, code text, name text, major boolean)
ON CONFLICT (plan_id, code) DO UPDATE SET measure_id = excluded.measure_id,
    name = excluded.name, is_major_project = excluded.is_major_project
RETURNING code, id
""")
_CLEAR_SECTIONS = sa.text("DELETE FROM project_section WHERE project_id = ANY (:ids)")
_PROJECT_SECTIONS = _rows("""
INSERT INTO project_section (project_id, position, unit_id)
SELECT project, position, unit
FROM jsonb_to_recordset(:rows) AS r(project bigint, position int, unit bigint)
""")
_CLEAR_ACCOUNTS = sa.text("DELETE FROM project_account WHERE project_id = ANY (:ids)")
_ACCOUNTS = _rows("""
INSERT INTO project_account (project_id, position, account)
SELECT project, position, account
FROM jsonb_to_recordset(:rows) AS r(project bigint, position int, account text)
""")
_COSTS = _rows("""
INSERT INTO project_figure (project_id, fiscal_year, kind, project_cost, personnel_cost)
SELECT project, year, 'settlement', cost, personnel
FROM jsonb_to_recordset(:rows) AS r(project bigint, year int, cost bigint, personnel bigint)
ON CONFLICT (project_id, fiscal_year, kind) DO UPDATE SET
    project_cost = excluded.project_cost, personnel_cost = excluded.personnel_cost
""")
_INDICATORS = _rows("""
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
_FIGURES = _rows("""
INSERT INTO indicator_figure (indicator_id, fiscal_year, target_value, target_text,
                              actual_value, actual_text)
SELECT indicator, year, target_value, target_text, actual_value, actual_text
FROM jsonb_to_recordset(:rows) AS r(indicator bigint, year int, target_value numeric,
    target_text text, actual_value numeric, actual_text text)
ON CONFLICT (indicator_id, fiscal_year) DO UPDATE SET
    target_value = excluded.target_value, target_text = excluded.target_text,
    actual_value = excluded.actual_value, actual_text = excluded.actual_text
""")
_OUTLINES = _rows("""
INSERT INTO major_project_outline (project_id, fiscal_year, body)
SELECT project, :year, body FROM jsonb_to_recordset(:rows) AS r(project bigint, body text)
ON CONFLICT (project_id, fiscal_year) DO UPDATE SET body = excluded.body
""")

#: Organs whose head is not the mayor; found by the name, editable afterwards.
_COUNCIL_WORDS = ("議会",)


def known_units(ctx: Context) -> dict[tuple[str, str | None], int]:
    """Ids of the units of today: (department, None) and (department, section)."""
    return {
        ((row.parent, row.name) if row.parent else (row.name, None)): row.id
        for row in ctx.execute(_KNOWN_UNITS, {"today": ctx.today})
    }


def departments_of(units: Units) -> dict[str, list[str]]:
    """Sections by department, as the checks of names want them."""
    departments: dict[str, list[str]] = {}
    for department, section in units:
        departments.setdefault(department, [])
        if section is not None:
            departments[department].append(section)
    return departments


def add_organisation(ctx: Context, plan: PlanFile, valid_from: date) -> None:
    """Add the departments and sections of the file that are not known yet."""
    if plan.organisation is None:
        return
    known = known_units(ctx)
    named = plan.organisation.departments
    departments = [
        {
            "name": department.name,
            "n": n,
            "body": "議会" if any(w in department.name for w in _COUNCIL_WORDS) else "市長",
        }
        for n, department in enumerate(named)
        if (department.name, None) not in known
    ]
    ctx.execute(_DEPARTMENTS, {"rows": departments, "valid_from": valid_from})
    sections = [
        {"name": section, "department": department.name, "n": n}
        for department in named
        for n, section in enumerate(department.sections)
        if (department.name, section) not in known
    ]
    ctx.execute(_SECTIONS, {"rows": sections, "valid_from": valid_from})


def write_plan(ctx: Context, plan: PlanFile, name: str, units: Units) -> int:
    """Write pillar, policies, measures, projects and all figures; returns the plan's id."""
    departments = departments_of(units)

    def unit(label: str) -> int:
        (found,) = units_named(label, departments)
        return units[(found.department, found.section)]

    plan_id: int = ctx.execute(_PLAN, {"name": name}).scalar_one()
    pillar_id = ctx.execute(
        _PILLAR, {"plan": plan_id, "code": plan.pillar.code, "name": plan.pillar.name}
    ).scalar_one()
    policies = {m.policy.code: m.policy.name for m in plan.measures}
    ctx.execute(
        _POLICIES,
        {
            "plan": plan_id,
            "pillar": pillar_id,
            "rows": [{"code": code, "name": label} for code, label in policies.items()],
        },
    )
    measures = _ids(
        ctx,
        _MEASURES,
        plan_id,
        (
            {
                "code": m.code,
                "name": m.name,
                "policy": m.policy.code,
                "revitalization": m.is_regional_revitalization,
                "department": units[(m.responsible_department, None)],
                "section": unit(m.lead_section),
            }
            for m in plan.measures
        ),
    )
    ctx.execute(_CLEAR_RELATED, {"ids": list(measures.values())})
    ctx.execute(
        _RELATED,
        {
            "rows": [
                {"measure": measures[m.code], "position": n, "unit": units[(label, None)]}
                for m in plan.measures
                for n, label in enumerate(m.related_departments)
            ]
        },
    )
    _write_projects(ctx, plan, plan_id, measures, unit)
    _write_indicators(ctx, plan, measures)
    return plan_id


def _ids(
    ctx: Context, statement: sa.TextClause, plan_id: int, rows: Iterable[dict[str, Any]]
) -> dict[str, int]:
    return {
        row.code: row.id for row in ctx.execute(statement, {"plan": plan_id, "rows": list(rows)})
    }


def _write_projects(
    ctx: Context, plan: PlanFile, plan_id: int, measures: Mapping[str, int], unit: Any
) -> None:
    listed = [(measures[m.code], p) for m in plan.measures for p in m.projects]
    projects = _ids(
        ctx,
        _PROJECTS,
        plan_id,
        (
            {"measure": m, "code": p.code, "name": p.name, "major": p.is_major_project}
            for m, p in listed
        ),
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


def _write_indicators(ctx: Context, plan: PlanFile, measures: Mapping[str, int]) -> None:
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
