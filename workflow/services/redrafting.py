"""引用起案: a new sheet for a measure whose sheet was rejected or abandoned, quoting its text."""

from __future__ import annotations

import sqlalchemy as sa

from workflow import authority
from workflow.application import Context
from workflow.errors import Conflict
from workflow.models import RevisionOrigin
from workflow.services import actions, composing, cycles, loading, recording

_RUNNING = sa.text("""
SELECT n.id FROM evaluation o
JOIN evaluation n ON n.cycle_id = o.cycle_id AND n.subject_kind = o.subject_kind
    AND n.subject_id = o.subject_id AND n.attempt > o.attempt
WHERE o.id = :id ORDER BY n.attempt DESC LIMIT 1
""")
_NEW = sa.text("""
WITH made AS (
    INSERT INTO evaluation (key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                            responsible_department_id, state, attempt, quotes_id)
    SELECT regexp_replace(o.key, '#[0-9]+$', '') || '#' || (o.attempt + 1), o.cycle_id,
           o.subject_kind, o.subject_id, o.code, m.lead_section_id, m.responsible_department_id,
           :state, o.attempt + 1, o.id
    FROM evaluation o JOIN measure m ON m.id = o.subject_id
    WHERE o.id = :id
    RETURNING id
), copied AS (
    INSERT INTO working_copy (evaluation_id, fields, updated_at)
    SELECT made.id, w.fields, :now FROM made JOIN working_copy w ON w.evaluation_id = :id
), written AS (
    -- Whoever wrote the quoted text stands for it here as well: four eyes never forgets.
    INSERT INTO authorship (evaluation_id, person_id, first_wrote_at)
    SELECT made.id, a.person_id, a.first_wrote_at
    FROM made JOIN authorship a ON a.evaluation_id = :id
)
SELECT id FROM made
""")


def redraft(ctx: Context, *, evaluation_id: int) -> int:
    """Begin a new sheet with the text of one that was ended; returns the new evaluation's id.

    Raises:
        NotFound: there is no such evaluation.
        Refused: ``lead_section_quotes``, or ``not_ended``: the sheet still runs or was published.
        Conflict: ``redrafted_already``.
    """
    loaded = loading.evaluation(ctx, evaluation_id)
    newer = ctx.execute(_RUNNING, {"id": evaluation_id}).scalar_one_or_none()

    stage = loaded.definition.stage(loaded.facts.state)
    ctx.permit(
        authority.to_redraft(ctx.actor, stage, lead_section=loaded.facts.units["lead_section"])
    )

    if newer is not None:
        raise Conflict("redrafted_already", evaluation=newer)

    initial = loaded.definition.initial.key
    new_id: int = ctx.execute(
        _NEW, {"id": evaluation_id, "state": initial, "now": ctx.now}
    ).scalar_one()
    # Who makes a revision stands for it, also where every word was somebody else's.
    actions.note_author(ctx, new_id)
    contents = composing.compose(ctx, [new_id])
    composing.store_revisions(ctx, contents, RevisionOrigin.OPENING)
    recording.append(ctx, [new_id], action="open", to_state=initial, holder=None, reason=loaded.key)
    cycles.enter(ctx, loaded.cycle_id, [new_id])
    return new_id
