"""The dry run of a bulk approval: what would be approved and what not, by the rules that decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.model import Requirement
from workflow.definition.refusal import Refusal
from workflow.errors import HyokaError
from workflow.queries import workbench
from workflow.queries.sheet_choices import ActionChoice, choices
from workflow.queries.workbench import Standing
from workflow.services import actions
from workflow.services.approving import Wish, signing_row
from workflow.services.loading import LoadedEvaluation

#: What the one form hands in for every sheet: a remark that may be a reason, but not for each sheet
#: the sentence of its own that a route asks for.
HANDED_IN = frozenset({Requirement.REASON})


@dataclass(frozen=True)
class Planned:
    """What would come of one wish.

    Attributes:
        choice: as whom, and who gets it next; None where nothing can be signed here.
        refusal: None when it would be approved; otherwise the reason.
    """

    standing: Standing
    choice: ActionChoice | None
    refusal: Refusal | HyokaError | None


_DEADLINES = sa.text("""
SELECT cycle_id, stage, due_on FROM cycle_deadline WHERE cycle_id = ANY (:cycles)
""")


def dry_run(ctx: Context, wishes: Sequence[Wish]) -> tuple[Planned, ...]:
    """What would come of each of *wishes* now, in their order; unknown sheets are left out."""
    known = workbench.standing(ctx, [wish.evaluation_id for wish in wishes])
    due: dict[int, dict[str, date]] = defaultdict(dict)
    cycles = sorted({found.evaluation.cycle_id for found in known.values()})
    for row in ctx.execute(_DEADLINES, {"cycles": cycles}):
        due[row.cycle_id][row.stage] = row.due_on
    return tuple(
        _planned(ctx, known[wish.evaluation_id], wish, due)
        for wish in wishes
        if wish.evaluation_id in known
    )


def _planned(
    ctx: Context, standing: Standing, wish: Wish, due: Mapping[int, Mapping[str, date]]
) -> Planned:
    loaded = standing.evaluation
    stale = _stale(ctx, loaded, wish)
    if stale is not None:
        return Planned(standing, None, stale)
    choice = _signing(ctx, loaded, due.get(loaded.cycle_id, {}))
    if choice is None:
        stage = standing.stage.label
        return Planned(standing, None, Refusal("not_in_this_state", {"stage": stage}))
    return Planned(standing, choice, choice.refusal or _more_needed(loaded))


def _stale(ctx: Context, loaded: LoadedEvaluation, wish: Wish) -> Refusal | HyokaError | None:
    """What is approved is what was looked at, and nothing else."""
    if wish.version is None:
        return Refusal("open_it_first")
    if wish.version != loaded.version:
        # The same content at another place needs other words than another content.
        return actions.moved_on(ctx, loaded) if wish.seen_hash else Refusal("content_changed")
    if wish.seen_hash is None or wish.seen_hash != loaded.facts.content_hash:
        return Refusal("open_it_first")
    return None


def _signing(
    ctx: Context, loaded: LoadedEvaluation, due: Mapping[str, date]
) -> ActionChoice | None:
    row = signing_row(loaded.definition, loaded.facts.state)
    if row is None:
        return None
    return next(
        choice
        for choice in choices(ctx, loaded, due)
        if (choice.action, choice.target.key) == (row.action, row.target)
    )


def _more_needed(loaded: LoadedEvaluation) -> Refusal | None:
    """A definition may ask for more than one remark for all can say."""
    row = signing_row(loaded.definition, loaded.facts.state)
    more = set(row.requires) - HANDED_IN if row else set()
    return Refusal("approve_by_itself") if more else None
