"""The route as BPMN 2.0 with its diagram: for other tools, and for offices that keep such files.

It is made to be read, not to be run (``isExecutable="false"``); what the engine knows beyond the
lines of a diagram stands in each element's documentation. Element order follows the schema of the
Object Management Group (BPMN 2.0.2, formal/2013-12-09).
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from workflow.definition import words
from workflow.definition.columns import LINE
from workflow.definition.flow import Flow, FlowGraph, Node, NodeKind, encoded, flow_graph
from workflow.definition.layout import layout
from workflow.definition.model import Definition, Stage, StageKind
from workflow.definition.places import Box, Label, PlacedFlow, PlacedNode

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: Our own names; nothing is fetched from there.
_TARGET = "urn:hyoka:definition"

_TAGS = {
    NodeKind.START: "startEvent",
    NodeKind.TASK: "userTask",
    NodeKind.EVENT: "boundaryEvent",
    NodeKind.FORK: "exclusiveGateway",
    NodeKind.JOIN: "exclusiveGateway",
    NodeKind.END: "endEvent",
}
#: What makes the engine interrupt a task.
_CONDITIONS = {
    "system": "金額や実績の取込みなどで、シートの内容が変わった",
    "absence": "この段階で処理すべき全員が不在で、代わる人もいない",
}
_DOCUMENTED = {
    "previous": "次の人がまだ開いていない間に、進めた人が引き戻す。",
    "target": "上位の人が、下位の段階にあるシートを引き上げる。",
    "absence": "審査を経ずに進め、不在だった人が戻ってから閲覧する（後閲）。",
    "system": "それまでの承認は効力を失う。",
    "closing": "期限の日が終わると、残る回答を待たずに合議を閉じる。",
}


def bpmn(definition: Definition) -> str:
    """The XML text of *definition*, with names in Japanese; the same definition, the same text."""
    return _Writer(definition).text()


class _Writer:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.graph: FlowGraph = flow_graph(definition)
        self.process_id = f"process.{encoded(definition.name)}"

    def text(self) -> str:
        for prefix, address in (
            ("bpmn", _BPMN), ("bpmndi", _BPMNDI), ("dc", _DC), ("di", _DI), ("xsi", _XSI),
        ):  # fmt: skip
            ET.register_namespace(prefix, address)
        root = ET.Element(
            f"{{{_BPMN}}}definitions",
            {
                "id": f"definitions.{encoded(self.definition.name)}",
                "name": self.definition.label,
                "targetNamespace": _TARGET,
            },
        )
        signals = self.signals(root)
        self.process(root, signals)
        self.diagram(root)
        ET.indent(root)
        body = ET.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'

    # What it means

    def signals(self, root: ET.Element) -> dict[str, str]:
        """One signal for each name under which somebody else steps in; name → id."""
        stepping_in = [node for node in self.graph.nodes if node.by in ("previous", "target")]
        found: dict[str, str] = {}
        for node in stepping_in:
            if node.label not in found:
                found[node.label] = f"signal.{len(found) + 1}"
                _add(root, "signal", id=found[node.label], name=node.label)
        return found

    def process(self, root: ET.Element, signals: dict[str, str]) -> None:
        process = _add(
            root,
            "process",
            id=self.process_id,
            name=self.definition.label,
            isExecutable="false",
        )
        _document(process, [f"定義のSHA-256: {self.definition.content_hash.hex()}"])
        for node in self.graph.nodes:
            self.node(process, node, signals)
        for flow in self.graph.flows:
            self.flow(process, flow)

    def node(self, process: ET.Element, node: Node, signals: dict[str, str]) -> None:
        stage = self.definition.stage(node.stage)
        attributes = {"id": node.id, "name": node.label}
        if node.kind is NodeKind.JOIN:
            del attributes["name"]
        if node.kind is NodeKind.EVENT:
            attributes["attachedToRef"] = f"stage.{encoded(node.stage)}"
        element = _add(process, _TAGS[node.kind], **attributes)
        _document(element, self.documentation(node, stage))
        for flow in self.graph.flows:
            if flow.target == node.id:
                _add(element, "incoming").text = flow.id
        for flow in self.graph.flows:
            if flow.source == node.id:
                _add(element, "outgoing").text = flow.id
        if node.kind is NodeKind.TASK and stage.joint is not None:
            several = _add(
                element,
                "multiInstanceLoopCharacteristics",
                id=f"several.{encoded(stage.key)}",
                isSequential="false",
            )
            _expression(
                several, "completionCondition", f"settled.{encoded(stage.key)}.rule",
                "、".join(words.joint_rule(stage.joint)),
            )  # fmt: skip
        if node.kind is NodeKind.EVENT:
            self.event(element, node, stage, signals)

    def documentation(self, node: Node, stage: Stage) -> list[str]:
        if node.kind is NodeKind.TASK:
            return [
                f"処理する人: {words.who_acts(stage)}",
                *words.stage_rules(self.definition, stage),
            ]
        if node.kind is NodeKind.END:
            published = stage.kind is StageKind.PUBLISHED
            return ["公表した内容は変わらない。"] if published else ["ここで終わる。"]
        return [_DOCUMENTED[node.by]] if node.by in _DOCUMENTED else []

    def event(self, element: ET.Element, node: Node, stage: Stage, signals: dict[str, str]) -> None:
        inner = f"{node.id}.why"
        if node.by in _CONDITIONS:
            definition = _add(element, "conditionalEventDefinition", id=inner)
            _expression(definition, "condition", f"{inner}.condition", _CONDITIONS[node.by])
        elif node.by == "closing":
            definition = _add(element, "timerEventDefinition", id=inner)
            _expression(
                definition, "timeDate", f"{inner}.date", f"「{stage.label}」の期限の日の終わり"
            )
        else:
            _add(element, "signalEventDefinition", id=inner, signalRef=signals[node.label])

    def flow(self, process: ET.Element, flow: Flow) -> None:
        attributes = {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
        is_choice = self.graph.node(flow.source).kind is NodeKind.FORK
        if flow.label and is_choice:
            attributes["name"] = flow.label
        element = _add(process, "sequenceFlow", **attributes)
        if flow.row is None:
            return
        said = [f"{flow.row.label}: {words.who_walks(self.definition, flow.row)}"]
        _document(element, [*said, *words.row_conditions(flow.row)])
        if is_choice:
            _expression(
                element,
                "conditionExpression",
                f"{flow.id}.condition",
                f"「{flow.row.label}」のとき",
            )

    # What it looks like

    def diagram(self, root: ET.Element) -> None:
        placed = layout(self.definition)
        diagram = ET.SubElement(
            root, f"{{{_BPMNDI}}}BPMNDiagram", {"id": "diagram", "name": self.definition.label}
        )
        plane = ET.SubElement(
            diagram,
            f"{{{_BPMNDI}}}BPMNPlane",
            {"id": "plane", "bpmnElement": self.process_id},
        )
        for node in placed.nodes:
            self.shape(plane, node)
        for flow in placed.flows:
            self.edge(plane, flow)

    def shape(self, plane: ET.Element, placed: PlacedNode) -> None:
        node = placed.node
        attributes = {"id": f"{node.id}.shape", "bpmnElement": node.id}
        if node.kind in (NodeKind.FORK, NodeKind.JOIN):
            attributes["isMarkerVisible"] = "true" if node.kind is NodeKind.FORK else "false"
        shape = ET.SubElement(plane, f"{{{_BPMNDI}}}BPMNShape", attributes)
        _bounds(shape, placed.box)
        if placed.label is not None and node.label:
            self.label(shape, placed.label)

    def edge(self, plane: ET.Element, placed: PlacedFlow) -> None:
        edge = ET.SubElement(
            plane,
            f"{{{_BPMNDI}}}BPMNEdge",
            {"id": f"{placed.flow.id}.edge", "bpmnElement": placed.flow.id},
        )
        for x, y in placed.points:
            ET.SubElement(edge, f"{{{_DI}}}waypoint", {"x": str(x), "y": str(y)})
        is_named = self.graph.node(placed.flow.source).kind is NodeKind.FORK
        if placed.label is not None and placed.label.lines and is_named:
            self.label(edge, placed.label)

    def label(self, parent: ET.Element, label: Label) -> None:
        box = label.box
        inner = ET.SubElement(parent, f"{{{_BPMNDI}}}BPMNLabel")
        _bounds(inner, Box(box.x, box.y, max(box.width, 1), max(box.height, LINE)))


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_BPMN}}}{tag}", attributes)


def _document(parent: ET.Element, sentences: Iterable[str]) -> None:
    said = "\n".join(sentences)
    if said:
        _add(parent, "documentation").text = said


def _expression(parent: ET.Element, tag: str, expression_id: str, text: str) -> None:
    element = _add(parent, tag, id=expression_id)
    element.set(f"{{{_XSI}}}type", "bpmn:tFormalExpression")
    element.text = text


def _bounds(parent: ET.Element, box: Box) -> None:
    values = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    ET.SubElement(parent, f"{{{_DC}}}Bounds", {name: str(value) for name, value in values.items()})
