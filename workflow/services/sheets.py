"""Writing a draft: the narrative and indicators by the lead section, costs by project sections.

Autosave writes the working copy; pressing save also makes a revision and an event. Nothing here
changes a state. Everybody who writes is noted as an author (truth 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.errors import BadInput, Conflict, Fault, NotFound
from workflow.models import RevisionOrigin
from workflow.policy import Permission, check_edit
from workflow.services import actions, composing, loading, recording
from workflow.services.loading import LoadedEvaluation
from workflow.sheet.content import EditableFields
from workflow.sheet.fields import decimal_of

#: Thousand yen: ten trillion yen, more than any municipality's whole budget; a hundred such costs
#: still add up to what a sheet's content allows.
LARGEST_COST = 10**10


@dataclass(frozen=True)
class Saved:
    """What a save did: the working copy's version to go on from, and whether anything changed."""

    version: int
    changed: bool


@dataclass(frozen=True)
class Costs:
    """A project's costs in thousand yen; None where not known."""

    project_cost: int | None
    personnel_cost: int | None


_COPY = sa.text("""
SELECT w.fields, w.version, json_array_length(CAST(c.rating_scale AS json)) AS levels
FROM working_copy w JOIN evaluation e ON e.id = w.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id
WHERE w.evaluation_id = :id FOR UPDATE OF w
""")

_WRITE_COPY = sa.text("""
UPDATE working_copy SET fields = :fields, version = version + 1, updated_at = :now,
       updated_by = :person
WHERE evaluation_id = :id
""").bindparams(sa.bindparam("fields", type_=JSONB))

_INDICATORS = sa.text("""
SELECT i.id, i.number, f.actual_text FROM indicator i
LEFT JOIN indicator_figure f ON f.indicator_id = i.id AND f.fiscal_year = :year
WHERE i.measure_id = :measure FOR UPDATE OF i
""")

_WRITE_ACTUAL = sa.text("""
INSERT INTO indicator_figure (indicator_id, fiscal_year, actual_value, actual_text)
VALUES (:indicator, :year, :value, :text)
ON CONFLICT (indicator_id, fiscal_year)
DO UPDATE SET actual_value = excluded.actual_value, actual_text = excluded.actual_text
""")

_PROJECTS = sa.text("""
SELECT p.id, p.code, f.project_cost, f.personnel_cost,
       ARRAY(SELECT s.unit_id FROM project_section s WHERE s.project_id = p.id) AS sections
FROM project p
LEFT JOIN project_figure f
       ON f.project_id = p.id AND f.fiscal_year = :year AND f.kind = 'settlement'
WHERE p.measure_id = :measure FOR UPDATE OF p
""")

_WRITE_COSTS = sa.text("""
INSERT INTO project_figure (project_id, fiscal_year, kind, project_cost, personnel_cost)
VALUES (:project, :year, 'settlement', :project_cost, :personnel_cost)
ON CONFLICT (project_id, fiscal_year, kind)
DO UPDATE SET project_cost = excluded.project_cost, personnel_cost = excluded.personnel_cost
""")


def save_sheet(
    ctx: Context,
    *,
    evaluation_id: int,
    expected_version: int,
    fields: EditableFields,
    actuals: Mapping[int, str],
    make_revision: bool,
    request_key: str | None = None,
) -> Saved:
    """Write the narrative and the indicators' actuals of the judged year.

    Args:
        expected_version: the working copy's version on the page; a colleague's save moves it on.
        actuals: indicator number → figure as typed; empty for none; absent: left as it is.
        make_revision: an explicit save; autosave writes the working copy alone.

    Raises:
        Conflict: ``edited_meanwhile``.
        Refused: not the lead section, or not a draft.
        BadInput: a rating above the cycle's scale, a figure that cannot be read (all listed).
    """
    loaded = loading.evaluation(ctx, evaluation_id, request_key=request_key)

    ctx.permit(
        check_edit(
            ctx.actor,
            Permission.EDIT_SHEET,
            loaded.definition,
            loaded.facts.state,
            lead_section=loaded.facts.units["lead_section"],
        )
    )
    copy = ctx.execute(_COPY, {"id": evaluation_id}).one()
    if fields.rating != copy.fields.get("rating") and (fields.rating or 0) > copy.levels:
        raise BadInput("invalid_form", (Fault("rating", "not_a_choice", {}),))
    written = _actuals(ctx, loaded, actuals)
    new_fields = fields.model_dump(mode="json")
    changed = new_fields != copy.fields or bool(written)
    if loaded.answered_by is not None and not changed:
        return Saved(copy.version, changed=False)
    # The same form with other words (typed while the first save was under way) is no repetition.
    if copy.version != expected_version or loaded.answered_by is not None:
        raise Conflict("edited_meanwhile", evaluation=evaluation_id)

    if changed:
        ctx.execute(
            _WRITE_COPY,
            {
                "id": evaluation_id,
                "fields": new_fields,
                "now": ctx.now,
                "person": ctx.actor.person_id,
            },
        )
        if written:
            ctx.execute(_WRITE_ACTUAL, written)
        actions.note_author(ctx, evaluation_id)
    if make_revision:
        _revise(ctx, loaded, request_key)
    return Saved(copy.version + (1 if changed else 0), changed)


