"""Under which definition something happened to a sheet whose cycle was brought over to another.

Events keep the stage keys of their time. Their words come from the definition that held then; what
became of a stage since is followed through each change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Definition
from workflow.services import loading
from workflow.services.loading import LoadedEvaluation

_CHANGES = sa.text("""
SELECT event_id, from_hash, stage_map FROM definition_change
WHERE evaluation_id = :id ORDER BY event_id
""")


@dataclass(frozen=True)
class Change:
    """One change: by which event, what held until then, and what its stages became."""

    event_id: int
    before: Definition
    stages: Mapping[str, str]


@dataclass(frozen=True)
class DefinitionHistory:
    """All definitions of one sheet: the present one, and its changes, oldest first."""

    present: Definition
    changes: tuple[Change, ...]

    def before(self, event_id: int) -> Definition:
        """The definition that held when the event happened; it knows where the sheet came from."""
        later = (change.before for change in self.changes if change.event_id >= event_id)
        return next(later, self.present)

    def after(self, event_id: int) -> Definition:
        """The definition that held after the event; another one for the very event of a change."""
        later = (change.before for change in self.changes if change.event_id > event_id)
        return next(later, self.present)

    def today(self, event_id: int, stage: str) -> str:
        """What a stage that an event led to is called in the present definition.

        A stage without a successor keeps its key, which the present definition does not know.
        """
        for change in self.changes:
            if change.event_id > event_id:
                stage = change.stages.get(stage, stage)
        return stage


def history_of(ctx: Context, loaded: LoadedEvaluation) -> DefinitionHistory:
    """The definitions of one sheet."""
    return DefinitionHistory(
        loaded.definition,
        tuple(
            Change(row.event_id, loading.definition(ctx, row.from_hash), row.stage_map)
            for row in ctx.execute(_CHANGES, {"id": loaded.id})
        ),
    )
