"""Who may do what in which capacity: a table to be read, the forbidden ones first.

One sheet (611) on the route with joint agreement and external review. A row is a person in a
capacity, a column is a stage; a cell holds for everything that is done at that stage by whoever has
the sheet (approve, answer, return, reject, hold, ask …): the refusal's code, or ``yes``. What is
allowed is really done and then undone by leaving its transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.authority import away, end_posts, give_post, grant, reply
from tests.city import City, on_route
from tests.sample_people import ADMINISTRATOR, APPROVER, COLLEAGUES, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.application import Context
from workflow.definition.facts import Verdict
from workflow.errors import BadInput, HyokaError
from workflow.models import AbsenceKind
from workflow.policy import SYSTEM, Actor, Permission
from workflow.services import (
    absences,
    actions,
    consulting,
    holding,
    joint,
    people,
    publication,
    redrafting,
    sheets,
)
from workflow.sheet.content import editable_part

pytestmark = on_route("joint_external")

#: Everything that whoever has the sheet may do there.
DONE_AT = {
    "draft": ("submit", "abandon", "ask"),
    "department_review": ("approve", "return", "reject", "hold", "ask"),
    "joint_agreement": ("answer", "return", "hold", "ask"),
    "bureau_approval": ("approve", "return", "reject", "hold", "ask"),
    "external_review": ("answer", "return", "ask"),
    "approved": ("return", "hold", "ask"),
}

NO, WROTE, SIGNED = "not_your_turn", "wrote_the_sheet", "signed_earlier_stage"
YES, POST, ORDER, AWAY_NOW = "yes", "other_post", "another_acts_first", "you_are_absent"
LEAD, MOVE = "lead_section_only", "not_your_move"
PUBLISH, OWN = "publishers_only", "own_absence_only"

# fmt: off
TABLE = {
    #                          draft  department_review  joint_agreement  bureau  external  approved
    "somebody with no post":        (NO,    NO,     NO,      NO,      NO,      NO),
    "post ended yesterday":         (NO,    NO,     NO,      NO,      NO,      NO),
    "account switched off":         (NO,    NO,     NO,      NO,      NO,      NO),
    "administrator":                (NO,    NO,     NO,      NO,      NO,      NO),
    "head of another department":   (NO,    NO,     NO,      NO,      NO,      NO),
    "section of another sheet":     (NO,    NO,     NO,      NO,      NO,      NO),
    "substitute, nobody is away":   (NO,    NO,     NO,      NO,      NO,      NO),
    "bureau deputy":                (NO,    NO,     NO,      NO,      NO,      NO),
    "responsible deputy":           (NO,    ORDER,  NO,      NO,      NO,      NO),
    "head, in the wrong post":      (NO,    POST,   SIGNED,  SIGNED,  SIGNED,  NO),
    "drafter":                      (YES,   WROTE,  WROTE,   WROTE,   WROTE,   NO),
    "colleague who wrote":          (YES,   WROTE,  WROTE,   WROTE,   WROTE,   NO),
    "drafter, as head as well":     (POST,  WROTE,  WROTE,   WROTE,   WROTE,   NO),
    "responsible head":             (NO,    YES,    SIGNED,  SIGNED,  SIGNED,  NO),
    "related department's head":    (NO,    NO,     YES,     SIGNED,  SIGNED,  NO),
    "bureau head":                  (NO,    NO,     NO,      YES,     SIGNED,  NO),
    "external reviewer":            (NO,    NO,     NO,      NO,      YES,     NO),
    "publisher":                    (NO,    NO,     NO,      NO,      NO,      YES),
}
# fmt: on

#: Sign-in name, and the post in which they act (None: the primary one).
CAPACITIES: dict[str, tuple[str, str | None]] = {
    "somebody with no post": ("tamura.chie", None),
    "post ended yesterday": ("hirano.mari", None),
    "account switched off": ("ueno.satoshi", None),
    "administrator": (ADMINISTRATOR, None),
    "head of another department": ("kawaguchi.osamu", None),
    "section of another sheet": (DRAFTERS["632"], None),
    "substitute, nobody is away": ("kimura.daisuke", None),
    "bureau deputy": ("okamoto.sachiko", None),
    "responsible deputy": ("taniguchi.emi", "市民自治部次長"),
    "head, in the wrong post": (REVIEWERS["611"], "市民課長心得"),
    "drafter": (DRAFTERS["611"], None),
    "colleague who wrote": (COLLEAGUES["611"], None),
    "drafter, as head as well": (DRAFTERS["611"], "市民自治部長心得"),
    "responsible head": (REVIEWERS["611"], None),
    "related department's head": ("ogawa.tetsuo", None),
    "bureau head": (APPROVER, None),
    "external reviewer": ("noguchi.tomoko", None),
    "publisher": (PUBLISHER, None),
}

KEYS: Iterator[str] = (f"capacity-{n}" for n in itertools.count(1))


class Undone(Exception):
    """Leaves a command after it did what was asked, so that nothing stays."""


@dataclass
class Cast:
    """A city in which every capacity is filled."""

    city: City
    actors: dict[str, Actor]

    def answer(self, capacity: str, do: Callable[[Context], object]) -> str:
        """What comes of *do*: ``yes``, or the code of the refusal; nothing of it stays."""
        try:
            with self.city.application.command(self.actors[capacity]) as ctx:
                do(ctx)
                raise Undone
        except Undone:
            return YES
        except BadInput as error:
            return error.faults[0].code
        except HyokaError as error:
            return error.code


@pytest.fixture
def cast(route_city: City) -> Cast:
    city = route_city

    def change(statement: str, **values: Any) -> None:
        with city.application.command(SYSTEM) as ctx:
            ctx.require(Permission.IMPORT)
            ctx.execute(sa.text(statement), values)

    change("""INSERT INTO measure_related_department (measure_id, unit_id, position)
              SELECT e.subject_id, u.id, 0 FROM evaluation e, org_unit u
              WHERE e.code = '611' AND u.name = '総務部'""")
    end_posts(city, "tamura.chie")
    end_posts(city, "hirano.mari")
    give_post(city, "hirano.mari", "市民自治部", "部長代理", "director")
    end_posts(city, "hirano.mari")
    give_post(city, "ueno.satoshi", "市民自治部", "部長事務取扱", "director")
    give_post(city, "taniguchi.emi", "市民自治部", "次長", "deputy_director")
    give_post(city, REVIEWERS["611"], "市民課", "課長心得", "section_chief")
    give_post(city, DRAFTERS["611"], "市民自治部", "部長心得", "director")
    for name in ("noguchi.tomoko", "iwasaki.yui"):
        grant(city, name, "external_reviewer")
    city.save("611", by=COLLEAGUES["611"], results="同僚の成果。", make_revision=False)
    actors = {key: city.actor(name, post=post) for key, (name, post) in CAPACITIES.items()}
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        people.set_disabled(ctx, person_id=city.person_id("ueno.satoshi"), disabled=True)
    return Cast(city, actors)


def bring_to(city: City, stage: str) -> None:
    """Walk 611 forwards to *stage*, by those who may."""
    steps: dict[str, Callable[[], object]] = {
        "draft": lambda: city.act(city.actor(DRAFTERS["611"]), "611", "submit"),
        "department_review": lambda: city.act(REVIEWERS["611"], "611", "approve"),
        "joint_agreement": lambda: reply(city, "ogawa.tetsuo", "611"),
        "bureau_approval": lambda: city.act(APPROVER, "611", "approve", reason="承認する。"),
        "external_review": lambda: [
            reply(city, name, "611") for name in ("noguchi.tomoko", "iwasaki.yui")
        ],
    }
    while city.state("611") != stage:
        steps[city.state("611")]()


def doing(cast: Cast, capacity: str, action: str) -> Callable[[Context], object]:
    """The form of *action* on the page that this person has just opened."""
    city, key = cast.city, next(KEYS)
    page = city.page(cast.actors[capacity], "611")
    seen = bytes.fromhex(page.seen_hash)

    def do(ctx: Context) -> object:
        if action == "hold":
            return holding.hold(ctx, evaluation_id=page.id, expected_version=page.version,
                                request_key=key, reason="照会中です。")  # fmt: skip
        if action == "ask":
            return consulting.ask(
                ctx,
                evaluation_id=page.id,
                question="どうですか。",
                person_id=city.person_id("imai.kazuo"),
                request_key=key,
            )
        if action == "answer":
            return joint.reply(ctx, evaluation_id=page.id, verdict=Verdict.AGREE, seen_hash=seen,
                               expected_version=page.version, request_key=key)  # fmt: skip
        return actions.act(
            ctx,
            evaluation_id=page.id,
            action=action,
            seen_hash=seen,
            expected_version=page.version,
            request_key=key,
            reason="理由",
        )

    return do


@pytest.mark.parametrize("stage", list(DONE_AT))
def test_at_each_stage_those_act_whom_the_table_lets_act(cast: Cast, stage: str) -> None:
    column = list(DONE_AT).index(stage)
    bring_to(cast.city, stage)
    before = cast.city.counts()

    found = {
        (capacity, action): cast.answer(capacity, doing(cast, capacity, action))
        for capacity in TABLE
        for action in DONE_AT[stage]
    }

    assert found == {
        (capacity, action): cells[column]
        for capacity, cells in TABLE.items()
        for action in DONE_AT[stage]
    }
    assert cast.city.counts() == before


# fmt: off
AWAY = {
    #                           substitute there   substitute away too   nobody named   decider away
    "substitute of the substitute": (NO,                NO,               NO,             NO),
    "colleague who wrote":          (WROTE,             WROTE,            WROTE,          WROTE),
    "drafter":                      (WROTE,             WROTE,            WROTE,          WROTE),
    "bureau deputy":                (NO,                NO,               NO,             YES),
    "responsible head":             (AWAY_NOW,          AWAY_NOW,         AWAY_NOW,       SIGNED),
    "responsible deputy":           (ORDER,             YES,              YES,            NO),
    "substitute, nobody is away":   (YES,               NO,               NO,             NO),
    "bureau head":                  (NO,                NO,               NO,             AWAY_NOW),
}
# fmt: on


@pytest.mark.parametrize(
    ("column", "situation"),
    list(enumerate(("substitute there", "substitute away too", "nobody named", "decider away"))),
)
def test_while_somebody_is_away_those_act_whom_the_table_lets_act(
    cast: Cast, column: int, situation: str
) -> None:
    """The head names 課長 kimura (and, in vain, 課長 yamada who wrote); kimura names somebody."""
    city = cast.city
    give_post(city, "aoki.shizuka", "市民相談課", "課長", "section_chief")
    post = city.actor("aoki.shizuka", post="市民相談課長")
    cast.actors["substitute of the substitute"] = post
    if situation == "decider away":
        bring_to(city, "bureau_approval")
        away(city, APPROVER, substitutes={"bureau_approval": ["okamoto.sachiko"]})
    else:
        bring_to(city, "department_review")
        named = {} if situation == "nobody named" else {
            "department_review": [COLLEAGUES["611"], "kimura.daisuke"]}  # fmt: skip
        away(city, REVIEWERS["611"], substitutes=named)
    if situation == "substitute away too":
        own = post.assignment_id
        assert own is not None
        form = absences.AbsenceForm(date(2022, 6, 1), date(2022, 6, 1), AbsenceKind.LEAVE,
                                    {"department_review": [own]})  # fmt: skip
        with city.application.command(city.actor("kimura.daisuke")) as ctx:
            absences.register(ctx, person_id=city.person_id("kimura.daisuke"), form=form)
    before = city.counts()

    found = {
        (capacity, action): cast.answer(capacity, doing(cast, capacity, action))
        for capacity in AWAY
        for action in ("approve", "return", "hold", "ask")
    }

    assert found == {
        (capacity, action): cells[column]
        for capacity, cells in AWAY.items()
        for action in ("approve", "return", "hold", "ask")
    }
    assert city.counts() == before


# fmt: off
BESIDE = {
    # writes the text, takes back what was submitted, publishes, registers the head's absence
    "somebody with no post":     (LEAD, MOVE, PUBLISH, OWN),
    "post ended yesterday":      (LEAD, MOVE, PUBLISH, OWN),
    "responsible deputy":        (LEAD, MOVE, PUBLISH, OWN),
    "bureau head":               (LEAD, MOVE, PUBLISH, OWN),
    "external reviewer":         (LEAD, MOVE, PUBLISH, OWN),
    "drafter, as head as well":  (POST, YES,  PUBLISH, OWN),
    "administrator":             (LEAD, MOVE, PUBLISH, YES),
    "publisher":                 (LEAD, MOVE, YES,     OWN),
    "responsible head":          (LEAD, MOVE, PUBLISH, YES),
    "colleague who wrote":       (YES,  MOVE, PUBLISH, OWN),
    "drafter":                   (YES,  YES,  PUBLISH, OWN),
}
# fmt: on


def test_only_the_section_that_leads_writes(cast: Cast) -> None:
    def writing(capacity: str) -> Callable[[Context], object]:
        page = cast.city.page(cast.actors[capacity], "611")
        return lambda ctx: sheets.save_sheet(
            ctx, evaluation_id=page.id, expected_version=page.copy_version, actuals={},
            fields=editable_part(page.content), make_revision=True,
        )  # fmt: skip

    found = {capacity: cast.answer(capacity, writing(capacity)) for capacity in BESIDE}

    assert found == {capacity: cells[0] for capacity, cells in BESIDE.items()}


def test_only_whoever_submitted_takes_it_back(cast: Cast) -> None:
    bring_to(cast.city, "department_review")

    found = {name: cast.answer(name, doing(cast, name, "withdraw")) for name in BESIDE}

    assert found == {capacity: cells[1] for capacity, cells in BESIDE.items()}


def test_only_a_publisher_publishes(cast: Cast) -> None:
    bring_to(cast.city, "approved")
    cycle, sheet = cast.city.cycle(), cast.city.evaluation("611")

    def publishing(ctx: Context) -> object:
        return publication.request(ctx, cycle_id=cycle, evaluation_ids=[sheet], publish_at=None,
                                   request_key=next(KEYS))  # fmt: skip

    found = {name: cast.answer(name, publishing) for name in BESIDE}

    assert found == {capacity: cells[2] for capacity, cells in BESIDE.items()}


def test_only_oneself_or_an_administrator_registers_an_absence(cast: Cast) -> None:
    head = cast.city.person_id(REVIEWERS["611"])
    form = absences.AbsenceForm(date(2022, 6, 1), date(2022, 6, 1), AbsenceKind.LEAVE, {})

    found = {
        name: cast.answer(name, lambda ctx: absences.register(ctx, person_id=head, form=form))
        for name in BESIDE
    }

    assert found == {capacity: cells[3] for capacity, cells in BESIDE.items()}


def test_only_the_section_that_leads_begins_an_ended_sheet_anew(cast: Cast) -> None:
    cast.city.act(cast.city.actor(DRAFTERS["611"]), "611", "abandon", reason="統合のため。")
    old = cast.city.evaluation("611")

    found = {
        name: cast.answer(name, lambda ctx: redrafting.redraft(ctx, evaluation_id=old))
        for name in BESIDE
    }

    may = {"drafter", "colleague who wrote"}
    assert found == {name: YES if name in may else "lead_section_quotes" for name in BESIDE}
