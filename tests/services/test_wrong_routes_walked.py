"""What the checker refutes can really happen: its shortest path, walked with the services."""

from __future__ import annotations

import pytest

from tests.databases import Cluster
from tests.sample_people import COLLEAGUES
from tests.services.wrong_sample_routes import WRONG_ROUTES, WrongRoute, changed_row, replaced
from tests.walking import city_on
from workflow.definition.claims import Claim
from workflow.definition.load import parse
from workflow.policy import SYSTEM
from workflow.queries.definition_check import check_definition


@pytest.mark.parametrize("wrong", WRONG_ROUTES, ids=lambda wrong: wrong.name)
def test_a_refuted_path_is_a_way_that_a_sheet_can_go(
    wrong: WrongRoute, cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> None:
    with city_on(cluster, city_template, wrong.definition) as walker:
        city = walker.city
        wrong.prepare(city)
        with city.application.query(SYSTEM) as ctx:
            found = check_definition(ctx, wrong.definition)
        finding = next(
            f
            for f in found.findings
            if f.refutation.claim is wrong.claim and wrong.code in f.measures.split(", ")
        )
        assert [step.action for step in finding.refutation.path] == list(wrong.actions)

        walker.walk(wrong.code, finding.refutation.moves)

        if finding.refutation.moves:
            last_stage = finding.refutation.path[-1].target
            assert wrong.definition.stage(city.state(wrong.code)).label == last_stage
        wrong.then(city)
        standing = walker.covering(wrong.code)
        assert wrong.lacks not in {stage for _, stage in standing}
        hands = [person for person, _ in standing]
        assert not wrong.hand or hands.count(city.person_id(wrong.hand)) == 2
        assert city.verify().broken == ()


def test_every_claim_has_a_wrong_route_that_is_walked() -> None:
    assert {wrong.claim for wrong in WRONG_ROUTES} == set(Claim)


def test_who_submits_an_unfinished_sheet_where_the_route_lets_them_is_its_author(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> None:
    """The exploration says so of whoever submits; and what is signed then is what is there."""
    route = parse(replaced("standard", ('guards = ["sheet_complete"]\n', "")))
    with city_on(cluster, city_template, route) as walker:
        city = walker.city
        city.save("611", results="", make_revision=False)
        city.submit("611", by=COLLEAGUES["611"])

        authors = city.rows("SELECT person_id FROM authorship")
        assert city.person_id(COLLEAGUES["611"]) in {row.person_id for row in authors}
        assert city.page(SYSTEM, "611").content.results == ""
        city.approve("611")
        assert city.state("611") == "bureau_approval"


def test_a_guard_on_a_row_of_the_engine_keeps_it_shut_and_fails_no_answer(
    cluster: Cluster, city_template: tuple[str, dict[str, str]]
) -> None:
    text = changed_row(
        "joint_external", "agreed", "joint_agreement", "bureau_approval",
        'by = "joint"\n', 'by = "joint"\nguards = ["not_opened"]\n',
    )  # fmt: skip
    silent = 'no_reply = "notified" }\nwhen_absent'
    text = text.replace(silent, silent.replace("notified", "waits"))
    with city_on(cluster, city_template, parse(text)) as walker:
        city = walker.city
        with city.application.query(SYSTEM) as ctx:
            found = check_definition(ctx, walker.route)
        finding = next(
            f
            for f in found.findings
            if f.refutation.claim is Claim.ALWAYS_SOMEBODY and "612" in f.measures
        )

        walker.walk("612", finding.refutation.moves)

        assert city.state("612") == "joint_agreement"
        assert city.page(SYSTEM, "612").holders == ()
