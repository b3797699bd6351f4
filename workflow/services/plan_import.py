"""Takes in a plan file: organisation, plan, figures, and the cycle that judges its year.

Taken in again with other figures it is a late import (決算額の取込み): sheets whose content
changes get a new revision, and signatures that covered the old content no longer count (truth 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time

import sqlalchemy as sa

from workflow.application import Context
from workflow.calendar.fiscal_year import first_day
from workflow.definition.decide import decide
from workflow.definition.load import standard
from workflow.definition.model import Definition
from workflow.definition.refusal import Refusal
from workflow.definition.vocabulary import CONTENT_CHANGED
from workflow.errors import BadInput, Fault
from workflow.exchange.faults import FaultCode, FileRefused, Finding, faults_of
from workflow.exchange.plan_file import PlanFile, unknown_units
from workflow.models import CycleKind, RevisionOrigin
from workflow.policy import Permission
from workflow.services import (
    closed_days,
    composing,
    cycles,
    former_names,
    loading,
    moving,
    plan_rows,
    recording,
)
from workflow.sheet.content import SheetContent

KINDS = {
    "事前評価": CycleKind.EX_ANTE,
    "事中評価": CycleKind.INTERIM,
    "事後評価": CycleKind.EX_POST,
}
NARRATIVE = (
    "objective", "annual_plan", "rating", "rating_reason", "results", "issues",
    "next_year_actions",
)  # fmt: skip

#: Told after each step: how many of how many are done, and what comes next.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes:
        opened: evaluations that were opened.
        changed: evaluations whose content changed in their stage (drafts).
        sent_back: evaluations whose signatures became void.
        total_project_cost: thousand yen, over all measures of the file.
    """

    cycle_id: int
    measures: int
    projects: int
    indicators: int
    opened: int
    changed: int
    sent_back: int
    total_project_cost: int


_MUNICIPALITY = sa.text("""
INSERT INTO municipality (id, name) VALUES (1, :name) ON CONFLICT (id) DO NOTHING
""")
_BUREAU = sa.text("""
UPDATE municipality SET policy_bureau_id = :unit WHERE id = 1 AND policy_bureau_id IS NULL
""")
_REGISTERED = sa.text("""
SELECT m.name, u.name AS bureau FROM municipality m
LEFT JOIN org_unit u ON u.id = m.policy_bureau_id WHERE m.id = 1
""")
_SCALE = sa.text("""
SELECT CAST(rating_scale AS json) FROM evaluation_cycle
WHERE kind = :kind AND target_fiscal_year = :year AND number = 1
""")
_CYCLE = sa.text("""
SELECT id, definition_hash FROM evaluation_cycle
WHERE kind = :kind AND target_fiscal_year = :year AND number = 1
""")
# Before anything is written, and the cycles first: publications take their locks in this order,
# and saving a sheet locks the evaluation before its figures.
_LOCK_CYCLES = sa.text("""
SELECT 1 FROM evaluation_cycle WHERE target_fiscal_year = :year OR closed_at IS NULL
ORDER BY id FOR UPDATE
""")
_LOCK_EVALUATIONS = sa.text("""
SELECT 1 FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE c.target_fiscal_year = :year OR e.closed_at IS NULL ORDER BY e.id FOR UPDATE OF e
""")
_AGE_COPIES = sa.text("""
UPDATE working_copy SET version = version + 1 WHERE evaluation_id = ANY (:ids)
""")
# Sheets of other years show figures of this file, too, as long as they are not published.
_EVALUATIONS = sa.text("""
SELECT e.id, e.code, e.state, e.content_hash, e.closed_at, c.definition_hash
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN measure m ON m.id = e.subject_id AND m.plan_id = :plan
WHERE (c.target_fiscal_year = :year OR e.closed_at IS NULL)
  AND (e.closed_at IS NULL OR EXISTS (SELECT 1 FROM snapshot s WHERE s.evaluation_id = e.id))
ORDER BY e.id
""")


def prepare_organisation(ctx: Context, plan: PlanFile) -> plan_rows.Units:
    """The installation's one row, its calendar, and the units of the file; returns all units.

    Raises:
        Refused: ``administrators_only``.
        FileRefused: of another municipality, or names that the organisation does not know.
        BadInput: ``no_policy_bureau``.
    """
    ctx.require(Permission.IMPORT)
    _refuse_strangers(ctx, plan)
    ctx.execute(_MUNICIPALITY, {"name": plan.municipality})
    closed_days.seed(ctx, first_year=ctx.today.year - 1, last_year=ctx.today.year + 4)
    plan_rows.add_organisation(ctx, plan, min(first_day(plan.target_fiscal_year), ctx.today))
    units = plan_rows.known_units(ctx)
    faults = unknown_units(plan, plan_rows.departments_of(units))
    if faults:
        raise FileRefused(faults)
    _set_bureau(ctx, plan, units)
    return units


def _refuse_strangers(ctx: Context, plan: PlanFile) -> None:
    """Refuse a file that contradicts what is registered, before anything is written.

    Raises:
        FileRefused: with everything that is another's.
    """
    known = ctx.execute(_REGISTERED).one_or_none()
    found: list[Finding] = []
    if known is not None and known.name != plan.municipality:
        told = {"name": plan.municipality, "registered": known.name}
        found.append(Finding(("municipality",), FaultCode.OTHER_MUNICIPALITY, told))
    if known is not None and known.bureau and plan.policy_bureau not in (None, known.bureau):
        told = {"name": plan.policy_bureau or "", "registered": known.bureau}
        found.append(Finding(("policy_bureau",), FaultCode.OTHER_BUREAU, told))
    cycle = {"kind": KINDS[plan.kind], "year": plan.target_fiscal_year}
    scale = ctx.execute(_SCALE, cycle).scalar_one_or_none()
    if scale is not None and tuple(scale) != plan.rating_scale:
        words = {"registered": "、".join(scale)}
        found.append(Finding(("rating_scale",), FaultCode.OTHER_SCALE, words))
    if found:
        raise FileRefused(faults_of(found))