def _actuals(
    ctx: Context, loaded: LoadedEvaluation, actuals: Mapping[int, str]
) -> list[dict[str, object]]:
    """The rows to write, for the figures that differ from what is there.

    Raises:
        BadInput: for a figure that is not one, or an indicator that is not of this sheet.
    """
    rows = ctx.execute(
        _INDICATORS, {"measure": loaded.subject_id, "year": loaded.target_fiscal_year}
    ).all()
    known = {row.number: row for row in rows}
    faults: list[Fault] = []
    written: list[dict[str, object]] = []
    for number, typed in actuals.items():
        path = f"actuals-{number}"
        if number not in known:
            faults.append(Fault(path, "no_such_indicator", {"number": number}))
            continue
        text = typed.strip() or None
        if text == known[number].actual_text:
            continue
        value: Decimal | None = None
        if text is not None:
            try:
                value = decimal_of(text)
            except ValueError:
                faults.append(Fault(path, "not_a_figure", {"typed": text}))
                continue
        written.append(
            {
                "indicator": known[number].id,
                "year": loaded.target_fiscal_year,
                "value": value,
                "text": text,
            }
        )
    if faults:
        raise BadInput("invalid_form", tuple(faults))
    return written


def save_project_costs(
    ctx: Context,
    *,
    evaluation_id: int,
    costs: Mapping[str, Costs],
    seen: Mapping[str, Costs],
    make_revision: bool = True,
) -> Saved:
    """Write the settlement of the judged year for projects of a draft.

    The lead section may write every row, another section the rows of its own projects.

    Args:
        costs: project code → what was typed.
        seen: project code → what stood on the page; a colleague's change in between is a conflict.
        make_revision: an explicit save; autosave writes the figures alone.

    Raises:
        Conflict: ``edited_meanwhile``.
        Refused: ``project_sections_only`` or not a draft.
        NotFound: a code that is not of this sheet.
        BadInput: a cost below 0 or above what a sheet can show (all of them listed).
    """
    loaded = loading.evaluation(ctx, evaluation_id)
    rows = {
        row.code: row
        for row in ctx.execute(
            _PROJECTS, {"measure": loaded.subject_id, "year": loaded.target_fiscal_year}
        )
    }
    unknown = [code for code in costs if code not in rows]
    if unknown:
        raise NotFound("no_such_project", code=unknown[0])

    ctx.asked = True
    for code in costs:
        ctx.permit(
            check_edit(
                ctx.actor,
                Permission.EDIT_PROJECT_FIGURES,
                loaded.definition,
                loaded.facts.state,
                lead_section=loaded.facts.units["lead_section"],
                project_sections=frozenset(rows[code].sections),
            )
        )
    _check_costs(costs)
    current = {code: Costs(r.project_cost, r.personnel_cost) for code, r in rows.items()}
    if any(seen.get(code, current[code]) != current[code] for code in costs):
        raise Conflict("edited_meanwhile", evaluation=evaluation_id)

    changed = {code: cost for code, cost in costs.items() if cost != current[code]}

    if changed:
        ctx.execute(
            _WRITE_COSTS,
            [
                {
                    "project": rows[code].id,
                    "year": loaded.target_fiscal_year,
                    "project_cost": cost.project_cost,
                    "personnel_cost": cost.personnel_cost,
                }
                for code, cost in changed.items()
            ],
        )
        actions.note_author(ctx, evaluation_id)
    # Who saves what autosave wrote before has nothing changed now; nobody becomes an author by
    # pressing save over a colleague's words.
    if make_revision and (changed or ctx.actor.person_id in loaded.facts.authors):
        _revise(ctx, loaded, None)
    return Saved(0, bool(changed))


def _check_costs(costs: Mapping[str, Costs]) -> None:
    """Refuse costs that no sheet can show.

    Raises:
        BadInput: naming every such cost.
    """
    faults = tuple(
        Fault(f"costs-{code}", "cost_out_of_range", {"largest": LARGEST_COST})
        for code, cost in costs.items()
        for value in (cost.project_cost, cost.personnel_cost)
        if value is not None and not 0 <= value <= LARGEST_COST
    )
    if faults:
        raise BadInput("invalid_form", faults)


def _revise(ctx: Context, loaded: LoadedEvaluation, request_key: str | None) -> None:
    """Make a revision of what is there now and tell the ledger, if anything differs."""
    content = composing.compose_one(ctx, loaded.id)
    if composing.hash_of(content) == loaded.facts.content_hash:
        return
    # Whoever makes a revision stands for it, also where a colleague's autosave wrote the words.
    actions.note_author(ctx, loaded.id)
    composing.store_revisions(ctx, {loaded.id: content}, RevisionOrigin.SAVE)
    recording.append(
        ctx,
        [loaded.id],
        action="save",
        to_state=loaded.facts.state,
        holder=None,
        request_key=request_key,
    )
