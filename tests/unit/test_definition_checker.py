"""The checker proves the standard route and refutes wrong ones by their shortest path."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.facts import (
    BUREAU_DEPUTY,
    CLERK,
    CLERK_TWO,
    DEPUTY,
    NAMES,
    OFFICE,
    OTHERS,
    OWN,
    PUBLISHER,
    PUBLISHERS,
    SECTION,
    holder,
)
from tests.unit.wrong_routes import (
    EVERYBODY,
    RIGHT,
    WRONG_ABSENCE,
    WRONG_GUARDS,
    WRONG_JOINT,
    Wrong,
    changed,
)
from workflow.definition.checker import Claim, Office, check
from workflow.definition.facts import Holder, Rank, Roster
from workflow.definition.load import standard
from workflow.definition.model import Definition


def without(*people: int) -> Roster:
    """The office with these posts vacant."""
    return Roster(tuple(h for h in OFFICE if h.person_id not in people), PUBLISHERS)


@pytest.mark.parametrize("units", [OTHERS, OWN], ids=["another department's", "the bureau's own"])
def test_the_standard_route_holds_in_a_full_office(units: Mapping[str, int | None]) -> None:
    proof = check(Office(standard(), units, EVERYBODY))

    assert proof.refutations == ()
    assert proof.situations > 10


SMALL = """
name = "small"
[[stage]]
key = "draft"
label = "作成"
who = [{ select = "drafters_of", unit = "lead_section" }]
editable = true
[[stage]]
key = "review"
label = "審査"
who = [{ select = "head_of", unit = "responsible_department" }]
distinct_from = ["draft"]
[[stage]]
key = "approval"
label = "承認"
who = [{ select = "head_of", unit = "policy_bureau" }]
distinct_from = ["draft", "review"]
[[stage]]
key = "done"
label = "終了"
final = true
[[transition]]
action = "submit"
label = "提出"
from = "draft"
to = "review"
[[transition]]
action = "approve"
label = "可"
from = "review"
to = "approval"
signs = true
[[transition]]
action = "return"
label = "差戻し"
from = "review"
to = "draft"
requires = ["reason"]
new_round = true
[[transition]]
action = "approve"
label = "決裁"
from = "approval"
to = "done"
signs = true
final_approval = true
[[transition]]
action = "content_changed"
label = "内容が変わった"
from = "approval"
to = "review"
by = "system"
new_round = true
"""


def small(*changes: tuple[str, str]) -> Definition:
    """The small route with parts of its text exchanged; each must be there."""
    return changed(SMALL, *changes)


def _approval(lines: str) -> str:
    head = '[[transition]]\naction = "approve"\nlabel = "決裁"\n'
    return f"{head}{lines}signs = true\nfinal_approval = true\n"


CLERK_PUBLISHES: tuple[Holder, ...] = (Holder(CLERK, NAMES[CLERK], None, None, None, NAMES[CLERK]),)

WRONG = [
    Wrong(
        "a stage that nothing leaves",
        small((_approval('from = "approval"\nto = "done"\n'), "")),
        Claim.NO_DEAD_END,
        (("課長 課長", "提出"), ("部長 部長", "可")),
    ),
    Wrong(
        "a stage that only the engine can leave",
        small(
            (
                _approval('from = "approval"\nto = "done"\n'),
                '[[transition]]\naction = "x"\nfrom = "approval"\nto = "done"\nby = "system"\n',
            )
        ),
        Claim.NO_DEAD_END,
        (("課長 課長", "提出"), ("部長 部長", "可")),
    ),
    Wrong(
        "two stages that lead to each other and nowhere else",
        small(('from = "approval"\nto = "done"', 'from = "approval"\nto = "review"')),
        Claim.ALWAYS_AN_END,
        (),
    ),
    Wrong(
        "the bureau's own sheet, where its head alone could review as well as approve",
        small(),
        Claim.ALWAYS_SOMEBODY,
        (("課長 課長", "提出"), ("総合政策部長 総合政策部長", "可")),
        units=OWN,
    ),
    Wrong(
        "a post that is vacant",
        small(('"head_of", unit = "policy_bureau"', '"deputy_of", unit = "policy_bureau"')),
        Claim.ALWAYS_SOMEBODY,
        (("課長 課長", "提出"), ("部長 部長", "可")),
        roster=without(BUREAU_DEPUTY),
    ),
    Wrong(
        "a section without anybody in it",
        small(),
        Claim.ALWAYS_SOMEBODY,
        (),
        units={**OTHERS, "lead_section": 999},
    ),
    Wrong(
        "the section's head reviews and is the only one who can write",
        small(('"head_of", unit = "responsible_department"', '"head_of", unit = "lead_section"')),
        Claim.ALWAYS_SOMEBODY,
        (("課長 課長", "提出"),),
        roster=without(CLERK, CLERK_TWO),
    ),
    Wrong(
        "nobody signs, and one person holds both posts",
        small(
            ("signs = true\n", ""),
            ('distinct_from = ["draft"]\n', ""),
            ('distinct_from = ["draft", "review"]\n', ""),
            ('"head_of", unit = "responsible_department"', '"publishers"'),
            ('"head_of", unit = "policy_bureau"', '"publishers"'),
        ),
        Claim.NOBODY_ALONE,
        (("担当 担当", "提出"), ("担当 担当", "可"), ("担当 担当", "決裁")),
        roster=Roster(OFFICE, CLERK_PUBLISHES),
    ),
    Wrong(
        "a way round the review, for somebody who drafts and publishes",
        small(
            ('"head_of", unit = "policy_bureau"', '"publishers"'),
            ('distinct_from = ["draft", "review"]\n', ""),
            ('action = "submit"\nlabel = "提出"\nfrom = "draft"\nto = "review"',
             'action = "submit"\nlabel = "提出"\nfrom = "draft"\nto = "review"\n'
             '[[transition]]\naction = "skip"\nlabel = "直接"\nfrom = "draft"\nto = "approval"'),
            ('from = "approval"\nto = "done"\nsigns = true', 'from = "approval"\nto = "done"'),
        ),
        Claim.NOBODY_ALONE,
        (("公表担当 公表担当", "直接"), ("公表担当 公表担当", "決裁")),
        roster=Roster((*OFFICE, holder(PUBLISHER, SECTION, Rank.STAFF)), PUBLISHERS),
    ),
    Wrong(
        "a return without a reason",
        small(('requires = ["reason"]\n', "")),
        Claim.REASON_ON_RETURN,
        (("", "差戻し"),),
    ),
]  # fmt: skip


EVERY_WRONG = WRONG + WRONG_JOINT + WRONG_ABSENCE + WRONG_GUARDS


@pytest.mark.parametrize("wrong", EVERY_WRONG, ids=lambda wrong: wrong.name)
def test_a_wrong_route_is_refuted_by_its_shortest_path(wrong: Wrong) -> None:
    proof = check(wrong.office)

    found = {refutation.claim: refutation for refutation in proof.refutations}
    assert wrong.claim in found
    assert tuple((s.who, s.action) for s in found[wrong.claim].path) == wrong.path
    assert wrong.finding in (None, found[wrong.claim].finding)


#: Routes that hold, so each refutation above comes from the change and not from the route.
EVERY_RIGHT = [Office(small(), OTHERS, EVERYBODY), *RIGHT]


@pytest.mark.parametrize("office", EVERY_RIGHT, ids=lambda office: office.definition.name)
def test_the_small_routes_themselves_hold(office: Office) -> None:
    assert check(office).refutations == ()


#: Up to which round the unmerged exploration goes.
ROUNDS = 5


@pytest.mark.parametrize(
    "office",
    [*EVERY_RIGHT, Office(small(), OWN, EVERYBODY), *(wrong.office for wrong in EVERY_WRONG)],
    ids=lambda office: office.definition.name,
)
def test_merging_loses_nothing(office: Office) -> None:
    """With rounds kept apart, and every author and every last mover, the very same claims fall.

    And by paths of the same length: what is merged hides no shorter way.
    """
    merged, unmerged = check(office), check(office, rounds=ROUNDS)

    # At the last of the numbered rounds a return is cut off, and an import that begins another;
    # that alone may look like no end.
    cut = {Claim.ALWAYS_AN_END, Claim.ALWAYS_PUBLISHABLE, Claim.WAY_BACK}
    told = [
        {r.claim: (len(r.path), r.finding) for r in proof.refutations if r.claim not in cut}
        for proof in (merged, unmerged)
    ]
    assert told[0] == told[1]
    assert {r.claim for r in merged.refutations} <= {r.claim for r in unmerged.refutations}
    assert unmerged.situations >= merged.situations


def test_keeping_all_apart_makes_more_situations_of_each_kind_of_stage() -> None:
    """So the comparison above compares two different explorations."""
    for name in ("joint", "line"):
        offices = [office for office in RIGHT if office.definition.name == name]
        apart = sum(check(office, rounds=ROUNDS).situations for office in offices)
        assert apart > 3 * sum(check(office).situations for office in offices)


def test_a_vacant_deputy_is_found_for_the_bureaus_own_sheets_only() -> None:
    vacant = without(DEPUTY, BUREAU_DEPUTY)

    assert check(Office(standard(), OTHERS, vacant)).refutations == ()
    own = check(Office(standard(), OWN, vacant)).refutations
    assert {refutation.claim: refutation.finding for refutation in own} == {
        Claim.ALWAYS_SOMEBODY: "nobody may act at 総合政策部承認",
        Claim.ALWAYS_PUBLISHABLE: "from 作成中 no publication can be reached",
    }
