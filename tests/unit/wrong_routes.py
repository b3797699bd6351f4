"""Small routes with joint stages, absence and pulling up, and wrong ones made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.unit.facts import (
    BUREAU_DEPUTY,
    CHIEF,
    DEPUTY,
    DIRECTOR,
    HEAD,
    NAMES,
    OFFICE,
    OTHERS,
    PUBLISHERS,
    holder,
)
from workflow.definition.checker import Claim, Office
from workflow.definition.facts import Rank, Roster
from workflow.definition.load import parse
from workflow.definition.model import Definition, NamedFor

EVERYBODY = Roster(OFFICE, PUBLISHERS)
#: Two related departments; each has a head in the office of ``related``.
FIRST, SECOND = 30, 40
ASKED, ALSO_ASKED = 31, 41
NAMES.update({ASKED: "関連部長", ALSO_ASKED: "関連次長"})


def related(*people: int) -> Roster:
    """The office, with these heads of related departments."""
    heads = (holder(ASKED, FIRST, Rank.DIRECTOR), holder(ALSO_ASKED, SECOND, Rank.DIRECTOR))
    return Roster((*OFFICE, *(h for h in heads if h.person_id in people)), PUBLISHERS)


def away(person: int, **substitutes: tuple[int, ...]) -> Roster:
    """The office while *person* is absent; kind of step → who stands in there."""
    found = {h.person_id: h for h in OFFICE}
    absence = tuple(
        (NamedFor(step), tuple(found[n] for n in names)) for step, names in substitutes.items()
    )
    return Roster(
        tuple(replace(h, absence=absence) if h.person_id == person else h for h in OFFICE),
        PUBLISHERS,
    )


JOINT = """
name = "joint"
[[stage]]
key = "draft"
label = "作成"
kind = "drafting"
who = [{ select = "head_of", unit = "lead_section" }]
[[stage]]
key = "joint"
label = "合議"
kind = "joint"
who = [{ select = "head_of", unit = "related_departments" }]
joint = { quorum = "all", objection = "veto", no_reply = "waits" }
[[stage]]
key = "approval"
label = "承認"
kind = "sign_off"
who = [{ select = "head_of", unit = "policy_bureau" }]
distinct_from = ["joint"]
[[stage]]
key = "done"
label = "公表済"
kind = "published"
[[stage]]
key = "rejected"
label = "却下"
kind = "ended"
[[transition]]
action = "submit"
label = "提出"
from = "draft"
to = "joint"
[[transition]]
action = "agreed"
label = "調う"
from = "joint"
to = "approval"
by = "joint"
[[transition]]
action = "objected"
label = "調わない"
from = "joint"
to = "draft"
by = "joint"
new_round = true
[[transition]]
action = "return"
label = "差戻し"
from = "approval"
to = "joint"
requires = ["reason"]
new_round = true
[[transition]]
action = "approve"
label = "決裁"
from = "approval"
to = "done"
requires = ["comment"]
signs = true
final_approval = true
[[transition]]
action = "reject"
label = "却下"
from = "approval"
to = "rejected"
requires = ["reason"]
[[transition]]
action = "content_changed"
label = "内容が変わった"
from = "joint"
to = "joint"
by = "system"
new_round = true
[[transition]]
action = "content_changed"
label = "内容が変わった"
from = "approval"
to = "joint"
by = "system"
new_round = true
"""

LINE = """
name = "line"
[[stage]]
key = "draft"
label = "作成"
kind = "drafting"
who = [{ select = "head_of", unit = "lead_section" }]
[[stage]]
key = "review"
label = "審査"
kind = "sign_off"
who = [{ select = "head_of", unit = "responsible_department" }]
distinct_from = ["draft"]
when_absent = ["substitute", "post_review"]
[[stage]]
key = "approval"
label = "承認"
kind = "sign_off"
who = [{ select = "head_of", unit = "policy_bureau" }]
distinct_from = ["draft", "review"]
when_absent = ["substitute"]
[[stage]]
key = "done"
label = "公表済"
kind = "published"
[[transition]]
action = "submit"
label = "提出"
from = "draft"
to = "review"
[[transition]]
action = "withdraw"
label = "引戻し"
from = "review"
to = "draft"
by = "previous"
new_round = true
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
action = "pass_over"
label = "後閲"
from = "review"
to = "approval"
by = "absence"
[[transition]]
action = "pull_up"
label = "引上げ"
from = "review"
to = "approval"
by = "target"
requires = ["reason"]
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


