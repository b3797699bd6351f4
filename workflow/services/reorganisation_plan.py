"""The dry run of a reorganisation: what it would lead to, or everything that stands against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import BadInput, Fault
from workflow.exchange.transfer_faults import refusal
from workflow.exchange.transfers import TransferFile
from workflow.organisation.deciding import decide_changes
from workflow.organisation.draft import Decided
from workflow.policy import Permission
from workflow.services import (
    loading,
    organisation_rows,
    reorganisation_gaps,
    reorganisation_report,
)
from workflow.services.reorganisation_lines import MeasureUnits, Report


@dataclass(frozen=True)
class Plan:
    """What a file leads to: the report for people, and what would be written."""

    report: Report
    decided: Decided


_LATEST = sa.text("""
SELECT max(effective_on) FROM reorganisation WHERE state IN ('scheduled', 'carried_out')
""")
_OPEN_SHEETS = sa.text("SELECT id FROM evaluation WHERE closed_at IS NULL ORDER BY id")
_NAMES = sa.text("SELECT id, name FROM measure")
_MEASURES = sa.text("""
SELECT 'measure' AS kind, m.code, m.name,
       jsonb_build_array(jsonb_build_array('lead_section', m.lead_section_id),
                         jsonb_build_array('responsible_department', m.responsible_department_id))
       || coalesce((SELECT jsonb_agg(jsonb_build_array('related_department', d.unit_id)
                                     ORDER BY d.position)
                    FROM measure_related_department d WHERE d.measure_id = m.id), '[]') AS units
FROM measure m
UNION ALL
SELECT 'project', p.code, p.name,
       (SELECT jsonb_agg(jsonb_build_array('project_section', s.unit_id) ORDER BY s.position)
        FROM project_section s WHERE s.project_id = p.id)
FROM project p WHERE EXISTS (SELECT 1 FROM project_section s WHERE s.project_id = p.id)
ORDER BY 1, 2
""")


def plan(ctx: Context, file: TransferFile, *, effective_on: date) -> Plan:
    """Find out what *file* would lead to; nothing is written (the dry run).

    Raises:
        Refused: ``administrators_only``.
        BadInput: a day in the past, or one that is not after every reorganisation applied so far.
        TransferFileRefused: everything that is wrong with the rows, those that could not be read
            included.
    """
    ctx.require(Permission.IMPORT)
    _check_day(ctx, effective_on)
    before = organisation_rows.read(ctx, since=ctx.today)
    outcome = decide_changes(before, file.changes, effective_on)
    problems = (*file.problems, *outcome.problems)
    if problems:
        raise refusal(file, problems)

    ids = list(ctx.execute(_OPEN_SHEETS).scalars())
    sheets = loading.evaluations(ctx, ids, locked=False) if ids else {}
    measures = [
        MeasureUnits(row.kind, row.code, row.name, tuple((role, unit) for role, unit in row.units))
        for row in ctx.execute(_MEASURES)
    ]
    report = reorganisation_report.report(
        before,
        outcome.after,
        outcome.decided,
        today=ctx.today,
        day=effective_on,
        sheets=list(sheets.values()),
        names={row.id: row.name for row in ctx.execute(_NAMES)},
        measures=measures,
    )
    gaps = reorganisation_gaps.left_without_substitute(ctx, outcome.decided, effective_on)
    report = replace(report, ownerless=(*report.ownerless, *gaps))
    return Plan(report, outcome.decided)


def _check_day(ctx: Context, effective_on: date) -> None:
    if effective_on < ctx.today:
        raise BadInput("invalid_form", (Fault("effective_on", "day_in_the_past", {}),))
    latest = ctx.execute(_LATEST).scalar_one()
    if latest is not None and effective_on <= latest:
        fault = Fault("effective_on", "reorganisation_order", {"day": latest})
        raise BadInput("invalid_form", (fault,))
