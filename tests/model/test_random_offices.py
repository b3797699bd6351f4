"""Random people of a random organisation do random things; the engine and a small model agree.

After every step: what the rows say is what the model foretells (truth 1: state, stay, timers,
notices and events of one action together), signatures cover what their page showed (2), nobody
signs what they wrote or signed before (3), the chains hold (4), no notice is there twice (5), no
event comes before the one before it (6), and a refused action changes no row of any table (7).
Whose turn it is, what everybody's desk shows and which buttons are alive is compared as well, and
each button is pressed by people who may and by people who may not.

Every run is the same one, so that what turns red is what was changed. ``make chances`` draws
others; each test is named after its route and the seed of its offices. ``HYOKA_TEST_SEED`` begins
with another seed, and ``HYOKA_TEST_EXAMPLES=1000`` makes it a long run of as many offices per
route.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import chances
from tests.databases import Cluster
from tests.model.machine import Offices, counted

#: Offices that Hypothesis makes of one seed, and what happens in each.
TOGETHER, STEPS = 4, 30
#: Offices per route.
EXAMPLES = int(os.environ.get("HYOKA_TEST_EXAMPLES", "8"))
SEEDS = range(chances.SEED, chances.SEED + -(-EXAMPLES // TOGETHER))

ANOTHER_WAY = settings(
    max_examples=TOGETHER,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    print_blob=True,
    # An office takes seconds: a shorter story of the same failure would take many minutes.
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.chances
@pytest.mark.timeout(1800)  # twenty seconds, but for a run of thousands behind everything else
@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize(
    "route_template", ["standard", "joint_external", "two_levels"], indirect=True
)
def test_the_engine_does_what_the_small_model_foretells(
    cluster: Cluster, route_template: tuple[str, dict[str, str]], number: int
) -> None:
    template, passwords = route_template
    counted.clear()

    @seed(number)
    def machine() -> Offices:
        return Offices(cluster, template, passwords)

    run_state_machine_as_test(machine, settings=ANOTHER_WAY)

    assert counted["steps"] > 0
    print(dict(counted))  # noqa: T201 - what came to pass stands beside a failure, and with -s
