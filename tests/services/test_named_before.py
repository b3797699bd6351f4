"""Substitutes who were named before a cycle or a route began: they count by the kind of step."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.authority import away, today
from tests.city import City
from tests.plans import Tree, plan
from tests.sample_people import APPROVER, COLLEAGUES, PUBLISHER, REVIEWERS
from workflow.definition.eligibility import eligible
from workflow.definition.load import named, parse
from workflow.definition.model import Definition
from workflow.errors import Refused
from workflow.policy import SYSTEM, Permission
from workflow.services import definition_change, loading, plan_import
from workflow.services.change_plan import Asked

HEAD, SUBSTITUTE, CHIEF = REVIEWERS["611"], "kimura.daisuke", COLLEAGUES["611"]
REVIEW = "department_review"
DAY = timedelta(days=1)


def go_over(city: City, definition: Definition) -> None:
    """The running cycle goes on by *definition*; stages keep their keys."""
    actor = city.actor(PUBLISHER)
    with city.application.query(actor) as ctx:
        seen = definition_change.plan(ctx, Asked(city.cycle(), definition, {}, {}))
    with city.application.command(actor) as ctx:
        definition_change.apply(ctx, seen)


def having(city: City, code: str) -> list[tuple[str, str]]:
    """Who has the sheet, and for whom."""
    return [
        (holder.name, holder.instead_of.name if holder.instead_of else "")
        for holder in city.page(PUBLISHER, code).holders
    ]


def next_year(tree: Tree) -> None:
    tree["target_fiscal_year"] = 2022
    tree["fiscal_year_label"] = "令和４年度"


def with_own_keys(source: str, *, says_steps: bool) -> str:
    """The text with keys of its own; without kinds of steps it is as texts were before them."""
    lines = [line for line in source.splitlines() if says_steps or not line.startswith("step = ")]
    text = "\n".join(lines).replace('"department_review"', '"first_look"')
    return text.replace('step = "first_look"', 'step = "department_review"')


@pytest.mark.parametrize("says_it", [True, False])
def test_a_cycle_that_begins_later_on_a_route_of_other_keys(city: City, says_it: bool) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text("UPDATE evaluation_cycle SET closed_at = :now"), {"now": ctx.now})
    away(city, HEAD, last=today() + 9 * DAY, substitutes={REVIEW: [SUBSTITUTE, CHIEF]})
    later = parse(with_own_keys(named("standard").source, says_steps=says_it))
    assert (later.stage("first_look").declared_step is not None) is says_it

    with city.application.command(SYSTEM) as ctx:
        plan_import.import_plan(ctx, plan(next_year), definition=later)

    with city.application.query(SYSTEM) as ctx:
        number = city.evaluation("611")
        sheet = loading.evaluations(ctx, [number], locked=False)[number]
        assert sheet.definition == later
        found = eligible(later, later.stage("first_look"), sheet.facts)
    assert [(h.name, h.instead_of and h.instead_of.name) for h in found.holders] == [
        ("木村 大輔", "高橋 典子")
    ]


def test_a_route_with_a_step_that_the_one_of_that_day_did_not_have(city: City) -> None:
    away(city, CHIEF, last=today() + 9 * DAY, substitutes={"section_review": [SUBSTITUTE]})
    go_over(city, named("two_levels"))

    city.submit("611")

    assert having(city, "611") == [("木村 大輔", "山田 花子")]
    city.act(SUBSTITUTE, "611", "approve")
    assert city.state("611") == REVIEW


def test_a_joint_stage_that_comes_with_the_route(city: City) -> None:
    away(city, "ogawa.tetsuo", last=today() + 9 * DAY,
         substitutes={"joint_answer": ["miyake.yoshiko"]})  # fmt: skip
    go_over(city, named("joint_external"))

    city.submit("612")
    city.approve("612")

    assert city.state("612") == "joint_agreement"
    assert ("三宅 佳子", "小川 哲夫") in having(city, "612")


def test_who_was_named_for_another_kind_of_step_does_not_stand_in(city: City) -> None:
    away(city, APPROVER, last=today() + 9 * DAY, substitutes={REVIEW: [REVIEWERS["612"]]})
    city.bring_to("611", "bureau_approval")

    assert having(city, "611") == []
    with pytest.raises(Refused, match="nobody_left"):
        city.act(REVIEWERS["612"], "611", "approve")
