"""A route with every kind of part, and wrong texts made from it: what is wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass

ROUTE = """
name = "route"
label = "流れ"

[[stage]]
key = "draft"
label = "作成"
kind = "drafting"
who = [{ select = "drafters_of", unit = "lead_section" }]
ladder = [{ kind = "reminder", offset = -2 }, { kind = "overdue", offset = 1 }]

[[stage]]
key = "review"
label = "審査"
label_en = "Review"
kind = "sign_off"
who = [{ select = "head_of", unit = "responsible_department" }]
distinct_from = ["draft"]
step = "department_review"
when_absent = ["substitute", "post_review"]
no_substitute_when = ["objected"]
delegated = { instead_of = "市長", rule = "規程第5条" }
hold = true
comment_required = true

[[stage]]
key = "agreement"
label = "合議"
kind = "joint"
who = [{ select = "head_of", unit = "related_departments" }]
joint = { quorum = 2, objection = "counts", no_reply = "waits" }

[[stage]]
key = "release"
label = "公表待ち"
kind = "release"
who = [{ select = "publishers" }]

[[stage]]
key = "published"
label = "公表済"
kind = "published"

[[transition]]
action = "submit"
label = "提出"
from = "draft"
to = "review"
guards = ["sheet_complete"]

[[transition]]
action = "approve"
from = "review"
to = "agreement"
requires = ["comment"]
signs = true

[[transition]]
action = "pass_over"
from = "review"
to = "agreement"
by = "absence"

[[transition]]
action = "pull_up"
from = "draft"
to = "review"
by = "target"
requires = ["reason"]

[[transition]]
action = "agreed"
from = "agreement"
to = "release"
by = "joint"

[[transition]]
action = "objected"
from = "agreement"
to = "draft"
by = "joint"
new_round = true

