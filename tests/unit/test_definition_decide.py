"""The standard route as one table: every state × action is listed with its target or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from tests.unit.facts import CONTENT, DIRECTOR, HEAD, OTHER_CONTENT, facts, signed
from workflow.definition.decide import Decision, decide, find_row
from workflow.definition.load import standard
from workflow.definition.model import Transition
from workflow.definition.refusal import Refusal

STATES = (
    "draft", "department_review", "bureau_approval", "approved", "published", "rejected",
    "abandoned",
)  # fmt: skip
FINAL = ("published", "rejected", "abandoned")
ACTIONS = (
    "submit", "abandon", "approve", "return", "reject", "withdraw", "pass_over", "publish",
    "content_changed",
)  # fmt: skip

#: (state, action) → the stages that it can lead to, in the order of the file.
ROUTE = {
    ("draft", "submit"): ("department_review",),
    ("draft", "abandon"): ("abandoned",),
    ("department_review", "approve"): ("bureau_approval",),
    ("department_review", "return"): ("draft",),
    ("department_review", "reject"): ("rejected",),
    ("department_review", "pass_over"): ("bureau_approval",),
    ("department_review", "withdraw"): ("draft",),
    ("department_review", "content_changed"): ("department_review",),
    ("bureau_approval", "approve"): ("approved",),
    ("bureau_approval", "return"): ("draft", "department_review"),
    ("bureau_approval", "reject"): ("rejected",),
    ("bureau_approval", "withdraw"): ("department_review",),
    ("bureau_approval", "content_changed"): ("department_review",),
    ("approved", "return"): ("draft",),
    ("approved", "withdraw"): ("bureau_approval",),
    ("approved", "publish"): ("published",),
    ("approved", "content_changed"): ("department_review",),
}
#: What else a row says: who walks it, what it needs, what it does. Silent: stage, nothing.
DETAILS = {
    ("draft", "submit", "department_review"): "guards sheet_complete",
    ("draft", "abandon", "abandoned"): "requires reason",
    ("department_review", "approve", "bureau_approval"): "signs",
    ("department_review", "reject", "rejected"): "requires reason",
    ("department_review", "pass_over", "bureau_approval"): "by absence",
    ("bureau_approval", "reject", "rejected"): "requires reason",
    ("department_review", "return", "draft"): "requires reason; new round",
    ("department_review", "withdraw", "draft"): "by previous; guards not_opened; new round",
    ("department_review", "content_changed", "department_review"): "by system; new round",
    ("bureau_approval", "approve", "approved"): "signs; final approval",
    ("bureau_approval", "return", "draft"): "requires reason; new round",
    ("bureau_approval", "return", "department_review"): "requires reason; new round",
    (
        "bureau_approval", "withdraw", "department_review",
    ): "by previous; guards not_opened; new round",
    ("bureau_approval", "content_changed", "department_review"): "by system; new round",
    ("approved", "return", "draft"): "requires reason; new round",
    ("approved", "withdraw", "bureau_approval"): "by previous; guards not_opened",
    ("approved", "publish", "published"): "by publication; guards content_approved",
    ("approved", "content_changed", "department_review"): "by system; new round",
}  # fmt: skip


def row_of(state: str, action: str, target: str | None = None) -> Transition:
    row = standard().find(state, action, target)
    assert row is not None
    return row


@pytest.mark.parametrize(("state", "action"), list(product(STATES, ACTIONS)))
def test_every_state_and_action_is_listed_with_its_target_or_refused(
    state: str, action: str
) -> None:
    found = tuple(row.target for row in standard().transitions_from(state) if row.action == action)

    assert found == ROUTE.get((state, action), ())
    answer = find_row(standard(), state, action)
    if not found:
        expected = "already_final" if state in FINAL else "not_in_this_state"
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.values["stage"]) == (expected, standard().stage(state).label)
    else:
        assert isinstance(answer, Transition)
        assert answer.target == found[0]


@pytest.mark.parametrize(("state", "action", "target"), list(product(STATES, ACTIONS, STATES)))
def test_every_target_that_is_not_listed_is_refused(state: str, action: str, target: str) -> None:
    answer = find_row(standard(), state, action, target)

    listed = target in ROUTE.get((state, action), ())
    assert isinstance(answer, Transition) == listed


def test_nothing_else_stands_in_the_file() -> None:
    definition = standard()

    assert tuple(stage.key for stage in definition.stages) == STATES
    assert {row.action for row in definition.transitions} == set(ACTIONS)
    assert len(definition.transitions) == len(DETAILS) == sum(map(len, ROUTE.values()))


def said(row: Transition) -> str:
    parts = [
        f"by {row.by}" if row.by != "stage" else "",
        f"guards {' '.join(row.guards)}" if row.guards else "",
        f"requires {' '.join(row.requires)}" if row.requires else "",
        "signs" if row.signs else "",
        "final approval" if row.final_approval else "",
        "new round" if row.new_round else "",
    ]
    return "; ".join(part for part in parts if part)


@pytest.mark.parametrize("key", DETAILS)
def test_each_row_says_who_walks_it_what_it_needs_and_what_it_does(
    key: tuple[str, str, str],
) -> None:
    assert said(row_of(*key)) == DETAILS[key]


def test_every_stage_says_who_acts_who_is_barred_and_where_people_write() -> None:
    who = {
        stage.key: (
            [(selector.name, selector.unit) for selector in stage.who],
            stage.distinct_from,
            stage.editable,
            stage.final,
        )
        for stage in standard().stages
    }

    assert who == {
        "draft": ([("drafters_of", "lead_section")], (), True, False),
        "department_review": (
            [("head_of", "responsible_department"), ("deputy_of", "responsible_department")],
            ("draft",),
            False,
            False,
        ),
        "bureau_approval": (
            [("head_of", "policy_bureau")],
            ("draft", "department_review"),
            False,
            False,
        ),
        "approved": ([("publishers", None)], (), False, False),
        **{key: ([], (), False, True) for key in FINAL},
    }


# decide


def test_what_follows_a_step_forwards() -> None:
    row = row_of("department_review", "approve")

    decision = decide(standard(), facts("department_review"), row)

    assert decision == Decision(row, standard().stage("bureau_approval"), 1, ())


@pytest.mark.parametrize(
    ("state", "action", "target", "round_after", "voided"),
    [
        ("department_review", "return", "draft", 4, STATES),
        ("bureau_approval", "return", "department_review", 4, STATES[1:]),
        ("bureau_approval", "withdraw", "department_review", 4, STATES[1:]),
        ("approved", "withdraw", "bureau_approval", 3, STATES[2:]),
        ("department_review", "content_changed", "department_review", 4, STATES[1:]),
        ("approved", "content_changed", "department_review", 4, STATES[1:]),
    ],
)
def test_a_step_back_voids_the_signatures_from_its_target_on(
    state: str, action: str, target: str, round_after: int, voided: tuple[str, ...]
) -> None:
    row = row_of(state, action, target)

    decision = decide(standard(), facts(state, round=3), row, reason="理由")

    assert isinstance(decision, Decision)
    assert (decision.round, decision.voids_signatures) == (round_after, voided)


def refused(state: str, action: str, *, reason: str = "理由", **changes: object) -> str | None:
    answer = decide(standard(), facts(state, **changes), row_of(state, action), reason=reason)
    return answer.code if isinstance(answer, Refusal) else None


@pytest.mark.parametrize("reason", ["", " ", "\n\t　"])
def test_a_return_needs_a_reason_that_says_something(reason: str) -> None:
    assert refused("department_review", "return", reason=reason) == "reason_required"
    assert refused("department_review", "return", reason="理由") is None


def test_an_incomplete_sheet_is_not_submitted() -> None:
    assert refused("draft", "submit", missing=1) == "sheet_incomplete"
    assert refused("draft", "submit", missing=0) is None


def test_submitting_without_having_looked_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="without looking at the sheet"):
        refused("draft", "submit", missing=None)


def test_what_was_opened_is_not_withdrawn() -> None:
    opened = datetime(2022, 6, 1, tzinfo=UTC)

    assert refused("department_review", "withdraw", first_opened_at=opened) == "already_opened"
    assert refused("department_review", "withdraw", first_opened_at=None) is None


@pytest.mark.parametrize(
    ("signatures", "code"),
    [
        ((), "approval_void"),
        ((signed(HEAD, "department_review"), signed(DIRECTOR, "bureau_approval")), None),
        (
            (
                signed(HEAD, "department_review", content=OTHER_CONTENT),
                signed(DIRECTOR, "bureau_approval"),
            ),
            "approval_void",
        ),
        ((signed(DIRECTOR, "bureau_approval", content=OTHER_CONTENT),), "approval_void"),
        ((signed(DIRECTOR, "bureau_approval", round=2),), "approval_void"),
        (
            (
                signed(HEAD, "department_review"),
                signed(HEAD, "department_review", round=2, content=OTHER_CONTENT),
            ),
            None,
        ),
    ],
)
def test_nothing_is_published_whose_content_was_not_signed_in_this_round(
    signatures: tuple[object, ...], code: str | None
) -> None:
    assert refused("approved", "publish", signatures=signatures, content_hash=CONTENT) == code


def test_a_row_from_elsewhere_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="approve leaves department_review, not draft"):
        decide(standard(), facts("draft"), row_of("department_review", "approve"))
