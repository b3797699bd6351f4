"""Writes a plan file's rows: organisation and plan; set-based, one statement per table.

Everything here is an upsert by natural key, so that the same file taken in twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.exchange.plan_file import PlanFile
from workflow.exchange.unit_names import units_named
from workflow.services.plan_figures import (
    ids_by_code,
    json_rows,
    write_indicators,
    write_projects,
)

Units = Mapping[tuple[str, str | None], int]


_KNOWN_UNITS = sa.text("""
SELECT u.id, u.name, p.name AS parent
FROM org_unit u LEFT JOIN org_unit p ON p.id = u.parent_id
WHERE u.valid_from <= :today AND (u.valid_until IS NULL OR u.valid_until >= :today)
ORDER BY u.sort_order, u.id
""")
_DEPARTMENTS = json_rows("""
INSERT INTO org_unit (name, kind, sort_order, executive_body, valid_from)
SELECT name, 'department', n, body, CAST(:valid_from AS date)
FROM jsonb_to_recordset(:rows) AS r(name text, n int, body text)
""")
_SECTIONS = json_rows("""
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
_POLICIES = json_rows("""
INSERT INTO policy (plan_id, pillar_id, code, name)
SELECT :plan, :pillar, code, name FROM jsonb_to_recordset(:rows) AS r(code text, name text)
ON CONFLICT (plan_id, code) DO UPDATE SET name = excluded.name, pillar_id = excluded.pillar_id
""")
_MEASURES = json_rows("""
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
_RELATED = json_rows("""
INSERT INTO measure_related_department (measure_id, position, unit_id)
SELECT measure, position, unit
FROM jsonb_to_recordset(:rows) AS r(measure bigint, position int, unit bigint)
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
    measures = ids_by_code(
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
    write_projects(ctx, plan, plan_id, measures, unit)
    write_indicators(ctx, plan, measures)
    return plan_id
