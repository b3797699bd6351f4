"""What the workbench is for: of all that waits for somebody, what is looked at there."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from workflow.definition.model import StageKind
from workflow.services.approving import signing_row
from workflow.services.loading import LoadedEvaluation


class Asked(StrEnum):
    """What a sheet on the workbench asks of the reader."""

    #: Sign its content off, alone or with others at once.
    SIGNATURE = "signature"
    #: Answer at a joint stage (合議): a word of its own for each sheet.
    ANSWER = "answer"
    #: Answer a question that a colleague put (相談), whoever has the sheet.
    QUESTION = "question"


def asked_by_stage(evaluation: LoadedEvaluation) -> Asked | None:
    """What the stage where it is asks of whoever has it; None: nothing that is done here."""
    stage = evaluation.definition.stage(evaluation.facts.state)
    if stage.editable or evaluation.facts.content_hash is None:
        return None
    if stage.kind is StageKind.JOINT:
        return Asked.ANSWER
    return Asked.SIGNATURE if signing_row(evaluation.definition, stage.key) else None


def on_the_bench(waiting: Iterable[tuple[LoadedEvaluation, object]]) -> frozenset[int]:
    """The sheets among what waits (``desk.waiting_for``) that are looked at on the workbench."""
    return frozenset(
        evaluation.id for evaluation, _ in waiting if asked_by_stage(evaluation) is not None
    )
