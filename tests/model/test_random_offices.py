"""Random people of a random organisation do random things; the engine and a small model agree.

After every step: what the rows say is what the model foretells (truth 1: state, stay, timers,
notices and events of one action together), signatures cover what their page showed (2), nobody
signs what they wrote or signed before (3), the chains hold (4), no notice is there twice (5), no
event comes before the one before it (6), and a refused action changes no row of any table (7).
Whose turn it is, what everybody's desk shows and which buttons are alive is compared as well, and
each button is pressed by people who may and by people who may not.

The suite tries for some seconds per route; ``HYOKA_TEST_EXAMPLES=500`` makes it a long run of as
many offices per route. Every run is another one: ``HYOKA_TEST_SEED`` repeats the one whose number
a failure prints. Only where ``CI`` is set every run is the same, so that what turns red there is
what was changed.
"""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.databases import Cluster
from tests.model.machine import Offices, counted

#: Offices per route; 0: as many as come to pass in ``SECONDS``.
EXAMPLES = int(os.environ.get("HYOKA_TEST_EXAMPLES", "0"))
SECONDS = 12
SEED = int(
    os.environ.get("HYOKA_TEST_SEED")
    or (2021 if os.environ.get("CI") else secrets.randbelow(2**32))
)
#: Offices that Hypothesis makes of one seed, and what happens in each.
TOGETHER, STEPS = 4, 30

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


@pytest.mark.timeout(300 + 60 * EXAMPLES)
@pytest.mark.parametrize(
    "route_template", ["standard", "joint_external", "two_levels"], indirect=True
)
def test_the_engine_does_what_the_small_model_foretells(
    cluster: Cluster, route_template: tuple[str, dict[str, str]]
) -> None:
    template, passwords = route_template
    counted.clear()
    begun = time.monotonic()
    for number in itertools.count(SEED):
        sys.stdout.write(f"HYOKA_TEST_SEED={number}\n")

        def machine() -> Any:
            return Offices(cluster, template, passwords)

        run_state_machine_as_test(seed(number)(machine), settings=ANOTHER_WAY)
        seconds = time.monotonic() - begun
        if counted["offices"] >= EXAMPLES and (EXAMPLES or seconds > SECONDS):
            break
    sys.stdout.write(f"{seconds:.0f} s {dict(counted)}\n")
    assert counted["steps"] > 0
