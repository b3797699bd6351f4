"""What must have been signed before a sheet is published, by whom, and what an import undoes.

The 決裁 is the signature on a row with ``final_approval`` at the ``deciding`` stage: a row with
that word at an earlier stage is no way round it. The stages before it where people sign
(``sign_off``, ``joint``) are its reviews, all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workflow.definition.claims import Claim, Refutation, refuted
from workflow.definition.exploration import Explored
from workflow.definition.model import SIGNED, Definition, Stage, StageKind
from workflow.definition.office import Office
from workflow.definition.situation import CONTENT, Situation
from workflow.definition.vocabulary import CONTENT_CHANGED


def signing_claims(
    office: Office, explored: Explored, publishable: frozenset[Situation]
) -> Iterator[Refutation | None]:
    """Each claim's refutation, by a shortest path.

    Args:
        publishable: the situations from which publication can be reached.
    """
    for claim, missing in (
        (Claim.FINALLY_APPROVED, _undecided),
        (Claim.REVIEWS_SIGNED, _unreviewed),
    ):
        yield _arrived(office, explored, claim, missing, StageKind.PUBLISHED) or _arrived(
            office, explored, claim, missing, StageKind.RELEASE
        )
    yield _same_hand(office, explored)
    yield _no_way_back(office, explored, publishable)


def deciding(definition: Definition) -> Stage | None:
    """The stage of the 決裁, None where no row is a ``final_approval``.

    The last at which one person signs off, or which a row with that word leaves: what comes after
    the 決裁 is no approval of the office's own (an external review, the publication).
    """
    sources = {row.source for row in definition.transitions if row.final_approval}
    able = [s for s in definition.stages if s.kind is StageKind.SIGN_OFF or s.key in sources]
    return able[-1] if sources else None


def reviews(definition: Definition) -> tuple[Stage, ...]:
    """The stages before the 決裁 where people sign; all of them where there is none."""
    last = deciding(definition)
    end = len(definition.stages) if last is None else definition.position(last.key)
    return tuple(stage for stage in definition.stages[:end] if stage.kind in SIGNED)


#: What is missing of a sheet: the code of the finding, and what it names.
_Missing = tuple[str, dict[str, Stage]] | None


def _arrived(
    office: Office,
    explored: Explored,
    claim: Claim,
    missing: Callable[[Definition, Situation], _Missing],
    kind: StageKind,
) -> Refutation | None:
    """The first move to a stage of that kind of a sheet of which something is *missing*."""
    definition = office.definition
    ends = {stage.key for stage in definition.stages if stage.kind is kind}
    for at, steps in explored.forward.items():
        for move, then in steps:
            found = missing(definition, then) if then.stage in ends and move.row else None
            if found is not None:
                code, named = found
                path = (*explored.path(at), (at, move))
                stage = definition.stage(then.stage)
                return refuted(office, claim, path, code, stage=stage, **named)
    return None


def _undecided(definition: Definition, at: Situation) -> _Missing:
    last = deciding(definition)
    if last is None:
        return "no_final_approval", {}
    return None if at.decided == last.key else ("final_approval_not_signed", {"deciding": last})


def _unreviewed(definition: Definition, at: Situation) -> _Missing:
    left_out = (review for review in reviews(definition) if review.key not in at.settled)
    review = next(left_out, None)
    return None if review is None else ("review_not_signed", {"review": review})


def _same_hand(office: Office, explored: Explored) -> Refutation | None:
    position = office.definition.position
    for at in explored.came:
        hands: dict[int, set[str]] = {}
        given = [(s.person_id, s.stage) for s in at.signed]
        given += [(r.person_id, r.stage) for r in at.replies]
        for person_id, key in given:
            hands.setdefault(person_id, set()).add(key)
        twice = min((p for p, stages in hands.items() if len(stages) > 1), default=None)
        if twice is None:
            continue
        first, *_, last = sorted(hands[twice], key=position)
        path = explored.path(at)
        names = {
            move.holder.person_id: move.holder.name for _, move in path if move.holder is not None
        }
        return refuted(
            office,
            Claim.DIFFERENT_HANDS,
            path,
            "signs_twice",
            who=names[twice],
            first=office.definition.stage(first),
            stage=office.definition.stage(last),
        )
    return None


def _no_way_back(
    office: Office, explored: Explored, publishable: frozenset[Situation]
) -> Refutation | None:
    definition = office.definition
    for at, steps in explored.forward.items():
        stage = definition.stage(at.stage)
        if stage.editable or stage.final or not at.is_vouched_for:
            continue
        row = definition.find(at.stage, CONTENT_CHANGED)
        imported = next((step for step in steps if step[0].by_import), None)
        path = explored.path(at)
        if imported is None:
            # The engine walks on by itself from here, and nothing comes between.
            if row is None or all(move.holder is None for move, _then in steps):
                continue
            return refuted(office, Claim.WAY_BACK, path, "late_import_refused", stage=stage)
        move, then = imported
        path = (*path, (at, move))
        if row is None:
            return refuted(office, Claim.WAY_BACK, path, "late_import_stays", stage=stage)
        target, first = definition.stage(row.target), _first_voided(definition, at)
        if definition.position(target.key) > definition.position(first.key):
            return refuted(
                office,
                Claim.WAY_BACK,
                path,
                "late_import_short",
                stage=stage,
                first=first,
                target=target,
            )
        if at in publishable and then not in publishable:
            return refuted(office, Claim.WAY_BACK, path, "late_import_stuck", stage=stage)
    return None


def _first_voided(definition: Definition, at: Situation) -> Stage:
    """The first stage of what stands over the content of now."""
    keys = {s.stage for s in at.signed if s.content_hash == CONTENT}
    keys |= {r.stage for r in at.replies} | at.settled
    return min((definition.stage(key) for key in keys), key=lambda s: definition.position(s.key))