[[transition]]
action = "publish"
from = "release"
to = "published"
by = "publication"
"""


@dataclass(frozen=True)
class WrongText:
    """One fault: what is exchanged in ``ROUTE``, and what the loader says of it, where."""

    name: str
    old: str
    new: str
    path: str
    why: str

    @property
    def source(self) -> str:
        """The whole wrong text."""
        assert self.old in ROUTE, self.old
        return ROUTE.replace(self.old, self.new, 1)


#: Faults of form: the loader refuses them, and so does the schema.
OF_FORM = [
    WrongText(*wrong)
    for wrong in [
        ("no name", 'name = "route"', "", "name", "needs a text"),
        ("a name of spaces", 'name = "route"', 'name = "　 "', "name", "needs a text"),
        ("a number for a label", 'label = "流れ"', "label = 3", "label", "needs a text"),
        ("an unknown key at the top", 'name = "route"', 'name = "route"\nowner = "x"',
         "owner", "unknown key"),
        ("an unknown key of a stage", "hold = true", "colour = 1",
         "stage[1].colour", "unknown key"),
        ("no key", 'key = "review"', "", "stage[1].key", "needs a text"),
        ("no label", 'label = "審査"', "", "stage[1].label", "needs a text"),
        ("an unknown kind of stage", 'kind = "sign_off"', 'kind = "council"',
         "stage[1].kind", "unknown kind 'council'"),
        ("the kind said twice", 'kind = "drafting"', 'kind = "drafting"\neditable = true',
         "stage[0].kind", "says what editable or final say"),
        ("an end that is said twice", 'kind = "published"', 'kind = "published"\nfinal = true',
         "stage[4].kind", "says what editable or final say"),
        ("a route that begins elsewhere", 'kind = "drafting"', 'kind = "sign_off"',
         "stage[0].kind", "begins with drafting"),
        ("nobody to act", 'who = [{ select = "publishers" }]', "", "stage[3].who", "somebody"),
        ("an empty list of who", 'who = [{ select = "publishers" }]', "who = []",
         "stage[3].who", "somebody"),
        ("who is a text", 'who = [{ select = "publishers" }]', 'who = "publishers"',
         "stage[3].who", "needs a list"),
        ("who is a list of texts", 'who = [{ select = "publishers" }]', 'who = ["publishers"]',
         "stage[3].who[0]", "must be a table"),
        ("an unknown selector", '"drafters_of"', '"friends_of"',
         "stage[0].who[0].select", "unknown selector 'friends_of'"),
        ("no selector", 'select = "drafters_of", ', "", "stage[0].who[0].select", "needs a text"),
        ("an unknown unit", '"lead_section"', '"moon"', "stage[0].who[0].unit", "unknown unit"),
        ("a selector without its unit", ', unit = "lead_section"', "",
         "stage[0].who[0].unit", "needs a text"),
        ("a grant with a unit", 'select = "publishers"',
         'select = "publishers", unit = "lead_section"', "stage[3].who[0].unit", "no unit"),
        ("an unknown key of a selector", 'select = "publishers"',
         'select = "publishers", rank = "director"', "stage[3].who[0].rank", "unknown key"),
        ("distinct from a text", 'distinct_from = ["draft"]', 'distinct_from = "draft"',
         "stage[1].distinct_from", "list of texts"),
        ("distinct from one stage twice", 'distinct_from = ["draft"]',
         'distinct_from = ["draft", "draft"]', "stage[1].distinct_from", "stands twice"),
        ("an unknown way out of an absence", '"substitute", "post_review"',
         '"substitute", "post_review", "pray"', "stage[1].when_absent", "unknown way 'pray'"),
        ("absence where people write", 'kind = "drafting"',
         'kind = "drafting"\nwhen_absent = ["substitute"]', "stage[0].when_absent", "people sign"),
        ("absence where people publish", 'kind = "release"',
         'kind = "release"\nwhen_absent = ["substitute"]', "stage[3].when_absent", "people sign"),
        ("an unknown kind of step", 'step = "department_review"', 'step = "review"',
         "stage[1].step", "unknown kind of step 'review'"),
        ("a kind of step where people write", 'kind = "drafting"',
         'kind = "drafting"\nstep = "section_review"', "stage[0].step", "people sign"),
        ("a kind of step where people publish", 'kind = "release"',
         'kind = "release"\nstep = "bureau_approval"', "stage[3].step", "people sign"),
        ("an unknown condition", '"objected"]', '"full_moon"]',
         "stage[1].no_substitute_when", "unknown condition 'full_moon'"),
        ("delegated authority without its rule", ', rule = "規程第5条"', "",
         "stage[1].delegated.rule", "needs a text"),
        ("delegated authority where several sign", 'kind = "joint"',
         'kind = "joint"\ndelegated = { instead_of = "市長", rule = "x" }',
         "stage[2].delegated", "one person signs"),
        ("a hold that is a text", "hold = true", 'hold = "yes"', "stage[1].hold", "true or false"),
        ("a comment that is a number", "comment_required = true", "comment_required = 1",
         "stage[1].comment_required", "true or false"),
        ("a ladder that is a number", 'ladder = [{ kind = "reminder", offset = -2 }, '
         '{ kind = "overdue", offset = 1 }]', "ladder = 3", "stage[0].ladder", "needs a list"),
        ("an unknown rung", '"reminder"', '"scream"', "stage[0].ladder[0].kind", "unknown kind"),
        ("a rung without its day", ", offset = -2", "",
         "stage[0].ladder[0].offset", "whole number"),
        ("a rung on a day in words", "offset = -2", 'offset = "soon"',
         "stage[0].ladder[0].offset", "whole number"),
        ("a rung on a flag", "offset = 1 ", "offset = true ",
         "stage[0].ladder[1].offset", "whole number"),
        ("a reminder that comes too late", "offset = -2", "offset = 1",
         "stage[0].ladder[0].offset", "wrong side"),
        ("overdue before anything is late", "offset = 1 ", "offset = 0 ",
         "stage[0].ladder[1].offset", "wrong side"),
        ("a joint stage without its rule",
         'joint = { quorum = 2, objection = "counts", no_reply = "waits" }\n', "",
         "stage[2].joint", "belongs to a stage of the kind joint"),
        ("a joint rule elsewhere", "hold = true",
         'joint = { quorum = 2, objection = "counts", no_reply = "waits" }',
         "stage[1].joint", "belongs to a stage of the kind joint"),
        ("a quorum of nobody", "quorum = 2", "quorum = 0", "stage[2].joint.quorum", "at least 1"),
        ("a quorum in other words", "quorum = 2", 'quorum = "most"',
         "stage[2].joint.quorum", "unknown quorum 'most'"),
        ("a quorum at least of what", "quorum = 2", 'quorum = "at_least"',
         "stage[2].joint.quorum", "how many"),
        ("a quorum that is a flag", "quorum = 2", "quorum = true",
         "stage[2].joint.quorum", "how many"),
        ("no meaning of an objection", ', objection = "counts"', "",
         "stage[2].joint.objection", "unknown meaning of an objection"),
        ("an unknown meaning of silence", '"waits"', '"sulks"',
         "stage[2].joint.no_reply", "unknown meaning of silence 'sulks'"),
        ("a joint stage that asks two kinds of units",
         '{ select = "head_of", unit = "related_departments" }',
         '{ select = "head_of", unit = "related_departments" }, { select = "publishers" }',
         "stage[2].who", "same unit"),
        ("somebody acts at the end", 'kind = "published"',
         'kind = "published"\nwho = [{ select = "publishers" }]', "stage[4]", "final stage"),
        ("no action", 'action = "submit"', "", "transition[0].action", "needs a text"),
        ("no source", 'from = "draft"', "", "transition[0].from", "needs a text"),
        ("an unknown guard", '"sheet_complete"', '"luck"', "transition[0].guards", "unknown guard"),
        ("an unknown requirement", '"comment"]', '"coffee"]',
         "transition[1].requires", "unknown requirement 'coffee'"),
        ("an effect, of which there are none", "signs = true", 'effects = ["ring"]',
         "transition[1].effects", "unknown key"),
        ("signs in words", "signs = true", 'signs = "yes"', "transition[1].signs", "true or false"),
        ("an unknown walker", 'by = "absence"', 'by = "anybody"',
         "transition[2].by", "unknown walker 'anybody'"),
        ("a signature of somebody who was passed over", 'by = "absence"',
         'by = "absence"\nsigns = true', "transition[2].signs", "nobody signs by passing over"),
    ]
]  # fmt: skip

#: Faults of characters and of what the parts are to each other: the loader alone sees them.
BETWEEN_PARTS = [
    WrongText(*wrong)
    for wrong in [
        ("a mark that turns a label round", 'label = "審査"', r'label = "審\u202e査"',
         "stage[1].label", "character 2 is U+202E (override)"),
        ("a label with 外字", 'label = "審査"', r'label = "審査\ue000"',
         "stage[1].label", "character 3 is U+E000 (private use)"),
        ("one key for two stages", 'key = "release"', 'key = "review"', "stage[3].key", "twice"),
        ("a way from nowhere", 'from = "draft"', 'from = "craft"', "transition[0].from", "craft"),
        ("a way to nowhere", 'to = "published"', 'to = "gone"', "transition[6].to", "gone"),
        ("distinct from nothing", 'distinct_from = ["draft"]', 'distinct_from = ["craft"]',
         "stage[1].distinct_from", "craft"),
        ("the same way twice", 'action = "pull_up"', 'action = "submit"',
         "transition[3]", "stands twice"),
        ("a way on from the end", 'action = "publish"\nfrom = "release"',
         'action = "publish"\nfrom = "published"', "transition[6].from", "which is final"),
        ("a publication that leads elsewhere", 'to = "published"', 'to = "draft"',
         "transition[6].to", "kind published"),
        ("a joint outcome of one person's stage",
         'action = "pull_up"\nfrom = "draft"\nto = "review"\nby = "target"',
         'action = "agreed"\nfrom = "draft"\nto = "review"\nby = "joint"',
         "transition[3].by", "only a joint stage"),
        ("pulling up to where nobody signs", 'action = "pull_up"\nfrom = "draft"\nto = "review"',
         'action = "pull_up"\nfrom = "review"\nto = "draft"',
         "transition[3].to", "where they sign"),
        ("passing over where nobody is passed over", '["substitute", "post_review"]',
         '["substitute"]', "transition[2].by", "never passed over"),
        ("a stage that is passed over to nowhere", '[[transition]]\naction = "pass_over"\n'
         'from = "review"\nto = "agreement"\nby = "absence"\n', "",
         "stage[1].when_absent", "needs a row by absence"),
        ("a joint stage without the way of an objection", '[[transition]]\naction = "objected"\n'
         'from = "agreement"\nto = "draft"\nby = "joint"\nnew_round = true\n', "",
         "stage[2]", "agreed, objected"),
        ("an outcome that an objection never has", 'objection = "counts"', 'objection = "noted"',
         "stage[2]", "needs the rows by joint: agreed"),
        ("a signature of the engine", 'by = "joint"\n\n', 'by = "joint"\nsigns = true\n\n',
         "transition[4].signs", "the engine signs nothing"),
        ("completeness asked where nobody writes", 'requires = ["comment"]\nsigns = true',
         'guards = ["sheet_complete"]\nrequires = ["comment"]\nsigns = true',
         "transition[1].guards", "leave a drafting stage"),
        ("completeness asked of the engine", 'by = "publication"',
         'by = "publication"\nguards = ["sheet_complete"]',
         "transition[6].guards", "leave a drafting stage"),
        ("absence at a stage from which the job publishes", 'kind = "release"',
         'kind = "sign_off"\nwhen_absent = ["substitute"]', "stage[3].when_absent", "people sign"),
        ("a number with a point", "quorum = 2", "quorum = 2.0",
         "stage[2].joint.quorum", "unknown quorum 2.0"),
    ]
]  # fmt: skip
