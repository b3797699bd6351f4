"""docs/reliability.md says what the last long run of the fault experiments counted."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.faults.conftest import RESULTS
from tests.faults.report import PAGE, PROMISES, page

HERE = Path(__file__).resolve().parents[1] / "faults"


def test_the_page_is_made_from_the_results() -> None:
    assert PAGE.read_text("utf-8") == page(json.loads(RESULTS.read_text("utf-8")))


def test_every_experiment_from_1_to_18_has_its_promise_its_test_and_its_numbers() -> None:
    wanted = [f"E{number:02}" for number in range(1, 19)]
    results = json.loads(RESULTS.read_text("utf-8"))

    assert list(PROMISES) == wanted
    assert sorted(results) == wanted
    for name, (_, _, module) in PROMISES.items():
        text = (HERE / module).read_text("utf-8")
        assert re.search(rf"^def test_{name.lower()}_", text, re.MULTILINE), name
        assert f'"{name}"' in text, name


def test_a_number_that_is_not_in_the_results_would_be_seen() -> None:
    results = json.loads(RESULTS.read_text("utf-8"))
    results["E01"]["counted"]["approvals"] += 1

    assert PAGE.read_text("utf-8") != page(results)
