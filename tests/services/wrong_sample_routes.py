"""Wrong routes made from the shipped ones, each in the sample city, as they would be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.authority import away, give_post
from tests.city import City
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from workflow.definition.claims import Claim
from workflow.definition.load import named, parse
from workflow.definition.model import Definition
from workflow.errors import BadInput
from workflow.policy import SYSTEM


def row(action: str, source: str, target: str, *more: str, label: str = "") -> str:
    """The text of a transition."""
    lines = [
        "[[transition]]",
        f'action = "{action}"',
        f'label = "{label or action}"',
        f'from = "{source}"',
        f'to = "{target}"',
        *more,
    ]
    return "\n" + "\n".join(lines) + "\n"


def changed_row(name: str, action: str, source: str, target: str, old: str, new: str) -> str:
    """The text of a shipped route with one of its rows changed; what is exchanged must be there."""
    head, *rows = named(name).source.split("[[transition]]\n")
    wanted = (f'action = "{action}"\n', f'from = "{source}"\n', f'to = "{target}"\n')
    found = [i for i, text in enumerate(rows) if all(part in text for part in wanted)]
    assert len(found) == 1, (wanted, found)
    assert old in rows[found[0]], (old, rows[found[0]])
    rows[found[0]] = rows[found[0]].replace(old, new)
    return "[[transition]]\n".join([head, *rows])


def replaced(name: str, *changes: tuple[str, str]) -> str:
    """The text of a shipped route with parts exchanged wherever they stand; each must be there."""
    text = named(name).source
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def without_rows(text: str, *parts: str) -> str:
    """A text without its rows in which one of *parts* stands; each must be there."""
    head, *rows = text.split("[[transition]]\n")
    assert all(any(part in text for text in rows) for part in parts), parts
    kept = [text for text in rows if not any(part in text for part in parts)]
    return "[[transition]]\n".join([head, *kept])


@dataclass(frozen=True)
class WrongRoute:
    """A route that must not run.

    Attributes:
        code: the sheet that shows it.
        actions: of the shortest path, as they are called there.
        prepare: what happens in the city first: absences, posts.
        then: what is tried at the end of the path.
        lacks: a stage at which nothing stands over the content when the path is walked.
        hand: who stands signed at two stages then, by sign-in name.
    """

    name: str
    text: str
    claim: Claim
    code: str
    actions: Sequence[str]
    prepare: Callable[[City], object] = lambda city: None
    then: Callable[[City], object] = lambda city: None
    lacks: str = ""
    hand: str = ""

    @property
    def definition(self) -> Definition:
        """The route."""
        return parse(self.text)


def _head_away(city: City) -> None:
    away(city, REVIEWERS["611"])


def _bureau_away(city: City) -> None:
    away(city, APPROVER, substitutes={"bureau_approval": [REVIEWERS["612"]]})


def _chief_away(city: City) -> None:
    away(city, COLLEAGUES["611"])


def _nobody_for_the_bureau(city: City) -> None:
    away(city, APPROVER)


def _is_refused_at_publication(code: str) -> Callable[[City], None]:
    def then(city: City) -> None:
        with pytest.raises(BadInput) as refused:
            city.request_publication(["611"])
        assert {fault.code for fault in refused.value.faults} == {code}

    return then


def _is_never_published(city: City) -> None:
    for action in ("submit", "approve"):
        city.act(DRAFTERS["611"] if action == "submit" else REVIEWERS["611"], "611", action)
    city.act(APPROVER, "611", "approve")
    _is_refused_at_publication("sheet_approval_void")(city)


def _goes_round_and_round(city: City) -> None:
    for _ in range(2):
        city.submit("611")
        city.approve("611")
        city.approve("611")
        assert city.state("611") == "draft"


def _waits_for_nobody(city: City) -> None:
    assert city.page(SYSTEM, "611").holders == ()


def _goes_back_without_a_word(city: City) -> None:
    city.submit("611")
    city.give_back("611", reason="")
    assert city.state("611") == "draft"


def _second_post(city: City) -> None:
    give_post(city, COLLEAGUES["611"], "市民自治部", "次長", "deputy_director")
    away(city, REVIEWERS["611"])


SUBMIT, APPROVE, PUBLISH = "提出する", "承認する", "公表する"
LATE = "決算額などの取込みで内容が変わる"
_FORWARD = (SUBMIT, APPROVE, APPROVE)

_REVISION = """[[stage]]
key = "revision"
label = "修正"
kind = "drafting"
who = [{ select = "drafters_of", unit = "lead_section" }]

