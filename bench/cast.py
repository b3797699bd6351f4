"""Who acts on the generated sheets: people of the sample city, as the core itself chooses them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.stand import Stand
from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.policy import SYSTEM, Actor
from workflow.services import loading
from workflow.services.loading import LoadedEvaluation

_MODELS = """
SELECT e.id FROM evaluation e JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.number = 1
ORDER BY e.code
"""


@dataclass(frozen=True)
class Cast:
    """Who acts on the sheets that are modelled on one sheet of the sample city."""

    model_id: int
    drafter: Actor
    reviewer: Actor
    approver: Actor


def casts_of(stand: Stand, name: str) -> tuple[Cast, ...]:
    """The people of each sheet of the city in the database *name*, in the order of codes."""
    with stand.owner(name) as connection:
        models = [row[0] for row in connection.execute(_MODELS)]
    application = stand.application(name)
    with application.query(SYSTEM) as ctx:
        found = loading.evaluations(ctx, models, locked=False)
        casts = tuple(
            Cast(
                model_id,
                drafter=_first_at(ctx, found[model_id], "draft"),
                reviewer=_first_at(ctx, found[model_id], "department_review"),
                approver=_first_at(ctx, found[model_id], "bureau_approval"),
            )
            for model_id in models
        )
    application.dispose()
    return casts


def publisher_of(stand: Stand, name: str) -> Actor:
    """Somebody who may publish in the database *name*."""
    with stand.owner(name) as connection:
        row = connection.execute(
            "SELECT min(person_id) FROM role_grant WHERE role = 'publisher'"
        ).fetchone()
    assert row is not None
    application = stand.application(name)
    with application.query(SYSTEM) as ctx:
        actor = _actor(ctx, row[0], None)
    application.dispose()
    return actor


def _first_at(ctx: Context, loaded: LoadedEvaluation, stage: str) -> Actor:
    holders = eligible(loaded.definition, loaded.definition.stage(stage), loaded.facts).holders
    return _actor(ctx, holders[0].person_id, holders[0].assignment_id)


def _actor(ctx: Context, person_id: int, assignment_id: int | None) -> Actor:
    """As after signing in for good: the one-time password is changed."""
    found = loading.actor(ctx, person_id, assignment_id)
    assert found is not None
    return replace(found[0], must_change_password=False)
