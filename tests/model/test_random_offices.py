"""Random people of a random organisation do random things; the engine and a small model agree.

After every step: what the rows say is what the model foretells (truth 1: state, stay, timers,
notices and events of one action together), signatures cover what their page showed (2), nobody
signs what they wrote or signed before (3), the chains hold (4), no notice is there twice (5), no
event comes before the one before it (6), and a refused action changes no row of any table (7).
Whose turn it is, what everybody's desk shows and which buttons are alive is compared as well, and
each button is pressed by people who may and by people who may not.

``HYOKA_TEST_EXAMPLES=500`` makes it a long run (offices per route; the suite tries a few, so that
it takes less than a minute), ``HYOKA_TEST_STEPS`` sets how much happens in each. Every run is
another one: ``HYOKA_TEST_SEED`` repeats the one whose number a failure prints.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.databases import Cluster
from tests.model.machine import Offices, counted

EXAMPLES = int(os.environ.get("HYOKA_TEST_EXAMPLES", "4"))
STEPS = int(os.environ.get("HYOKA_TEST_STEPS", "30"))
SEED = int(os.environ.get("HYOKA_TEST_SEED", secrets.randbelow(2**32)))


@pytest.mark.timeout(300 + 60 * EXAMPLES)
@pytest.mark.parametrize(
    "route_template", ["standard", "joint_external", "two_levels"], indirect=True
)
def test_the_engine_does_what_the_small_model_foretells(
    cluster: Cluster, route_template: tuple[str, dict[str, str]]
) -> None:
    template, passwords = route_template

    @seed(SEED)
    def machine() -> Any:
        return Offices(cluster, template, passwords)

    print(f"HYOKA_TEST_SEED={SEED}")
    phases = (Phase.generate,)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(dict(counted))
