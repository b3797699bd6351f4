"""The BPMN file of a route: well formed, complete, and to the liking of bpmnlint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings

from tests.bpmn.readers import lint
from tests.unit.routes import ROUTES, definitions
from tests.unit.test_definition_checker import small
from workflow.definition.bpmn import bpmn
from workflow.definition.load import SHIPPED, named
from workflow.definition.model import Definition, StageKind

#: Both use the one folder of readers.
pytestmark = pytest.mark.xdist_group("bpmn")

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def faults(text: str) -> list[str]:
    """What is wrong with ids and references, by the standard library alone."""
    root = fromstring(text)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    found = [f"{i} is no NCName" for i in ids if not NCNAME.fullmatch(i)]
    found += [f"{i} stands twice" for i in set(ids) if ids.count(i) > 1]
    named_there = [
        element.attrib[name]
        for element in root.iter()
        for name in ("sourceRef", "targetRef", "attachedToRef", "signalRef", "bpmnElement")
        if name in element.attrib
    ]
    named_there += [e.text or "" for tag in ("incoming", "outgoing") for e in root.iter(BPMN + tag)]
    found += [f"{i} is nowhere" for i in named_there if i not in ids]
    drawn = [e.attrib["bpmnElement"] for e in root.iter() if "bpmnElement" in e.attrib]
    process = root.find(f"{BPMN}process")
    assert process is not None
    things = [e.attrib["id"] for e in process if "id" in e.attrib]
    found += [f"{i} is drawn {drawn.count(i)} times" for i in things if drawn.count(i) != 1]
    for flow in process.iter(f"{BPMN}sequenceFlow"):
        for end, tag in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            holder = next(e for e in process if e.attrib.get("id") == flow.attrib[end])
            if flow.attrib["id"] not in [e.text for e in holder.findall(BPMN + tag)]:
                found.append(f"{flow.attrib['id']} is unknown to its {end}")
    return found


@pytest.mark.parametrize("name", ROUTES)
def test_ids_are_unique_and_every_reference_leads_somewhere(name: str) -> None:
    assert faults(bpmn(ROUTES[name])) == []


@given(definitions())
@settings(max_examples=100, deadline=None)
def test_so_it_is_for_any_route_that_could_be_written(definition: Definition) -> None:
    assert faults(bpmn(definition)) == []


@pytest.mark.parametrize("name", [*SHIPPED, "small"])
def test_bpmnlint_has_nothing_to_say(readers: Path, name: str) -> None:
    assert lint(readers, bpmn(ROUTES[name])) == ""


def test_bpmnlint_would_say_something(readers: Path) -> None:
    drawn = re.compile(
        r'<bpmndi:BPMNShape id="stage\.draft\.shape.*?</bpmndi:BPMNShape>', re.DOTALL
    )
    without_picture = drawn.sub("", bpmn(named("standard")))
    dead_end = next(route for name, route in ROUTES.items() if "nothing leaves" in name)

    assert "no-bpmndi" in lint(readers, without_picture)
    assert "no-implicit-end" in lint(readers, bpmn(dead_end))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_stage_is_a_task_or_an_end_and_a_joint_one_is_asked_of_several(name: str) -> None:
    definition = named(name)
    root = fromstring(bpmn(definition))

    tasks = {task.attrib["name"]: task for task in root.iter(f"{BPMN}userTask")}
    ends = [end.attrib["name"] for end in root.iter(f"{BPMN}endEvent")]
    several = {
        label
        for label, task in tasks.items()
        if task.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None
    }
    assert list(tasks) == [s.label for s in definition.stages if not s.final]
    assert ends == [s.label for s in definition.stages if s.final]
    assert several == {s.label for s in definition.stages if s.kind is StageKind.JOINT}


def test_what_happens_meanwhile_stands_at_the_edge_of_the_task() -> None:
    root = fromstring(bpmn(named("two_levels")))

    kinds = {
        (event.attrib["attachedToRef"], event.attrib["name"]): next(
            child.tag.removeprefix(BPMN) for child in event if child.tag.endswith("Definition")
        )
        for event in root.iter(f"{BPMN}boundaryEvent")
    }
    section = {name: kind for (task, name), kind in kinds.items() if task == "stage.section_review"}
    assert section == {
        "引き戻す": "signalEventDefinition",
        "後閲とする": "conditionalEventDefinition",
        "引き上げる": "signalEventDefinition",
        "内容が変わった": "conditionalEventDefinition",
    }


def test_the_last_day_closes_a_joint_stage_that_does_not_wait() -> None:
    closing = {
        event.attrib["attachedToRef"]
        for event in fromstring(bpmn(named("joint_external"))).iter(f"{BPMN}boundaryEvent")
        if event.find(f"{BPMN}timerEventDefinition") is not None
    }

    assert closing == {"stage.joint_agreement", "stage.external_review"}


def test_documentation_says_who_acts_and_who_may_not() -> None:
    root = fromstring(bpmn(named("joint_external")))
    said = {
        task.attrib["id"]: task.findtext(f"{BPMN}documentation") or ""
        for task in root.iter(f"{BPMN}userTask")
    }

    assert "評価部局の長、処理できないときは評価部局の次長" in said["stage.department_review"]
    assert "市長に代わり決裁する" in said["stage.bureau_approval"]
    assert "作成中、部局審査、合議を処理した人は" in said["stage.bureau_approval"]
    assert "全員の同意で調う" in said["stage.joint_agreement"]
    assert "不在のとき" in said["stage.joint_agreement"]


def test_signs_of_xml_in_a_label_stay_signs() -> None:
    label = '<審査> & "確認" ]]>'
    definition = small(('label = "審査"', f"label = '{label}'"))

    names = [task.attrib["name"] for task in fromstring(bpmn(definition)).iter(f"{BPMN}userTask")]

    assert label in names


def test_keys_that_are_no_names_of_xml_become_such_and_stay_apart() -> None:
    definition = small(('"review"', '"1 審.査"'), ('"approval"', '"1-審-査"'))

    assert faults(bpmn(definition)) == []


def test_the_same_definition_gives_the_same_text() -> None:
    assert bpmn(named("standard")) == bpmn(named("standard"))