def import_plan(
    ctx: Context,
    plan: PlanFile,
    *,
    plan_name: str = "総合計画",
    deadlines: Mapping[str, date] | None = None,
    cut_off: time | None = None,
    definition: Definition | None = None,
    source: str = "",
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Take *plan* in as a whole, or not at all.

    Args:
        definition: the route of a cycle that this import opens; the standard one where it is None.
        deadlines: stage key → last day, for a cycle that this import opens.
        cut_off: until when a last day of that cycle lasts, office time; 17:15 where it is None.
        source: what the file is called, for those whose sheet it changes.

    Raises:
        Refused: ``administrators_only``.
        FileRefused: names that the organisation does not know.
        BadInput: a published sheet would change (a correction is a new version with its own
            approval), or no bureau is known to give the last approval.
    """
    ctx.require(Permission.IMPORT)

    ctx.execute(_LOCK_CYCLES, {"year": plan.target_fiscal_year})
    ctx.execute(_LOCK_EVALUATIONS, {"year": plan.target_fiscal_year})
    units = prepare_organisation(ctx, plan)
    progress(1, 4)

    plan_id = plan_rows.write_plan(ctx, plan, plan_name, units)
    progress(2, 4)

    changed, sent_back = _refresh(ctx, plan_id, plan.target_fiscal_year, source)
    progress(3, 4)

    cycle_id, opened = _open(
        ctx, plan, plan_id, deadlines, cut_off or cycles.CUT_OFF, definition or standard()
    )
    progress(4, 4)
    return ImportReport(
        cycle_id=cycle_id,
        measures=len(plan.measures),
        projects=sum(len(m.projects) for m in plan.measures),
        indicators=sum(len(m.indicators) for m in plan.measures),
        opened=opened,
        changed=changed,
        sent_back=sent_back,
        total_project_cost=sum(m.total_project_cost for m in plan.measures),
    )


def _set_bureau(ctx: Context, plan: PlanFile, units: plan_rows.Units) -> None:
    name = plan.policy_bureau or "総合政策部"
    unit = units.get((name, None))
    if unit is not None:
        ctx.execute(_BUREAU, {"unit": unit})
    known = ctx.execute(sa.text("SELECT policy_bureau_id FROM municipality WHERE id = 1"))
    if known.scalar_one() is None:
        raise BadInput("no_policy_bureau", name=name)


def _open(
    ctx: Context,
    plan: PlanFile,
    plan_id: int,
    deadlines: Mapping[str, date] | None,
    cut_off: time,
    definition: Definition,
) -> tuple[int, int]:
    kind = KINDS[plan.kind]
    spec = cycles.CycleSpec(
        kind=kind,
        target_fiscal_year=plan.target_fiscal_year,
        plan_id=plan_id,
        definition=definition,
        rating_scale=plan.rating_scale,
        deadlines=deadlines,
        cut_off=cut_off,
        fields={m.code: {name: getattr(m, name) for name in NARRATIVE} for m in plan.measures},
    )
    running = ctx.execute(_CYCLE, {"kind": kind, "year": plan.target_fiscal_year}).one_or_none()
    if running is None:
        return cycles.open_cycle(ctx, spec), len(plan.measures)
    # New measures begin where the cycle's own route begins.
    spec = replace(spec, definition=loading.definition(ctx, running.definition_hash))
    return running.id, len(cycles.add_evaluations(ctx, running.id, spec))


def _refresh(ctx: Context, plan_id: int, year: int, source: str) -> tuple[int, int]:
    """Bring evaluations that run to what the rows say now; returns changed and sent back."""
    rows = ctx.execute(_EVALUATIONS, {"plan": plan_id, "year": year}).all()
    contents = composing.compose(ctx, [row.id for row in rows])
    differing: dict[int, SheetContent] = {
        row.id: contents[row.id]
        for row in rows
        if composing.hash_of(contents[row.id]) != row.content_hash
    }
    settled = {
        row.id: differing[row.id]
        for row in rows
        if row.id in differing
        and not loading.definition(ctx, row.definition_hash).stage(row.state).editable
    }
    for key in former_names.only_renamed(ctx, settled):
        del differing[key]
    published = [row.code for row in rows if row.id in differing and row.closed_at is not None]
    if published:
        raise BadInput(
            "published_would_change",
            tuple(Fault(f"measures[{code}]", "published_would_change", {}) for code in published),
        )
    composing.store_revisions(ctx, differing, RevisionOrigin.IMPORT)
    # An edit page that is open now shows the old figures: saving it must be a conflict.
    ctx.execute(_AGE_COPIES, {"ids": list(differing)})
    sent_back = 0
    for evaluation_id, loaded in loading.evaluations(ctx, list(differing), locked=True).items():
        row = loaded.definition.find(loaded.facts.state, CONTENT_CHANGED)
        if row is None:
            recording.append(
                ctx,
                [evaluation_id],
                action=CONTENT_CHANGED,
                to_state=loaded.facts.state,
                holder=None,
                reason=source,
            )
            continue
        decision = decide(loaded.definition, loaded.facts, row)
        if isinstance(decision, Refusal):
            raise BadInput(decision.code, **decision.values)
        moving.move(ctx, loaded, decision, holder=None, reason=source)
        sent_back += 1
    return len(differing) - sent_back, sent_back
