"""What the checker explored of the shipped routes is what the services do, tried at random.

A bounded walk through an exploration, each move done with the services: the sheet stands where the
exploration says, the same signatures and answers stand over the content of now, the same people may
act; and whatever is published fulfils what the checker proved.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.authority import away, give_post, grant, today
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import APPROVER, COLLEAGUES, DRAFTERS, REVIEWERS
from tests.walking import Walker
from workflow.clock import office_day
from workflow.definition.decide import follows_by_itself
from workflow.definition.eligibility import eligible
from workflow.definition.load import parse
from workflow.definition.model import StageKind
from workflow.definition.office import Office
from workflow.definition.signing_claims import deciding, reviews
from workflow.definition.situation import CONTENT, Move, Situation
from workflow.policy import SYSTEM
from workflow.queries.definition_check import offices_on

#: Moves per route; what comes after an end begins with another sheet.
MOVES = 60
CODES = ("612", "611", "631", "632", "621")


def prepare(city: City) -> None:
    """Somebody is away with a substitute, somebody without, somebody has two posts."""
    for person in (DRAFTERS["632"], "imai.kazuo", "ogawa.tetsuo"):
        grant(city, person, "external_reviewer")
    give_post(city, COLLEAGUES["632"], "総務部", "次長心得", "deputy_director")
    last = today() + timedelta(days=300)
    names = ["ishida.makoto", "matsui.akira"]
    away(city, APPROVER, last=last, substitutes={"bureau_approval": names})
    away(city, REVIEWERS["611"], last=last)


@pytest.mark.parametrize(
    "route_template", ["standard", "two_levels", "joint_external"], indirect=True
)
def test_a_walk_through_an_exploration_is_what_the_services_do(
    route_city: City, clock: Clock, route_template: tuple[str, dict[str, str]]
) -> None:
    city = route_city
    prepare(city)
    with city.application.query(SYSTEM) as ctx:
        source = city.scalar("SELECT source FROM pinned_definition")
        route = parse(source)
        offices = dict(offices_on(ctx, route, office_day(clock.now)))
    walker, chances = Walker(city, clock, route), random.Random(2021)
    left, walked = MOVES, set()
    for code in CODES:
        office, at = offices[code], Situation(route.initial.key)
        while left and not route.stage(at.stage).final:
            steps = list(office.steps(at))
            move, then = chances.choices(steps, [forwards(office, *step) for step in steps])[0]
            walker.step(code, at.stage, move)
            walked.add((at.stage, move.row and move.row.action))
            at, left = at_rest(office, then), left - 1
            look(walker, office, code, at)
    assert len(walked) > 10
    assert "publish" in {action for _stage, action in walked}


def forwards(office: Office, move: Move, then: Situation) -> int:
    """How likely a move is: what leads on more often, what ends a sheet off the line seldom."""
    row = move.row
    on = row is not None and office.definition.position(then.stage) > office.definition.position(
        row.source
    )
    ends = office.definition.stage(then.stage).kind is StageKind.ENDED
    if ends:
        return 1
    return 12 if on or move.verdict else 8


def at_rest(office: Office, at: Situation) -> Situation:
    """Where the engine leaves the sheet in the transaction that brought it to *at*."""
    while follows_by_itself(office.definition, office.facts(at)) is not None:
        ((_move, at),) = office.steps(at)
    return at


def look(walker: Walker, office: Office, code: str, at: Situation) -> None:
    """The sheet is what the exploration says of it."""
    city, definition = walker.city, office.definition
    assert city.state(code) == at.stage
    stands = {(s.person_id, s.stage) for s in at.signed if s.content_hash == CONTENT}
    stands |= {(reply.person_id, reply.stage) for reply in at.replies}
    assert walker.covering(code) == stands
    stage = definition.stage(at.stage)
    acting = eligible(definition, stage, office.facts(at)).holders
    shown = city.page(SYSTEM, code).holders
    if not stage.final:
        assert {h.person_id for h in shown} == {h.person_id for h in acting}
    if stage.kind is StageKind.PUBLISHED:
        last = deciding(definition)
        assert last is not None
        assert last.key in {key for _person, key in stands}
        assert {review.key for review in reviews(definition)} <= at.settled
        hands = [person for person, _key in stands]
        assert len(hands) == len(set(hands))
