"""Somebody acts while the definition of the cycle is changed: one of the two is refused kindly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.authority import redraft
from tests.city import City
from tests.concurrency.together import together
from tests.databases import Database
from tests.sample_people import DRAFTERS, PUBLISHER, REVIEWERS
from workflow.definition.load import named
from workflow.errors import Conflict
from workflow.services import definition_change, publication
from workflow.services.actions import Receipt
from workflow.services.change_plan import Asked

HOLD = "SELECT 1 FROM evaluation WHERE code = '611' FOR UPDATE"


def changing(city: City) -> Callable[[], None]:
    """The plan was looked at; now it is applied."""
    actor = city.actor(PUBLISHER)
    asked = Asked(city.cycle(), named("two_levels"))
    with city.application.query(actor) as ctx:
        seen = definition_change.plan(ctx, asked)

    def apply() -> None:
        with city.application.command(actor) as ctx:
            definition_change.apply(ctx, seen)

    return apply


def approving(city: City) -> Callable[[], Receipt]:
    actor = city.actor(REVIEWERS["611"])
    seen = city.page(actor, "611")
    return lambda: city.act(actor, "611", "approve", seen=seen, request_key="form")


def test_the_change_comes_first_and_the_approval_is_refused(
    city: City, city_database: Database
) -> None:
    city.submit("611")

    changed, approved = together(city_database, HOLD, [changing(city), approving(city)])

    assert changed is None
    assert isinstance(approved, Conflict)
    assert approved.code == "moved_on"
    assert city.scalar("SELECT count(*) FROM signature") == 0
    city.act(REVIEWERS["611"], "611", "approve")
    assert city.verify().broken == ()


def test_the_approval_comes_first_and_the_change_is_refused_as_a_whole(
    city: City, city_database: Database
) -> None:
    city.submit("611")

    approved, changed = together(city_database, HOLD, [approving(city), changing(city)])

    assert isinstance(approved, Receipt)
    assert isinstance(changed, Conflict)
    assert changed.code == "plan_outdated"
    assert city.scalar("SELECT count(*) FROM event WHERE action = 'definition_changed'") == 0
    assert city.page(DRAFTERS["611"], "611").definition.name == "standard"
    changing(city)()
    assert city.page(DRAFTERS["611"], "611").definition.name == "two_levels"


def test_two_changes_at_once_have_one_effect(city: City, city_database: Database) -> None:
    outcomes = together(city_database, HOLD, [changing(city), changing(city)])

    assert outcomes[0] is None
    assert outcomes[1].code == "definition_unchanged"
    assert city.scalar("SELECT count(*) FROM definition_change") == 5


def test_a_new_sheet_that_quotes_one_comes_first_and_the_change_sees_it(
    city: City, city_database: Database
) -> None:
    """Neither waits for the other for ever, and no sheet begins on a route that is gone."""
    city.act(DRAFTERS["611"], "611", "abandon", reason="取りやめ。")
    begin = city.actor(DRAFTERS["611"])

    made, changed = together(
        city_database, HOLD, [lambda: redraft(city, begin, "611"), changing(city)]
    )

    assert isinstance(made, int)
    assert isinstance(changed, Conflict)
    assert changed.code == "plan_outdated"
    changing(city)()
    assert city.scalar("SELECT count(*) FROM definition_change") == 6


@pytest.mark.parametrize("change_first", [True, False])
def test_a_publication_and_a_change_wait_for_each_other(
    city: City, city_database: Database, change_first: bool
) -> None:
    city.bring_to("611", "approved")
    publication_id = city.request_publication(["611"])
    jobs = [
        changing(city),
        lambda: publication.run(city.application, publication_id),
    ]

    outcomes = together(
        city_database,
        "SELECT 1 FROM evaluation_cycle FOR UPDATE",
        jobs if change_first else jobs[::-1],
    )

    # A publication is several transactions: the change may come before its last one or after it.
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [error for error in errors if not isinstance(error, Conflict)] == []
    assert {error.code for error in errors if isinstance(error, Conflict)} <= {"plan_outdated"}
    assert city.state("611") == "published"
    assert city.verify().broken == ()
