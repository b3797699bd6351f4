"""Plan files for tests: the sample city's, changed where a test says so."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from hyoka.bootstrap import SAMPLE
from workflow.application import Application
from workflow.exchange.plan_file import PlanFile, read_plan_file
from workflow.policy import SYSTEM, Actor
from workflow.services import plan_import
from workflow.services.plan_import import ImportReport

Tree = dict[str, Any]


@cache
def _sample() -> Tree:
    tree: Tree = json.loads((SAMPLE / "city.json").read_text("utf-8"))
    return tree


def plan_tree() -> Tree:
    """The sample file as a tree of its own, to be changed."""
    return copy.deepcopy(_sample())


def plan(change: Callable[[Tree], object] = lambda tree: None) -> PlanFile:
    """The sample plan after *change*."""
    tree = plan_tree()
    change(tree)
    return read_plan_file(json.dumps(tree, ensure_ascii=False).encode())


def measure(tree: Tree, code: str) -> Tree:
    """The measure with this code in a tree."""
    found: Tree = next(m for m in tree["measures"] if m["code"] == code)
    return found


def with_cost(code: str, project: str, cost: int) -> Callable[[Tree], None]:
    """A change: another settlement of one project, the measure's total in step."""

    def change(tree: Tree) -> None:
        row = measure(tree, code)
        line = next(p for p in row["projects"] if p["code"] == project)
        row["total_project_cost"] += cost - line["project_cost"]
        line["project_cost"] = cost

    return change


def large_plan(measures: int, projects_each: int) -> PlanFile:
    """A plan of that size in the sample's organisation."""

    def grow(tree: Tree) -> None:
        model = measure(tree, "632")
        line = model["projects"][0]
        tree["measures"] = []
        tree["major_project_outlines"] = []
        for number in range(measures):
            code = f"{100 + number}"
            lines = [
                {**line, "code": f"{code}{k:03d}", "name": f"事業{k}", "project_cost": k}
                for k in range(projects_each)
            ]
            total = sum(p["project_cost"] for p in lines)
            tree["measures"].append(
                {**model, "code": code, "name": f"実施施策{code}", "projects": lines}
                | {"total_project_cost": total}
            )

    return plan(grow)


def take_in(application: Application, file: PlanFile, *, by: Actor = SYSTEM) -> ImportReport:
    """Import as the command line does."""
    with application.command(by) as ctx:
        return plan_import.import_plan(ctx, file)