[[stage]]
key = "bureau_approval"
"""

WRONG_ROUTES = [
    WrongRoute(
        "a route without a final approval",
        replaced("standard", ("final_approval = true\n", "")),
        Claim.FINALLY_APPROVED,
        "611",
        (*_FORWARD, PUBLISH),
    ),
    WrongRoute(
        "a final approval that does not sign",
        changed_row("standard", "approve", "bureau_approval", "approved", "signs = true\n", ""),
        Claim.FINALLY_APPROVED,
        "611",
        (*_FORWARD, PUBLISH),
        lacks="bureau_approval",
    ),
    WrongRoute(
        "the word at the department's approval instead of the bureau's",
        changed_row(
            "standard", "approve", "department_review", "bureau_approval",
            "signs = true\n", "signs = true\nfinal_approval = true\n",
        ).replace('to = "approved"\nfinal_approval = true\n', 'to = "approved"\n'),
        Claim.FINALLY_APPROVED,
        "611",
        (*_FORWARD, PUBLISH),
    ),
    WrongRoute(
        "a department's shortcut past the bureau",
        named("standard").source
        + row("direct", "department_review", "approved", "signs = true", label="直接"),
        Claim.FINALLY_APPROVED,
        "611",
        (SUBMIT, "直接", PUBLISH),
        lacks="bureau_approval",
    ),
    WrongRoute(
        "a department's shortcut that calls itself the final approval",
        named("standard").source
        + row("decide", "department_review", "approved", "signs = true", "final_approval = true",
              label="専決する"),
        Claim.FINALLY_APPROVED,
        "611",
        (SUBMIT, "専決する", PUBLISH),
        lacks="bureau_approval",
    ),
    WrongRoute(
        "a sheet that is passed over past the bureau",
        changed_row("standard", "pass_over", "department_review", "bureau_approval",
                    "bureau_approval", "approved"),
        Claim.FINALLY_APPROVED,
        "611",
        (SUBMIT, "後閲とする"),
        prepare=_head_away,
        lacks="bureau_approval",
    ),
    WrongRoute(
        "silence at a joint stage that leads past the bureau",
        changed_row("joint_external", "agreed", "joint_agreement", "bureau_approval",
                    "bureau_approval", "approved"),
        Claim.FINALLY_APPROVED,
        "612",
        (SUBMIT, APPROVE, "合議が調った", PUBLISH),
        lacks="bureau_approval",
    ),
    WrongRoute(
        "a drafter's way past every review, to the bureau",
        named("standard").source
        + row("direct", "draft", "bureau_approval", 'guards = ["sheet_complete"]', label="直接"),
        Claim.REVIEWS_SIGNED,
        "611",
        ("直接", APPROVE, PUBLISH),
        lacks="department_review",
    ),
    WrongRoute(
        "a drafter's way to where sheets wait for publication",
        named("standard").source
        + row("direct", "draft", "approved", 'guards = ["sheet_complete"]', label="直接"),
        Claim.REVIEWS_SIGNED,
        "611",
        ("直接",),
        lacks="department_review",
    ),
    WrongRoute(
        "a review that does not sign",
        changed_row("standard", "approve", "department_review", "bureau_approval",
                    "signs = true\n", ""),
        Claim.REVIEWS_SIGNED,
        "611",
        (*_FORWARD, PUBLISH),
        lacks="department_review",
    ),
    WrongRoute(
        "a second level that does not sign",
        changed_row("two_levels", "approve", "department_review", "bureau_approval",
                    "signs = true\n", ""),
        Claim.REVIEWS_SIGNED,
        "611",
        (*_FORWARD, APPROVE, PUBLISH),
        lacks="department_review",
    ),
    WrongRoute(
        "a sheet that is pulled up past the second review",
        changed_row("two_levels", "pull_up", "section_review", "department_review",
                    "department_review", "bureau_approval"),
        Claim.REVIEWS_SIGNED,
        "611",
        (SUBMIT, "引き上げる", APPROVE, PUBLISH),
        lacks="department_review",
    ),
    WrongRoute(
        "a sheet that is passed over past the second review",
        changed_row("two_levels", "pass_over", "section_review", "department_review",
                    "department_review", "bureau_approval"),
        Claim.REVIEWS_SIGNED,
        "611",
        (SUBMIT, "後閲とする", APPROVE, PUBLISH),
        prepare=_chief_away,
        lacks="department_review",
    ),
    WrongRoute(
        "a review of a text that was rewritten since, in a round of its own",
        replaced("standard", ('[[stage]]\nkey = "bureau_approval"\n', _REVISION))
        + row("return", "bureau_approval", "revision", 'requires = ["reason"]',
              "new_round = true", label="修正を求める")
        + row("resubmit", "revision", "bureau_approval", 'guards = ["sheet_complete"]',
              label="出し直す"),
        Claim.REVIEWS_SIGNED,
        "611",
        (SUBMIT, APPROVE, "修正を求める", "書き直して出し直す", APPROVE, PUBLISH),
        lacks="department_review",
    ),
    WrongRoute(
        "no way back for a late import",
        changed_row("standard", "content_changed", "approved", "department_review",
                    'action = "content_changed"', 'action = "contents_changed"'),
        Claim.WAY_BACK,
        "611",
        (*_FORWARD, LATE),
        lacks="department_review",
    ),
    WrongRoute(
        "a way back for a late import that is too short",
        changed_row("standard", "content_changed", "approved", "department_review",
                    'to = "department_review"', 'to = "bureau_approval"'),
        Claim.WAY_BACK,
        "611",
        (*_FORWARD, "内容が変わった"),
        lacks="department_review",
    ),
    WrongRoute(
        "two signatures by one hand through a substitution",
        replaced("standard", ('distinct_from = ["draft", "department_review"]\n',
                              'distinct_from = ["draft"]\n')),
        Claim.DIFFERENT_HANDS,
        "612",
        (*_FORWARD,),
        prepare=_bureau_away,
        hand=REVIEWERS["612"],
    ),
    WrongRoute(
        "two signatures by one hand from a second post",
        replaced("two_levels", ('distinct_from = ["draft", "section_review"]\n',
                                'distinct_from = ["draft"]\n')),
        Claim.DIFFERENT_HANDS,
        "611",
        (*_FORWARD,),
        prepare=_second_post,
        hand=COLLEAGUES["611"],
    ),
    WrongRoute(
        "a route in which nothing signs",
        replaced("standard", ("signs = true\n", "")),
        Claim.ALWAYS_PUBLISHABLE,
        "611",
        (),
        then=_is_never_published,
    ),
    WrongRoute(
        "a route whose sheets wait for publication, and nothing publishes them",
        without_rows(named("standard").source, 'from = "approved"\nto = "published"',
                     'from = "approved"\nto = "draft"',
                     'from = "approved"\nto = "bureau_approval"'),
        Claim.NO_DEAD_END,
        "611",
        (*_FORWARD,),
        then=_is_refused_at_publication("not_approved"),
    ),
    WrongRoute(
        "an approval that leads to the beginning, and no other end",
        without_rows(
            changed_row("standard", "approve", "bureau_approval", "approved",
                        'to = "approved"\nfinal_approval = true\nsigns = true', 'to = "draft"'),
            'to = "rejected"', 'to = "abandoned"',
        ),
        Claim.ALWAYS_AN_END,
        "611",
        (),
        then=_goes_round_and_round,
    ),
    WrongRoute(
        "an approver who is away, and nobody stands in",
        replaced("standard", ('label = "標準（', 'label = "別の標準（')),
        Claim.ALWAYS_SOMEBODY,
        "611",
        (SUBMIT, APPROVE),
        prepare=_nobody_for_the_bureau,
        then=_waits_for_nobody,
    ),
    WrongRoute(
        "a sheet that is passed over to its publication",
        changed_row("standard", "pass_over", "department_review", "bureau_approval",
                    "bureau_approval", "published"),
        Claim.NOBODY_ALONE,
        "611",
        (SUBMIT, "後閲とする"),
        prepare=_head_away,
    ),
    WrongRoute(
        "an approval without the comment that its stage asks for",
        changed_row("joint_external", "approve", "bureau_approval", "external_review",
                    'requires = ["comment"]\n', ""),
        Claim.COMMENT_WHERE_REQUIRED,
        "611",
        (SUBMIT, APPROVE, "合議が調った", APPROVE),
    ),
    WrongRoute(
        "a return without a reason",
        changed_row("standard", "return", "department_review", "draft",
                    'requires = ["reason"]\n', ""),
        Claim.REASON_ON_RETURN,
        "611",
        ("差し戻す",),
        then=_goes_back_without_a_word,
    ),
]  # fmt: skip
