"""Puts a sheet together from its rows: plan, figures, working copy. Set-based, four statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.models import RevisionOrigin
from workflow.sheet.content import (
    SCHEMA_VERSION,
    CodedName,
    Indicator,
    MeasureName,
    ProjectLine,
    SheetContent,
    canonical_text,
    content_hash,
)

_HEADS = sa.text("""
SELECT e.id, c.target_fiscal_year, m.id AS measure_id, m.code, m.name,
       m.is_regional_revitalization, p.code AS policy_code, p.name AS policy_name,
       g.code AS pillar_code, g.name AS pillar_name, r.name AS responsible, l.name AS lead,
       w.fields,
       ARRAY(SELECT u.name FROM measure_related_department d JOIN org_unit u ON u.id = d.unit_id
             WHERE d.measure_id = m.id ORDER BY d.position) AS related
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
JOIN policy p ON p.id = m.policy_id
JOIN pillar g ON g.id = p.pillar_id
JOIN org_unit r ON r.id = e.responsible_department_id
JOIN org_unit l ON l.id = e.lead_section_id
JOIN working_copy w ON w.evaluation_id = e.id
WHERE e.id = ANY (:ids)
""")

_INDICATORS = sa.text("""
SELECT i.measure_id, i.number, i.name, i.unit, i.direction, i.definition, i.baseline_fiscal_year,
       i.baseline_text, i.lower_bound::text AS lower_bound, i.upper_bound::text AS upper_bound,
       i.note,
       coalesce(json_object_agg(f.fiscal_year, f.target_text)
                FILTER (WHERE f.target_text IS NOT NULL), '{}') AS targets,
       coalesce(json_object_agg(f.fiscal_year, f.actual_text)
                FILTER (WHERE f.actual_text IS NOT NULL), '{}') AS actuals
FROM indicator i LEFT JOIN indicator_figure f ON f.indicator_id = i.id
WHERE i.measure_id = ANY (:measures)
GROUP BY i.id ORDER BY i.measure_id, i.number
""")

_PROJECTS = sa.text("""
SELECT p.measure_id, p.code, p.name, p.is_major_project,
       ARRAY(SELECT a.account FROM project_account a
             WHERE a.project_id = p.id ORDER BY a.position) AS accounts,
       ARRAY(SELECT u.name FROM project_section s JOIN org_unit u ON u.id = s.unit_id
             WHERE s.project_id = p.id ORDER BY s.position) AS sections,
       (SELECT json_object_agg(f.fiscal_year, json_build_array(f.project_cost, f.personnel_cost))
        FROM project_figure f
        WHERE f.project_id = p.id AND f.kind = 'settlement') AS figures