def changed(source: str, *changes: tuple[str, str]) -> Definition:
    """A small route with parts of its text exchanged; each must be there."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return parse(source)


@dataclass(frozen=True)
class Wrong:
    """A route that must not run, and how the checker says so.

    Attributes:
        path: (who, action) of each step of the shortest path.
        finding: what stands at its end; None where only the path matters.
    """

    name: str
    definition: Definition
    claim: Claim
    path: tuple[tuple[str, str], ...]
    roster: Roster = EVERYBODY
    units: Mapping[str, int | None] = field(default_factory=lambda: OTHERS)
    related: tuple[int, ...] = ()
    finding: str | None = None

    @property
    def office(self) -> Office:
        """What the checker looks at."""
        return Office(self.definition, self.units, self.roster, self.related)


SUBMITTED = ("課長 課長", "提出")
BOTH = (FIRST, SECOND)
_ABSENT_HEAD = f"総合政策部長 総合政策部長（{NAMES[HEAD]} {NAMES[HEAD]}の代理）"
_SILENT = ('no_reply = "waits"', 'no_reply = "objects"')

WRONG_JOINT = [
    Wrong(
        "a joint stage that waits for departments in which nobody is left",
        changed(JOINT),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED,),
        related(),
        related=BOTH,
        finding="nobody may act at 合議",
    ),
    Wrong(
        "a joint stage that all must agree to, one of whom is not there",
        changed(JOINT),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("関連部長 関連部長", "同意する")),
        related(ASKED),
        related=BOTH,
        finding="nobody may act at 合議",
    ),
    Wrong(
        "silence that objects, for a department in which nobody is left: back for ever",
        changed(JOINT, _SILENT),
        Claim.ALWAYS_AN_END,
        (),
        related(),
        related=BOTH,
        finding="from 作成 no end can be reached",
    ),
    Wrong(
        "an agreement that leads back as the objection does",
        changed(JOINT, ('from = "joint"\nto = "approval"', 'from = "joint"\nto = "draft"')),
        Claim.ALWAYS_AN_END,
        (),
        related(ASKED, ALSO_ASKED),
        related=BOTH,
        finding="from 作成 no end can be reached",
    ),
    Wrong(
        "publication out of reach for a sheet that was objected to, although it can be rejected",
        changed(
            JOINT,
            ('from = "joint"\nto = "draft"\nby = "joint"\nnew_round = true',
             'from = "joint"\nto = "approval"\nby = "joint"'),
            ('action = "approve"\nlabel = "決裁"\nfrom = "approval"\nto = "done"',
             'action = "back"\nlabel = "再考"\nfrom = "approval"\nto = "draft"\nnew_round = true'),
        ),
        Claim.ALWAYS_PUBLISHABLE,
        (),
        related(ASKED),
        related=(FIRST,),
        finding="from 作成 no publication can be reached",
    ),
    Wrong(
        "an approval without the comment that its stage asks for",
        changed(
            JOINT,
            ('distinct_from = ["joint"]\n', 'distinct_from = ["joint"]\ncomment_required = true\n'),
            ('to = "done"\nrequires = ["comment"]\n', 'to = "done"\n'),
        ),
        Claim.COMMENT_WHERE_REQUIRED,
        (SUBMITTED, ("関連部長 関連部長", "同意する"), ("自動処理", "調う"),
         ("総合政策部長 総合政策部長", "決裁")),
        related(ASKED),
        related=(FIRST,),
        finding="承認 is signed without a comment",
    ),
    Wrong(
        "a plain yes at a joint stage that asks each for a comment",
        changed(JOINT, ('kind = "joint"\n', 'kind = "joint"\ncomment_required = true\n')),
        Claim.COMMENT_WHERE_REQUIRED,
        (SUBMITTED, ("関連部長 関連部長", "同意する")),
        related(ASKED),
        related=(FIRST,),
        finding="合議 is signed without a comment",
    ),
    Wrong(
        "rejecting without a reason",
        changed(JOINT, ('to = "rejected"\nrequires = ["reason"]\n', 'to = "rejected"\n')),
        Claim.REASON_ON_RETURN,
        (("", "却下"),),
        related(ASKED),
        related=(FIRST,),
        finding="却下 asks for no reason",
    ),
    Wrong(
        "the one who answered for a department is the only one who could approve",
        changed(JOINT),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("総合政策部長 総合政策部長", "同意する"), ("自動処理", "調う")),
        Roster(
            (*(h for h in OFFICE if h.person_id != BUREAU_DEPUTY),
             holder(DIRECTOR, FIRST, Rank.DIRECTOR, assignment=601)),
            PUBLISHERS,
        ),
        related=(FIRST,),
        finding="nobody may act at 承認",
    ),
]  # fmt: skip

WRONG_ABSENCE = [
    Wrong(
        "an approver who is away, and nobody stands in",
        changed(LINE),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("部長 部長", "可")),
        away(DIRECTOR),
        finding="nobody may act at 承認",
    ),
    Wrong(
        "a substitute for the approver who is named for another kind of step",
        changed(LINE),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("部長 部長", "可")),
        away(DIRECTOR, department_review=(BUREAU_DEPUTY,)),
        finding="nobody may act at 承認",
    ),
    Wrong(
        "passed over, and so one person alone comes to the end",
        changed(LINE, ('from = "review"\nto = "approval"\nby = "absence"',
                       'from = "review"\nto = "done"\nby = "absence"')),
        Claim.NOBODY_ALONE,
        (SUBMITTED, ("自動処理", "後閲")),
        away(HEAD),
        finding="課長 reaches the end alone",
    ),
    Wrong(
        "somebody who drafts, and stands in where nobody's hand is called a signature",
        changed(
            LINE,
            ('distinct_from = ["draft", "review"]\n', ""),
            ('distinct_from = ["draft"]\n', ""),
            ("signs = true\n", ""),
            ('label = "可"\nfrom = "review"\nto = "approval"',
             'label = "可"\nfrom = "review"\nto = "done"'),
        ),
        Claim.NOBODY_ALONE,
        (SUBMITTED, (f"課長 課長（{NAMES[HEAD]} {NAMES[HEAD]}の代理）", "可")),
        away(HEAD, department_review=(CHIEF,)),
        finding="課長 reaches the end alone",
    ),
    Wrong(
        "substitution that closes the loop: the only approver stood in for the reviewer",
        changed(LINE, ('when_absent = ["substitute", "post_review"]\n',
                       'when_absent = ["substitute"]\n'),
                ('[[transition]]\naction = "pass_over"\nlabel = "後閲"\nfrom = "review"\n'
                 'to = "approval"\nby = "absence"\n', "")),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, (_ABSENT_HEAD, "可")),
        away(HEAD, department_review=(DIRECTOR,)),
        finding="nobody may act at 承認",
    ),
    Wrong(
        "taking a sheet up without a reason",
        changed(LINE, ('by = "target"\nrequires = ["reason"]\n', 'by = "target"\n')),
        Claim.REASON_ON_RETURN,
        (("", "引上げ"),),
        finding="引上げ asks for no reason",
    ),
    Wrong(
        "a sheet that was taken up to somebody who wrote it",
        changed(LINE, ('{ select = "head_of", unit = "lead_section" }',
                       '{ select = "head_of", unit = "policy_bureau" }')),
        Claim.ALWAYS_SOMEBODY,
        (("総合政策部長 総合政策部長", "提出"), ("部長 部長", "可")),
        finding="nobody may act at 承認",
    ),
]  # fmt: skip

WRONG_GUARDS = [
    Wrong(
        "an approval that only works as long as nobody has opened the sheet",
        changed(
            LINE,
            ('label = "可"\nfrom = "review"\nto = "approval"\n',
             'label = "可"\nfrom = "review"\nto = "approval"\nguards = ["not_opened"]\n'),
            ('action = "return"\nlabel = "差戻し"\nfrom = "review"\nto = "draft"\n',
             'action = "return"\nlabel = "差戻し"\nfrom = "review"\nto = "draft"\n'
             'guards = ["not_opened"]\n'),
            ('from = "review"\nto = "approval"\nby = "target"\n',
             'from = "review"\nto = "approval"\nby = "target"\nguards = ["not_opened"]\n'),
            ('from = "review"\nto = "draft"\nby = "previous"\n',
             'from = "review"\nto = "draft"\nby = "previous"\nguards = ["not_opened"]\n'),
        ),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("部長 部長", "開く")),
        finding="nobody may act at 審査",
    ),
    Wrong(
        "a stage that is settled, and a guard that keeps its row shut",
        changed(JOINT, ('from = "joint"\nto = "approval"\nby = "joint"\n',
                        'from = "joint"\nto = "approval"\nby = "joint"\n'
                        'guards = ["not_opened"]\n')),
        Claim.ALWAYS_SOMEBODY,
        (SUBMITTED, ("関連部長 関連部長", "同意する")),
        related(ASKED),
        related=(FIRST,),
        finding="nobody may act at 合議",
    ),
    Wrong(
        "a late import that a guard refuses",
        changed(LINE, ('label = "内容が変わった"\nfrom = "approval"\nto = "review"\n',
                       'label = "内容が変わった"\nfrom = "approval"\nto = "review"\n'
                       'guards = ["content_approved"]\n')),
        Claim.WAY_BACK,
        (SUBMITTED, ("部長 部長", "可")),
        finding="the row content_changed from 承認 is kept shut by its guards, so nothing is "
        "taken in",
    ),
    Wrong(
        "a committee that decides, by its silence as well",
        changed(
            JOINT,
            ('no_reply = "waits"', 'no_reply = "agrees"'),
            ('label = "調う"\nfrom = "joint"\nto = "approval"\nby = "joint"\n',
             'label = "調う"\nfrom = "joint"\nto = "done"\nby = "joint"\nfinal_approval = true\n'),
            ('kind = "sign_off"\nwho = [{ select = "head_of", unit = "policy_bureau" }]\n'
             'distinct_from = ["joint"]\n',
             'kind = "release"\nwho = [{ select = "publishers" }]\n'),
            ("signs = true\nfinal_approval = true\n", "signs = true\n"),
        ),
        Claim.FINALLY_APPROVED,
        (SUBMITTED, ("自動処理", "調う")),
        related(ASKED),
        related=(FIRST,),
        finding="公表済 is reached without a signed final approval at 合議",
    ),
]  # fmt: skip

#: Routes that hold, beside those that do not: merging must agree on both.
RIGHT = [
    Office(changed(JOINT), OTHERS, related(ASKED, ALSO_ASKED), BOTH),
    Office(changed(JOINT), OTHERS, related(), ()),
    Office(changed(JOINT, _SILENT), OTHERS, related(ASKED, ALSO_ASKED), BOTH),
    Office(changed(JOINT, ("waits", "notified")), OTHERS, related(), BOTH),
    Office(
        changed(JOINT, ("veto", "counts"), ('"all"', "1")), OTHERS, related(ASKED, ALSO_ASKED), BOTH
    ),
    Office(changed(LINE), OTHERS, EVERYBODY),
    Office(changed(LINE), OTHERS, away(HEAD)),
    Office(changed(LINE), OTHERS, away(HEAD, department_review=(DEPUTY,))),
    Office(changed(LINE), OTHERS, away(DIRECTOR, bureau_approval=(BUREAU_DEPUTY, DEPUTY))),
]
