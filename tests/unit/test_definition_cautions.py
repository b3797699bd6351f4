"""What the checker warns of: each oddity once, and nothing of the shipped routes."""

from __future__ import annotations

from string import Formatter

import pytest

from tests.unit.facts import OTHERS
from tests.unit.wrong_routes import EVERYBODY, LINE, changed
from workflow.definition import cautions
from workflow.definition.checker import Office, check
from workflow.definition.claims import Caution
from workflow.definition.load import SHIPPED, named, parse
from workflow.definition.model import Definition
from workflow.sentences.findings import FINDINGS


def warned(definition: Definition) -> list[tuple[Caution, str]]:
    """Everything that is warned of, the route's own and the office's, in words."""
    proof = check(Office(definition, OTHERS, EVERYBODY))
    doubts = (*cautions.of_route(definition, proof.reached), *proof.doubts)
    return [(doubt.caution, str(doubt.found)) for doubt in doubts]


def line(*changes: tuple[str, str]) -> Definition:
    """The small route with parts exchanged, and without what is warned of in it."""
    return changed(
        LINE,
        ('from = "draft"\nto = "review"\n',
         'from = "draft"\nto = "review"\nguards = ["sheet_complete"]\n'),
        ('by = "previous"\n', 'by = "previous"\nguards = ["not_opened"]\n'),
        *changes,
    )  # fmt: skip


def ladder(*steps: str) -> tuple[str, str]:
    """The change that gives the last approval this ladder."""
    before = 'distinct_from = ["draft", "review"]\n'
    return before, f"{before}ladder = [{', '.join(steps)}]\n"


OVERDUE = '{ kind = "overdue", offset = 2 }'
TO_PUBLISHERS = 'to = [{ select = "publishers" }] }'
STAGE = '[[stage]]\nkey = "done"\n'
ROW = '[[transition]]\naction = "submit"\n'

ODD = [
    (line((STAGE, '[[stage]]\nkey = "island"\nlabel = "島"\nkind = "joint"\n'
           'who = [{ select = "external_reviewers" }]\n'
           'joint = { quorum = "all", objection = "noted", no_reply = "waits" }\n' + STAGE),
          (ROW, '[[transition]]\naction = "agreed"\nfrom = "island"\nto = "done"\n'
           'by = "joint"\n' + ROW)),
     {Caution.NEVER_REACHED, Caution.REVIEW_LEFT_OUT}),
    (line(ladder(OVERDUE, '{ kind = "escalation", offset = 3, '
                 'to = [{ select = "external_reviewers" }] }')),
     {Caution.ESCALATES_TO_NOBODY}),
    (line(ladder(OVERDUE, '{ kind = "escalation", offset = 2, '
                 'to = [{ select = "external_reviewers" }] }')),
     {Caution.ESCALATES_TO_NOBODY}),
    (line(ladder('{ kind = "reminder", offset = 0 }', '{ kind = "reminder", offset = -2 }')),
     {Caution.LADDER_OUT_OF_ORDER}),
    (line(ladder('{ kind = "escalation", offset = 1, ' + TO_PUBLISHERS, OVERDUE)),
     {Caution.LADDER_OUT_OF_ORDER}),
    (line(ladder(OVERDUE, OVERDUE)), {Caution.LADDER_TWICE}),
    (line(ladder(OVERDUE, *['{ kind = "escalation", offset = 3, ' + TO_PUBLISHERS] * 2)),
     {Caution.LADDER_TWICE}),
    (line((STAGE, '[[stage]]\nkey = "also"\nlabel = "別の公表"\nkind = "published"\n' + STAGE),
          (ROW, '[[transition]]\naction = "direct"\nfrom = "approval"\nto = "also"\n'
           "signs = true\nfinal_approval = true\n" + ROW)),
     {Caution.SEVERAL_PUBLISHED}),
    (line(('guards = ["sheet_complete"]\n', "")), {Caution.SUBMITTED_INCOMPLETE}),
    (line(('guards = ["not_opened"]\n', "")), {Caution.WITHDRAWN_AFTER_OPENING}),
    (line((ROW, '[[transition]]\naction = "contents_changed"\nfrom = "review"\nto = "review"\n'
           'by = "system"\n' + ROW)),
     {Caution.ROW_NEVER_WALKED}),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "expected"), ODD)
def test_what_is_odd_is_warned_of_and_refutes_nothing(
    definition: Definition, expected: set[Caution]
) -> None:
    assert check(Office(definition, OTHERS, EVERYBODY)).refutations == ()
    assert {caution for caution, _words in warned(definition)} == expected


def test_every_caution_has_its_odd_route() -> None:
    assert {caution for _definition, expected in ODD for caution in expected} == set(Caution)


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_odd_about_a_shipped_route(name: str) -> None:
    assert warned(named(name)) == []


def test_a_step_that_falls_to_those_of_a_later_one_reaches_somebody() -> None:
    vacant = '{ kind = "escalation", offset = 3, to = [{ select = "external_reviewers" }] }'
    later = '{ kind = "escalation", offset = 5, ' + TO_PUBLISHERS

    assert warned(line(ladder(OVERDUE, vacant, later))) == []


def test_what_is_found_is_said_in_both_languages() -> None:
    for code, (japanese, english) in FINDINGS.items():
        ja, en = (
            {field for _, field, _, _ in Formatter().parse(sentence) if field}
            for sentence in (japanese, english)
        )
        assert ja == en, code
    route = parse(LINE.replace("final_approval = true\n", "").replace(
        'label = "公表済"\n', 'label = "公表済"\nlabel_en = "Published"\n'))  # fmt: skip
    proof = check(Office(route, OTHERS, EVERYBODY))
    (found,) = (r.found for r in proof.refutations if r.claim == "finally_approved")
    assert found.said("ja").startswith("「公表済」に至りますが、決裁")
    assert found.said("en").startswith("Published is reached, and no row")
