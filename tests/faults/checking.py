"""Holds what people were answered against what the database really holds (after Jepsen)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.people import Form, History, act_form
from tests.faults.town import Town
from tests.sample_people import APPROVER, DRAFTERS, REVIEWERS

#: Who is told of an approval: the approver, then both publishers.
TOLD = {"department_review": 1, "bureau_approval": 2}
#: Who reviews the sheets that are modelled on the sample's, in the order of codes.
_REVIEWERS = [REVIEWERS[code] for code in sorted(DRAFTERS)]

_SHEETS = """
SELECT e.id, e.version, e.content_hash FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.number = 2 ORDER BY e.code LIMIT :count
"""
_EVENTS = """
SELECT v.id, v.evaluation_id, v.request_key, v.from_state,
       (SELECT count(*) FROM signature g WHERE g.event_id = v.id) AS signatures,
       (SELECT count(*) FROM notice n JOIN stage_entry s ON s.id = n.stage_entry_id
        WHERE n.evaluation_id = v.evaluation_id AND n.kind = 'your_turn'
          AND s.stage = v.to_state) AS notices
FROM event v JOIN evaluation e ON e.id = v.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.number = 2
WHERE v.action = 'approve' AND v.request_key = ANY (:keys)
"""
_ALL_APPROVALS = """
SELECT count(*) AS n FROM event v JOIN evaluation e ON e.id = v.evaluation_id
JOIN evaluation_cycle c ON c.id = e.cycle_id AND c.number = 2
WHERE v.action = 'approve'
"""
#: Who takes part in approving the crowd of sheets.
CAST = sorted({*_REVIEWERS, APPROVER})


def approvals(town: Town, count: int, random: Random) -> list[list[Form]]:
    """For each of *count* sheets the two forms of its approval, one after the other."""
    work = []
    for number, sheet in enumerate(town.city.rows(_SHEETS, count=count)):
        people = (_REVIEWERS[number % len(_REVIEWERS)], APPROVER)
        work.append(
            [
                act_form(who, sheet.id, "approve", sheet.version + step, sheet.content_hash, random)
                for step, who in enumerate(people)
            ]
        )
    return work


@dataclass(frozen=True)
class Checked:
    """What the comparison counted."""

    approvals: int
    #: Posts of which nobody heard what came of them.
    unanswered: int
    #: Posts that were answered with 5xx.
    failures: int
    #: Answered with a receipt, and not in the ledger.
    lost: int
    #: Forms that acted more than once.
    doubled: int


def check_approvals(town: Town, history: History, work: Sequence[Sequence[Form]]) -> Checked:
    """Every receipt is in the ledger once, and nothing is that nobody asked for.

    Acknowledged is a part of stored; stored is a part of asked for; each key has one event, one
    signature and its notices; a repeated form got the receipt of the first; the chains hold.
    """
    asked = {form.key: form for forms in work for form in forms}
    receipts = history.done()
    events = town.city.rows(_EVENTS, keys=list(asked))
    per_key = Counter(event.request_key for event in events)

    doubled = [key for key, count in per_key.items() if count != 1]
    lost = set(receipts) - set(per_key)
    assert (doubled, lost) == ([], set())
    assert town.count(_ALL_APPROVALS) == len(events) + town.count(_FILLED), "nobody asked for it"
    for event in events:
        assert event.signatures == 1, event
        assert event.notices == TOLD[event.from_state], event
        address = f"/sheets/{event.evaluation_id}/receipt/{event.id}"
        told = receipts.get(event.request_key, {address})
        assert told == {address}, "a repeated form got another receipt"
    verified = town.city.verify()
    assert verified.broken == ()
    return Checked(
        approvals=len(receipts),
        unanswered=history.with_status(0),
        failures=history.with_status(*range(500, 600)),
        lost=len(lost),
        doubled=len(doubled),
    )


# What the filling itself wrote has keys of another form (uuid).
_FILLED = _ALL_APPROVALS + " AND v.request_key LIKE '%-%'"