FROM project p WHERE p.measure_id = ANY (:measures) ORDER BY p.measure_id, p.code
""")

_STORE_CONTENT = sa.text("""
INSERT INTO content (hash, schema_version, body) VALUES (:hash, :schema_version, :body)
ON CONFLICT DO NOTHING
""")

_STORE_REVISIONS = sa.text("""
WITH new AS (
    SELECT * FROM unnest(CAST(:evaluations AS bigint[]), CAST(:hashes AS bytea[]))
        AS new(evaluation_id, hash)
), stored AS (
    INSERT INTO revision (evaluation_id, number, content_hash, origin, author_id, created_at)
    SELECT n.evaluation_id,
           1 + coalesce((SELECT max(r.number) FROM revision r
                         WHERE r.evaluation_id = n.evaluation_id), 0),
           n.hash, :origin, :author, :now
    FROM new n
    RETURNING id, evaluation_id, content_hash, number
)
UPDATE evaluation e SET revision_id = s.id, content_hash = s.content_hash
FROM stored s WHERE e.id = s.evaluation_id
RETURNING e.id, s.id AS revision_id, s.number
""")


def compose(ctx: Context, evaluation_ids: Sequence[int]) -> dict[int, SheetContent]:
    """The content of each evaluation as its rows stand now, by evaluation id."""
    heads = ctx.execute(_HEADS, {"ids": list(evaluation_ids)}).all()
    measures = {"measures": [head.measure_id for head in heads]}
    indicators = _by_measure(ctx.execute(_INDICATORS, measures).mappings())
    projects = _by_measure(ctx.execute(_PROJECTS, measures).mappings())
    return {
        head.id: _content(head, indicators[head.measure_id], projects[head.measure_id])
        for head in heads
    }


def compose_one(ctx: Context, evaluation_id: int) -> SheetContent:
    """The content of one evaluation as its rows stand now."""
    return compose(ctx, [evaluation_id])[evaluation_id]


def _by_measure(rows: Iterable[Mapping[Any, Any]]) -> dict[int, list[Mapping[Any, Any]]]:
    grouped: dict[int, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["measure_id"]].append(row)
    return grouped


def _content(
    head: sa.Row[Any], indicators: list[Mapping[Any, Any]], projects: list[Mapping[Any, Any]]
) -> SheetContent:
    lines = tuple(_project(row, head.target_fiscal_year) for row in projects)
    return SheetContent(
        schema_version=SCHEMA_VERSION,
        target_fiscal_year=head.target_fiscal_year,
        pillar=CodedName(code=head.pillar_code, name=head.pillar_name),
        policy=CodedName(code=head.policy_code, name=head.policy_name),
        measure=MeasureName(
            code=head.code,
            name=head.name,
            is_regional_revitalization=head.is_regional_revitalization,
        ),
        responsible_department=head.responsible,
        related_departments=tuple(head.related),
        lead_section=head.lead,
        **head.fields,
        indicators=tuple(_indicator(row, head.target_fiscal_year) for row in indicators),
        projects=lines,
        total_project_cost=sum(line.project_cost or 0 for line in lines),
    )


def _indicator(row: Mapping[Any, Any], judged_year: int) -> Indicator:
    """What later years brought is not on the sheet of this one."""
    return Indicator(
        number=row["number"],
        name=row["name"],
        unit=row["unit"],
        direction=row["direction"],
        definition=row["definition"],
        baseline_year=row["baseline_fiscal_year"],
        baseline=row["baseline_text"],
        targets={int(year): text for year, text in row["targets"].items()},
        actuals={
            int(year): text for year, text in row["actuals"].items() if int(year) <= judged_year
        },
        lower_bound=row["lower_bound"],
        upper_bound=row["upper_bound"],
        note=row["note"],
    )


def _project(row: Mapping[Any, Any], year: int) -> ProjectLine:
    figures = row["figures"] or {}
    cost, personnel = figures.get(str(year), (None, None))
    prior_cost, prior_personnel = figures.get(str(year - 1), (None, None))
    return ProjectLine(
        code=row["code"],
        name=row["name"],
        is_major_project=row["is_major_project"],
        budget_accounts=tuple(row["accounts"]),
        project_cost=cost,
        personnel_cost=personnel,
        responsible_sections=tuple(row["sections"]),
        prior_year_project_cost=prior_cost,
        prior_year_personnel_cost=prior_personnel,
    )


def store_revisions(
    ctx: Context, contents: Mapping[int, SheetContent], origin: RevisionOrigin
) -> dict[int, bytes]:
    """Make each content the next revision of its evaluation; returns the content hashes.

    Contents that some revision held before are stored once: they are found under their hash.
    """
    if not contents:
        return {}
    texts = {key: canonical_text(content) for key, content in contents.items()}
    hashes = {key: content_hash(text) for key, text in texts.items()}
    ctx.execute(
        _STORE_CONTENT,
        [
            {"hash": hashes[key], "schema_version": SCHEMA_VERSION, "body": text}
            for key, text in texts.items()
        ],
    )
    ctx.execute(
        _STORE_REVISIONS,
        {
            "evaluations": list(hashes),
            "hashes": list(hashes.values()),
            "origin": origin,
            "author": ctx.actor.person_id,
            "now": ctx.now,
        },
    )
    return hashes


def hash_of(content: SheetContent) -> bytes:
    """The hash under which *content* would be stored."""
    return content_hash(canonical_text(content))
